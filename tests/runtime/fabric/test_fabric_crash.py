"""A process may end before and after every commit and every effect: the end is that of an undisturbed run."""

import asyncio

import pytest

from cellc.language.graph import Program
from cellc.runtime.fabric import Fabric
from cellc.runtime.ports import LogFailed
from cellc.runtime.views import RunView
from tests.runtime.core.building import call, each, script, topology
from tests.runtime.fabric.worlds import World, failing_first, program

SECOND = "(parse_datetime('2026-01-01T00:00:01Z') - parse_datetime('2026-01-01T00:00:00Z'))"

INNER = script("inner", ["n"], [call("n", "work", x="n + 1"), call("n", "shaky", x="n"), ("return", "n")])
MIXED = program(
    "main",
    topology(
        "main",
        ["n"],
        {
            "a": call("a", "look", x="n"),
            "parts": each("parts", "i", "[1, 2, 3, 4]", "inner", "2", n="i"),
            "nap": (call("nap", "sleep", **{"for": f"{SECOND} * 90"}), {"after": ["a"]}),
            "tried": (call("tried", "tries", n="a"), {"after": ["nap"]}),
        },
        "a + sum(parts) + tried",
        cells=["inner", "tries"],
    ),
    INNER,
    script(
        "tries",
        ["n"],
        [("try", [call("n", "work", x="14")], "Bad", "e", [("bind", "n", "n + len(e.why)")]), ("return", "n")],
    ),
)
ONCE = program(
    "main",
    script(
        "main", ["n"], [call("n", "work", x="n"), call("n", "pay", x="n"), call("n", "look", x="n"), ("return", "n")]
    ),
)


async def one_process(world: World, made: Program) -> RunView | None:
    """Run until the run has ended or stalled, or the process has; None then."""
    async with world.fabric(slots=3) as fabric:
        heads = fabric.resume()
        run = heads[0].number if heads else started(world, fabric, made)
        ended = asyncio.ensure_future(fabric.finished(run))
        dead = asyncio.ensure_future(world.dead.wait())
        await asyncio.wait({ended, dead}, return_when=asyncio.FIRST_COMPLETED)
        for task in (ended, dead):
            task.cancel()
        try:
            return None if world.dead.is_set() else await ended
        except LogFailed:
            return None
        finally:
            await asyncio.gather(ended, dead, return_exceptions=True)


def started(world: World, fabric: Fabric, made: Program) -> int:
    """Start the run, unless it has ended in a process before: then its last commit was not heard of."""
    known = list(world.log.heads())
    if known:
        return known[0].number
    world.ids.made = 0  # the same id, so that keys can be compared
    return fabric.start(made, "main", {"n": 1})


def outcome_with_crashes(made: Program, crash_at: frozenset[int]) -> tuple[World, RunView]:
    async def run() -> tuple[World, RunView]:
        world = World(answer=failing_first, crash_at=crash_at)
        for _ in range(len(crash_at) + 1):
            view = await one_process(world, made)
            if view is not None:
                return world, view
        raise AssertionError("the run did not end in the process that was left alone")

    return asyncio.run(run())


def test_a_crash_at_any_seam_changes_nothing_but_the_attempts():
    quiet, expected = outcome_with_crashes(MIXED, frozenset())
    assert expected.head.status == "completed"
    assert quiet.seams > 40
    for seam in range(1, quiet.seams + 1):
        world, view = outcome_with_crashes(MIXED, frozenset({seam}))
        assert (view.head.status, view.output) == ("completed", expected.output), f"crash at seam {seam}"
        assert world.asked.keys() == quiet.asked.keys(), f"crash at seam {seam}"


def test_two_crashes_in_a_row_change_nothing_either():
    quiet, expected = outcome_with_crashes(MIXED, frozenset())
    for seam in range(1, quiet.seams + 1, 3):
        for later in (1, 2, 5):
            world, view = outcome_with_crashes(MIXED, frozenset({seam, seam + later}))
            assert (view.head.status, view.output) == ("completed", expected.output), f"crashes at {seam}, +{later}"
            assert world.asked.keys() == quiet.asked.keys()


def test_a_once_effect_is_never_asked_for_twice():
    quiet, expected = outcome_with_crashes(ONCE, frozenset())
    assert expected.output == 4
    stalled = 0
    for seam in range(1, quiet.seams + 1):
        world, view = outcome_with_crashes(ONCE, frozenset({seam}))
        assert world.asked.keys() <= quiet.asked.keys()
        if view.head.status == "stalled":
            stalled += 1
            assert [(row.effect, row.kind) for row in view.open] == [("pay", "unknown")]
        else:
            assert view.output == 4
        assert max(world.paid.values()) <= 1, f"crash at seam {seam}"
    assert stalled >= 3


@pytest.mark.parametrize("crash_at", [2, 5, 9])
def test_a_crash_with_many_runs_in_flight_loses_none(crash_at: int):
    async def run() -> list[RunView]:
        world = World(answer=failing_first, crash_at=frozenset({crash_at}))
        async with world.fabric() as fabric:
            for _ in range(20):
                fabric.start(MIXED, "main", {"n": 1})
            await world.dead.wait()
        async with world.fabric() as fabric:
            heads = fabric.resume()
            assert len(heads) == 20
            return [await fabric.finished(head.number) for head in heads]

    assert {(view.head.status, view.output) for view in asyncio.run(run())} == {("completed", run_quietly())}


def run_quietly() -> object:
    return outcome_with_crashes(MIXED, frozenset())[1].output
