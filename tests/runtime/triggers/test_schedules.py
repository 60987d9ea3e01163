"""Schedules start runs: each due time once, whatever ends the process in between."""

import asyncio
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest

from cellc.language import values
from cellc.language.graph import Program, dump
from cellc.runtime.commands import CancelRun, ResumeRuns, Serve
from cellc.runtime.core.events import RunStarted, decode
from cellc.runtime.fabric import Fabric
from cellc.runtime.ports import LogFailed
from tests.runtime.core.compiled import compiled
from tests.runtime.fabric.worlds import World
from tests.runtime.triggers.clocks import StillClock, moment

if TYPE_CHECKING:
    from collections.abc import Mapping


def nightly(cron: str = "0 2 * * *", **trigger: str) -> Program:
    """A program whose cell `digest` goes on until it is cancelled."""
    rest = "".join(f"\n    {name}: {value}" for name, value in trigger.items())
    return compiled(f"""
cells:
  digest:
    in: {{since: datetime?, until: datetime}}
    effects: [time.sleep]
    do: time.sleep(for=36500d)
triggers:
  nightly:
    cron: "{cron}"
    with: {{since: "${{trigger.previous}}", until: "${{trigger.due}}"}}{rest}
""")


class Night:
    """A world with a still clock, and what its log says of schedules."""

    def __init__(self, time: str = "2026-03-01 12:00", crash_at: frozenset[int] = frozenset()) -> None:
        self.clock = StillClock(time)
        self.world = World(clock=self.clock, crash_at=crash_at)  # type: ignore[arg-type]
        self.told: list[tuple[str, Mapping[str, str]]] = []

    def fabric(self) -> Fabric:
        return self.world.fabric(notify=lambda code, fields: self.told.append((code, fields)))

    async def pass_to(self, fabric: Fabric, time: str) -> None:
        """Let it be `time`, and everything that is due then be done."""
        self.clock.set(time)
        await fabric.obey(ResumeRuns())

    async def serve(self, program: Program, *times: str) -> None:
        """Serve a program while it becomes each of `times`."""
        async with self.fabric() as fabric:
            await fabric.obey(Serve(dump(program).decode()))
            for time in times:
                await self.pass_to(fabric, time)

    def starts(self) -> list[dict[str, Any]]:
        """Return the inputs of all runs, the oldest first."""
        first = [decode(next(iter(self.world.log.events(head.number)))) for head in self.world.log.heads()]
        return [dict(values.decode(bytes(event.input))) for event in first if isinstance(event, RunStarted)]

    def dues(self) -> list[str]:
        return [f"{start['until']:%m-%d %H:%M}" for start in self.starts()]


def test_a_run_is_started_for_each_due_time_and_knows_the_one_before() -> None:
    night = Night()
    asyncio.run(night.serve(nightly(), "2026-03-02 01:59", "2026-03-02 02:00", "2026-03-03 02:00:30"))
    assert night.starts() == [
        {"since": None, "until": moment("2026-03-02 02:00")},
        {"since": moment("2026-03-02 02:00"), "until": moment("2026-03-03 02:00")},
    ]


def test_a_schedule_rings_by_itself() -> None:
    async def run() -> None:
        night = Night("2026-03-02 01:59")
        started = asyncio.Event()
        async with night.world.fabric(observe=lambda *_: started.set()) as fabric:
            await fabric.obey(Serve(dump(nightly()).decode()))
            assert fabric.due("main.nightly") == moment("2026-03-02 02:00")
            night.clock.set("2026-03-02 02:00")
            await started.wait()
            assert night.dues() == ["03-02 02:00"]
            assert fabric.due("main.nightly") == moment("2026-03-03 02:00")

    asyncio.run(asyncio.wait_for(run(), 20))


OVERLAPS = {
    "allow": (["03-02 02:00", "03-03 02:00", "03-04 02:00", "03-05 02:00"]),
    "skip": ["03-02 02:00", "03-05 02:00"],
    "queue": ["03-02 02:00", "03-03 02:00"],  # the 4th is left out, and the 5th waits for the run of the 3rd
}


@pytest.mark.parametrize(("overlap", "expected"), OVERLAPS.items())
def test_what_happens_while_an_earlier_run_goes_on(overlap: str, expected: list[str]) -> None:
    async def run() -> None:
        night = Night()
        async with night.fabric() as fabric:
            await fabric.obey(Serve(dump(nightly(overlap=overlap)).decode()))
            for day in (2, 3, 4):
                await night.pass_to(fabric, f"2026-03-0{day} 02:00")
            await fabric.obey(CancelRun("run-1"))
            await night.pass_to(fabric, "2026-03-05 02:00")
            assert night.dues() == expected
            row = night.world.log.schedule("main.nightly")
            assert row is not None
            assert row.queued == (moment("2026-03-05 02:00") if overlap == "queue" else None)

    asyncio.run(run())


