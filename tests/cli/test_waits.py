"""Events and people from the command line, with real processes: one owns the log, others ask it."""

import json
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.cli.processes import Cellc

PARCEL = """\
cellc: 1
errors:
  Lost: {}
events:
  scanned: {data: {tracking: string, n: int}, key: data.tracking, keep: 1d}
  closed: {data: {n: int}}
effects:
  scan:
    in: {t: string}
    out: {n: int}
    via: event.wait
    with: {event: scanned, key: "${t}"}
  approve:
    in: {n: int}
    out: {ok: bool, why?: string, price?: decimal}
    via: human.task
    with: {title: "Open parcel ${n}?", text: "It rattles.", assign: [ann, bob]}
  send: {in: {t: string, n: int}, via: event.emit, with: {event: scanned, data: {tracking: "${t}", n: "${n}"}}}
  close: {via: event.wait, with: {event: closed}}
cells:
  closing:
    effects: [close]
    errors: [Timeout]
    do: close() within 1d
  watch:
    in: {t: string}
    out: {n: int, ok: bool, price?: decimal}
    errors: [Timeout]
    effects: [scan, approve]
    do: |
      s = scan(t=t) within 30d
      a = approve(n=s.n) within 3d
      return {n: s.n, ok: a.ok, price: a.price}
  tell:
    in: {t: string, n: int}
    effects: [send]
    do: send(t=t, n=n)
main: watch
"""


@pytest.fixture(autouse=True)
def program(folder: Path) -> None:
    (folder / "parcel.cell.yaml").write_text(PARCEL)


def detached(cellc: Cellc, tracking: str = "A") -> str:
    """Start a run that waits, and return its id."""
    done = cellc("run", "parcel.cell.yaml", f"t={tracking}", "--detach")
    assert done.code == 3, done.err
    run: str = json.loads(cellc("runs", "--format=json").out)[-1]["run"]
    return run


def scanned(cellc: Cellc, tracking: str = "A", n: int = 7, *more: str) -> dict[str, object]:
    done = cellc("signal", "scanned", "--data", json.dumps({"tracking": tracking, "n": n}), *more)
    assert done.code == 0, done.err
    found: dict[str, object] = json.loads(done.out)
    return found


