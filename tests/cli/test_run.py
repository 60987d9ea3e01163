"""`cellc run` and what can be asked of a log afterwards, with real processes."""

import json
import re
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.processes import Cellc

RAISING = """\
cellc: 1
errors:
  TooMuch: {limit: int}
cells:
  work:
    in: {x: int}
    out: int
    errors: [TooMuch]
    do: |
      if x > 10:
        raise TooMuch(limit=10)
      return x
"""

TYPES = """\
cellc: 1
types:
  Item:
    sku: string(/[A-Z]{3}/)
    qty: int(1..)
cells:
  work:
    in: {text: string, n: int, ok: bool, price: decimal, on: date, any: json, items: [Item], note?: string}
    out: {text: string, n: int, ok: bool, price: decimal, on: date, any: json, items: [Item], note?: string}
    do: 'return {text, n, ok, price, on, any, items, note}'
"""

READS = """\
cellc: 1
cells:
  work:
    out: string
    effects: [file.read]
    do: |
      text = file.read(path="answer.txt")
      return text
"""

NEEDS = """\
cellc: 1
effects:
  send:
    in: {text: string}
    delivery: idempotent
    via: http.post
    with:
      url: ${env.SEND_URL}/messages
      headers: {Authorization: "Bearer ${secret.SEND_TOKEN}"}
      json: {text: "${text}"}
cells:
  work:
    effects: [send, log.info]
    do: |
      log.info(message="begun")
      send(text="hello")
"""

SLEEPS = """\
cellc: 1
cells:
  work:
    out: string
    effects: [log.info, time.sleep]
    do: |
      log.info(message="asleep")
      time.sleep(for=1h)
      return "awake"
"""


@pytest.fixture(autouse=True)
def programs(folder: Path) -> None:
    texts = {"raising": RAISING, "types": TYPES, "reads": READS, "needs": NEEDS, "sleeps": SLEEPS}
    for name, text in texts.items():
        (folder / f"{name}.cell.yaml").write_text(text)


def test_the_result_is_json_on_stdout_and_the_log_is_in_dot_cellc(cellc: Cellc, folder: Path) -> None:
    done = cellc("run", "hello.cell.yaml", "name=Ada")
    assert (done.code, json.loads(done.out)) == (0, {"greeting": "Hello, Ada!"})
    assert (folder / ".cellc" / "log.db").exists()


def test_the_log_is_beside_the_nearest_cellc_toml(cellc: Cellc, folder: Path) -> None:
    (folder.parent / "cellc.toml").touch()
    assert cellc("run", "hello.cell.yaml", "name=Ada").code == 0
    assert (folder.parent / ".cellc" / "log.db").exists()


def test_the_flag_names_the_log_before_the_variable(cellc: Cellc, folder: Path) -> None:
    env = {"CELLC_LOG": "variable.db"}
    assert cellc("run", "hello.cell.yaml", "name=Ada", env=env).code == 0
    assert cellc("run", "hello.cell.yaml", "name=Ada", "--log", "flag.db", env=env).code == 0
    assert (folder / "variable.db").exists()
    assert len(json.loads(cellc("runs", "--format=json", "--log", "flag.db").out)) == 1


def test_a_word_is_text_where_the_type_takes_text_and_else_json(cellc: Cellc) -> None:
    words = ["text=5", "n=5", "ok=true", "price=12.50", "on=2026-03-01", "any=[1, 2]"]
    done = cellc("run", "types.cell.yaml", *words, 'items=[{"sku": "ABC", "qty": 1}]')
    assert done.code == 0, done.err
    assert json.loads(done.out) == {
        "text": "5",
        "n": 5,
        "ok": True,
        "price": "12.50",
        "on": "2026-03-01",
        "any": [1, 2],
        "items": [{"sku": "ABC", "qty": 1}],
    }


def test_input_comes_from_a_file_or_stdin_and_a_word_replaces_a_field(cellc: Cellc, folder: Path) -> None:
    (folder / "input.json").write_text('{"name": "Ada"}')
    assert "Hello, Ada!" in cellc("run", "hello.cell.yaml", "--input", "input.json").out
    assert "Hello, Eve!" in cellc("run", "hello.cell.yaml", "--input", "-", "name=Eve", stdin='{"name": "Ada"}').out


