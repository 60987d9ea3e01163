"""A full disk: nothing is told that is not recorded, nothing is lost, and all goes on when there is room."""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import pytest

from cellc.language.graph import dump
from cellc.language.values import encode
from cellc.runtime.audit import audit
from cellc.runtime.commands import StartRun, Verdict
from cellc.runtime.environment import Environment
from cellc.runtime.fabric import Fabric
from cellc.runtime.inbox import Inbox, Sent
from cellc.runtime.log_sqlite import SqliteLog, open_log
from cellc.runtime.ports import LogFailed, Request, Result
from cellc.runtime.telling import Line
from cellc.runtime.views import RunView
from tests.runtime.core.building import call, script
from tests.runtime.fabric.worlds import AT, Counted, VirtualClock, World, program

PAY = program(
    "main",
    script(
        "main", ["n"], [call("n", "work", x="n"), call("n", "pay", x="n"), call("n", "work", x="n"), ("return", "n")]
    ),
)


class Disk(VirtualClock):
    """Time during which a disk is full until it has been looked at three times."""

    def __init__(self, log: SqliteLog) -> None:
        super().__init__()
        self.log = log
        self.looked = 0

    async def sleep_until(self, due: datetime) -> None:
        await super().sleep_until(due)
        self.looked += 1
        if self.looked == 3:
            limit(self.log, 1_000_000)


def limit(log: SqliteLog, pages: int) -> None:
    log._connection.execute(f"PRAGMA max_page_count={pages}").fetchall()


def fill(log: SqliteLog) -> None:
    """Leave no room: not a page more than there are, and none that is free."""
    limit(log, log._connection.execute("PRAGMA page_count").fetchone()[0])


class Nothing:
    """No handlers."""

    def get(self, _effect: str) -> None:
        return None

    async def close(self) -> None:
        pass


class Told:
    """What is told of runs and of the log, in order."""

    def __init__(self) -> None:
        self.all: list[str] = []

    def observe(self, _head: object, lines: list[Line]) -> None:
        self.all += (line.kind for line in lines)

    def notify(self, code: str, _fields: Mapping[str, str]) -> None:
        self.all.append(code)


@pytest.mark.parametrize("filled_at", [1, 2, 3])
def test_a_run_waits_for_room_and_nothing_is_sent_told_or_done_twice(filled_at: int, tmp_path: Path) -> None:
    log = open_log(tmp_path / "log.db", AT)
    told = Told()
    world = World(log=log, clock=Disk(log))
    asked: list[tuple[str, int]] = []

    def answer(request: Request) -> Result:
        asked.append((request.effect, request.input["x"]))
        if len(asked) == filled_at:
            fill(log)
        return Result("v" * 20_000 if len(asked) == filled_at else request.input["x"])

    world.answer = answer

    async def act(fabric: Fabric) -> RunView:
        return await fabric.finished(fabric.start(PAY, "main", {"n": 1}))

    async def run() -> RunView:
        async with world.fabric(observe=told.observe, notify=told.notify) as fabric:
            return await act(fabric)

    view = asyncio.run(run())
    assert view.head.status == "completed"
    assert len(asked) == 3
    assert world.clock.looked == 3  # type: ignore[attr-defined]
    full = told.all.index("W842")
    assert told.all[full : full + 2] == ["W842", "N845"]  # nothing is told in between
    assert told.all.count("completed") == 3
    assert audit(log).findings == []
    log.close()


def test_what_is_asked_of_a_full_log_is_answered_when_it_has_room(tmp_path: Path) -> None:
    log = open_log(tmp_path / "log.db", AT)
    told = Told()
    world = World(log=log, clock=Disk(log), answer=lambda request: Result(request.input["x"]))
    command = StartRun(dump(PAY).decode(), "main", encode({"n": "v" * 100_000}).decode())

    async def run() -> Verdict:
        async with world.fabric(notify=told.notify) as fabric:
            fill(log)
            verdict = await fabric.obey(command)
            assert told.all == ["W842", "N845"]
            await fabric.finished(fabric.number_of(verdict.run))
            return verdict

    assert asyncio.run(run()) == Verdict("done", "run-1")
    assert [head.status for head in log.heads()] == ["completed"]
    log.close()


def test_whoever_asks_for_a_verdict_while_the_log_is_full_gets_it(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    log = open_log(path, AT)
    told = Told()
    clock = Disk(log)
    command = StartRun(dump(PAY).decode(), "main", encode({"n": "v" * 100_000}).decode())

    async def run() -> Verdict:
        inbox = Inbox(path, log.identity)
        async with Fabric(log, Nothing(), Environment({}), clock, Counted(), inbox=inbox, notify=told.notify) as fabric:
            await asyncio.sleep(0)
            fill(log)
            sent = Sent(path, log.identity, command)
            sent.ring()
            while not told.all:  # noqa: ASYNC110 -- the fabric is told by a plain call
                await asyncio.sleep(0)
            return await fabric.verdict(sent.inbox_id)

    assert asyncio.run(run()) == Verdict("done", "run-1")
    log.close()


def test_a_process_that_is_stopped_while_the_disk_is_full_leaves_what_was_recorded(tmp_path: Path) -> None:
    log = open_log(tmp_path / "log.db", AT)
    told = Told()
    world = World(log=log)

    async def run() -> None:
        async with world.fabric(notify=told.notify) as fabric:
            await fabric.finished(fabric.start(PAY, "main", {"n": 1}))
            fill(log)
            started = fabric.start(PAY, "main", {"n": "v" * 100_000})
            while not told.all:  # noqa: ASYNC110 -- the fabric is told by a plain call
                await asyncio.sleep(0)
            assert fabric.look_at(started) is None

    asyncio.run(run())
    assert [head.status for head in log.heads()] == ["completed"]
    assert audit(log).findings == []
    log.close()


def test_another_failure_than_a_full_disk_stops_all(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    log = open_log(path, AT)
    log._connection.execute(
        "CREATE TEMP TRIGGER t BEFORE INSERT ON main.events BEGIN SELECT RAISE(ABORT, 'broken'); END"
    )
    told = Told()
    world = World(log=log)

    async def run() -> None:
        async with world.fabric(notify=told.notify) as fabric:
            await fabric.finished(fabric.start(PAY, "main", {"n": 1}))

    with pytest.raises(LogFailed, match="broken"):
        asyncio.run(run())
    assert told.all == []
    log.close()