@contextmanager
def owner(environment: dict[str, str], folder: Path, *arguments: str) -> Iterator["subprocess.Popen[str]"]:
    """A process that owns the log and has started its run."""
    command = [sys.executable, "-m", "cellc", "run", "parcel.cell.yaml", *arguments]
    with subprocess.Popen(
        command, cwd=folder, env=environment, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr
        assert any("started" in line for line in iter(process.stderr.readline, ""))
        try:
            yield process
        finally:
            process.kill()


# --- nobody owns the log ----------------------------------------------------------------------------------------------


def test_a_run_that_only_waits_is_3_and_show_says_for_what(cellc: Cellc) -> None:
    run = detached(cellc)
    shown = cellc("show", run).out
    assert '◇ event  watch/s  parcel.scan  parcel.scanned with key "A"  since ' in shown
    assert "cellc signal parcel.scanned --data JSON" in shown
    (row,) = json.loads(cellc("show", run, "--format=json").out)["open"]
    assert (row["state"], row["event"], row["event_key"]) == ("event", "parcel.scanned", "A")


def test_an_event_and_an_answer_bring_a_parked_run_to_its_end(cellc: Cellc) -> None:
    run = detached(cellc)
    assert cellc("tasks").err == "no tasks\n"
    told = scanned(cellc, "A", 7, "--id", "e1", "--key", "A")
    assert told == {"event": "scanned", "id": "e1", "outcome": "taken", "run": run}
    listed = cellc("tasks").out.splitlines()
    assert listed[0].startswith(f"{run}/2  Open parcel 7?  for ann, bob  since ")
    assert listed[1:] == ["    It rattles.", "    ok: bool, price?: decimal, why?: string"]
    (task,) = json.loads(cellc("tasks", "--format=json").out)
    assert (task["task"], task["form"]["ok"], task["assign"]) == (f"{run}/2", "bool", ["ann", "bob"])
    assert f"cellc complete {run}/2" in cellc("show", run).out
    done = cellc("complete", f"{run}/2", "ok=true", "price=1.10")
    assert (done.code, f"{run}/2 is answered" in done.err) == (0, True)
    shown = cellc("show", run, "--format=json")
    assert json.loads(shown.out)["output"] == {"n": 7, "ok": True, "price": "1.10"}


def test_an_answer_is_refused_field_by_field_and_the_task_stays(cellc: Cellc) -> None:
    run = detached(cellc)
    scanned(cellc)
    done = cellc("complete", f"{run}/2", "ok=maybe", "wy=x")
    assert done.code == 1
    assert "error[E831]: this does not fit `parcel.approve` at `ok`: expected bool" in done.err
    assert "did you mean `why`?" in done.err
    assert cellc("complete", f"{run}/2", "--data", "-", stdin='{"ok": false}').code == 0
    again = cellc("complete", f"{run}/2", "ok=true")
    assert (again.code, f"error[E832]: there is no open task {run}/2" in again.err) == (1, True)
    assert "error[E832]" in cellc("complete", "nonsense").err


def test_an_event_that_comes_early_is_kept_and_one_that_is_told_twice_happens_once(cellc: Cellc) -> None:
    first = detached(cellc, "other")
    assert [scanned(cellc, "A", 7, "--id", "e1")["outcome"] for _ in range(2)] == ["kept", "repeated"]
    run = detached(cellc, "A")
    assert [row["state"] for row in json.loads(cellc("show", run, "--format=json").out)["open"]] == ["task"]
    assert scanned(cellc, "A", 7, "--id", "e1") == {"event": "scanned", "id": "e1", "outcome": "repeated", "run": run}
    assert cellc("show", first).out.count("◇ event") == 1


def test_what_is_refused_or_dropped_is_1_and_why(cellc: Cellc) -> None:
    detached(cellc)
    misfit = cellc("signal", "scanned", "--data", '{"tracking": 5}')
    assert (misfit.code, misfit.out) == (1, "")
    assert misfit.err.count("error[E831]: this does not fit `parcel.scanned` at ") == 2
    assert "error[E831]" in cellc("signal", "scanned", "--data", "{").err
    unknown = cellc("signal", "scaned")
    assert (unknown.code, "error[E830]" in unknown.err, "scanned" in unknown.err) == (1, True, True)
    other_key = cellc("signal", "scanned", "--data", '{"tracking": "A", "n": 1}', "--key", "B")
    assert (other_key.code, "at `--key`: expected A, which the payload says" in other_key.err) == (1, True)
    dropped = cellc("signal", "closed", "--data", '{"n": 1}')
    assert (dropped.code, json.loads(dropped.out)["outcome"]) == (1, "dropped")


@pytest.mark.parametrize(("verb", "status"), [("cancel", "cancelled"), ("kill", "killed")])
def test_a_parked_run_is_ended_by_hand(cellc: Cellc, verb: str, status: str) -> None:
    run = detached(cellc)
    done = cellc(verb, run[:-3])
    assert (done.code, json.loads(done.out)) == (0, {"run": run, "status": status})
    again = cellc(verb, run)
    assert (again.code, f"error[E833]: the run {run} is {status}: there is nothing to {verb}" in again.err) == (1, True)


# --- another process owns it ------------------------------------------------------------------------------------------


def test_an_owner_obeys_what_others_ask_and_goes_on(cellc: Cellc, environment: dict[str, str], folder: Path) -> None:
    with owner(environment, folder, "t=A") as process:
        run = scanned(cellc)["run"]
        assert cellc("complete", f"{run}/2", "ok=maybe").code == 1
        assert cellc("complete", f"{run}/2", "ok=true").code == 0
        out, _ = process.communicate()
    assert (process.returncode, json.loads(out)) == (0, {"n": 7, "ok": True})


def test_a_run_that_is_cancelled_from_elsewhere_is_4(cellc: Cellc, environment: dict[str, str], folder: Path) -> None:
    with owner(environment, folder, "t=A") as process:
        (head,) = json.loads(cellc("runs", "--format=json").out)
        assert json.loads(cellc("cancel", head["run"]).out) == {"run": head["run"], "status": "cancelled"}
        out, _ = process.communicate()
    assert (process.returncode, json.loads(out)) == (4, {"run": head["run"], "status": "cancelled"})


def test_a_sender_takes_over_from_an_owner_that_is_killed_before_it_obeys(
    cellc: Cellc, environment: dict[str, str], folder: Path
) -> None:
    with owner(environment, folder, "t=A") as process:
        process.send_signal(signal.SIGSTOP)
        command = [sys.executable, "-m", "cellc", "signal", "scanned", "--data", '{"tracking": "A", "n": 3}']
        with subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True) as sender:
            while not in_inbox(folder):
                assert sender.poll() is None
            process.kill()
            out, _ = sender.communicate()
    assert json.loads(out)["outcome"] == "taken"
    (task,) = json.loads(cellc("tasks", "--format=json").out)
    assert task["title"] == "Open parcel 3?"
    assert in_inbox(folder) == 0


