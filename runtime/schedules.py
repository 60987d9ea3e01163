"""Schedules: which runs triggers start by the clock, each due time once, whatever crashes in between.

How far a schedule has been judged is a row of the log, and is written in the commit of the runs that were started for
it: no due time starts two runs, and none is lost. A time that nobody judged within a minute was missed, because no
process served the schedule; it starts a run only as far back as `catch_up` goes.

A schedule that is served for the first time begins now. One whose rule or time zone has changed does too, and keeps the
time that its last run was for.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

from cellc.language.faults import Fault
from cellc.language.graph import Trigger
from cellc.runtime.commands import Refused
from cellc.runtime.core.prepare import over
from cellc.runtime.due_times import DueTimes
from cellc.runtime.ports import Log, Schedule
from cellc.runtime.recorder import Notify
from cellc.runtime.starting import Starts, made_input, start_key
from cellc.runtime.topologies import Topology
from cellc.runtime.turn import Turn

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

GRACE = timedelta(minutes=1)
"""A due time that is judged within this time was not missed."""

AT_ONCE = 100
"""Due times of one schedule that one turn judges."""

PAUSE = timedelta(seconds=1)
"""How long a schedule waits where no more runs may begin."""


class Lives(Protocol):
    """What schedules need to know of runs."""

    def is_live(self, turn: Turn, run: int) -> bool:
        """Return whether a run has not ended as things stand in this turn."""
        ...

    @property
    def room(self) -> int:
        """How many more runs may begin."""
        ...


class Schedules:
    """The schedules that this process serves. What they start is part of the turn, and durable with it."""

    def __init__(self, log: Log, starts: Starts, runs: Lives, notify: Notify) -> None:
        self._log = log
        self._starts = starts
        self._runs = runs
        self._notify = notify
        self._served: dict[str, _Served] = {}

    def serve(self, turn: Turn, topology: Topology) -> None:
        """Serve the schedules of a program from now on, in the place of those of another version of it."""
        for trigger in topology.program.triggers.values():
            if trigger.cron is not None:
                self._served[trigger.name] = _Served(trigger, topology, self._row(turn, trigger))

    def _row(self, turn: Turn, trigger: Trigger) -> Schedule:
        rule = f"{trigger.cron} {trigger.timezone}"
        row = self._log.schedule(trigger.name)
        if row is None or row.rule != rule:
            new = Schedule(trigger.name, rule, turn.now)
            row = new if row is None else replace(row, rule=rule, judged=turn.now)
            turn.schedules[trigger.name] = row
        return row

    def next(self) -> datetime | None:
        """Return when one of them is to be looked at."""
        return min((served.next for served in self._served.values() if served.next is not None), default=None)

    def due(self, trigger: str) -> datetime | None:
        """Return when a schedule that is served here is due next."""
        return self._served[trigger].due

    def look(self, turn: Turn) -> None:
        """Start what is due, and what waited for a run that has ended."""
        for served in self._served.values():
            before = served.row
            self._start_queued(turn, served)
            for _ in range(AT_ONCE):
                if served.next is None or served.next > turn.now or not self._judge(turn, served):
                    break
            if served.row is not before:
                turn.schedules[served.row.trigger] = served.row

    def _start_queued(self, turn: Turn, served: "_Served") -> None:
        due = served.row.queued
        if due is not None and not self._goes_on(turn, served) and self._runs.room:
            served.row = replace(served.row, queued=None)
            self._start(turn, served, due)

    def _judge(self, turn: Turn, served: "_Served") -> bool:
        """Decide what the next due time comes to; return whether that could be decided."""
        due = served.due
        if due is None or due > turn.now:
            return False
        if turn.now - due <= served.late:
            overlap = served.trigger.overlap
            if overlap == "allow" or not self._goes_on(turn, served):
                if not self._runs.room:
                    served.next = turn.now + PAUSE
                    return False
                self._start(turn, served, due)
            elif overlap == "queue" and served.row.queued is None:
                served.row = replace(served.row, queued=due)
        served.row = replace(served.row, judged=due)
        served.due = served.next = served.times.after(due)
        return True

    def _goes_on(self, turn: Turn, served: "_Served") -> bool:
        run = served.row.run
        return run is not None and self._runs.is_live(turn, run)

    def _start(self, turn: Turn, served: "_Served", due: datetime) -> None:
        """Start the run for a due time, or say why there is none."""
        trigger = served.trigger
        scope = {"trigger": {"due": due, "previous": served.row.previous}}
        try:
            inputs = made_input(served.topology, trigger, served.input(scope))
            key = start_key(trigger, served.key, scope)
            run, _ = self._starts.begin(turn, served.topology.program, trigger.cell, inputs, key)
        except (Fault, Refused) as problem:
            reason = problem.told() if isinstance(problem, Refused) else str(problem)
            self._log.note(turn.now, "trigger", f"{trigger.name} has started no run for {due.isoformat()}: {reason}")
            self._notify("W883", {"name": trigger.name, "due": due.isoformat(), "reason": reason})
            return
        served.row = replace(served.row, previous=due, run=run.number)


class _Served:
    """A schedule that is served: its row as the turn has it, and its next due time.

    `next` is when to look at it, later than `due` where there was no room.
    """

    def __init__(self, trigger: Trigger, topology: Topology, row: Schedule) -> None:
        assert trigger.cron is not None  # noqa: S101 -- only schedules are served
        self.trigger = trigger
        self.topology = topology
        self.row = row
        self.times = DueTimes(trigger.cron, trigger.timezone or "UTC")
        self.due = self.next = self.times.after(row.judged)
        self.late = max(GRACE, timedelta(milliseconds=trigger.catch_up or 0))
        self.input: Callable[[Mapping[str, Any]], Any] = over(trigger.input, topology.types) or (lambda _scope: {})
        self.key = over(trigger.key, topology.types)