def test_bad_input_is_told_by_field_before_anything_happens(cellc: Cellc, folder: Path) -> None:
    words = ["text=x", "n=five", "ok=1", "price=1", "on=today", "any=1", "extra=1"]
    done = cellc("run", "types.cell.yaml", *words, 'items=[{"sku": "abc", "qty": 0}]')
    assert (done.code, done.out) == (1, "")
    told = re.findall(r"error\[E800\]: the input does not fit at `([^`]+)`", done.err)
    assert sorted(told) == ["extra", "items[0].qty", "items[0].sku", "n", "ok", "on"]
    assert not (folder / ".cellc").exists()


@pytest.mark.parametrize(
    ("content", "code", "words"),
    [
        (None, 2, "no such file or directory"),
        ("{", 1, "line 1, column 2"),
        ("[]", 1, "it is not a JSON object"),
        ('{"name": NaN}', 1, "NaN is not a JSON value"),
    ],
)
def test_an_input_file_that_does_not_read(
    cellc: Cellc, folder: Path, content: str | None, code: int, words: str
) -> None:
    if content is not None:
        (folder / "input.json").write_text(content)
    done = cellc("run", "hello.cell.yaml", "--input", "input.json")
    assert (done.code, done.out) == (code, "")
    assert "error[E801]" in done.err
    assert words in done.err


def test_what_the_environment_lacks_is_named_with_its_place_before_the_run(cellc: Cellc, folder: Path) -> None:
    done = cellc("run", "needs.cell.yaml")
    assert (done.code, done.out) == (1, "")
    assert "error[E804]: `send` needs the environment variable SEND_URL" in done.err
    assert "error[E805]: `send` needs the secret SEND_TOKEN" in done.err
    assert " --> needs.cell.yaml:16:7" in done.err
    assert "begun" not in done.err
    assert not (folder / ".cellc").exists()


def test_a_wrong_program_is_not_run(cellc: Cellc, folder: Path) -> None:
    (folder / "wrong.cell.yaml").write_text(RAISING.replace("return x", "return y"))
    done = cellc("run", "wrong.cell.yaml", "x=1")
    assert (done.code, done.out) == (1, "")
    assert "error[E204]" in done.err


def test_a_missing_program_is_2(cellc: Cellc) -> None:
    done = cellc("run", "nothing.cell.yaml")
    assert (done.code, done.out) == (2, "")
    assert "error[E100]" in done.err


def test_an_unknown_cell_gets_the_nearest(cellc: Cellc) -> None:
    done = cellc("run", "hello.cell.yaml", "--cell", "helo", "name=Ada")
    assert done.code == 1
    assert "error[E802]: this program has no cell `helo`\nhelp: did you mean `hello`?" in done.err


def test_a_failed_run_prints_its_error_and_is_1(cellc: Cellc) -> None:
    done = cellc("run", "raising.cell.yaml", "x=11")
    assert done.code == 1
    assert json.loads(done.out) == {"error": "raising.TooMuch", "fields": {"limit": 10}, "place": "work/raise#1"}


def test_a_stalled_run_is_3_and_goes_on_with_retry(cellc: Cellc, folder: Path) -> None:
    stalled = cellc("run", "reads.cell.yaml")
    assert (stalled.code, stalled.out) == (3, "")
    assert "answer.txt" in stalled.err
    (run,) = json.loads(cellc("runs", "--format=json").out)
    assert run["status"] == "stalled"
    shown = cellc("show", run["run"])
    assert "! stalled  work/text  file.read" in shown.out
    assert shown.out.index("! stalled") < shown.out.index("▸") if "▸" in shown.out else True
    assert cellc("resume").code == 3
    (folder / "answer.txt").write_text("42")
    done = cellc("retry", run["run"])
    assert done.code == 0
    assert json.loads(done.out) == {"run": run["run"], "status": "completed", "output": "42"}
    again = cellc("retry", run["run"])
    assert again.code == 1
    assert "error[E808]" in again.err


