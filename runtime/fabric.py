"""The one loop around the pure core: collect inputs, step, commit all events at once, and only then act.

    async with open_fabric(path, handlers, environment) as fabric:
        run = fabric.start(program, "shop.main", inputs)
        ended = await fabric.finished(run)

One turn takes everything that has come in since the last (outcomes, due timers, starts, a person's retry), gives it to
the core run by run, and appends all resulting events in a single commit: many runs share one sync. After the commit,
and never before, calls are performed, observers hear of the events, and waiters are answered. A turn is synchronous:
no await, no handler, no expression of a binding inside the transaction.

Where the disk is full nothing of a commit has happened: the turn waits until there is room, and with it all that is to
follow. Any other failed commit leaves an unknown outcome, so everything in memory is dropped and the fabric stops;
opening it again reads what is true. Leaving the `async with` stops performing and appends nothing: runs stay as durable
as they are.

Known weakness: a bug in the core stops all runs of the process, not just its own; all of them stay in the log.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeAlias

from cellc.language.graph import Program
from cellc.runtime.alarm import Alarm
from cellc.runtime.asked import Asked
from cellc.runtime.clock import SystemClock, SystemIds
from cellc.runtime.commands import Command, Verdict, dump, load_verdict
from cellc.runtime.core.inputs import Input, NeverStarted, Recovered, Sent, Start, Tick
from cellc.runtime.core.step import ReadyCall, Step, step
from cellc.runtime.door import Door
from cellc.runtime.emitting import WithEmit
from cellc.runtime.environment import Environment, missing
from cellc.runtime.inbox import Inbox
from cellc.runtime.instances import Instance, Instances, RunUnreadable
from cellc.runtime.job import Job, PutOff
from cellc.runtime.live_status import serving
from cellc.runtime.log_sqlite import open_log
from cellc.runtime.ports import Clock, Handlers, Ids, Log, Outcome, RunHead
from cellc.runtime.python.cells import PythonCells, unusable
from cellc.runtime.recorder import Notify, Recorder
from cellc.runtime.router import Hooks, Router
from cellc.runtime.scheduler import SLOTS, Places, Scheduler
from cellc.runtime.schedules import Schedules
from cellc.runtime.start_keys import digests
from cellc.runtime.starting import Starts, refuse
from cellc.runtime.telling import Line
from cellc.runtime.topologies import Topologies
from cellc.runtime.turn import Change, Turn, deferral, meaning
from cellc.runtime.views import RunView, view
from cellc.runtime.waiters import Waiters

Observer: TypeAlias = Callable[[RunHead, Sequence[Line]], None]
"""Hears of a run's events once they are durable; must not block."""

DEADLY = 3
"""Processes in a row that come back to a run and end before anything happens in it; the next one leaves it alone."""


@asynccontextmanager
async def open_fabric(
    path: Path,
    handlers: Handlers,
    environment: Environment,
    *,
    clock: Clock | None = None,
    ids: Ids | None = None,
    observe: Observer | None = None,
    notify: Notify | None = None,
    adopt: bool = False,
) -> "AsyncIterator[Fabric]":
    """Own the log at `path`, with `adopt` also a copy, and run a fabric on it. Raises what `open_log` raises."""
    clock = clock or SystemClock()
    log = open_log(path, clock.now(), adopt=adopt)
    try:
        inbox = Inbox(path, log.identity)
        async with (
            Fabric(
                log, handlers, environment, clock, ids or SystemIds(), inbox=inbox, observe=observe, notify=notify
            ) as fabric,
            serving(path, fabric.reasons),
        ):
            yield fabric
    finally:
        log.close()


