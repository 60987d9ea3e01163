"""What a check of a log finds, and what it finds only against exported heads."""

from pathlib import Path

import pytest

from cellc.runtime.audit import ExportedHead, Finding, audit
from cellc.runtime.exporting import HeadsUnreadable, export, exported_heads
from cellc.runtime.log_reading import LogReader, read_log
from tests.runtime.fabric.worlds import AT
from tests.runtime.log.worked import edit, worked


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "log.db"
    worked(path).close()
    return path


def heads(log: LogReader) -> list[ExportedHead]:
    lines = [line.decode() for line in export(log, AT, heads_only=True)]
    return [*exported_heads(lines, log.identity)]


def test_nothing_is_found_in_a_log_that_nobody_has_touched(path: Path) -> None:
    done = audit(read_log(path), heads(read_log(path)))
    assert (done.runs, done.events, done.findings) == (2, 8, [])


@pytest.mark.parametrize(
    ("statement", "finding"),
    [
        ("UPDATE events SET body = zeroblob(9) WHERE run = 2 AND seq = 2", ("it is not as it was written", "run-2", 2)),
        ("DELETE FROM events WHERE run = 1 AND seq = 3", ("it is missing", "run-1", 3)),
        ("DELETE FROM events WHERE run = 2", ("all its events are missing", "run-2", None)),
        ("DELETE FROM runs WHERE number = 2", ("there are events of a run 2, which has no head", None, None)),
        (
            "UPDATE runs SET status = 'failed' WHERE number = 1",
            ("its head says failed, and by its events it ended as completed", "run-1", None),
        ),
        (
            "UPDATE runs SET status = 'running', ended_at = NULL WHERE number = 1",
            ("its head says running, and by its events it ended as completed", "run-1", None),
        ),
        (
            "DELETE FROM events WHERE run = 2 AND seq = 4",
            ("its head says completed, and by its events it has not ended", "run-2", None),
        ),
        (
            "UPDATE runs SET cell = 'other' WHERE number = 1",
            ("its head names another program than its first event", "run-1", None),
        ),
    ],
)
def test_what_is_changed_or_missing_is_named_with_its_run(
    statement: str, finding: tuple[str, str | None, int | None], path: Path
) -> None:
    edit(path, statement)
    assert audit(read_log(path)).findings == [Finding(*finding)]


def test_a_program_that_is_not_the_one_of_its_hash_is_named(path: Path) -> None:
    edit(path, "UPDATE graphs SET text = CAST(replace(CAST(text AS TEXT), 'idempotent', 'read') AS BLOB)")
    words = "the program that it runs is missing or is not as it was written"
    assert audit(read_log(path)).findings == [Finding(words, "run-1"), Finding(words, "run-2")]


def test_an_end_that_is_cut_off_shows_only_against_exported_heads(path: Path) -> None:
    known = heads(read_log(path))
    edit(path, "DELETE FROM events WHERE run = 2 AND seq > 2")
    edit(path, "UPDATE runs SET status = 'running', ended_at = NULL WHERE number = 2")
    assert audit(read_log(path)).findings == []
    words = "the events after 2 are missing: 4 were exported"
    assert audit(read_log(path), known).findings == [Finding(words, "run-2")]


def test_a_run_that_is_gone_shows_only_against_exported_heads(path: Path) -> None:
    known = heads(read_log(path))
    edit(path, "DELETE FROM events WHERE run = 1")
    edit(path, "DELETE FROM runs WHERE number = 1")
    assert audit(read_log(path)).findings == []
    assert audit(read_log(path), known).findings == [Finding("the run was exported and is missing", "run-1")]


def test_an_end_that_was_written_anew_is_not_the_exported_one(path: Path) -> None:
    known = [ExportedHead(head.run, 3, "00" * 16) for head in heads(read_log(path))]
    found = audit(read_log(path), known).findings
    assert found == [Finding("it is not the event that was exported", f"run-{run}", 3) for run in (1, 2)]


def test_a_log_that_has_gone_on_has_all_that_was_exported(path: Path) -> None:
    known = heads(read_log(path))[:1]
    assert audit(read_log(path), [ExportedHead("run-2", 1, _chain(path, 2, 1)), *known]).findings == []


def _chain(path: Path, run: int, seq: int) -> str:
    return read_log(path).stored_run(run)[1][seq - 1].chain.hex()


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([], "it is empty"),
        (["nonsense"], "line 1 is no line of an export"),
        (['{"type":"run"}'], "does not say which log"),
        (['{"type":"log","identity":"other"}'], "it is of another log"),
        (['{"type":"log","identity":"log","format":99}'], "its format is 99"),
    ],
)
def test_what_is_no_export_of_this_log_is_not_compared(lines: list[str], words: str) -> None:
    with pytest.raises(HeadsUnreadable, match=words):
        list(exported_heads(lines, "log"))
