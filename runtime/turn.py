"""One turn of the fabric: everything that it does to runs, waits and events, until it is committed as one."""

from collections import deque
from dataclasses import dataclass, field, replace
from datetime import datetime
from json import dumps
from typing import assert_never

from cellc.runtime import ports
from cellc.runtime.commands import Verdict
from cellc.runtime.core.events import Event, encode, from_micros
from cellc.runtime.core.inputs import Completed, Deferred, Failed, Input, Raised
from cellc.runtime.core.state import Phase
from cellc.runtime.core.step import OpenWait, Step
from cellc.runtime.instances import Instance, RunUnreadable
from cellc.runtime.job import Job, PutOff
from cellc.runtime.ports import Append, Arrival, Outcome, RunHead, Schedule, Wait
from cellc.runtime.telling import one_line


@dataclass(slots=True)
class Change:
    """What a turn does to one run."""

    instance: Instance
    wake_at: datetime | None = None
    events: list[Event] = field(default_factory=list)
    start: list[Job] = field(default_factory=list)
    release: list[Job] = field(default_factory=list)
    abandon: set[int] = field(default_factory=set)
    waits: list[OpenWait] = field(default_factory=list)
    unlisted: set[int] = field(default_factory=set)
    revived: bool = False
    activated: bool = False

    @property
    def is_new(self) -> bool:
        """Whether the log does not know yet that the run is in this process: its code waits for that."""
        return self.activated or self.instance.recorded is None

    def add(self, result: Step) -> None:
        """Take in a step, but for the calls that it made ready."""
        self.events += result.events
        self.abandon.update(result.delta.abandon)
        self.waits += result.delta.waits
        self.unlisted.update(result.delta.unlisted)
        self.wake_at = result.delta.wake_at

    def append(self) -> Append:
        """Return what the log is to add, and let the instance's head be as the log will have it."""
        instance = self.instance
        instance.head = self._head()
        moved = None if instance.head == instance.recorded else instance.head
        rows = [encode(event) for event in self.events]
        waits = [self._listed(wait) for wait in self.waits if wait.call not in self.unlisted]
        return Append(
            instance.head.number, rows, moved, waits, sorted(self.unlisted), instance.keep(rows), self.revived
        )

    def _head(self) -> RunHead:
        instance, state = self.instance, self.instance.state
        head, status = instance.head, state.status
        wake_at = self.wake_at if status == "waiting" else None
        if state.progress is not None and state.progress is not instance.progress:
            instance.progress = state.progress
            head = replace(head, progress=one_line(state.progress.text), percent=state.progress.percent)
        if head.status == status and head.wake_at == wake_at and not state.ended:
            return head
        return replace(head, status=status, ended_at=from_micros(state.at) if state.ended else None, wake_at=wake_at)

    def _listed(self, wait: OpenWait) -> Wait:
        run, form = self.instance.head.number, self._form(wait) if wait.event is None else None
        return Wait(run, wait.call, wait.effect, wait.place, wait.since, wait.event, wait.event_key, form)

    def _form(self, wait: OpenWait) -> str:
        """Return what a task asks: its title, and what else its effect says under `with:`."""
        return dumps(self.instance.topology.bindings.get(wait.effect).asked(wait.input, wait.key), ensure_ascii=False)


@dataclass(slots=True)
class Turn:
    """What one turn does.

    `opened` are the waits for events that it opens, `fresh` those of them not yet looked at. `keyed` are the runs that
    it begins under a key, `schedules` the rows that it changes. `thoughts` are the frames whose Python code is to move,
    `later` those whose code is to move in the next turn: code that ends the process with it must not take along that
    the run was begun, or came back.
    """

    now: datetime
    changes: dict[int, Change] = field(default_factory=dict)
    arrivals: dict[tuple[str, str], Arrival] = field(default_factory=dict)
    opened: dict[str, list[tuple[int, OpenWait]]] = field(default_factory=dict)
    fresh: deque[tuple[int, OpenWait]] = field(default_factory=deque)
    thoughts: deque[tuple[Change, int]] = field(default_factory=deque)
    later: list[tuple[int, int]] = field(default_factory=list)
    verdicts: dict[str, Verdict] = field(default_factory=dict)
    keyed: dict[str, int] = field(default_factory=dict)
    schedules: dict[str, Schedule] = field(default_factory=dict)

    def add_arrival(self, arrival: Arrival) -> None:
        """Note what became of an event."""
        self.arrivals[arrival.event, arrival.id] = arrival

    def add(self, change: Change, result: Step) -> None:
        """Take in a step of a run."""
        change.add(result)
        for frame in result.delta.think:
            if change.is_new:
                self.later.append((change.instance.head.number, frame))
            else:
                self.thoughts.append((change, frame))
        run = change.instance.head.number
        for wait in result.delta.waits:
            if wait.event is not None:
                self.opened.setdefault(wait.event, []).append((run, wait))
                self.fresh.append((run, wait))


def is_reached(found: Instance | RunUnreadable, *, settled: bool) -> bool:
    """Return whether a run has ended or stands, or where that is enough, only waits; or cannot be read."""
    if isinstance(found, RunUnreadable):
        return True
    state = found.state
    if settled:
        return state.ended or (state.status != "running" and not state.phases[Phase.RETRY])
    return state.ended or state.status == "stalled"


def meaning(job: Job, outcome: Outcome, at: datetime, jitter: float) -> Input:
    """Return an outcome as the core hears of it."""
    match outcome:
        case ports.Result(value):
            return Completed(at, job.call, value)
        case ports.Raised(error, fields):
            return Raised(at, job.call, error, fields, job.attempt, jitter)
        case ports.Transient(reason, _, retry_after, unknown):
            return Failed(at, job.call, job.attempt, reason, unknown=unknown, retry_after=retry_after, jitter=jitter)
        case ports.Permanent(reason, _, unknown):
            return Failed(at, job.call, job.attempt, reason, permanent=True, unknown=unknown)
        case _:
            assert_never(outcome)


def deferral(job: Job, later: PutOff, at: datetime) -> Deferred:
    """Return that a call is put off, as the core hears of it."""
    return Deferred(at, job.call, job.attempt, later.until, later.reason)
