"""What becomes of a `once` call over real HTTP whose process is killed, and what a person says about it."""

import json
import shlex
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.cli.processes import Cellc, Done

BANK = """\
cellc: 1
errors:
  Declined: {why: string, code?: int}
types:
  Receipt: {id: string, amount: decimal}
effects:
  pay:
    in: {n: int}
    out: Receipt
    errors: [Declined]
    delivery: once
    via: http.post
    with: {url: "${env.BANK}/pay", headers: {Idempotency-Key: "${key}"}, json: {n: "${n}"}}
  pay_or_say:
    in: {n: int}
    out: Receipt
    errors: [Unknown]
    delivery: once
    via: http.post
    with: {url: "${env.BANK}/pay", headers: {Idempotency-Key: "${key}"}, json: {n: "${n}"}}
  pay_and_ask:
    in: {n: int}
    out: Receipt
    delivery: once
    probe: paid
    via: http.post
    with: {url: "${env.BANK}/pay", headers: {Idempotency-Key: "${key}"}, json: {n: "${n}"}}
  paid: {in: {n: int}, out: "Receipt?", delivery: read, via: http.get, with: {url: "${env.BANK}/paid/${n}"}}
  note:
    in: {n: int}
    delivery: idempotent
    retry: {attempts: 1}
    via: http.post
    with: {url: "${env.BANK}/note", json: {n: "${n}"}}
cells:
  buy:
    in: {n: int}
    out: Receipt
    errors: [Declined]
    effects: [pay]
    do: return pay(n=n)
  said:
    in: {n: int}
    out: string
    effects: [pay_or_say]
    do: |
      try:
        r = pay_or_say(n=n)
        return r.id
      except Unknown as e:
        return e.reason
  asked:
    in: {n: int}
    out: Receipt
    effects: [pay_and_ask]
    do: return pay_and_ask(n=n)
  noted:
    in: {n: int}
    effects: [note]
    do: note(n=n)
  sleeps:
    effects: [time.sleep]
    do: time.sleep(for=1h)
main: buy
"""


class Bank(ThreadingHTTPServer):
    """Pays when `let` is set; `keys` are those of the payments that it was asked for, `paid` those that it has made."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Till)
        self.asked = threading.Semaphore(0)
        self.let = threading.Event()
        self.keys: list[str] = []
        self.paid: set[int] = set()
        self.open = True

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Till(BaseHTTPRequestHandler):
    server: Bank

    def do_POST(self) -> None:
        n = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["n"]
        if self.path == "/note":
            return self._answer(200 if self.server.open else 503, None)
        self.server.keys.append(self.headers["Idempotency-Key"])
        self.server.paid.add(n)
        self.server.asked.release()
        self.server.let.wait(20)
        return self._answer(200, receipt(n))

    def do_GET(self) -> None:
        n = int(self.path.rpartition("/")[2])
        self._answer(200, receipt(n) if n in self.server.paid else None)

    def _answer(self, status: int, data: object) -> None:
        body = json.dumps(data).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Stay silent."""

    def handle(self) -> None:
        try:
            super().handle()
        except ConnectionError:
            return  # the process that asked has been killed


def receipt(n: int) -> dict[str, str]:
    return {"id": f"r{n}", "amount": "1.10"}


@pytest.fixture
def bank(folder: Path) -> Iterator[Bank]:
    (folder / "bank.cell.yaml").write_text(BANK)
    with Bank() as server:
        threading.Thread(target=server.serve_forever).start()
        try:
            yield server
        finally:
            server.let.set()
            server.shutdown()


