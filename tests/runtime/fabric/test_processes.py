"""What a process does with runs that others have left: those that end it, and those that may go on elsewhere."""

import asyncio
import shutil
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from cellc.language.graph import Program
from cellc.runtime.clock import SystemClock
from cellc.runtime.commands import RetryRun
from cellc.runtime.core.events import decode
from cellc.runtime.fabric import DEADLY, Fabric
from cellc.runtime.log_sqlite import SqliteLog, open_log
from cellc.runtime.ports import Result
from cellc.runtime.views import RunView
from tests.runtime.core.building import call, each, script
from tests.runtime.fabric.worlds import AT, VirtualClock, World, program

PERFORMING = 3
"""The seam before the first effect: after those before and after the commit."""


def calling(effect: str) -> Program:
    return program("main", script("main", ["n"], [call("n", effect, x="n"), ("return", "n")]))


PAYS = program("main", script("main", ["n"], [each("ns", "i", "range(n)", "pay", x="i"), ("return", "ns")]))


def die(log: SqliteLog) -> None:
    """End as a killed process does: nothing is written, and the lock is gone."""
    log._connection.close()
    log._ownership.release()


def killed_while_performing(path: Path, act: Callable[[Fabric], object], slots: int = 100) -> None:
    """Let a process come to perform its first call, and end it there."""
    log = open_log(path, AT)
    world = World(log=log, crash_at=frozenset({PERFORMING}))

    async def run() -> None:
        async with world.fabric(slots=slots) as fabric:
            act(fabric)
            await world.dead.wait()

    asyncio.run(run())
    die(log)


def resumed(log: SqliteLog, world: World | None = None) -> RunView:
    """Resume the one run of a log, and return how it stands in the end."""
    world = world or World(log=log)

    async def run() -> RunView:
        async with world.fabric() as fabric:
            (head,) = fabric.resume()
            return await fabric.finished(head.number)

    return asyncio.run(run())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "log.db"


def test_a_run_that_ends_process_after_process_is_left_alone_until_it_is_retried(path: Path) -> None:
    killed_while_performing(path, lambda fabric: fabric.start(calling("work"), "main", {"n": 1}))
    for _ in range(DEADLY):
        killed_while_performing(path, Fabric.resume)
    log = open_log(path, AT)
    view = resumed(log, world := World(log=log))
    assert (view.head.status, world.asked.total()) == ("stalled", 0)
    (row,) = view.open
    reason = "several processes in a row have ended while it was being performed"
    assert (row.kind, row.reason, row.maybe_sent) == ("deadly", reason, True)
    world = World(log=log)

    async def retry() -> RunView:
        async with world.fabric() as fabric:
            await fabric.obey(RetryRun("run-1"))
            return await fabric.finished(1)

    assert (asyncio.run(retry()).output, world.asked.total()) == (2, 1)
    log.close()


def test_processes_that_close_the_log_are_not_suspected_nor_are_runs_that_go_on(path: Path) -> None:
    killed_while_performing(path, lambda fabric: fabric.start(calling("work"), "main", {"n": 1}))
    for _ in range(DEADLY):
        killed_while_performing(path, Fabric.resume)
    open_log(path, AT).close()
    log = open_log(path, AT)
    assert log.revivals(1) == 0
    assert resumed(log).head.status == "completed"
    log.close()


def test_the_runs_of_a_copy_do_not_perform_what_may_have_been_performed_where_it_was_copied(
    path: Path, tmp_path: Path
) -> None:
    killed_while_performing(path, lambda fabric: fabric.start(PAYS, "main", {"n": 3}), slots=1)
    shutil.copy(path, tmp_path / "copy.db")
    log = open_log(path, AT)
    view = resumed(log, world := World(log=log))
    assert (view.head.status, world.paid.total()) == ("stalled", 2)  # the third may have been sent by the process
    log.close()
    log = open_log(tmp_path / "copy.db", AT, adopt=True)
    view = resumed(log, world := World(log=log))
    assert (view.head.status, world.paid.total()) == ("stalled", 0)
    assert [row.kind for row in view.open] == ["unknown"] * 3
    assert resumed(log).head.status == "stalled"
    log.close()


class Set(VirtualClock):
    """A clock that is set once, when the first call is performed."""

    def __init__(self, by: timedelta) -> None:
        super().__init__()
        self.by = by
        self.asked = 0

    def jump(self) -> timedelta:
        self.asked += 1
        if self.asked != 2:
            return timedelta()
        self.time += self.by
        return self.by


@pytest.mark.parametrize("hours", [-2, 3])
def test_a_clock_that_jumps_is_told_and_logged_and_events_stay_in_order(hours: int, path: Path) -> None:
    log = open_log(path, AT)
    told: list[tuple[str, str]] = []
    world = World(log=log, clock=Set(timedelta(hours=hours)), answer=lambda request: Result(request.input["x"]))
    second = "(parse_datetime('2026-01-01T00:00:01Z') - parse_datetime('2026-01-01T00:00:00Z'))"
    steps = [call("n", "work", x="n"), call(None, "sleep", **{"for": f"{second} * 3600"}), call("n", "look", x="n")]
    made = program("main", script("main", ["n"], [*steps, ("return", "n")]))

    async def run() -> RunView:
        async with world.fabric(notify=lambda code, fields: told.append((code, fields["seconds"]))) as fabric:
            return await fabric.finished(fabric.start(made, "main", {"n": 1}))

    assert asyncio.run(run()).head.status == "completed"
    assert told == [("W846", f"{hours * 3600:+}")]
    assert log.query("SELECT epoch, kind, detail FROM incidents") == [
        (1, "clock", f"it has jumped by {hours * 3600:+} s")
    ]
    times = [event.at for event in map(decode, log.events(1))]
    assert times == sorted(times)
    log.close()


def test_a_clock_that_is_a_little_corrected_is_not_told(path: Path) -> None:
    log = open_log(path, AT)
    world = World(log=log, clock=Set(timedelta(seconds=59)))

    async def run() -> None:
        async with world.fabric(notify=lambda code, _: pytest.fail(code)) as fabric:
            await fabric.finished(fabric.start(calling("work"), "main", {"n": 1}))

    asyncio.run(run())
    log.close()


def test_the_system_clock_tells_its_jumps_once(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SystemClock()
    assert abs(clock.jump()) < timedelta(seconds=1)
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + 3600)
    assert timedelta(seconds=3599) < clock.jump() < timedelta(seconds=3601)
    assert abs(clock.jump()) < timedelta(seconds=1)