def test_a_queued_run_begins_in_the_process_that_comes_back() -> None:
    night = Night()
    program = nightly(overlap="queue")
    asyncio.run(night.serve(program, "2026-03-02 02:00", "2026-03-03 02:00"))

    async def cancel() -> None:
        async with night.fabric() as fabric:
            await fabric.obey(CancelRun("run-1"))

    asyncio.run(cancel())
    assert night.dues() == ["03-02 02:00"]
    asyncio.run(night.serve(program))
    assert night.dues() == ["03-02 02:00", "03-03 02:00"]


MISSED = {
    "without a word, none": ({}, []),
    "within the time to catch up, all": ({"catch_up": "49h"}, ["03-04 02:00", "03-05 02:00"]),
}


@pytest.mark.parametrize(("trigger", "expected"), MISSED.values(), ids=MISSED)
def test_times_that_nobody_served(trigger: dict[str, str], expected: list[str]) -> None:
    night, program = Night(), nightly(**trigger)
    asyncio.run(night.serve(program, "2026-03-02 02:00"))
    night.clock.set("2026-03-05 23:00")
    asyncio.run(night.serve(program))
    assert night.dues() == ["03-02 02:00", *expected]


def test_a_time_that_has_just_passed_was_not_missed() -> None:
    night, program = Night(), nightly()
    asyncio.run(night.serve(program))
    night.clock.set("2026-03-02 02:01")
    asyncio.run(night.serve(program))
    assert night.dues() == ["03-02 02:00"]


def test_more_missed_times_than_a_turn_judges_are_all_caught_up() -> None:
    async def run() -> None:
        night, program = Night("2026-03-01 00:00"), nightly("* * * * *", catch_up="30d")
        all_began = asyncio.Event()
        began = count(1)
        async with night.world.fabric(observe=lambda *_: next(began) < 240 or all_began.set()) as fabric:
            await fabric.obey(Serve(dump(program).decode()))
            night.clock.set("2026-03-01 04:00")
            await all_began.wait()
            assert night.dues()[-1] == "03-01 04:00"

    asyncio.run(asyncio.wait_for(run(), 60))


def test_another_rule_begins_now_and_keeps_the_time_before() -> None:
    night = Night()
    asyncio.run(night.serve(nightly(), "2026-03-02 02:00"))
    night.clock.set("2026-03-04 12:00")
    asyncio.run(night.serve(nightly("0 13 * * *", catch_up="30d"), "2026-03-04 13:00"))
    assert night.starts()[1:] == [{"since": moment("2026-03-02 02:00"), "until": moment("2026-03-04 13:00")}]


def test_a_due_time_that_makes_no_input_is_told_and_passed_over() -> None:
    program = compiled("""
cells:
  count:
    in: {part: int(0..5)}
    do: pass
triggers:
  daily: {cron: "0 0 * * *", with: {part: "${10 // (isoweekday(trigger.due) - 1)}"}}
""")  # fmt: skip
    night = Night()
    asyncio.run(night.serve(program, "2026-03-02 00:00", "2026-03-03 00:00", "2026-03-04 00:00"))
    assert [code for code, _ in night.told] == ["W883", "W883"]
    assert "division by zero" in night.told[0][1]["reason"]
    assert [kind for _, kind, _ in night.world.log.notes] == ["trigger", "trigger"]  # type: ignore[attr-defined]
    assert len(night.starts()) == 1


def test_keys_join_due_times_to_one_run() -> None:
    night = Night()
    program = nightly("0 2,3 * * *", key="date_of(trigger.due)")
    asyncio.run(night.serve(program, "2026-03-02 02:00"))
    assert [head.key for head in night.world.log.heads()] == ["main.nightly/2026-03-02"]
    night.told.clear()
    asyncio.run(night.serve(program, "2026-03-02 03:00"))
    assert night.dues() == ["03-02 02:00"]
    assert [fields["name"] for _, fields in night.told] == ["main.nightly"]  # another input under the same key


def test_a_crash_at_any_seam_neither_loses_nor_repeats_a_due_time() -> None:
    for seam in count(1):
        night = Night(crash_at=frozenset({seam}))
        program = nightly(overlap="queue", catch_up="30d")
        for time in ("2026-03-01 12:00", "2026-03-02 02:00", "2026-03-03 02:00", "2026-03-04 02:00"):
            try:
                asyncio.run(night.serve(program, time))
            except LogFailed:
                asyncio.run(night.serve(program, time))
        asyncio.run(cancelled(night, program, seam))
        assert night.dues() == ["03-02 02:00", "03-03 02:00"], f"a crash at {seam}"
        if night.world.seams < seam:
            break
    assert seam > 8


async def cancelled(night: Night, program: Program, seam: int) -> None:
    """Cancel the first run, again after a crash."""
    first = next(head.id for head in night.world.log.heads())
    try:
        async with night.fabric() as fabric:
            await fabric.obey(Serve(dump(program).decode()))
            await fabric.obey(CancelRun(first))
    except LogFailed:
        assert night.world.seams >= seam
        async with night.fabric() as fabric:
            await fabric.obey(Serve(dump(program).decode()))
            await fabric.obey(CancelRun(first))
