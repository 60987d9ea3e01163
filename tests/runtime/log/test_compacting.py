"""A compacted log has where its runs stand, goes on from there as it would have, and says what is gone."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from cellc.runtime.audit import ExportedHead, Finding, audit
from cellc.runtime.commands import CancelRun, Verdict, dump
from cellc.runtime.compacting import compact
from cellc.runtime.exporting import export
from cellc.runtime.inbox import Sent
from cellc.runtime.instances import RunUnreadable
from cellc.runtime.log_reading import read_log
from cellc.runtime.log_sqlite import SqliteLog, open_log
from cellc.runtime.ports import Append, Arrival, Result
from cellc.runtime.views import RunView, history, look_up
from tests.runtime.core.building import call, script
from tests.runtime.fabric.worlds import AT, World, program
from tests.runtime.log.worked import edit, worked

DAY = timedelta(days=1)
SECOND = "(parse_datetime('2026-01-01T00:00:01Z') - parse_datetime('2026-01-01T00:00:00Z'))"
LONG = program(
    "main",
    script(
        "main",
        ["n"],
        [
            *[call("n", "work", x="n")] * 30,
            call(None, "sleep", **{"for": f"{SECOND} * 3600"}),
            *[call("n", "work", x="n")] * 3,
            ("return", "n"),
        ],
    ),
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "log.db"


def waiting(path: Path) -> SqliteLog:
    """Return the log of a run with a history that only waits now."""
    log = open_log(path, AT)

    async def run() -> None:
        async with World(log=log).fabric() as fabric:
            await fabric.settled(fabric.start(LONG, "main", {"n": 1}))

    asyncio.run(run())
    return log


def finished(world: World) -> RunView:
    async def run() -> RunView:
        async with world.fabric() as fabric:
            fabric.resume()
            return await fabric.finished(1)

    return asyncio.run(run())


def test_a_compacted_run_goes_on_as_it_would_have(path: Path) -> None:
    log = waiting(path)
    shown = look_up(log, log.head(1))
    done = compact(log, AT, None)
    assert (done.compacted, done.removed, done.events, done.left) == (1, 0, 31, [])
    _, rows = log.stored_run(1)
    assert [row.seq for row in rows] == [32]
    assert look_up(log, log.head(1)) == shown
    log.close()
    log = open_log(path, AT)
    view = finished(world := World(log=log))
    assert (view.output, world.asked.total()) == (34, 3)
    assert audit(log).findings == []
    log.close()


def test_what_is_gone_is_said_where_history_is_told_or_exported(path: Path) -> None:
    log = waiting(path)
    compact(log, AT, None)
    assert [(seq, line.kind, line.detail) for seq, line in history(log, log.head(1))] == [
        (32, "compacted", "31 events before it are gone")
    ]
    lines = [line.decode() for line in export(log, AT, heads_only=False)]
    assert any('"what":"compacted"' in line and '"upto":31' in line for line in lines)
    assert log.incidents()[-1][2:] == ("compacted", "31 events dropped, 0 runs removed")
    log.close()


def test_a_compacted_run_is_still_chained(path: Path) -> None:
    log = waiting(path)
    known = ExportedHead("run-1", 31, log.stored_run(1)[1][-1].chain.hex())
    compact(log, AT, None)
    finished(World(log=log))
    log.close()
    assert audit(read_log(path), [known]).findings == []
    assert audit(read_log(path), [ExportedHead("run-1", 7, "00")]).findings == []  # dropped: nothing to compare
    other = ExportedHead("run-1", 31, "00" * 16)
    words = "it is not the event that was exported"
    assert audit(read_log(path), [other]).findings == [Finding(words, "run-1", 31)]
    edit(path, "DELETE FROM events WHERE seq = 32")
    assert audit(read_log(path)).findings == [Finding("it and all up to 32 are missing", "run-1", 1)]


def test_a_state_that_was_changed_is_found_and_one_of_another_run_is_not_used(path: Path) -> None:
    log = waiting(path)
    compact(log, AT, None)
    log.close()
    edit(path, "UPDATE runs SET id = 'run-9'")
    with pytest.raises(RunUnreadable, match="the state of another run"):
        look_up(read_log(path), read_log(path).head(1))  # type: ignore[arg-type]
    edit(path, "UPDATE events SET chain = zeroblob(16)")
    assert audit(read_log(path)).findings == [Finding("it is not as it was written", "run-9", 32)]


def test_a_history_that_is_smaller_than_its_state_stays(path: Path) -> None:
    log = open_log(path, AT)
    short = program("main", script("main", [], [call(None, "sleep", **{"for": SECOND}), ("return", "1")]))

    async def run() -> None:
        async with World(log=log).fabric() as fabric:
            await fabric.settled(fabric.start(short, "main", {}))

    asyncio.run(run())
    assert compact(log, AT, None).compacted == 0
    assert len(log.stored_run(1)[1]) == 1
    log.close()


def test_compacting_twice_changes_nothing_more(path: Path) -> None:
    log = waiting(path)
    compact(log, AT, None)
    before = log.stored_run(1)
    assert compact(log, AT, None).compacted == 0
    assert log.stored_run(1) == before
    log.close()


def test_a_run_that_cannot_be_read_or_may_go_on_elsewhere_is_left_as_it_is(path: Path, tmp_path: Path) -> None:
    log = waiting(path)
    log.append([Append(1, [b"\xffno event"])])
    ((run, reason),) = compact(log, AT, DAY).left
    assert (run, "cannot be read" in reason) == ("run-1", True)
    log.close()
    path.rename(tmp_path / "old.db")
    (tmp_path / "copy.db").write_bytes((tmp_path / "old.db").read_bytes())
    log = open_log(tmp_path / "copy.db", AT, adopt=True)
    assert "adopted" in compact(log, AT, DAY).left[0][1]
    assert len(log.stored_run(1)[1]) == 32
    log.close()


def test_ended_runs_are_removed_after_their_time_with_all_that_is_only_theirs(path: Path) -> None:
    log = worked(path, runs=2)
    log.append([], [Arrival("m.e", "old", None, AT, None, None, 1), Arrival("m.e", "kept", None, AT, AT + 9 * DAY)])
    assert compact(log, AT + DAY, DAY).removed == 0
    assert log.query("SELECT count(*) FROM vals") == [(1,)]
    done = compact(log, AT + DAY + timedelta(seconds=1), DAY)
    assert (done.removed, done.events) == (2, 8)
    assert [*log.heads()] == []
    left = "SELECT (SELECT count(*) FROM events), (SELECT count(*) FROM vals), (SELECT count(*) FROM snapshots)"
    assert log.query(left) == [(0, 0, 0)]
    assert [arrival.id for arrival in log.arrivals()] == ["kept"]
    assert log.next_run() == 3
    assert audit(log).findings == []
    log.close()


def test_runs_that_go_on_are_never_removed_and_keep_their_values(path: Path) -> None:
    log = waiting(path)
    compact(log, AT + 1000 * DAY, timedelta())
    assert [head.id for head in log.heads()] == ["run-1"]
    assert finished(World(log=log)).output == 34
    log.close()


def test_a_value_that_another_run_has_stays(path: Path) -> None:
    log = worked(path, runs=1)
    log.close()
    log = open_log(path, AT)
    ended = log.stored_run(1)[1][2].event
    later = replace(log.head(1), number=2, id="run-2", ended_at=AT + 5 * DAY)
    log.append([Append(2, [ended], later)])
    compact(log, AT + 2 * DAY, DAY)
    assert [head.id for head in log.heads()] == ["run-2"]
    assert [*log.events(2)] == [ended]
    log.close()


def test_verdicts_go_when_their_senders_have_them(path: Path) -> None:
    log = worked(path, runs=1)
    sent, read = (Sent(path, log.identity, CancelRun("r")) for _ in range(2))
    log.append([], (), {each.inbox_id: dump(Verdict("done")) for each in (sent, read)})
    read.remove()
    compact(log, AT, None)
    assert (log.verdict(sent.inbox_id), log.verdict(read.inbox_id)) == (dump(Verdict("done")), None)
    log.close()


def test_the_file_shrinks(path: Path) -> None:
    log = open_log(path, AT)
    made = program("main", script("main", ["n"], [*[call("n", "look", x="n")] * 3, ("return", "1")]))
    world = World(log=log, answer=lambda request: Result(f"{request.key}" * 3000))

    async def run() -> None:
        async with world.fabric() as fabric:
            for number in range(5):
                await fabric.finished(fabric.start(made, "main", {"n": number}))

    asyncio.run(run())
    log.close()
    before = path.stat().st_size
    log = open_log(path, AT)
    compact(log, AT + 9 * DAY, DAY)
    log.close()
    assert path.stat().st_size < before / 2
    open_log(path, AT).close()
