"""Playing a case: the real fabric in its world, one process after another where one is to end, until the run's end."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from json import dumps
from typing import Any

from cellc.language.graph import Fork, Program
from cellc.language.values import to_json
from cellc.runtime.commands import (
    CancelRun,
    Command,
    Complete,
    ResolveAgain,
    ResolveError,
    ResolveResult,
    Signal,
    Verdict,
)
from cellc.runtime.core.outcomes import CUT_OFF
from cellc.runtime.fabric import Fabric
from cellc.runtime.ports import LogFailed, Raised, Result
from cellc.runtime.telling import Line
from cellc.runtime.views import RunView, look_up
from cellc.testing.model import Case, Crash, Told
from cellc.testing.virtual_time import START, Endless, VirtualLoop, run_in
from cellc.testing.world import MOST_EVENTS, Ids, ProcessLog, World, undone_of

MOST_RESOLVED = 1_000


@dataclass(frozen=True, slots=True)
class Refused:
    """What was told from outside, and why that was refused."""

    told: Told
    reason: str


@dataclass(frozen=True)
class Ended:
    """How a case ended, and its world. `took`: from the start to the end of the run, in virtual time.

    `error` has the error's name and fields. `endless` says why it did not end at all.
    """

    world: World
    view: RunView | None
    took: timedelta = timedelta()
    refused: Sequence[Refused] = ()
    endless: str = ""

    @cached_property
    def lines(self) -> list[Line]:
        """All that happened in the run."""
        return self.world.history()

    @property
    def undone(self) -> list[tuple[str, ...]]:
        """What was undone, in order, each by the names that it has: see `world.undone_of`."""
        return undone_of(self.lines)

    @property
    def status(self) -> str:
        """How the run stands."""
        return "" if self.view is None else self.view.head.status

    @property
    def output(self) -> Any:
        """The run's output, where it has one."""
        return None if self.view is None else self.view.output

    @property
    def error(self) -> tuple[str, Mapping[str, Any]] | None:
        """The error that the run ended in."""
        failure = None if self.view is None else self.view.failure
        return None if failure is None else (failure.error, failure.fields)


def play(
    program: Program,
    case: Case,
    crash_at: int | None = None,
    crash: Crash | None = None,
    most_events: int = MOST_EVENTS,
) -> Ended:
    """Play a case from its start, with a process that ends at a seam (they count from 1), or where `crash` says."""
    loop = VirtualLoop()
    world = World(program, case, loop, crash_at, crash, most_events)
    try:
        return run_in(loop, _Player(world).play())
    except Endless as reason:
        return Ended(world, None, endless=str(reason))


