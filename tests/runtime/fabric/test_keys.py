"""One key, one run: in one turn, over crashes at every seam, and what frees it. Ids of runs are UUIDs of version 7."""

import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from cellc.language.graph import dump
from cellc.language.values import encode
from cellc.runtime.clock import SystemIds
from cellc.runtime.commands import CancelRun, KillRun, StartRun, Verdict
from cellc.runtime.fabric import Fabric
from cellc.runtime.ports import LogFailed, Result
from tests.runtime.core.compiled import compiled
from tests.runtime.fabric.worlds import World

PROGRAM = compiled("""
errors:
  Odd: {}
effects:
  work: {in: {x: int}, out: int, via: http.post, with: {url: "http://shop.test/", json: "${x}"}}
cells:
  main:
    in: {n: int}
    out: int
    effects: [work]
    errors: [Odd]
    do: |
      if n % 2 == 1:
        raise Odd()
      return work(x=n)
  other:
    in: {n: int}
    do: pass
  nap:
    in: {n: int}
    effects: [time.sleep]
    do: time.sleep(for=n * 1h)
main: main
""")


def world_of_three(crash_at: frozenset[int] = frozenset()) -> World:
    return World(answer=lambda _request: Result(3), crash_at=crash_at)


def start(n: int, cell: str = "main.main", key: str | None = "k") -> StartRun:
    return StartRun(dump(PROGRAM).decode(), cell, encode({"n": n}).decode(), key)


def test_starts_in_one_turn_are_one_run_and_another_one_is_refused() -> None:
    async def run() -> None:
        world = world_of_three()
        async with world.fabric() as fabric:
            same, again, other, elsewhere = await asyncio.gather(
                *map(fabric.obey, (start(2), start(2), start(4), start(2, "main.other")))
            )
            assert (same, again) == (Verdict("done", "run-1"), Verdict("repeated", "run-1"))
            assert [no.refusals[0].fields["differs"] for no in (other, elsewhere)] == [
                "with another `n`",
                "as a run of `main.main`",
            ]
            assert (await fabric.finished(1)).output == 3
            assert await fabric.obey(start(2)) == Verdict("repeated", "run-1")
            assert world.commits == 2
            assert len(list(world.log.heads())) == 1

    asyncio.run(run())


def test_a_run_that_fails_as_it_starts_frees_its_key_for_the_next_in_the_same_turn() -> None:
    async def run() -> None:
        world = world_of_three()
        async with world.fabric() as fabric:
            verdicts = await asyncio.gather(*map(fabric.obey, (start(1), start(3), start(2), start(2))))
            assert [(verdict.outcome, verdict.run) for verdict in verdicts] == [
                ("done", "run-1"),
                ("done", "run-2"),
                ("done", "run-3"),
                ("repeated", "run-3"),
            ]
            await fabric.finished(3)
        assert [head.status for head in world.log.heads()] == ["failed", "failed", "completed"]

    asyncio.run(run())


@pytest.mark.parametrize("end", [CancelRun, KillRun])
def test_a_run_that_is_ended_by_hand_frees_its_key_in_the_same_turn(end: type[CancelRun] | type[KillRun]) -> None:
    async def run() -> None:
        nap = start(2, "main.nap")
        async with World().fabric() as fabric:
            await fabric.obey(nap)
            verdicts = await asyncio.gather(*map(fabric.obey, (nap, end("run-1"), nap)))
            assert [(verdict.outcome, verdict.run) for verdict in verdicts] == [
                ("repeated", "run-1"),
                ("done", "run-1"),
                ("done", "run-2"),
            ]

    asyncio.run(run())


def test_whoever_starts_again_after_a_crash_at_any_seam_gets_the_one_run() -> None:
    async def client(world: World) -> Any:
        """Start, and wait for the end; None where the process ends before."""
        async with world.fabric() as fabric:
            dead = asyncio.ensure_future(world.dead.wait())
            work = asyncio.ensure_future(_start_and_finish(fabric))
            await asyncio.wait({dead, work}, return_when=asyncio.FIRST_COMPLETED)
            for task in (dead, work):
                task.cancel()
            await asyncio.gather(dead, work, return_exceptions=True)
            return None if world.dead.is_set() else work.result()

    async def run(crash_at: frozenset[int]) -> World:
        world = world_of_three(crash_at)
        for _ in range(len(crash_at) + 1):
            output = await client(world)
            if output is not None:
                assert output == 3
                return world
        raise AssertionError("it has not ended in the process that was left alone")

    calm = asyncio.run(run(frozenset()))
    assert calm.seams == 6
    for first in range(1, calm.seams + 1):
        for second in range(first, calm.seams + 3):
            world = asyncio.run(run(frozenset({first, second})))
            assert len(list(world.log.heads())) == 1, (first, second)
            assert len(world.asked) == 1, (first, second)


async def _start_and_finish(fabric: Fabric) -> Any:
    try:
        verdict = await fabric.obey(start(2))
        return (await fabric.finished(fabric.number_of(verdict.run))).output
    except LogFailed:
        return None


def test_ids_of_runs_are_uuids_of_version_7_in_the_order_of_their_times() -> None:
    times = [datetime(2026, 3, 1, 12, 0, 0, 1000 * n, tzinfo=UTC) for n in range(5)]
    ids = [UUID(SystemIds().run_id(at)) for at in times]
    assert {(id_.version, id_.variant) for id_ in ids} == {(7, "specified in RFC 4122")}
    assert ids == sorted(ids)
    assert [id_.int >> 80 for id_ in ids] == [int(at.timestamp() * 1000) for at in times]
    assert len({SystemIds().run_id(times[0]) for _ in range(1000)}) == 1000
