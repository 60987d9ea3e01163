"""The one loop around the pure core: collect inputs, step, commit all events at once, and only then act.

    async with open_fabric(path, handlers, environment) as fabric:
        run = fabric.start(program, "shop.main", inputs)
        ended = await fabric.finished(run)

One turn takes everything that has come in since the last (outcomes, due timers, starts, a person's retry), gives it to
the core run by run, and appends all resulting events in a single commit: many runs share one sync. After the commit,
and never before, calls are performed, observers hear of the events, and waiters are answered. A turn is synchronous:
no await, no handler, no expression of a binding inside the transaction.

A failed commit leaves an unknown outcome, so everything in memory is dropped and the fabric stops; opening it again
reads what is true. Leaving the `async with` stops performing and appends nothing: runs stay as durable as they are.

Known weakness: a bug in the core stops all runs of the process, not just its own; all of them stay in the log.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeAlias, assert_never

from cellc.language.graph import Program
from cellc.runtime import ports
from cellc.runtime.clock import SystemClock, SystemIds
from cellc.runtime.core.events import Event, encode, from_micros
from cellc.runtime.core.inputs import Completed, Failed, Input, Raised, Recovered, Retry, Sent, Start, Tick
from cellc.runtime.core.step import ReadyCall, step
from cellc.runtime.environment import Environment
from cellc.runtime.instances import Instance, Instances, RunUnreadable
from cellc.runtime.log_sqlite import open_log
from cellc.runtime.ports import Append, Clock, Handlers, Ids, Log, Outcome, RunHead
from cellc.runtime.router import SLOTS, Job, Router
from cellc.runtime.scheduler import Scheduler
from cellc.runtime.telling import Line
from cellc.runtime.topologies import Topologies
from cellc.runtime.views import RunView, view

Observer: TypeAlias = Callable[[RunHead, Sequence[Line]], None]
"""Hears of a run's events once they are durable; must not block."""


@asynccontextmanager
async def open_fabric(
    path: Path,
    handlers: Handlers,
    environment: Environment,
    *,
    clock: Clock | None = None,
    ids: Ids | None = None,
    observe: Observer | None = None,
) -> "AsyncIterator[Fabric]":
    """Own the log at `path` and run a fabric on it. Raises what `open_log` raises."""
    clock = clock or SystemClock()
    log = open_log(path, clock.now())
    try:
        async with Fabric(log, handlers, environment, clock, ids or SystemIds(), observe=observe) as fabric:
            yield fabric
    finally:
        log.close()


@dataclass(slots=True)
class _Change:
    """What one turn does to one run."""

    instance: Instance
    wake_at: datetime | None = None
    events: list[Event] = field(default_factory=list)
    start: list[Job] = field(default_factory=list)
    release: list[Job] = field(default_factory=list)
    abandon: set[int] = field(default_factory=set)


