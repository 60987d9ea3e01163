"""A process that ends at any seam: code ends as if nothing had happened, and asks under the same keys."""

import asyncio
from typing import Any

import pytest

from cellc.runtime.core.prepare import prepare
from cellc.runtime.core.step import fold, pending
from tests.runtime.core.test_snapshots import check_every_prefix, whole
from tests.runtime.fabric.worlds import World
from tests.runtime.python.worlds import answer, events, program, run

CELLS = """
  over:
    in: {n: int}
    out: int
    errors: [Bad, Broke, Unavailable]
    effects: [work, look, take_back, pay, time.sleep, status.set]
    do: |
      a = code(n)
      b = par(code(n=i) for i in [n, n + 1], limit=1)
      return a + sum(b)
"""

CASES = [
    ("gathered", "code", 1, "completed"),
    ("gathered", "code", 40, "failed"),
    ("gathered", "code", 12, "failed"),
    ("blocking", "code", 1, "completed"),
    ("blocking", "code", 200, "failed"),
    ("Counting", "code", 1, "completed"),
    ("Counting", "over", 10, "completed"),
    ("Booking", "code", 1, "completed"),
    ("Booking", "code", 60, "failed"),
    ("Booking", "over", 11, "failed"),
    ("Booking", "over", 50, "failed"),
    ("gathered", "over", 1, "completed"),
    ("gathered", "over", 31, "failed"),
    ("blocking", "over", 95, "failed"),
]


@pytest.mark.parametrize(("name", "main", "n", "status"), CASES)
def test_a_crash_at_any_seam_changes_nothing_but_the_attempts(name: str, main: str, n: int, status: str) -> None:
    made = program(f"tests.runtime.python.code:{name}", cells=CELLS, main=main)
    quiet, expected = run(made, n)
    assert expected.head.status == status
    assert quiet.seams > 10
    for seam in range(1, quiet.seams + 1):
        world, view = run(made, n, crash_at=frozenset({seam}))
        assert (view.head.status, view.output, view.failure) == (status, expected.output, expected.failure), seam
        assert world.asked.keys() == quiet.asked.keys(), f"crash at seam {seam}"


@pytest.mark.parametrize(("name", "main", "n", "status"), CASES)
def test_a_snapshot_at_any_prefix_and_the_rest_is_the_whole(name: str, main: str, n: int, status: str) -> None:
    made = program(f"tests.runtime.python.code:{name}", cells=CELLS, main=main)
    world, _ = run(made, n)
    plan = prepare(made)
    assert fold(plan, "run-1", events(world)).status == status
    check_every_prefix(plan, events(world))


@pytest.mark.parametrize(("name", "main", "n", "status"), CASES)
def test_the_live_state_is_that_of_the_log_after_every_commit(name: str, main: str, n: int, status: str) -> None:
    made = program(f"tests.runtime.python.code:{name}", cells=CELLS, main=main)
    world = World(answer=answer)
    compared: list[str] = []

    async def watched() -> None:
        async with world.fabric(observe=lambda *_: compare()) as fabric:
            instances.append(fabric._instances)
            run = fabric.start(made, made.main, {"n": n})
            assert (await fabric.finished(run)).head.status == status

    def compare() -> None:
        instance = instances[0].resident(1)
        plan = instance.topology.plan
        folded = fold(plan, instance.state.run, events(world))
        assert whole(folded) == whole(instance.state)
        assert pending(plan, folded) == pending(plan, instance.state)
        compared.append(folded.status)

    instances: list[Any] = []
    asyncio.run(watched())
    assert {"running", status} <= set(compared)
