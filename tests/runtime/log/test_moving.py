"""Logs in which runs were moved: what they say of that, compacted or not, and after a crash in the middle of moving."""

import signal
import subprocess
import sys
from pathlib import Path
from typing import cast

import pytest

from cellc.runtime import fleet as fleets
from cellc.runtime.audit import Finding, audit
from cellc.runtime.compacting import compact
from cellc.runtime.log_reading import read_log
from cellc.runtime.log_sqlite import SqliteLog, open_log
from cellc.runtime.ports import Log, LogFailed
from cellc.runtime.views import history, look_up
from tests.runtime.fabric.worlds import AT
from tests.runtime.log.moves import NEW, OLD, WHO, fleet, waiting
from tests.runtime.log.worked import edit

MOVER = """
import sys
from pathlib import Path
from cellc.runtime import fleet as fleets
from cellc.runtime.log_sqlite import open_log
from tests.runtime.fabric.worlds import AT
from tests.runtime.log.moves import WHO, fleet
fleets.PAGE = 1
found = fleet(open_log(Path(sys.argv[1]), AT))
for judged in found.move(found.all(), WHO, None):
    print(judged.head.number, flush=True)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "log.db"


def move(log: SqliteLog, most: int | None = None) -> int:
    found = fleet(log)
    return sum(judged.stays is None for judged in found.move(found.all(), WHO, most))


def kinds(log: SqliteLog, run: int) -> list[str]:
    return [line.kind for _, line in history(cast("Log", log), log.head(run)) if line.kind != "ready"]


def test_the_history_goes_on_over_the_move(path: Path) -> None:
    log = waiting(path, 1)
    assert move(log) == 1
    assert kinds(log, 1) == ["started", "completed", "changed"]
    changed = [line for _, line in history(cast("Log", log), log.head(1)) if line.kind == "changed"]
    assert [(line.place, line.detail) for line in changed] == [
        ("shop.main", f"to {NEW.sha256[:12]} by anna: the audit")
    ]
    view = look_up(cast("Log", log), log.head(1))
    assert view.moved is not None
    assert (view.moved.graph, view.before, view.tasks[0].title) == (OLD.sha256, "0.0.0", "Order o0")
    assert audit(read_log(path)).findings == []


def test_a_run_is_compacted_before_and_after_it_is_moved(path: Path) -> None:
    log = waiting(path, 1)
    for _ in range(2):
        compact(log, AT, None)
        move(log)
    compact(log, AT, None)
    assert look_up(cast("Log", log), log.head(1)).moved is not None
    assert kinds(log, 1)[-1] in {"compacted", "changed"}
    assert audit(read_log(path)).findings == []


def test_a_head_that_is_not_of_the_version_that_the_run_was_moved_to_is_found(path: Path) -> None:
    log = waiting(path, 1)
    move(log)
    log.close()
    edit(path, "UPDATE runs SET graph = ?", OLD.sha256)
    words = "its head names another program than the event that has moved it last"
    assert audit(read_log(path)).findings == [Finding(words, "run-1")]


def test_a_version_that_a_run_was_moved_from_is_checked_as_well(path: Path) -> None:
    log = waiting(path, 1)
    move(log)
    log.close()
    edit(path, "DELETE FROM graphs WHERE hash = ?", OLD.sha256)
    words = "the program that it was moved from is missing or is not as it was written"
    assert audit(read_log(path)).findings == [Finding(words, "run-1")]


def test_no_more_runs_are_moved_than_were_asked_for(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fleets, "PAGE", 2)
    log = waiting(path, 7)
    assert [move(log, 3), move(log, 3), move(log, 3)] == [3, 3, 1]
    assert {head.graph for head in log.heads()} == {NEW.sha256}


def test_a_run_that_has_not_gone_on_since_its_log_was_adopted_stays(path: Path) -> None:
    waiting(path, 1).close()
    copy = path.with_name("copy.db")
    copy.write_bytes(path.read_bytes())
    log = open_log(copy, AT, adopt=True)
    found = fleet(log)
    (judged,) = found.move(found.all(), WHO, None)
    assert judged.stays is not None
    assert judged.stays.reason == "it has not gone on since the log was adopted"


class Failing:
    """A log whose commits fail after so many."""

    def __init__(self, log: SqliteLog, commits: int) -> None:
        self._log = log
        self._left = commits

    def __getattr__(self, name: str) -> object:
        return getattr(self._log, name)

    def append(self, *parts: object) -> None:
        if not self._left:
            raise LogFailed("the disk does not obey")
        self._left -= 1
        self._log.append(*parts)  # type: ignore[arg-type]


def test_whoever_is_interrupted_goes_on_with_the_rest(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fleets, "PAGE", 2)
    log = waiting(path, 7)
    found = fleet(cast("Log", Failing(log, 2)))
    with pytest.raises(LogFailed):
        list(found.move(found.all(), WHO, None))
    assert sum(head.graph == NEW.sha256 for head in log.heads()) == 4
    assert move(log) == 3
    assert [kinds(log, run).count("changed") for run in range(1, 8)] == [1] * 7


@pytest.mark.parametrize("moved", [1, 3])
def test_kill_9_leaves_every_run_wholly_on_one_version(moved: int, path: Path) -> None:
    waiting(path, 6).close()
    with subprocess.Popen([sys.executable, "-c", MOVER, str(path)], stdout=subprocess.PIPE) as mover:
        assert mover.stdout is not None
        told = [int(mover.stdout.readline()) for _ in range(moved)]
        mover.send_signal(signal.SIGKILL)
    log = open_log(path, AT)
    assert audit(read_log(path)).findings == []
    assert {log.head(run).graph for run in told} == {NEW.sha256}
    moved_now = sum(head.graph == NEW.sha256 for head in log.heads())
    assert move(log) == 6 - moved_now
    assert [kinds(log, run).count("changed") for run in range(1, 7)] == [1] * 6