def test_runs_and_show_read_what_happened(cellc: Cellc) -> None:
    cellc("run", "hello.cell.yaml", "name=Ada")
    cellc("run", "raising.cell.yaml", "x=11")
    first, second = json.loads(cellc("runs", "--format=json").out)
    assert [(r["cell"], r["status"]) for r in (first, second)] == [
        ("hello.hello", "completed"),
        ("raising.work", "failed"),
    ]
    assert [line.split()[0] for line in cellc("runs").out.splitlines()] == [first["run"], second["run"]]
    assert json.loads(cellc("show", second["run"], "--format=json").out)["failure"]["fields"] == {"limit": 10}
    assert "Hello, Ada!" in cellc("show", first["run"][:-4]).out
    assert cellc("runs", "--live").err == "no runs\n"


def test_a_prefix_names_one_run_or_none(cellc: Cellc) -> None:
    cellc("run", "hello.cell.yaml", "name=Ada")
    cellc("run", "hello.cell.yaml", "name=Eve")
    several, none = cellc("show", "0"), cellc("show", "zzz")
    assert (several.code, none.code) == (2, 2)
    assert "error[E807]: 0 can be any of 2 runs" in several.err
    assert "error[E806]: the log has no run zzz" in none.err


def test_a_log_that_is_not_there_or_no_log(cellc: Cellc, folder: Path) -> None:
    (folder / "text.db").write_text("something else entirely, and rather longer than a header")
    for arguments in (["runs"], ["show", "0"], ["resume"], ["retry", "0"]):
        done = cellc(*arguments)
        assert (done.code, "error[E810]" in done.err) == (2, True)
        done = cellc(*arguments, "--log", "text.db")
        assert (done.code, "error[E812]" in done.err) == (2, True)
    assert "error[E812]" in cellc("run", "hello.cell.yaml", "name=Ada", "--log", "text.db").err
    assert "error[E811]" in cellc("run", "hello.cell.yaml", "name=Ada", "--log", "no/such/place.db").err


def start(environment: dict[str, str], folder: Path, *arguments: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "cellc", *arguments]
    return subprocess.Popen(
        command, cwd=folder, env=environment, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_keeps_the_run_and_tells_how_to_go_on(
    cellc: Cellc, environment: dict[str, str], folder: Path, number: int, code: int
) -> None:
    with start(environment, folder, "run", "sleeps.cell.yaml") as process:
        assert process.stderr
        told = iter(process.stderr.readline, "")
        assert any("log.info" in line for line in told)
        blocked = cellc("resume", "--adopt")
        handed_over = cellc("run", "hello.cell.yaml", "name=Ada")
        process.send_signal(number)
        rest = process.stderr.read()
    assert process.returncode == code
    run, other = json.loads(cellc("runs", "--format=json").out)
    assert "`cellc resume` goes on" in rest
    assert run["status"] == "waiting"
    assert "◷ timer  work/sleep  time.sleep" in cellc("show", run["run"]).out
    assert blocked.code == 2
    assert f"error[E814]: .cellc/log.db is in use by the running process {process.pid}" in blocked.err
    assert (handed_over.code, json.loads(handed_over.out)) == (0, {"greeting": "Hello, Ada!"})
    assert f"in use by the running process {process.pid}, which performs this run" in handed_over.err
    assert other["status"] == "completed"


def test_two_threads_of_sqlite_never_meet(folder: Path, cellc: Cellc) -> None:
    """A program cannot reach its own log through `sql.*`."""
    (folder / "own.cell.yaml").write_text(
        "cellc: 1\ncells:\n  work:\n    errors: [sql.Conflict]\n    effects: [sql.execute]\n    do: |\n"
        '      sql.execute(database="sqlite:///.cellc/log.db", statement="DELETE FROM runs")\n'
    )
    done = cellc("run", "own.cell.yaml")
    assert done.code == 3
    assert "belongs to the log" in done.err
    with sqlite3.connect(folder / ".cellc" / "log.db") as db:
        assert db.execute("SELECT count(*) FROM runs").fetchone() == (1,)