def begin(environment: dict[str, str], folder: Path, bank: Bank, cell: str, *inputs: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "cellc", "run", "bank.cell.yaml", "--cell", cell, *inputs]
    return subprocess.Popen(
        command,
        cwd=folder,
        env=environment | {"BANK": bank.url},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


@contextmanager
def begun_to_sleep(environment: dict[str, str], folder: Path, bank: Bank) -> Iterator["subprocess.Popen[str]"]:
    """A process that owns the log."""
    with begin(environment, folder, bank, "sleeps") as process:
        assert process.stderr
        assert any("started" in line for line in iter(process.stderr.readline, ""))
        try:
            yield process
        finally:
            process.kill()


def killed_while_it_pays(environment: dict[str, str], folder: Path, bank: Bank, cell: str = "buy") -> None:
    """Run a cell that pays 1, and kill its process when the bank has got the request."""
    with begin(environment, folder, bank, cell, "n=1") as process:
        assert bank.asked.acquire(timeout=20)
        process.kill()
    assert process.returncode == -signal.SIGKILL
    bank.let.set()


def with_bank(cellc: Cellc, bank: Bank, *arguments: str) -> Done:
    return cellc(*arguments, env={"BANK": bank.url})


def only_run(cellc: Cellc) -> str:
    (head,) = json.loads(cellc("runs", "--format=json").out)
    run: str = head["run"]
    return run


def told(text: str, how: str) -> list[str]:
    """Return the words of the command that is told for this case."""
    line = next(line for line in text.splitlines() if line.strip().startswith(how))
    words = shlex.split(line.strip().removeprefix(how).partition("  JSON: ")[0])
    assert words[0] == "cellc"
    return words[1:]


def stalled(cellc: Cellc, environment: dict[str, str], folder: Path, bank: Bank) -> Done:
    """Return what is said of a run that has stalled because nobody knows whether it has paid."""
    killed_while_it_pays(environment, folder, bank)
    done = with_bank(cellc, bank, "resume")
    assert (done.code, done.out) == (3, "")
    assert len(bank.keys) == 1
    return done


@pytest.fixture
def stalled_log(cellc: Cellc, environment: dict[str, str], folder: Path, bank: Bank) -> Path:
    stalled(cellc, environment, folder, bank)
    return folder / ".cellc" / "log.db"


def test_a_once_call_that_was_cut_off_is_not_repeated_and_the_run_asks(
    cellc: Cellc, environment: dict[str, str], folder: Path, bank: Bank
) -> None:
    said = stalled(cellc, environment, folder, bank)
    run = only_run(cellc)
    shown = cellc("show", run).out
    assert "! stalled  buy/pay  bank.pay  unknown: the process ended while it was being performed  since" in shown
    assert (
        f"it has happened:  cellc resolve {run} buy/pay --result JSON  JSON: {{amount: decimal, id: string}}" in shown
    )
    assert f"it has failed:    cellc resolve {run} buy/pay --error Declined --with JSON" in shown
    assert "JSON: {code?: int, why: string}" in shown
    assert f"it has not:       cellc resolve {run} buy/pay --again" in shown
    assert "cellc retry" not in shown
    assert told(said.err, "it has not:") == told(shown, "it has not:")
    retried = with_bank(cellc, bank, "retry", run)
    assert (retried.code, retried.out, len(bank.keys)) == (1, "", 1)
    assert "error[E837]: the call at `buy/pay` may have happened, so it is not tried again" in retried.err


def test_a_person_says_that_it_has_happened(
    cellc: Cellc, environment: dict[str, str], folder: Path, bank: Bank
) -> None:
    words = told(stalled(cellc, environment, folder, bank).err, "it has happened:")
    words[words.index("JSON")] = '{"id": "r1", "amount": "1.10"}'
    done = cellc(*words)
    assert (done.code, json.loads(done.out)["output"]) == (0, {"id": "r1", "amount": "1.10"})
    assert len(bank.keys) == 1
    again = cellc(*words)
    assert (again.code, again.out) == (1, "")
    assert f"error[E833]: the run {only_run(cellc)} is completed: there is nothing to resolve" in again.err


def test_a_person_says_that_it_has_not_and_it_is_made_under_another_key(
    cellc: Cellc, environment: dict[str, str], folder: Path, bank: Bank
) -> None:
    done = with_bank(cellc, bank, *told(stalled(cellc, environment, folder, bank).err, "it has not:"))
    assert (done.code, json.loads(done.out)["output"]["id"]) == (0, "r1")
    assert len(set(bank.keys)) == 2


def test_a_person_says_that_it_has_failed(cellc: Cellc, environment: dict[str, str], folder: Path, bank: Bank) -> None:
    words = told(stalled(cellc, environment, folder, bank).err, "it has failed:")
    words[words.index("JSON")] = '{"why": "no money"}'
    done = cellc(*words)
    assert (done.code, json.loads(done.out)["fields"]) == (1, {"why": "no money"})


REFUSED = [
    (["buy/pay", "--result", '{"id": "r1"}'], 1, "error[E831]: this does not fit `bank.pay` at `amount`"),
    (["buy/pay", "--result", '{"id": "1", "amount": "1", "x": 1}'], 1, "error[E831]: this does not fit `bank.pay`"),
    (["buy/pay", "--result", "{"], 1, "error[E831]: this does not fit `bank.pay`: expected JSON"),
    (["buy/pay", "--error", "Declined"], 1, "error[E831]: this does not fit `bank.Declined` at `why`"),
    (["buy/pay", "--error", "Declind"], 1, "help: did you mean `Declined`?"),
    (["buy/pay", "--error", "Timeout"], 1, "error[E836]: the call at `buy/pay` cannot have ended in `Timeout`"),
    (["buy/pya", "--again"], 1, "error[E835]: no call stands at `buy/pya`: nothing is open there"),
    (["buy/pay"], 2, "give one of --result, --error and --again"),
    (["buy/pay", "--again", "--error", "Declined"], 2, "give one of --result, --error and --again"),
    (["buy/pay", "--again", "--with", "{}"], 2, "--with gives the fields of an --error"),
]


def test_what_does_not_fit_is_refused_and_the_call_still_stands(cellc: Cellc, stalled_log: Path) -> None:
    run = only_run(cellc)
    for words, code, said in REFUSED:
        done = cellc("resolve", run, *words)
        assert (done.code, done.out) == (code, "")
        assert said in done.err
    assert json.loads(cellc("show", run, "--format=json").out)["open"][0]["kind"] == "unknown"
    done = cellc("resolve", "zzz", "buy/pay", "--again")
    assert (done.code, "error[E806]: the log has no run zzz" in done.err) == (2, True)
    elsewhere = cellc("resolve", "zzz", "buy/pay", "--again", "--log", "no.db")
    assert (elsewhere.code, "error[E810]" in elsewhere.err, stalled_log.exists()) == (2, True, True)


def test_the_log_is_named_in_what_is_to_be_typed(cellc: Cellc, stalled_log: Path, folder: Path) -> None:
    stalled_log.parent.rename(folder / "other place")
    words = told(cellc("show", "0", "--log", "other place/log.db").out, "it has not:")
    assert words[-2:] == ["--log", "other place/log.db"]


def test_unknown_is_raised_where_the_effect_lists_it(
    cellc: Cellc, environment: dict[str, str], folder: Path, bank: Bank
) -> None:
    killed_while_it_pays(environment, folder, bank, "said")
    done = with_bank(cellc, bank, "resume")
    assert (done.code, json.loads(done.out)["output"]) == (0, "the process ended while it was being performed")
    assert len(bank.keys) == 1


@pytest.mark.parametrize("happened", [True, False])
def test_a_probe_answers_what_nobody_else_can(
    cellc: Cellc, environment: dict[str, str], folder: Path, bank: Bank, *, happened: bool
) -> None:
    killed_while_it_pays(environment, folder, bank, "asked")
    if not happened:
        bank.paid.clear()
    done = with_bank(cellc, bank, "resume")
    assert (done.code, json.loads(done.out)["output"]["id"]) == (0, "r1")
    assert len(bank.keys) == (1 if happened else 2)


def test_an_owner_retries_resumes_and_resolves_what_others_ask(
    cellc: Cellc, environment: dict[str, str], folder: Path, bank: Bank
) -> None:
    stalled(cellc, environment, folder, bank)
    bank.open = False
    assert with_bank(cellc, bank, "run", "bank.cell.yaml", "--cell", "noted", "n=1").code == 3
    paying, noting = (head["run"] for head in json.loads(cellc("runs", "--format=json").out))
    assert f"when the cause is mended: cellc retry {noting}" in cellc("show", noting).out
    with begun_to_sleep(environment, folder, bank) as process:
        bank.open = True
        retried = cellc("retry", noting)
        assert (retried.code, json.loads(retried.out)["status"]) == (0, "completed")
        owned = f".cellc/log.db is in use by the running process {process.pid}"
        assert f"{owned}, which performs this run" in retried.err
        assert "error[E808]" in cellc("retry", noting).err
        assert cellc("resume", paying).code == 3
        assert "error[E836]" in cellc("resolve", paying, "buy/pay", "--error", "No").err
        resolved = cellc("resolve", paying, "buy/pay", "--result", json.dumps(receipt(7)))
        assert (resolved.code, json.loads(resolved.out)["output"]["id"]) == (0, "r7")
        adopting = cellc("resume", "--adopt")
        assert (adopting.code, f"error[E814]: {owned}" in adopting.err) == (2, True)


def test_who_follows_a_run_that_the_owner_goes_on_with_goes_on_himself_when_that_is_killed(
    cellc: Cellc, environment: dict[str, str], folder: Path, bank: Bank
) -> None:
    with begun_to_sleep(environment, folder, bank) as process:
        process.kill()
    run = only_run(cellc)
    command = [sys.executable, "-m", "cellc", "resume", run]
    with (
        begun_to_sleep(environment, folder, bank) as process,
        subprocess.Popen(
            command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as follower,
    ):
        assert follower.stderr
        assert f"in use by the running process {process.pid}" in follower.stderr.readline()
        process.kill()
        process.wait()
        assert json.loads(cellc("cancel", run).out) == {"run": run, "status": "cancelled"}
        out, _ = follower.communicate()
    assert (follower.returncode, json.loads(out)) == (4, {"run": run, "status": "cancelled"})