class Fabric:
    """Runs on one log. Use it as an async context manager; all methods are for the event loop's thread."""

    def __init__(
        self,
        log: Log,
        handlers: Handlers,
        environment: Environment,
        clock: Clock,
        ids: Ids,
        *,
        observe: Observer | None = None,
        slots: int = SLOTS,
    ) -> None:
        self._log = log
        self._clock = clock
        self._ids = ids
        self._observe = observe
        self._topologies = Topologies(log, environment)
        self._instances = Instances(log, self._topologies)
        self._scheduler = Scheduler()
        self._router = Router(handlers, self._deliver, self._admitted, slots)
        self._inbox: list[tuple[int, Input, Job | None]] = []
        self._waiters: dict[int, list[asyncio.Future[RunView]]] = {}
        self._wake = asyncio.Event()
        self._alarm: tuple[datetime, asyncio.Task[None]] | None = None
        self._loop: asyncio.Task[None] | None = None
        self._failure: BaseException | None = None

    # --- for commands -------------------------------------------------------------------------------------------------

    def start(self, program: Program, cell: str, inputs: Mapping[str, Any]) -> int:
        """Start a run of `cell` and return its number. It is durable before its first effect.

        `inputs` fit the cell's input type, and `environment.missing` has found nothing.
        """
        self._check()
        now = self._clock.now()
        topology = self._topologies.add(program)
        head = RunHead(self._log.next_run(), self._ids.run_id(now), program.sha256, cell, "running", now)
        self._instances.create(head, topology)
        self._put(head.number, Start(now, program.sha256, cell, inputs))
        return head.number

    def resume(self) -> tuple[RunHead, ...]:
        """Let every live run of the log go on, and return their heads as they stood.

        What was running goes on at once: calls without a result are performed again under their keys, except `once`
        calls that were sent. What waits is woken when it is due. What is stalled stays so.
        """
        self._check()
        heads = tuple(self._log.heads(live=True))
        now = self._clock.now()
        for head in heads:
            if head.status == "waiting" and head.wake_at is not None:
                self._scheduler.set(head.number, head.wake_at)
            elif head.status != "stalled":
                self._put(head.number, Tick(now))
        self._wake.set()
        return heads

    def retry(self, run: int) -> None:
        """Try everything again at which `run` has stalled, except calls whose outcome is unknown. Raises KeyError."""
        self._check()
        self._known(run)
        self._put(run, Retry(self._clock.now()))

    async def finished(self, run: int) -> RunView:
        """Wait until `run` has ended or stalled, with nothing else of it in flight, and return how it stands.

        Raises KeyError, RunUnreadable, and LogFailed or Fenced when the fabric has stopped.
        """
        self._check()
        self._known(run)
        waiter: asyncio.Future[RunView] = asyncio.get_running_loop().create_future()
        self._waiters.setdefault(run, []).append(waiter)
        self._put(run, Tick(self._clock.now()))
        return await waiter

    def look_at(self, run: int) -> RunView | None:
        """Return how a run in memory stands now, its open tree included; None when it is not in memory."""
        instance = self._instances.resident(run)
        return None if instance is None else view(instance)

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop().create_task(self._serve())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        tasks = [task for task in (self._loop, self._alarm and self._alarm[1]) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._router.close()

    # --- what comes in ------------------------------------------------------------------------------------------------

    def _put(self, run: int, given: Input, job: Job | None = None) -> None:
        self._inbox.append((run, given, job))
        self._wake.set()

    def _deliver(self, job: Job, outcome: Outcome) -> None:
        self._put(job.run, _meaning(job, outcome, self._clock.now(), self._ids.jitter()))

    def _admitted(self, job: Job) -> None:
        self._put(job.run, Sent(self._clock.now(), job.call), job)

    def _known(self, run: int) -> None:
        if self._instances.resident(run) is None:
            self._log.head(run)

    def _check(self) -> None:
        if self._failure is not None:
            raise self._failure

    # --- the loop -----------------------------------------------------------------------------------------------------

    async def _serve(self) -> None:
        try:
            while True:
                self._set_alarm()
                await self._wake.wait()
                self._wake.clear()
                self._turn()
        except Exception as problem:  # noqa: BLE001 -- whatever it is, everyone who waits has to hear of it
            self._stop(problem)

    def _stop(self, problem: Exception) -> None:
        """Drop what is in memory: after a failed commit nobody knows which of it is true."""
        self._failure = problem
        self._instances.clear()
        for waiters in self._waiters.values():
            for waiter in waiters:
                if not waiter.done():
                    waiter.set_exception(problem)
        self._waiters.clear()

    def _set_alarm(self) -> None:
        due = self._scheduler.next()
        if self._alarm is not None:
            if self._alarm[0] == due:
                return
            self._alarm[1].cancel()
        self._alarm = None if due is None else (due, asyncio.get_running_loop().create_task(self._ring(due)))

    async def _ring(self, due: datetime) -> None:
        await self._clock.sleep_until(due)
        self._alarm = None
        self._wake.set()

    def _turn(self) -> None:
        now = self._clock.now()
        inbox, self._inbox = self._inbox, []
        inbox += [(run, Tick(now), None) for run in self._scheduler.take_due(now)]
        changes: dict[int, _Change] = {}
        for run, given, job in inbox:
            change = changes.get(run) or self._change(run, given)
            if change is not None:
                changes[run] = change
                self._take(change, given, job)
        self._commit(changes.values())
        for change in changes.values():
            self._act(change, now)

    def _change(self, run: int, given: Input) -> _Change | None:
        """Return a run that is to change, back from its events if it was parked; None when it is past changing."""
        instance = self._instances.resident(run)
        if instance is not None:
            return _Change(instance)
        if not isinstance(given, Tick | Retry):
            return None  # the late outcome of a run that has ended
        try:
            change = _Change(self._instances.activate(run))
        except RunUnreadable as problem:
            self._answer(run, problem)
            return None
        self._take(change, Recovered(given.at), None)
        return change

    def _take(self, change: _Change, given: Input, job: Job | None) -> None:
        """Let the core decide what an input means. `job` is a `once` job that waits for its mark."""
        plan, state = change.instance.topology.plan, change.instance.state
        result = step(plan, state, given)
        change.events += result.events
        change.abandon.update(result.delta.abandon)
        change.wake_at = result.delta.wake_at
        for call in result.delta.perform:
            self._admit(change, call, given.at)
        if job is not None:
            (change.start if result.events else change.release).append(job)

    def _admit(self, change: _Change, call: ReadyCall, at: datetime) -> None:
        head = change.instance.head
        bound = change.instance.topology.bindings.get(call.effect)
        once = call.delivery == "once"
        job = Job(head.number, call.call, call.effect, bound, call.input, call.key, call.attempt, once)
        if not self._router.take_slot(job):
            return
        if once:
            self._take(change, Sent(at, call.call), job)
        else:
            change.start.append(job)

    def _commit(self, changes: Collection[_Change]) -> None:
        batch = []
        for change in changes:
            if change.events:
                instance = change.instance
                instance.head = _head(change)
                moved = None if instance.head == instance.recorded else instance.head
                batch.append(Append(instance.head.number, [encode(event) for event in change.events], moved))
        if batch:
            self._log.append(batch)
        for change in changes:
            change.instance.recorded = change.instance.head

    def _act(self, change: _Change, now: datetime) -> None:
        """Do what the durable events of one run ask for."""
        instance = change.instance
        run = instance.head.number
        for call in change.abandon:
            self._router.abandon(run, call)
        for job in change.start:
            (self._router.release if job.call in change.abandon else self._router.start)(job)
        for job in change.release:
            self._router.release(job)
        self._scheduler.set(run, change.wake_at)
        if self._observe is not None and change.events:
            self._observe(instance.head, instance.teller.tell(change.events, instance.state))
        if instance.state.ended or instance.state.status == "stalled":
            self._answer(run, instance)
        self._instances.park(instance, now)

    def _answer(self, run: int, found: Instance | RunUnreadable) -> None:
        for waiter in self._waiters.pop(run, ()):
            if waiter.done():
                continue
            if isinstance(found, RunUnreadable):
                waiter.set_exception(found)
            else:
                waiter.set_result(view(found))


def _head(change: _Change) -> RunHead:
    """Return the head that the log should have after this change."""
    state = change.instance.state
    return replace(
        change.instance.head,
        status=state.status,
        ended_at=from_micros(state.at) if state.ended else None,
        wake_at=change.wake_at if state.status == "waiting" else None,
    )


def _meaning(job: Job, outcome: Outcome, at: datetime, jitter: float) -> Input:
    """Return an outcome as the core hears of it."""
    match outcome:
        case ports.Result(value):
            return Completed(at, job.call, value)
        case ports.Raised(error, fields):
            return Raised(at, job.call, error, fields)
        case ports.Transient(reason, _, retry_after, unknown):
            return Failed(at, job.call, job.attempt, reason, unknown=unknown, retry_after=retry_after, jitter=jitter)
        case ports.Permanent(reason, _, unknown):
            return Failed(at, job.call, job.attempt, reason, permanent=True, unknown=unknown)
        case _:
            assert_never(outcome)
