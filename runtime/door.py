"""The door for what comes from outside: events, answers, and what people want of a run. Checked here, then decided.

An event is addressed to nobody. It goes to the one wait that it fits and that was committed first, in whatever run that
is; where none fits, it is kept for as long as its declaration says (`keep`), and goes to the first wait that opens and
that it fits. It is kept by the log, not by a run: the run that will want it may not have begun. An event that is told
again under the same id is known, and nothing happens.

The newest program in the log that declares an event says what its payload is. A run of another version takes what its
own declaration accepts.

Known weakness: ids of events are kept for ever.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Protocol, assert_never

from cellc.language.builtin_texts import text
from cellc.language.faults import Fault, Invalid
from cellc.language.graph import Event, Program, load
from cellc.language.suggest import hint
from cellc.language.type_codec import from_data
from cellc.language.values import Misfit, Problem, decode, encode, from_json, to_json
from cellc.runtime.commands import (
    CancelRun,
    Command,
    Complete,
    KillRun,
    MoveRuns,
    Refused,
    Requested,
    Resolve,
    ResolveAgain,
    ResolveError,
    ResolveResult,
    ResumeRuns,
    RetryRun,
    Serve,
    Signal,
    StartRun,
    Verdict,
    refused,
)
from cellc.runtime.core.advance import place_of_call
from cellc.runtime.core.inputs import Cancel, EventArrived, Input, Kill, Retry, TaskAnswered
from cellc.runtime.core.prepare import over
from cellc.runtime.core.state import Phase
from cellc.runtime.core.step import OpenWait
from cellc.runtime.core.waiting import Fitting, fitting, result, stored_key
from cellc.runtime.instances import Instance
from cellc.runtime.moves import Moved, Moves
from cellc.runtime.payloads import misfit, typed
from cellc.runtime.ports import Arrival, Log, RunHead
from cellc.runtime.resolving import resolution
from cellc.runtime.starting import Starts
from cellc.runtime.topologies import Topologies, Topology, answer_type
from cellc.runtime.turn import Turn

KEPT_LIMIT = 1000
"""Events of one name and key that are kept at most."""


class Runs(Moved, Protocol):
    """What the door needs of the fabric, in the turn that is going on."""

    def give(self, turn: Turn, run: int, given: Input) -> bool:
        """Give a run an input; return whether it meant anything."""
        ...

    def resume(self, run: int | None = None) -> object:
        """Let a run, or all, go on in the turns to come."""
        ...

    def serve(self, turn: Turn, program: Program) -> None:
        """Let the schedules of a program start runs from now on."""
        ...


class Door:
    """Lets commands in. What it decides is part of the turn, and durable with it."""

    def __init__(self, log: Log, topologies: Topologies, runs: Runs, starts: Starts) -> None:
        self._log = log
        self._topologies = topologies
        self._runs = runs
        self._starts = starts
        self._moves = Moves(log, topologies, runs)

    def obey(self, turn: Turn, command: Command) -> Verdict:  # noqa: PLR0911 -- one arm a command
        """Do what a command asks, or say why not."""
        try:
            match command:
                case StartRun() | Requested():
                    return self._starts.obey(turn, command)
                case Serve(program):
                    self._runs.serve(turn, load(program.encode()))
                    return Verdict("done")
                case Signal():
                    return self._signal(turn, command)
                case Complete():
                    return self._complete(turn, command)
                case CancelRun(run):
                    return self._end(turn, run, Cancel(turn.now), "cancel")
                case KillRun(run):
                    return self._end(turn, run, Kill(turn.now), "kill")
                case ResumeRuns(run):
                    return self._resume(run)
                case RetryRun(run):
                    return self._retry(turn, run)
                case MoveRuns():
                    return self._moves.obey(turn, command)
                case ResolveResult() | ResolveError() | ResolveAgain():
                    return self._resolve(turn, command)
                case _:
                    assert_never(command)
        except Refused as no:
            return Verdict("refused", refusals=no.refusals)

    def _end(self, turn: Turn, run: str, given: Input, verb: str) -> Verdict:
        head = self._head(run)
        if head.ended_at is not None:
            raise refused("E833", name=run, status=head.status, verb=verb)
        instance = self._visit(turn, head)
        if not self._runs.give(turn, head.number, given):
            status = instance.state.status if instance.state.ended else "on its way out"
            raise refused("E833", name=run, status=status, verb=verb)
        return Verdict("done", run)

    def _resume(self, run: str | None) -> Verdict:
        self._runs.resume(None if run is None else self._head(run).number)
        return Verdict("done", run or "")

    def _retry(self, turn: Turn, run: str) -> Verdict:
        head = self._head(run)
        instance = None if head.ended_at else self._visit(turn, head)
        if instance is None or not self._runs.give(turn, head.number, Retry(turn.now)):
            calls = () if instance is None else instance.state.calls.values()
            asked = next((place_of_call(call) for call in calls if call.phase is Phase.STALLED), None)
            if asked is not None:
                raise refused("E837", name=run, place=asked)
            raise refused("E808", name=run, status=head.status if instance is None else instance.state.status)
        return Verdict("done", run)

    def _resolve(self, turn: Turn, command: Resolve) -> Verdict:
        head = self._head(command.run)
        if head.ended_at is not None:
            raise refused("E833", name=command.run, status=head.status, verb="resolve")
        self._runs.give(turn, head.number, resolution(self._visit(turn, head), command, turn.now))
        return Verdict("done", command.run)

    def _head(self, run: str) -> RunHead:
        try:
            return self._log.head(self._log.number_of(run))
        except KeyError:
            raise refused("E806", name=run) from None

    def _visit(self, turn: Turn, head: RunHead) -> Instance:
        instance = self._runs.visit(turn, head.number)
        if instance is None:
            raise refused("E817", reason=f"the run {head.id} cannot be read")
        return instance

    # --- people ---

    def _complete(self, turn: Turn, command: Complete) -> Verdict:
        head = self._head(command.run)
        instance = None if head.ended_at else self._visit(turn, head)
        call = None if instance is None else instance.state.calls.get(command.call)
        if instance is None or call is None or call.phase is not Phase.TASK:
            raise refused("E832", name=f"{command.run}/{command.call}")
        effect = instance.topology.plan.effects[call.effect]
        type_ = answer_type(instance.topology, call.effect)
        data = typed(command.data, type_, instance.topology.types, call.effect)
        try:
            result(effect, call.input, data)
        except (Fault, Invalid) as problem:
            reason = f"an answer that its result can be made of ({problem})"
            raise misfit(call.effect, [Problem("", reason, command.data)]) from None
        self._runs.give(turn, head.number, TaskAnswered(turn.now, command.call, data))
        return Verdict("done", command.run)

    # --- events ---

    def _signal(self, turn: Turn, signal: Signal) -> Verdict:
        declared = self._declared(signal.event)
        data = declared.typed(signal.data)
        key = declared.key(data)
        if signal.key is not None and signal.key != text(key):
            expected = f"{text(key)}, which the payload says" if key is not None else "none: the event has no key"
            raise misfit(declared.event.name, [Problem("--key", expected, signal.key)])
        known = turn.arrivals.get((declared.event.name, signal.id)) or self._log.arrival(declared.event.name, signal.id)
        if known is not None:
            return Verdict("repeated", self._id(turn, known.run))
        arrived = EventArrived(turn.now, declared.event.name, signal.id, key, data)
        arrival = Arrival(declared.event.name, signal.id, stored_key(key), turn.now)
        run = self._deliver(turn, arrived, declared)
        if run is None:
            return self._keep(turn, replace(arrival, data=encode(data)), declared.event)
        turn.add_arrival(replace(arrival, run=run))
        return Verdict("taken", self._id(turn, run))

    def _id(self, turn: Turn, run: int | None) -> str:
        if run is None:
            return ""
        change = turn.changes.get(run)
        return change.instance.head.id if change else self._log.head(run).id

    def _keep(self, turn: Turn, arrival: Arrival, event: Event) -> Verdict:
        if event.keep is None:
            turn.add_arrival(replace(arrival, data=None))
            return Verdict("dropped")
        if len(self._kept(turn, arrival.event, arrival.key)) >= KEPT_LIMIT:
            raise refused("E834", name=arrival.event, count=str(KEPT_LIMIT))
        turn.add_arrival(replace(arrival, until=_later(turn.now, event.keep)))
        return Verdict("kept")

    def _deliver(self, turn: Turn, arrived: EventArrived, declared: "Declared") -> int | None:
        """Give an event to the wait that it goes to; return its run, None where there is none."""
        for run, call in self._candidates(turn, arrived):
            found = self._fits(turn, run, arrived, declared)
            if found is not None and found[0].call == call:
                self._runs.give(turn, run, found[1])
                return run
        return None

    def _candidates(self, turn: Turn, arrived: EventArrived) -> Iterator[tuple[int, int]]:
        """Yield the waits with the event's name and key in the order in which they were, or will be, committed."""
        key = stored_key(arrived.key)
        for wait in self._log.waits(arrived.event, key):
            yield wait.run, wait.call
        for run, wait_ in turn.opened.get(arrived.event, ()):
            if wait_.event_key in {None, key}:
                yield run, wait_.call

    def _fits(
        self, turn: Turn, run: int, arrived: EventArrived, declared: "Declared"
    ) -> tuple[Fitting, EventArrived] | None:
        """Return the oldest wait of a run that an event fits, and the event as the run's own program has it."""
        instance = self._runs.visit(turn, run)
        if instance is None:
            return None
        own = declared.as_in(instance.topology, arrived)
        found = None if own is None else fitting(instance.topology.plan, instance.state, own)
        return None if own is None or found is None else (found, own)

    # --- events that came early ---

    def look(self, turn: Turn, run: int, wait: OpenWait) -> None:
        """Give a wait that has opened the oldest kept event that it fits."""
        if wait.event is None:
            return
        for arrival in self._kept(turn, wait.event, wait.event_key):
            declared = self._declared(wait.event)
            data = decode(arrival.data or b"null")
            arrived = EventArrived(turn.now, wait.event, arrival.id, declared.key(data), data)
            found = self._fits(turn, run, arrived, declared)
            if found is not None and found[0].call == wait.call:
                turn.add_arrival(replace(arrival, until=None, data=None, run=run))
                self._runs.give(turn, run, found[1])
                return

    def _kept(self, turn: Turn, event: str, key: str | None) -> list[Arrival]:
        known = {arrival.id: arrival for arrival in self._log.kept(event, key, turn.now)}
        for arrival in turn.arrivals.values():
            if arrival.event == event and key in {None, arrival.key}:
                known[arrival.id] = arrival
        return [arrival for arrival in known.values() if arrival.until is not None]

    # --- declarations ---

    def _declared(self, name: str) -> "Declared":
        """Return the event that `name`, qualified or not, means in the newest program that declares it."""
        names: set[str] = set()
        for graph in self._log.graphs():
            topology = self._topologies.get(graph)
            found = _named(name, topology)
            if found is not None:
                return Declared(topology, found)
            names |= topology.program.events.keys()
        near = hint(name, {*names, *(each.partition(".")[2] for each in names)})
        raise refused("E830", name=name, near=near or "a program is known to the log once a run of it has been started")