def test_what_a_sender_that_is_gone_has_asked_is_obeyed_once_by_the_next_owner(
    cellc: Cellc, environment: dict[str, str], folder: Path
) -> None:
    with owner(environment, folder, "t=A") as process:
        process.send_signal(signal.SIGSTOP)
        command = [sys.executable, "-m", "cellc", "signal", "scanned", "--data", '{"tracking": "A", "n": 3}']
        with subprocess.Popen(command, cwd=folder, env=environment) as sender:
            while not in_inbox(folder):
                assert sender.poll() is None
            sender.kill()
        process.kill()
    assert scanned(cellc, "other", 1)["outcome"] == "kept"
    (task,) = json.loads(cellc("tasks", "--format=json").out)
    assert task["title"] == "Open parcel 3?"
    assert scanned(cellc, "A", 4)["outcome"] == "kept"


def test_an_event_that_a_run_sends_reaches_another_run(cellc: Cellc) -> None:
    run = detached(cellc)
    assert cellc("run", "parcel.cell.yaml", "--cell", "tell", "t=A", "n=5").code == 0
    (task,) = json.loads(cellc("tasks", "--format=json").out)
    assert (task["run"], task["title"]) == (run, "Open parcel 5?")


def test_a_run_is_handed_to_the_owner_and_whoever_follows_it_goes_on_when_the_owner_is_killed(
    cellc: Cellc, environment: dict[str, str], folder: Path
) -> None:
    command = [sys.executable, "-m", "cellc", "run", "parcel.cell.yaml", "t=B"]
    with (
        owner(environment, folder, "t=A") as process,
        subprocess.Popen(
            command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        ) as follower,
    ):
        while len(runs := json.loads(cellc("runs", "--format=json").out)) < 2:
            assert follower.poll() is None
        process.kill()
        process.wait()
        run = runs[1]["run"]
        assert scanned(cellc, "B", 9)["run"] == run
        assert cellc("complete", f"{run}/2", "ok=false").code == 0
        out, _ = follower.communicate()
    assert (follower.returncode, json.loads(out)) == (0, {"n": 9, "ok": False})


def test_an_owner_that_lacks_what_a_run_needs_refuses_it(
    cellc: Cellc, environment: dict[str, str], folder: Path
) -> None:
    text = PARCEL.replace("cells:", 'cells:\n  post:\n    effects: [note]\n    do: note(text="x")', 1)
    note = '  note: {in: {text: string}, delivery: idempotent, via: http.post, with: {url: "${env.NOTES}", json: 1}}\n'
    (folder / "parcel.cell.yaml").write_text(text.replace("  close:", f"{note}  close:", 1))
    with owner(environment, folder, "t=A"):
        done = cellc("run", "parcel.cell.yaml", "--cell", "post", env={"NOTES": "http://127.0.0.1:9/"})
    assert (done.code, "error[E804]: `parcel.note` needs the environment variable NOTES" in done.err) == (1, True)
    assert len(json.loads(cellc("runs", "--format=json").out)) == 1


def in_inbox(folder: Path) -> int:
    path = folder / ".cellc" / "log.db-inbox"
    if not path.exists():
        return 0
    with closing(sqlite3.connect(path)) as db:
        try:
            return int(db.execute("SELECT count(*) FROM commands").fetchone()[0])
        except sqlite3.OperationalError:
            return 0


def test_a_status_says_for_what(cellc: Cellc) -> None:
    run = detached(cellc)
    assert f"{run}  parcel.watch  waiting (event)\n" in cellc("show", run).out
    scanned(cellc)
    assert f"{run}  parcel.watch  waiting (person)\n" in cellc("show", run).out
    data = json.loads(cellc("show", run, "--format=json").out)
    assert (data["status"], data["why"]) == ("waiting", ["person"])
