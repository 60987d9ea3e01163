"""The world of one case: what answers its effects, the log that outlives its processes, and what was asked.

A standard effect without a script works by itself where it needs no world: `time.now` tells virtual time, `random.*`
draws from the call's key, `log.*` says nothing. Asked again after a crash, it answers the same.
"""

import asyncio
import random
import uuid
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec

from cellc.language.graph import Binding, Effect, Program
from cellc.runtime.environment import EMIT, Environment
from cellc.runtime.log_memory import MemoryLog
from cellc.runtime.ports import (
    NO_VERDICTS,
    Append,
    Arrival,
    Handler,
    LogFailed,
    Outcome,
    Permanent,
    Raised,
    Request,
    Result,
    RunHead,
    Schedule,
    Transient,
    Wait,
)
from cellc.runtime.telling import Line
from cellc.runtime.views import history, look_up
from cellc.testing.model import Answer, Case, Crash, Fails, Never, Raises, Returns, Script
from cellc.testing.virtual_time import VirtualClock, VirtualLoop

BY_ITSELF = frozenset(
    {"log.debug", "log.info", "log.warn", "log.error", "random.uuid", "random.int", "random.float"}
) | {"time.now"}
"""Standard effects that need no script."""

MOST_EVENTS = 50_000
"""Events of one run, before its case counts as endless."""


ENDINGS = frozenset({"completed", "raised", "dropped", "resolved"})
"""Kinds of lines that say that a call has ended."""


class ProcessEnded(LogFailed):
    """The process ends here."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One request that reached a script."""

    effect: str
    input: Mapping[str, Any]
    key: str


@dataclass
class World:
    """What outlives a process. One ends at the seam `crash_at`, or where `crash` says.

    `waits` are all that the run has waited for from outside, `asked` and `performed` all requests, in their order.
    """

    program: Program
    case: Case
    loop: VirtualLoop
    crash_at: int | None = None
    crash: Crash | None = None
    most_events: int = MOST_EVENTS
    waits: list[Wait] = field(default_factory=list)
    log: MemoryLog = field(default_factory=MemoryLog)
    seams: list[str] = field(default_factory=list)
    crashed: str = ""
    alive: bool = True
    dead: asyncio.Event = field(default_factory=asyncio.Event)
    stopped: asyncio.Event = field(default_factory=asyncio.Event)
    unscripted: Asked | None = None
    asked: list[Asked] = field(default_factory=list)
    performed: list[tuple[str, bool]] = field(default_factory=list)
    in_flight: Counter[str] = field(default_factory=Counter)
    most_in_flight: Counter[str] = field(default_factory=Counter)
    happened: dict[str, Outcome] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.clock = VirtualClock(self.loop)
        self.scripted = scripted(self.program, self.case.scripts)
        self.handlers = Handlers(self)
        self.environment = Environment({name: name for name in _variables(self.program)})

    def seam(self, what: str) -> bool:
        """Pass a place where a process may end; return whether it still lives."""
        if self.alive:
            self.seams.append(what)
            if len(self.seams) == self.crash_at:
                self.end_process(what)
        return self.alive

    def end_process(self, what: str) -> None:
        """End the process that is there now."""
        self.alive, self.crashed = False, what
        self.dead.set()

    def next_process(self) -> None:
        """Begin another process."""
        self.alive, self.dead = True, asyncio.Event()
        self.in_flight.clear()
        self.handlers.scripted.remember(self._left_open())

    def _left_open(self) -> dict[str, int]:
        """Return the keys of open calls, with how many calls have ended under each: `key:` gives one to several."""
        keys: dict[str, str] = {}
        ended: Counter[str] = Counter()
        for line in self.history():
            if line.kind == "ready":
                keys[line.place] = line.detail.removeprefix("key ")
            elif line.kind in ENDINGS:
                ended[keys.get(line.place, "")] += 1
        heads = list(self.log.heads())
        return {row.key: ended[row.key] for row in look_up(self.log, heads[0]).open if row.key} if heads else {}

    def observe(self, _head: RunHead, lines: Sequence[Line]) -> None:
        """Note the calls that do not ask this world, in the order in which they become ready."""
        self.performed += (
            (line.effect, False) for line in lines if line.kind == "ready" and line.effect not in self.scripted.own
        )

    def history(self) -> list[Line]:
        """Return all that has happened in the run."""
        heads = list(self.log.heads())
        return [line for _, line in history(self.log, heads[0])] if heads else []