class Fabric:
    """Runs on one log. Use it as an async context manager; all methods are for the event loop's thread."""

    def __init__(  # noqa: PLR0913 -- the seams, each by its name
        self,
        log: Log,
        handlers: Handlers,
        environment: Environment,
        clock: Clock,
        ids: Ids,
        *,
        inbox: Inbox | None = None,
        observe: Observer | None = None,
        notify: Notify | None = None,
        slots: int = SLOTS,
    ) -> None:
        self._log = log
        self._clock = clock
        self._since = clock.now()
        self._ids = ids
        self._observe = observe
        notify = notify or (lambda _code, _fields: None)
        self._recorder = Recorder(log, clock, notify)
        self._topologies = Topologies(log, environment)
        self._instances = Instances(log, self._topologies)
        self._scheduler = Scheduler()
        starts = Starts(log, self._topologies, self)
        self._schedules = Schedules(log, starts, self, notify)
        self._door = Door(log, self._topologies, self, starts)
        self._handlers = WithEmit(handlers, self.obey)
        self._environment = environment
        self._wake = asyncio.Event()
        hooks = Hooks(self._deliver, self._admitted, self._put_off, self._wake.set)
        self._router = Router(self._handlers, clock, hooks, Places(slots), environment.targets)
        self._code = PythonCells(lambda run, made: self._put(run, made(self._clock.now())))
        self._later: list[tuple[int, int]] = []
        self._inbox = inbox
        self._coming_back: dict[int, None] = {}
        self._given: list[tuple[int, Input, Job | None]] = []
        self._asked = Asked(log, inbox)
        self._waiters = Waiters()
        self._alarm = Alarm(clock, self._wake.set)
        self._loop: asyncio.Task[None] | None = None
        self._failure: BaseException | None = None

    # --- for commands -------------------------------------------------------------------------------------------------

    def start(self, program: Program, cell: str, inputs: Mapping[str, Any]) -> int:
        """Start a run of `cell` and return its number. It is durable before its first effect.

        `inputs` fit the cell's input type, and `environment.missing` has found nothing.
        """
        self._check()
        now = self._clock.now()
        head = self._create(program, cell, now, None, None).head
        self._put(head.number, Start(now, program.sha256, cell, inputs))
        return head.number

    def _create(self, program: Program, cell: str, now: datetime, key: str | None, given: str | None) -> Instance:
        topology = self._topologies.add(program)
        number, id_ = self._log.next_run(), self._ids.run_id(now)
        head = RunHead(number, id_, program.sha256, cell, "running", now, key=key, given=given)
        return self._instances.create(head, topology)

    def resume(self, run: int | None = None) -> tuple[RunHead, ...]:
        """Let every live run of the log, or one of them, go on, and return their heads as they stood. Raises KeyError.

        What was running goes on at once: calls without a result are performed again under their keys, except `once`
        calls that were sent. What waits is woken when it is due. What is stalled stays so.
        """
        self._check()
        heads = tuple(self._log.heads(live=True)) if run is None else (self._log.head(run),)
        for head in heads:
            if head.status == "waiting":
                self._scheduler.set(head.number, head.wake_at)
            elif head.status != "stalled" and head.ended_at is None:
                self._coming_back[head.number] = None
        self._wake.set()
        return heads

    async def obey(self, command: Command) -> Verdict:
        """Do what a command asks, or say why not. The verdict is durable. Raises LogFailed or Fenced."""
        self._check()
        answer = self._asked.add(command)
        self._wake.set()
        return await answer

    async def verdict(self, inbox_id: str) -> Verdict:
        """Wait for what becomes of a command that is in the inbox. Raises LogFailed or Fenced."""
        self._check()
        found = self._log.verdict(inbox_id)
        if found is not None:
            return load_verdict(found)
        self._wake.set()
        return await self._asked.sender(inbox_id)

    def number_of(self, run_id: str) -> int:
        """Return the number of a run. Raises KeyError."""
        return self._log.number_of(run_id)

    async def finished(self, run: int) -> RunView:
        """Wait until `run` has ended or stalled, with nothing else of it in flight, and return how it stands.

        Raises KeyError, RunUnreadable, and LogFailed or Fenced when the fabric has stopped.
        """
        return await self._reached(run, settled=False)

    async def settled(self, run: int) -> RunView:
        """Wait until `run` has ended or only waits, for something that may be long in coming. Raises as `finished`."""
        return await self._reached(run, settled=True)

    async def _reached(self, run: int, *, settled: bool) -> RunView:
        self._check()
        self._known(run)
        waiter = self._waiters.add(run, settled=settled)
        if run not in self._coming_back:
            self._put(run, Tick(self._clock.now()))
        return await waiter

    def reasons(self, run_id: str) -> Iterator[tuple[int, str]]:
        """Yield each call of a run that waits for a place, by its number, with why. Raises KeyError."""
        return self._router.reasons(self.number_of(run_id))

    @property
    def is_at_work(self) -> bool:
        """Whether Python code in a thread is about to come to something: a clock that skips idle time asks for it."""
        return self._code.is_at_work

    def due(self, trigger: str) -> datetime | None:
        """Return when a schedule that is served here is due next."""
        return self._schedules.due(trigger)

    async def stopped(self) -> None:
        """Wait until the fabric has stopped by itself. Raises LogFailed or Fenced, which say why."""
        if self._loop is not None:
            await asyncio.shield(self._loop)
        self._check()

    def look_at(self, run: int) -> RunView | None:
        """Return how a run in memory stands now, its open tree included.

        None when it is not in memory, and while memory is ahead of a log that is full.
        """
        instance = self._instances.resident(run)
        return None if instance is None or self._recorder.is_full else view(instance)

    async def __aenter__(self) -> Self:
        if self._inbox is not None:
            self._inbox.listen(self._wake.set)
            self._wake.set()
        self._loop = asyncio.get_running_loop().create_task(self._serve())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._loop is not None:
            self._loop.cancel()
            await asyncio.gather(self._loop, return_exceptions=True)
        await self._alarm.close()
        if self._inbox is not None:
            self._inbox.close()
        self._code.close()
        await self._router.close()

    # --- what comes in ------------------------------------------------------------------------------------------------

    def _put(self, run: int, given: Input, job: Job | None = None) -> None:
        self._given.append((run, given, job))
        self._wake.set()

    def _deliver(self, job: Job, outcome: Outcome) -> None:
        self._put(job.run, meaning(job, outcome, self._clock.now(), self._ids.jitter()))

    def _admitted(self, job: Job) -> None:
        self._put(job.run, Sent(self._clock.now(), job.call), job)

    def _put_off(self, job: Job, later: PutOff) -> None:
        self._put(job.run, deferral(job, later, self._clock.now()))

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
                self._alarm.set(self._scheduler.next(), self._router.next_due(), self._schedules.next())
                await self._wake.wait()
                self._wake.clear()
                await self._turn()
        except Exception as problem:  # noqa: BLE001 -- whatever it is, everyone who waits has to hear of it
            self._stop(problem)

    def _stop(self, problem: Exception) -> None:
        """Drop what is in memory: after a failed commit nobody knows which of it is true."""
        self._failure = problem
        self._code.close()
        self._instances.clear()
        waiting: list[asyncio.Future[Any]] = [*self._waiters.take_all(), *self._asked.take_all()]
        for waiter in waiting:
            if not waiter.done():
                waiter.set_exception(problem)

    async def _turn(self) -> None:
        self._recorder.note_jump()
        turn = Turn(self._clock.now())
        self._router.go_on()
        given, self._given = self._given, []
        due = [*self._scheduler.take_due(turn.now), *self._returning()]
        given += [(run, Tick(turn.now), None) for run in due]
        for run, what, job in given:
            change = self._change(turn, run, activate=isinstance(what, Tick))
            if change is not None:  # else the late outcome of a run that has ended
                self._take(turn, change, what, job)
            elif job is not None:  # the run ended when its call had just got a place
                self._router.release(job)
        later, self._later = self._later, []
        for run, frame in later:
            change = self._change(turn, run, activate=False)
            if change is not None:
                turn.thoughts.append((change, frame))
        self._go_on(turn)
        self._obey(turn)
        self._schedules.look(turn)
        self._go_on(turn)
        await self._commit(turn)
        if turn.later:
            self._later += turn.later
            self._wake.set()
        for change in turn.changes.values():
            self._act(change, turn.now)
        if self._coming_back and self._instances.room:
            self._wake.set()
        self._asked.tell(turn)

    def _returning(self) -> list[int]:
        """Return the runs that come back to memory in this turn, the oldest first, as many as there is room for."""
        runs = [*islice(self._coming_back, self._instances.room)]
        for run in runs:
            del self._coming_back[run]
        return runs

    def _obey(self, turn: Turn) -> None:
        """Let in what has been asked; the rest of it in the next turn."""
        for command, inbox_id, answer in self._asked.take():
            verdict = self._door.obey(turn, command)
            self._go_on(turn)
            self._asked.decide(turn, inbox_id, answer, verdict)
        if self._asked:
            self._wake.set()

    def _go_on(self, turn: Turn) -> None:
        """Let code have its next moves, and the waits that have opened take events that came early."""
        while turn.thoughts or turn.fresh:
            if turn.thoughts:
                self._move_code(turn, *turn.thoughts.popleft())
            else:
                self._door.look(turn, *turn.fresh.popleft())

    def _move_code(self, turn: Turn, change: Change, frame: int) -> None:
        instance = change.instance
        run, program = instance.head.number, instance.topology.program
        for given in self._code.move(run, program, instance.state, frame, turn.now):
            self._take(turn, change, given, None)

    def visit(self, turn: Turn, run: int) -> Instance | None:
        """Return a run as it stands in this turn, None where it cannot be read."""
        change = self._change(turn, run, activate=True)
        return None if change is None else change.instance

    def give(self, turn: Turn, run: int, given: Input) -> bool:
        """Give a run that has been visited an input; return whether it meant anything."""
        change = turn.changes[run]
        before = len(change.events)
        self._take(turn, change, given, None)
        return len(change.events) > before

    def follow(self, turn: Turn, run: int, step: Step) -> None:
        """Do what a step of a run that has been visited asks for."""
        self._follow(turn, turn.changes[run], step, turn.now)

    def serve(self, turn: Turn, program: Program) -> None:
        """Let the schedules of a program start runs from now on."""
        self._schedules.serve(turn, self._topologies.add(program))

    def is_live(self, turn: Turn, run: int) -> bool:
        """Return whether a run has not ended as things stand in this turn."""
        change = turn.changes.get(run)
        instance = self._instances.resident(run) if change is None else change.instance
        if instance is not None:
            return not instance.state.ended
        try:
            return self._log.head(run).ended_at is None
        except KeyError:  # it has been removed since it ended
            return False

    def refuse_lacking(self, program: Program, cell: str) -> None:
        """Raise Refused where a run of `cell` needs what this process does not have."""
        refuse((*missing(program, cell, self._handlers, self._environment), *unusable(program, cell)))

    @property
    def room(self) -> int:
        """How many more runs may begin."""
        return self._instances.room

    def begin(self, turn: Turn, program: Program, cell: str, inputs: Mapping[str, Any], key: str | None) -> RunHead:
        """Begin a run in this turn, under a key or without one, and return its head."""
        instance = self._create(program, cell, turn.now, key, None if key is None else digests(inputs))
        if key is not None:
            turn.keyed[key] = instance.head.number
        change = turn.changes[instance.head.number] = Change(instance)
        self._take(turn, change, Start(turn.now, program.sha256, cell, inputs), None)
        return instance.head

    def _change(self, turn: Turn, run: int, *, activate: bool) -> Change | None:
        """Return a run that is to change, back from its events if it was parked; None when it is past changing."""
        if run in turn.changes:
            return turn.changes[run]
        instance = self._instances.resident(run)
        if instance is not None:
            change = turn.changes[run] = Change(instance)
            return change
        if not activate:
            return None
        try:
            change = turn.changes[run] = Change(self._instances.activate(run), activated=True)
        except RunUnreadable as problem:
            self._waiters.answer(run, problem)
            return None
        self._take(turn, change, self._recovered(turn, change), None)
        return change

    def _recovered(self, turn: Turn, change: Change) -> Recovered:
        """Return what a run that has come back is to know; where it is running, it is recorded that it has."""
        run = change.instance.head.number
        change.revived = change.instance.head.status == "running"
        deadly = change.revived and self._log.revivals(run) >= DEADLY
        return Recovered(turn.now, self._since, self._log.is_adopted(run), deadly)

    def _take(self, turn: Turn, change: Change, given: Input, job: Job | None) -> None:
        """Let the core decide what an input means. `job` is a `once` job that waits for its mark."""
        plan, state = change.instance.topology.plan, change.instance.state
        result = step(plan, state, given)
        self._follow(turn, change, result, given.at)
        if job is not None:
            (change.start if result.events else change.release).append(job)

    def _follow(self, turn: Turn, change: Change, result: Step, at: datetime) -> None:
        turn.add(change, result)
        for frame in result.delta.stopped:
            self._code.stop(change.instance.head.number, frame)
        for call in result.delta.perform:
            self._admit(turn, change, call, at)
        for waiting in result.delta.awaited:
            if self._router.withdraw(change.instance.head.number, waiting):
                self._take(turn, change, NeverStarted(at, waiting), None)

    def _admit(self, turn: Turn, change: Change, call: ReadyCall, at: datetime) -> None:
        head = change.instance.head
        bound = change.instance.topology.bindings.get(call.effect)
        once = call.delivery == "once"
        maybe_sent = call.maybe_sent
        job = Job(head.number, call.call, call.effect, bound, call.input, call.key, call.attempt, once, maybe_sent)
        placed = self._router.admit(job)
        if isinstance(placed, PutOff):
            self._take(turn, change, deferral(job, placed, at), None)
        elif placed and once:
            self._take(turn, change, Sent(at, call.call), job)
        elif placed:
            change.start.append(job)

    async def _commit(self, turn: Turn) -> None:
        changes = turn.changes.values()
        batch = [change.append() for change in changes if change.events or change.revived]
        verdicts = {id_: dump(verdict) for id_, verdict in turn.verdicts.items()}
        if batch or turn.arrivals or verdicts or turn.schedules:
            await self._recorder.append(batch, [*turn.arrivals.values()], verdicts, [*turn.schedules.values()])
        for change in changes:
            change.instance.recorded = change.instance.head

    def _act(self, change: Change, now: datetime) -> None:
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
        self._waiters.answer(run, instance)
        self._instances.park(instance, now)
        if self._instances.resident(run) is None:
            self._code.forget(run)
