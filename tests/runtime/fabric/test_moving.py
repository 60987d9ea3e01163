"""Runs that are moved while their fabric performs them: what is in flight is answered, in the new version."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import combinations

import msgspec

from cellc.language.graph import dump
from cellc.runtime.commands import Complete, MoveRuns, Verdict
from cellc.runtime.core.events import RunEnded, TopologyChanged, decode
from cellc.runtime.environment import Environment
from cellc.runtime.fabric import Fabric
from cellc.runtime.log_memory import MemoryLog
from cellc.runtime.ports import Handler, LogFailed, Outcome, Request, Result
from tests.runtime.fabric.worlds import Counted, VirtualClock, World
from tests.runtime.log.moves import MOVING, NEW, OLD, answer, asked

INPUT: Mapping[str, object] = {"amounts": [], "id": "o1"}


def moving(*runs: str) -> MoveRuns:
    return MoveRuns(dump(NEW).decode(), msgspec.json.encode(MOVING).decode(), runs, "anna", "the audit")


@dataclass
class Held:
    """Handlers whose `pack` does not answer before it is let."""

    asked: list[tuple[str, str]] = field(default_factory=list)
    begun: asyncio.Event = field(default_factory=asyncio.Event)
    let: asyncio.Event = field(default_factory=asyncio.Event)

    def get(self, _effect: str) -> Handler:
        return self  # type: ignore[return-value]

    async def perform(self, request: Request) -> Outcome:
        self.asked.append((asked(request), request.key))
        if asked(request) == "pack":
            self.begun.set()
            await self.let.wait()
        return answer(request)

    def payload(self, response: object) -> Outcome:
        return Result(response)

    async def close(self) -> None:
        pass


def test_a_call_in_flight_is_answered_once_and_in_the_new_version() -> None:
    log = MemoryLog()

    async def act() -> list[tuple[str, str]]:
        handlers = Held()
        clock = VirtualClock()
        async with Fabric(log, handlers, Environment({}), clock, Counted()) as fabric:
            run = fabric.start(OLD, "shop.main", INPUT)
            await fabric.settled(run)
            await fabric.obey(Complete("run-1", 1, '{"ok": true}'))
            await handlers.begun.wait()
            assert await fabric.obey(moving("run-1")) == Verdict("done")
            assert log.head(run).graph == NEW.sha256
            handlers.let.set()
            view = await fabric.finished(run)
            assert view.output == {"track": "track of box of c1"}
            assert view.moved is not None
            assert view.moved.first == "main/sent"
        return handlers.asked

    done = asyncio.run(act())
    assert [effect for effect, _ in done] == ["charge", "pack", "ship", "pack"]
    assert len(set(done)) == 4


def test_a_run_that_stays_has_the_same_verdict_and_nothing_new_in_the_log() -> None:
    log = MemoryLog()
    world = World(log=log, answer=answer)

    async def act() -> None:
        async with world.fabric() as fabric:
            fabric.start(OLD, "shop.main", INPUT)
            run = fabric.start(NEW, "shop.main", INPUT)
            await fabric.settled(run)
            before = [*log.events(run)]
            assert await fabric.obey(moving("run-2")) == Verdict("done")
            assert [*log.events(run)] == before

    asyncio.run(act())


def test_a_process_that_lacks_what_the_new_version_needs_moves_nothing() -> None:
    log = MemoryLog()

    class Without(Held):
        is_there = True

        def get(self, effect: str) -> Handler | None:  # type: ignore[override]
            return super().get(effect) if self.is_there else None

    async def act() -> Verdict:
        handlers = Without()
        async with Fabric(log, handlers, Environment({}), VirtualClock(), Counted()) as fabric:
            await fabric.settled(fabric.start(OLD, "shop.main", INPUT))
            handlers.is_there = False
            return await fabric.obey(moving("run-1"))

    verdict = asyncio.run(act())
    assert {no.code for no in verdict.refusals} == {"E803"}
    assert log.head(1).graph == OLD.sha256


async def one_process(world: World) -> None:
    """Let the run be moved where it waits for a person, and go on to its end, or that of the process."""
    async with world.fabric() as fabric:
        heads = fabric.resume()
        run = heads[0].number if heads else fabric.start(OLD, "shop.main", INPUT)
        ended = asyncio.ensure_future(moved_and_ended(world, fabric, run))
        dead = asyncio.ensure_future(world.dead.wait())
        await asyncio.wait({ended, dead}, return_when=asyncio.FIRST_COMPLETED)
        ended.cancel()
        dead.cancel()
        said, _ = await asyncio.gather(ended, dead, return_exceptions=True)
        assert said is None or isinstance(said, LogFailed | asyncio.CancelledError), said


async def moved_and_ended(world: World, fabric: Fabric, run: int) -> None:
    id_ = (await fabric.settled(run)).head.id
    await fabric.obey(moving(id_))
    open_ = world.log.tasks()
    if open_:
        await fabric.obey(Complete(id_, open_[0].call, '{"ok": true}'))
    await fabric.finished(run)


def outcome(*crashes: int) -> tuple[World, list[type]]:
    world = World(log=MemoryLog(), answer=answer, crash_at=frozenset(crashes))
    while not [head for head in world.log.heads() if head.status in {"completed", "stalled"}]:
        asyncio.run(one_process(world))
    (head,) = world.log.heads()
    return world, [type(decode(row)) for row in world.log.events(head.number)]


def test_a_crash_at_any_seam_leaves_the_run_on_one_version_and_repeats_nothing() -> None:
    whole, expected = outcome()
    assert expected.count(TopologyChanged) == 1
    seams = range(1, whole.seams + 1)
    for seam in [(seam,) for seam in seams] + [*combinations(seams, 2)]:
        world, events = outcome(*seam)
        assert events.count(TopologyChanged) == 1, seam
        (head,) = world.log.heads()
        assert head.graph == NEW.sha256
        cut_off = head.status == "stalled"  # in the middle of what is done once
        assert events.count(RunEnded) == (0 if cut_off else 1)
        assert len(world.asked) in ({2, 3} if cut_off else {4}), seam
