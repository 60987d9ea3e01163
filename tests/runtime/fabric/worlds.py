"""A world for fabrics under test: virtual time, scripted effects, logs that count and crash."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import msgspec

from cellc.language.graph import CellGraph, Program, canonical
from cellc.runtime.core.events import CallCompleted, CallRaised, decode
from cellc.runtime.environment import Environment
from cellc.runtime.fabric import Fabric, Observer
from cellc.runtime.log_memory import MemoryLog
from cellc.runtime.ports import (
    NO_VERDICTS,
    Append,
    Arrival,
    Handler,
    Log,
    LogFailed,
    Outcome,
    Raised,
    Request,
    Result,
    Schedule,
    Transient,
)
from cellc.runtime.recorder import Notify
from tests.runtime.core import building

AT = datetime(2026, 1, 1, tzinfo=UTC)
NUMBER = ["record", [["x", "json"]]]


def program(main: str, *cells: CellGraph) -> Program:
    """Return a program whose effects take a number `x`; `shaky` is tried three times, `pay` is `once`."""
    made = building.program(main, *cells)
    takes = {
        name: msgspec.structs.replace(made.effects[name], input=NUMBER) for name in ("work", "look", "pay", "shaky")
    }
    whole = msgspec.structs.replace(made, effects={**made.effects, **takes})
    return msgspec.structs.replace(whole, sha256=sha256(canonical(whole)).hexdigest())


class VirtualClock:
    """Time that passes only when nothing else is to do."""

    def __init__(self) -> None:
        self.time = AT

    def now(self) -> datetime:
        return self.time

    async def sleep_until(self, due: datetime) -> None:
        for _ in range(10):  # let what is under way come to its end
            await asyncio.sleep(0)
        self.time = max(self.time, due)

    def jump(self) -> timedelta:
        return timedelta()


class Counted:
    """Ids in order, and no jitter."""

    def __init__(self) -> None:
        self.made = 0

    def run_id(self, at: datetime) -> str:  # noqa: ARG002 -- the order is enough
        self.made += 1
        return f"run-{self.made}"

    def jitter(self) -> float:
        return 0.5


class Crash(LogFailed):
    """The process ends here."""


@dataclass
class World:
    """What outlives a process: the log, the time, and what the outside has been asked to do.

    A process ends at the seams (before or after a commit or an effect) whose numbers are in `crash_at`.
    """

    answer: Callable[[Request], Outcome] = lambda request: Result(request.input["x"] + 1)
    payload: Callable[[Any], Outcome] = Result
    variables: Mapping[str, str] = field(default_factory=dict)
    log: Log = field(default_factory=MemoryLog)
    clock: VirtualClock = field(default_factory=VirtualClock)
    ids: Counted = field(default_factory=Counted)
    crash_at: frozenset[int] = frozenset()
    seams: int = 0
    alive: bool = True
    dead: asyncio.Event = field(default_factory=asyncio.Event)
    asked: Counter[str] = field(default_factory=Counter)
    paid: Counter[str] = field(default_factory=Counter)
    commits: int = 0
    events: int = 0

    def fabric(self, *, observe: Observer | None = None, notify: Notify | None = None, slots: int = 100) -> Fabric:
        """Return a new process's fabric in this world."""
        self.alive, self.dead = True, asyncio.Event()
        return Fabric(
            _Log(self),
            _Handlers(self),
            Environment(self.variables),
            self.clock,
            self.ids,
            observe=observe,
            notify=notify,
            slots=slots,
        )

    def seam(self) -> bool:
        """Pass a place where a process may end; return whether it still lives."""
        self.seams += 1
        if self.seams in self.crash_at:
            self.alive = False
            self.dead.set()
        return self.alive

    def recorded_keys(self) -> set[str]:
        """Return the keys of all calls whose outcome the log has."""
        found = set()
        for head in self.log.heads():
            keys = {}
            for event in map(decode, self.log.events(head.number)):
                if isinstance(event, CallCompleted | CallRaised):
                    found.add(keys[event.call])
                keys |= {call.call: call.key for call in getattr(event, "calls", ())}
        return found


class _Log:
    """The world's log, seen by one process."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.identity = world.log.identity

    def __getattr__(self, name: str) -> Any:
        return getattr(self._world.log, name)

    def append(
        self,
        batch: Sequence[Append],
        arrivals: Sequence[Arrival] = (),
        verdicts: Mapping[str, str] = NO_VERDICTS,
        schedules: Sequence[Schedule] = (),
    ) -> None:
        if not self._world.alive or not self._world.seam():
            raise Crash
        self._world.log.append(batch, arrivals, verdicts, schedules)
        self._world.commits += 1
        self._world.events += sum(len(append.events) for append in batch)
        if not self._world.seam():
            raise Crash


class _Handlers:
    def __init__(self, world: World) -> None:
        self._handler = _Scripted(world)

    def get(self, _effect: str) -> Handler:
        return self._handler

    async def close(self) -> None:
        pass


class _Scripted:
    """Answers at once. In a process that has ended nothing answers any more."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def perform(self, request: Request) -> Outcome:
        world = self._world
        if not world.alive or not world.seam():
            return await _never()
        assert request.key not in world.recorded_keys(), f"{request.effect} is performed again after its result"
        world.asked[request.key] += 1
        world.paid[request.key] += request.effect == "pay"
        outcome = world.answer(request)
        return outcome if world.seam() else await _never()

    def payload(self, response: Any) -> Outcome:
        return self._world.payload(response)

    async def close(self) -> None:
        pass


async def _never() -> Outcome:
    await asyncio.Event().wait()
    raise AssertionError("nobody sets this event")


def failing_first(request: Request) -> Outcome:
    """`shaky` fails once; `work` raises Bad for multiples of seven; everything else adds one."""
    x = request.input["x"]
    if request.effect == "shaky" and request.attempt == 1:
        return Transient("not now", unknown=False)
    if request.effect == "work" and x % 7 == 0:
        return Raised("Bad", {"why": f"{x}"})
    return Result(x + 1)