class _Player:
    def __init__(self, world: World) -> None:
        self._world = world
        self._untold = list(world.case.told)
        self._again: Told | None = None
        self._refused: list[Refused] = []
        self._resolved = 0
        self._branches = _branches(world.program)

    async def play(self) -> Ended:
        """Play until the run has ended, stands, or waits for what never comes."""
        world = self._world
        while not await self._process():
            world.next_process()
        view = look_up(world.log, next(iter(world.log.heads()))) if list(world.log.heads()) else None
        ended_at = world.clock.now() if view is None else view.head.ended_at or world.clock.now()
        return Ended(world, view, ended_at - START, self._refused)

    async def _process(self) -> bool:
        """Let one process work; return whether the case is over."""
        world = self._world
        fabric = Fabric(ProcessLog(world), world.handlers, world.environment, world.clock, Ids(), observe=world.observe)
        world.loop.idle.clear()
        async with fabric:
            world.loop.ask_whether_busy(lambda: fabric.is_at_work)
            working = [asyncio.ensure_future(self._run(fabric)), asyncio.ensure_future(self._tell(fabric))]
            ends = [asyncio.ensure_future(event.wait()) for event in (world.dead, world.stopped, world.loop.idle)]
            await asyncio.wait({working[0], *ends}, return_when=asyncio.FIRST_COMPLETED)
            for task in (*working, *ends):
                task.cancel()
            found = await asyncio.gather(*working, return_exceptions=True)
        world.loop.ask_whether_busy(lambda: False)
        if not world.alive:
            return False
        for problem in found:
            if isinstance(problem, LogFailed):
                raise Endless(str(problem))
            if isinstance(problem, Exception):
                raise problem
        return True

    async def _run(self, fabric: Fabric) -> None:
        world = self._world
        heads = list(world.log.heads())
        fabric.resume()
        case = world.case
        run = heads[0].number if heads else fabric.start(world.scripted.program, case.cell, case.inputs)
        view = await fabric.finished(run)
        while view.head.status == "stalled":
            command = self._seen(view)
            if command is not None:
                await fabric.obey(command)
            elif self._untold:
                await world.clock.sleep_until(START + self._untold[0].at + timedelta(microseconds=2))
                await asyncio.sleep(0.000_001)
            else:
                return
            view = await fabric.finished(run)

    def _seen(self, view: RunView) -> Command | None:
        """Say whether a `once` call happened that a crash has cut off, as a person who looks does."""
        row = next((row for row in view.open if row.state == "stalled" and row.reason == CUT_OFF), None)
        if row is None or self._resolved >= MOST_RESOLVED:
            return None
        self._resolved += 1
        match self._world.happened.get(row.key or ""):
            case Result(value):
                return ResolveResult(view.head.id, row.place, _json(value))
            case Raised(error, fields):
                return ResolveError(view.head.id, row.place, error, _json(dict(fields)))
            case _:
                return ResolveAgain(view.head.id, row.place)

    async def _tell(self, fabric: Fabric) -> None:
        """Tell what comes from outside, each at its time, and again where a process ended over it."""
        world = self._world
        while self._untold:
            told = self._untold[0]
            await world.clock.sleep_until(START + told.at)
            while not list(world.log.heads()):  # noqa: ASYNC110 -- the next turn begins the run
                await asyncio.sleep(0)
            was_told, self._again = self._again is told, told
            command = self._command(told)
            if command is None:
                await asyncio.sleep(0.000_001)  # what is due at the same time may open the task
                command = self._command(told)
            if command is None:
                if not was_told:
                    self._refused.append(Refused(told, "nobody is asked for this then"))
            else:
                verdict = await fabric.obey(command)
                if not verdict.accepted and not was_told:
                    self._refused.append(Refused(told, _reasons(verdict)))
            self._untold.pop(0)

    def _command(self, told: Told) -> Command | None:
        world = self._world
        head = next(iter(world.log.heads()))
        match told.kind:
            case "event":
                number = world.case.told.index(told)
                return Signal(told.name, told.data, f"event-{number}", told.key)
            case "cancel":
                return CancelRun(head.id)
            case _:
                names = self._branches
                waits = [wait for wait in world.log.tasks() if _is_named(told.name, wait.place, wait.effect, names)]
                return Complete(head.id, waits[0].call, told.data) if waits else None


def _branches(program: Program) -> Mapping[tuple[str, str], Sequence[str]]:
    """Return the names of the branches of `par` and `race`, by their nodes: places have their numbers."""
    return {
        (node.id, f"{number}"): [branch.name]
        for cell in program.cells.values()
        for node in cell.nodes
        if isinstance(node, Fork)
        for number, branch in enumerate(node.branches)
    }


def _is_named(name: str, place: str, effect: str, branches: Mapping[tuple[str, str], Sequence[str]]) -> bool:
    last = place.rpartition("/")[2]
    node, _, rest = last.partition("[")
    if name in branches.get((node.partition("@")[0], rest.removesuffix("]")), ()):
        return True
    return name in {place, last, effect, *re.split(r"[\[\]@]", last)} or effect.endswith(f".{name}")


def _reasons(verdict: Verdict) -> str:
    from cellc.language.codes import CODES  # noqa: PLC0415 -- only what is refused pays for it

    return "; ".join(CODES[no.code].message.format_map(no.fields) for no in verdict.refusals)


def _json(value: Any) -> str:
    return dumps(to_json(value), ensure_ascii=False)