class Declared:
    """An event as one program declares it."""

    def __init__(self, topology: Topology, event: Event) -> None:
        self._topology = topology
        self.event = event

    def typed(self, data: str) -> Any:
        """Return the payload that a JSON text says. Raises Refused."""
        return typed(data, from_data(self.event.data), self._topology.types, self.event.name, drop=True)

    def key(self, data: Any) -> Any:
        """Return the key of an event with this payload, None where events of the name have none."""
        return None if self._key is None else self._key({"data": data})

    @cached_property
    def _key(self) -> Callable[[Any], Any] | None:
        return over(self.event.key, self._topology.types)

    def as_in(self, topology: Topology, arrived: EventArrived) -> EventArrived | None:
        """Return the event as another program declares it, None where it does not fit there."""
        if topology.program.sha256 == self._topology.program.sha256:
            return arrived
        event = topology.program.events.get(arrived.event)
        if event is None:
            return None
        try:
            data = from_json(to_json(arrived.data), from_data(event.data), topology.types, extra="drop")
            return replace(arrived, data=data, key=Declared(topology, event).key(data))
        except (Misfit, Fault):
            return None


def _named(name: str, topology: Topology) -> Event | None:
    events, module = topology.program.events, topology.program.module
    return events.get(name) or events.get(f"{module}.{name}")


def _later(now: datetime, milliseconds: int) -> datetime:
    try:
        return now + timedelta(milliseconds=milliseconds)
    except OverflowError:
        return datetime.max.replace(tzinfo=now.tzinfo)
