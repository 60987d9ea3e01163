"""`cellc log`, with real processes: the history of a run, and a log that is checked, exported and copied."""

import json
from pathlib import Path

import pytest

from cellc.runtime.sqlite_library import sqlite3
from tests.cli.processes import Cellc


@pytest.fixture
def run(cellc: Cellc) -> str:
    """The id of a run that has ended."""
    assert cellc("run", "hello.cell.yaml", "name=Ada").code == 0
    found: str = json.loads(cellc("runs", "--format=json").out)[0]["run"]
    return found


def edit(folder: Path, statement: str) -> None:
    connection = sqlite3.connect(folder / ".cellc" / "log.db")
    with connection:
        connection.execute(statement)
    connection.close()


def test_the_history_of_a_run_has_a_line_for_each_event(cellc: Cellc, run: str) -> None:
    first, last = cellc("log", run).out.splitlines()
    assert first.startswith("1  ")
    assert first.endswith('Z  started     hello.hello  {"name": "Ada"}')
    assert last.endswith('Z  ended       completed  {"greeting": "Hello, Ada!"}')
    told = json.loads(cellc("log", "--format", "json", run[:12]).out)
    assert [(line["seq"], line["kind"]) for line in told] == [(1, "started"), (2, "ended")]
    assert told[1]["value"] == {"greeting": "Hello, Ada!"}


def test_a_run_that_is_not_there_or_cannot_be_read_is_2(cellc: Cellc, run: str, folder: Path) -> None:
    assert "error[E806]" in cellc("log", "ffff").err
    edit(folder, "UPDATE events SET body = X'09' WHERE seq = 2")
    done = cellc("log", run)
    assert (done.code, "error[E817]" in done.err) == (2, True)
    assert "error[E817]" in cellc("log", "export").err


def test_help_tells_both_forms_and_usage_is_as_it_is_written(cellc: Cellc) -> None:
    help_ = cellc("log", "--help").out
    assert help_.startswith("Usage: cellc log [OPTIONS] RUN | COMMAND")
    assert all(name in help_ for name in ("backup", "export", "verify"))
    assert "\n  history" not in help_
    done = cellc("log", "a", "b")
    assert (done.code, done.err.startswith("Usage: cellc log [OPTIONS] RUN\n")) == (2, True)


def test_verify_says_that_all_is_well_or_what_is_not(cellc: Cellc, run: str, folder: Path) -> None:
    done = cellc("log", "verify")
    assert (done.code, done.out) == (0, "1 run, 2 events: all are as they were written\n")
    assert "--heads FILE" in done.err
    edit(folder, "UPDATE events SET body = X'09' WHERE seq = 2")
    done = cellc("log", "verify")
    assert (done.code, done.out) == (1, "")
    assert f"error[E840]: run {run}, event 2: it is not as it was written" in done.err
    done = cellc("log", "verify", "--format=json")
    assert done.code == 1
    assert json.loads(done.out)["findings"] == [{"run": run, "seq": 2, "what": "it is not as it was written"}]


@pytest.mark.parametrize("options", [["--heads"], []])
def test_what_was_cut_off_shows_against_an_earlier_export(
    options: list[str], cellc: Cellc, run: str, folder: Path
) -> None:
    (folder / "exported").write_text(cellc("log", "export", *options).out)
    done = cellc("log", "verify", "--heads", "exported")
    assert (done.code, done.err) == (0, "")
    edit(folder, "DELETE FROM events")
    edit(folder, "DELETE FROM runs")
    assert cellc("log", "verify").code == 0
    done = cellc("log", "verify", "--heads", "exported")
    assert (done.code, f"error[E840]: run {run}: the run was exported and is missing" in done.err) == (1, True)
    assert cellc("log", "verify", "--heads", "nowhere").code == 2


def test_compact_removes_what_ended_long_ago_and_says_so(cellc: Cellc, run: str) -> None:
    assert json.loads(cellc("log", "compact").out)["runs_removed"] == 0
    assert json.loads(cellc("log", "compact", "--keep", "1h").out)["runs_removed"] == 0
    assert "`soon` is no duration like 30d or 12h" in cellc("log", "compact", "--keep", "soon").err
    told = json.loads(cellc("log", "compact", "--keep", "0s").out)
    assert (told["runs_removed"], told["events_dropped"]) == (1, 2)
    assert f"no run {run}" in cellc("show", run).err
    assert cellc("log", "verify").code == 0


def test_a_backup_is_a_log_that_goes_on_when_it_is_adopted(cellc: Cellc, run: str) -> None:
    done = cellc("log", "backup", "monday.db")
    told = json.loads(done.out)
    assert (done.code, told["file"], told["runs"], told["findings"]) == (0, "monday.db", 1, [])
    assert json.loads(cellc("runs", "--format=json", "--log", "monday.db").out)[0]["run"] == run
    again = ("run", "hello.cell.yaml", "name=Ada", "--log", "monday.db")
    done = cellc(*again)
    assert (done.code, "error[E841]" in done.err) == (2, True)
    assert cellc("resume", "--adopt", "--log", "monday.db").code == 0
    assert cellc(*again).code == 0
    assert cellc("log", "verify", "--log", "monday.db").code == 0