def undone_of(lines: Sequence[Line]) -> list[tuple[str, ...]]:
    """Return what was undone, in order: the effect, the place's name, and the effect that undid it."""
    effects: dict[str, str] = {}
    found: list[tuple[str, ...]] = []
    for line in lines:
        place, mark, rest = line.place.partition("/undo")
        if line.kind == "ready":
            effects[line.place] = line.effect
        elif line.kind in {"completed", "resolved"} and mark and not rest:
            name = place.rpartition("/")[2].partition("@")[0].partition("[")[0]
            found.append((effects.get(place, name), name, line.effect))
    return found


class ProcessLog:
    """The world's log, as one process sees it."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.identity = world.log.identity
        self._events = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._world.log, name)

    def append(
        self,
        batch: Sequence[Append],
        arrivals: Sequence[Arrival] = (),
        verdicts: Mapping[str, str] = NO_VERDICTS,
        schedules: Sequence[Schedule] = (),
    ) -> None:
        """Commit, unless the process ends before or after it."""
        world = self._world
        if not world.seam(f"before commit {1 + len(world.seams)}"):
            raise ProcessEnded
        world.log.append(batch, arrivals, verdicts, schedules)
        world.waits += (wait for append in batch for wait in append.waits)
        self._events += sum(len(append.events) for append in batch)
        if self._events > world.most_events:
            raise LogFailed(f"{world.most_events} events have happened")
        if not world.seam(f"after commit {len(world.seams)}"):
            raise ProcessEnded


@dataclass(frozen=True, slots=True)
class Scripted:
    """A program whose effects ask the world, and the names of those that do: `own`."""

    program: Program
    own: frozenset[str]


def scripted(program: Program, scripts: Mapping[str, Script]) -> Scripted:
    """Return the program with its effects bound to the world.

    An effect is asked for by its own name, but where it needs no script, or only what performs it has one.
    """
    own = {name: effect for name, effect in program.effects.items() if _is_scripted(effect, scripts)}
    bound = {name: _unbound(effect, program) for name, effect in own.items()}
    return Scripted(msgspec.structs.replace(program, effects={**program.effects, **bound}), frozenset(own))


def _unbound(effect: Effect, program: Program) -> Effect:
    """Return an effect that asks by its own name, in the time that it has with its binding."""
    base = effect if effect.binding is None else program.effects.get(effect.binding.handler, effect)
    return msgspec.structs.replace(effect, binding=None, timeout=effect.timeout or base.timeout)


def _is_scripted(effect: Effect, scripts: Mapping[str, Script]) -> bool:
    if effect.name in scripts:
        return True
    handler = (effect.binding or Binding(handler=effect.name)).handler
    return effect.wait is None and handler != EMIT and handler not in BY_ITSELF and handler not in scripts


def _variables(program: Program) -> set[str]:
    bindings = [effect.binding for effect in program.effects.values() if effect.binding is not None]
    return {name for binding in bindings for name in (*binding.env, *binding.secrets)}


class Handlers:
    """`ports.Handlers` of a world."""

    def __init__(self, world: World) -> None:
        self.scripted = ScriptedHandler(world)

    def get(self, effect: str) -> Handler:  # noqa: ARG002 -- one performs them all
        """Return what answers for the world."""
        return self.scripted

    async def close(self) -> None:
        """Nothing is open."""


class ScriptedHandler:
    """Answers requests as the case says."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._given: dict[tuple[str, str, int], tuple[Answer, datetime]] = {}
        self._remembered: dict[tuple[str, str, int], tuple[Answer, datetime]] = {}
        self._counts: Counter[tuple[str, str]] = Counter()
        self._calls: Counter[str] = Counter()
        self._performed: defaultdict[str, int] = defaultdict(int)

    async def perform(self, request: Request) -> Outcome:
        """Answer, after as long as that takes. In a process that has ended nothing answers any more."""
        world, effect = self._world, request.effect
        if effect in BY_ITSELF and effect not in world.case.scripts:
            return self._by_itself(request)
        asked = Asked(effect, request.input, request.key)
        if not world.alive or not world.seam(f"before `{effect}`"):
            return await _nothing()
        world.asked.append(asked)
        world.performed.append((effect, True))
        world.in_flight[effect] += 1
        world.most_in_flight[effect] = max(world.most_in_flight[effect], world.in_flight[effect])
        try:
            return await self._answered(request, asked)
        finally:
            world.in_flight[effect] -= 1

    async def _answered(self, request: Request, asked: Asked) -> Outcome:
        world, effect = self._world, request.effect
        found = self._answer(request)
        if found is None:
            world.unscripted = world.unscripted or asked
            world.stopped.set()
            return Permanent("no script")
        answer, due = found
        await world.clock.sleep_until(due)
        if isinstance(answer.ending, Never):
            return await _nothing()
        outcome = _outcome(answer)
        if isinstance(outcome, Result | Raised):
            world.happened[request.key] = outcome
        self._performed[effect] += 1
        crash = world.crash
        if crash is not None and crash.after == effect and self._performed[effect] == crash.n and world.alive:
            world.end_process(f"after `{effect}`")
        return outcome if world.alive and world.seam(f"after `{effect}`") else await _nothing()

    def remember(self, left_open: Mapping[str, int]) -> None:
        """Let what the next process asks again be answered as before: open calls, by their keys, that were asked for.

        The numbers say how many calls have ended under each key: where no more than these were asked for, the open one
        was not.
        """
        before = {key for key, ended in left_open.items() if self._calls[key] > ended}
        self._remembered = {asked: answer for asked, answer in self._given.items() if asked[1] in before}
        self._given = {}

    def _answer(self, request: Request) -> tuple[Answer, datetime] | None:
        """Return the answer to a request and when it comes: as before, where a process ended over it, else the next."""
        asked = (request.effect, request.key, request.attempt)
        found = self._remembered.pop(asked, None)
        if found is None:
            self._calls[request.key] += request.attempt == 1
            found = self._next(request)
        if found is not None:
            self._given[asked] = found
        return found

    def _next(self, request: Request) -> tuple[Answer, datetime] | None:
        script = self._world.case.scripts.get(request.effect)
        answers, of = ((), "") if script is None else _list(script, request.input)
        if not answers:
            return None
        count = self._counts[request.effect, of]
        self._counts[request.effect, of] += 1
        answer = answers[min(count, len(answers) - 1)]
        return answer, self._world.clock.now() + answer.after

    def _by_itself(self, request: Request) -> Outcome:
        draw = random.Random(request.key)  # noqa: S311 -- for tests: the same each time
        match request.effect:
            case "time.now":
                return Result(self._world.clock.now())
            case "random.uuid":
                return Result(uuid.UUID(int=draw.getrandbits(128), version=4))
            case "random.int":
                low, high = request.input["low"], request.input["high"]
                return Result(draw.randint(low, high)) if low <= high else Permanent("`low` is above `high`")
            case "random.float":
                return Result(draw.random())
            case _:
                return Result(None)

    def payload(self, response: Any) -> Outcome:
        """Return what a binding gets of a response: of one over HTTP its body."""
        if isinstance(response, dict) and {"status", "json"} <= response.keys():
            if 200 <= response["status"] < 300:
                return Result(response["json"])
            return Permanent(f"answered with status {response['status']}", response)
        if isinstance(response, dict) and response.keys() == {"rows"} and isinstance(response["rows"], list):
            return Result(response["rows"])
        return Result(response)

    async def close(self) -> None:
        """Nothing is open."""


def _list(script: Script, inputs: Mapping[str, Any]) -> tuple[Sequence[Answer], str]:
    if script.by is None:
        return script.answers, ""
    text = script.by(inputs)
    return ((), "") if text is None else (script.when.get(text, ()), text)


def _outcome(answer: Answer) -> Outcome:
    match answer.ending:
        case Returns(value):
            return Result(value)
        case Raises(error, fields):
            return Raised(error, fields)
        case Fails(reason):
            return Transient(reason, unknown=False)
        case Never():
            raise AssertionError("no answer has no outcome")


async def _nothing() -> Outcome:
    await asyncio.get_running_loop().create_future()
    raise AssertionError("nobody sets this future")


class Ids:
    """`ports.Ids`, the same in every process of every case, so that keys can be compared."""

    def run_id(self, at: datetime) -> str:  # noqa: ARG002 -- the port's signature
        """Return the id of the one run."""
        return "00000000-0000-7000-8000-000000000001"

    def jitter(self) -> float:
        """Return the middle: delays are as they are declared."""
        return 0.5
