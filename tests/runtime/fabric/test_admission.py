"""Only so many runs are in memory at once: others come when some have ended, and a start is refused with a reason."""

import asyncio

import pytest

from cellc.language.graph import dump
from cellc.language.values import encode
from cellc.runtime import instances
from cellc.runtime.commands import StartRun
from cellc.runtime.views import RunView
from tests.runtime.core.building import call, script
from tests.runtime.fabric.worlds import World, program

CHAIN = program("main", script("main", ["n"], [*[call("n", "work", x="n")] * 3, ("return", "n")]))
START = StartRun(dump(CHAIN).decode(), "main", encode({"n": 1}).decode())


def left_behind(count: int) -> World:
    """Return a world in which a process has ended just after it began some runs."""
    world = World(crash_at=frozenset({2}))

    async def begin() -> None:
        async with world.fabric() as fabric:
            for number in range(count):
                fabric.start(CHAIN, "main", {"n": number})
            await world.dead.wait()

    asyncio.run(begin())
    world.crash_at = frozenset()
    return world


@pytest.mark.parametrize("limit", [1, 3, 100])
def test_runs_come_back_a_few_at_a_time_and_all_of_them(limit: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(instances, "RESIDENT", limit)
    world = left_behind(10)
    most = 0

    async def come_back() -> list[RunView]:
        async with world.fabric(observe=lambda *_: count()) as fabric:

            def count_resident() -> None:
                nonlocal most
                most = max(most, len(fabric._instances._resident))

            counting.append(count_resident)
            return await asyncio.gather(*(fabric.finished(head.number) for head in fabric.resume()))

    counting: list = []

    def count() -> None:
        for each in counting:
            each()

    views = asyncio.run(come_back())
    assert [view.output for view in views] == [number + 3 for number in range(10)]
    assert most == min(limit, 10)


def test_a_start_is_refused_while_there_is_no_room_and_taken_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(instances, "RESIDENT", 2)
    world = World()

    async def ask() -> list[str]:
        async with world.fabric() as fabric:
            runs = [fabric.start(CHAIN, "main", {"n": number}) for number in range(2)]
            refused = await fabric.obey(START)
            for run in runs:
                await fabric.finished(run)
            taken = await fabric.obey(START)
            return [*(refusal.code for refusal in refused.refusals), taken.outcome]

    assert asyncio.run(ask()) == ["E848", "done"]
    assert len([*world.log.heads()]) == 3
