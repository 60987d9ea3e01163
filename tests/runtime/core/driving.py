"""Drives the real core against a scripted world and a memory log, with a crash wherever a test wants one."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from cellc.runtime.core.events import CallCompleted, CallRaised, TimerFired, decode, encode
from cellc.runtime.core.inputs import Completed, Failed, Input, Raised, Recovered, Sent, Start, Tick
from cellc.runtime.core.plan import Plan
from cellc.runtime.core.state import RunState
from cellc.runtime.core.step import ReadyCall, Step, fold, step
from cellc.runtime.log_memory import MemoryLog
from cellc.runtime.ports import Append

AT = datetime(2026, 1, 1, tzinfo=UTC)
RUN = "run-1"

Answer = Callable[[datetime, ReadyCall], Input]
Order = Callable[[int], int]
"""Given how many calls could be answered next, say which one is."""


class Crash(Exception):  # noqa: N818 -- named for what it is
    """The process ends here."""


def answer(at: datetime, call: ReadyCall) -> Input:
    """Return what the test world says to a call: a plain function of effect, input and attempt."""
    x = call.input.get("x", 0)
    if call.effect == "work" and x % 5 == 4:
        return Raised(at, call.call, "Bad", {"why": f"{x}"})
    if call.effect == "shaky" and (call.attempt == 1 or x % 6 == 5):
        return Failed(at, call.call, call.attempt, "not now")
    return Completed(at, call.call, x + 1)


def willing(at: datetime, call: ReadyCall) -> Input:
    """Return a result to whatever is asked."""
    return Completed(at, call.call, call.input.get("x", 0) + 1)


@dataclass
class World:
    """What survives a crash: the log, what has been performed, the time, and the count of seams passed.

    After a crash the next process begins `down` later.
    """

    plan: Plan
    inputs: dict[str, Any]
    answer: Answer = answer
    order: Order = lambda _: 0
    log: MemoryLog = field(default_factory=MemoryLog)
    crash_at: frozenset[int] = frozenset()
    down: timedelta = timedelta()
    now: datetime = AT
    seams: int = 0
    performed: list[str] = field(default_factory=list)
    recorded: set[str] = field(default_factory=set)
    timers_fired: int = 0

    def seam(self) -> None:
        """Pass a place where a process may end."""
        self.seams += 1
        if self.seams in self.crash_at:
            raise Crash

    def events(self) -> list[Any]:
        """Return what is in the log."""
        return [decode(row) for row in self.log.events(1)]


class Driver:
    """One life of a process."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.queue: list[ReadyCall] = []
        self.wake_at: datetime | None = None
        self.state = RunState(RUN)
        self.steps: list[Step] = []

    def live(self) -> None:
        """Start or recover, and go on until the run has ended or waits for a person."""
        history = self.world.events()
        if history:
            self.state = fold(self.world.plan, RUN, history)
            assert self.state.divergence is None
            self.give(Recovered(self.world.now, self.world.now))
        else:
            self.give(Start(self.world.now, "graph", self.world.plan.main, self.world.inputs))
        self.go_on()

    def go_on(self) -> None:
        """Perform what is to do until nothing is."""
        while not self.state.ended and (self.queue or self.wake_at):
            self._next()

    def _next(self) -> None:
        world = self.world
        world.now += timedelta(seconds=1)
        if self.queue:
            self._perform(self.queue.pop(world.order(len(self.queue))))
        elif self.wake_at is not None:
            world.now = max(world.now, self.wake_at)
            self.give(Tick(world.now))

    def _perform(self, call: ReadyCall) -> None:
        world = self.world
        if call.delivery == "once":
            self.give(Sent(world.now, call.call))
        assert call.key not in world.recorded, f"{call.place} was performed again"
        world.seam()
        world.performed.append(call.key)
        answered = world.answer(world.now, call)
        world.seam()
        self.give(answered)

    def give(self, given: Input) -> Step:
        """Give the core an input, commit what it decides, then take over what is to do."""
        keys = {number: call.key for number, call in self.state.calls.items()}
        result = step(self.world.plan, self.state, given)
        self.steps.append(result)
        if result.events:
            self._commit(result, keys)
        self.queue = [call for call in self.queue if call.call not in result.delta.abandon]
        self.queue += result.delta.perform
        self.wake_at = result.delta.wake_at
        return result

    def _commit(self, result: Step, keys: dict[int, str]) -> None:
        world = self.world
        world.seam()
        world.log.append([Append(1, [encode(event) for event in result.events])])
        for event in result.events:
            if isinstance(event, CallCompleted | CallRaised | TimerFired):
                world.recorded.add(keys[event.call])
        world.seam()


def run(world: World) -> Driver:
    """Drive a run to where it stops, starting again after each crash."""
    while True:
        driver = Driver(world)
        try:
            driver.live()
        except Crash:
            world.now += world.down
            continue
        return driver
