"""The core's door: `step` for a live run; `fold`, then a `Recovered` step, for one that comes back from its log.

The core owns what an input means and what follows from it. The shell owns the order: it commits a step's events before
it acts on the step's delta, and discards the state when a commit fails. Nothing here reads a clock, and nothing that is
returned refers to the state.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import zip_longest
from typing import Any

from msgspec import structs

from cellc.runtime.core.advance import advance, ending, place_of_call
from cellc.runtime.core.decide import decide, next_due
from cellc.runtime.core.events import (
    CallReady,
    CodeEnded,
    CodeFaulted,
    CodeMoved,
    Event,
    RunFaulted,
    TopologyChanged,
    UndoTaken,
    from_micros,
)
from cellc.runtime.core.flight import Flight
from cellc.runtime.core.inputs import Input, Recovered
from cellc.runtime.core.plan import Plan
from cellc.runtime.core.state import Call, Phase, RunState
from cellc.runtime.core.waiting import LISTED


@dataclass(frozen=True, slots=True)
class ReadyCall:
    """A call to perform. `input` fits the effect's input and must not be changed.

    A call whose `delivery` is "once" may only be performed after the event of a `Sent` input for it is durable.
    `maybe_sent`: a process that has ended may have performed it under this key.
    """

    call: int
    effect: str
    input: Mapping[str, Any]
    key: str
    attempt: int
    place: str
    delivery: str
    maybe_sent: bool


@dataclass(frozen=True, slots=True)
class OpenWait:
    """A call that waits for an event, or for a person (`event` is None then). Nobody performs it.

    `event_key` is the key that the event must have, as `stored_key` writes it; None: any.
    """

    call: int
    effect: str
    input: Mapping[str, Any]
    key: str
    place: str
    since: datetime
    event: str | None = None
    event_key: str | None = None


@dataclass(frozen=True, slots=True)
class Delta:
    """What to do once the events are durable.

    `perform` these; stop caring for `abandon` (calls whose scope ended: what they answer decides nothing);
    give a `NeverStarted` for those of `awaited` (their scope is left) that nobody has begun to perform; list `waits`
    where events and answers look for them, and take `unlisted` off again, in the commit of the events; give a `Tick` at
    `wake_at`, which replaces what was said before. Let the Python code of the frames `think` have its next move, now or
    later, and forget that of `stopped`. `ended`: nothing will follow.
    """

    perform: tuple[ReadyCall, ...] = ()
    abandon: tuple[int, ...] = ()
    awaited: tuple[int, ...] = ()
    waits: tuple[OpenWait, ...] = ()
    unlisted: tuple[int, ...] = ()
    think: tuple[int, ...] = ()
    stopped: tuple[int, ...] = ()
    wake_at: datetime | None = None
    ended: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """What an input came to; no events when it meant nothing (a retry that is due is performed without one)."""

    events: tuple[Event, ...]
    delta: Delta


def step(plan: Plan, state: RunState, given: Input) -> Step:
    """Decide what an input means and apply it. For `Recovered` the delta is all of `pending`."""
    live = _Live(plan, state)
    for decided in decide(plan, state, given):
        if isinstance(decided, Call):
            live.perform.append(decided)
        else:
            live.apply(decided)
    live.conclude()
    if isinstance(given, Recovered):
        return Step(tuple(live.events), pending(plan, state))
    delta = _delta(plan, state, live.perform, live.abandoned, live.unlisted)
    if live.awaited:
        delta = replace(delta, awaited=tuple(live.awaited))
    return Step(tuple(live.events), live.with_code(delta))


@dataclass(slots=True)
class _Live:
    """Applies decided events, recording in each what it made ready, and what the fold concludes from them."""

    plan: Plan
    state: RunState
    events: list[Event] = field(default_factory=list)
    perform: list[Call] = field(default_factory=list)
    abandoned: list[int] = field(default_factory=list)
    awaited: list[int] = field(default_factory=list)
    unlisted: list[int] = field(default_factory=list)
    thoughts: list[int] = field(default_factory=list)
    stopped: list[int] = field(default_factory=list)

    def apply(self, event: Event) -> None:
        flight, calls = advance(self.plan, self.state, event)
        self.events.append(structs.replace(event, calls=calls) if calls else event)
        self.perform += flight.created
        self.perform += flight.again
        self.abandoned += flight.abandoned
        self.awaited += flight.awaited
        self.unlisted += flight.unlisted
        self.thoughts += flight.thoughts
        self.stopped += flight.stopped

    def with_code(self, delta: Delta) -> Delta:
        """Return `delta` with what there is to do about Python code."""
        if not self.thoughts and not self.stopped:
            return delta
        think = tuple(frame for frame in dict.fromkeys(self.thoughts) if frame in self.state.thinking)
        return replace(delta, think=think, stopped=tuple(self.stopped))

    def conclude(self) -> None:
        """Log the faults that were met, and the end."""
        state = self.state
        if state.ended or state.divergence is not None:
            return
        while state.unlogged:
            self.apply(RunFaulted(state.at, *state.unlogged[0]))
        end = ending(state)
        if end is not None:
            self.apply(end)


def change_topology(plan: Plan, state: RunState, event: TopologyChanged) -> Step:
    """Let a run go on under the plan of NEW: `state` is the one that the event has.

    The delta has all waits: their places may have other names now.
    """
    live = _Live(plan, state)
    live.apply(event)
    live.conclude()
    delta = _delta(plan, state, live.perform, live.abandoned, live.unlisted)
    return Step(tuple(live.events), replace(delta, waits=pending(plan, state).waits))


def apply(plan: Plan, state: RunState, event: Event) -> Delta:
    """Apply a recorded event. Its calls must be those that this program derives; else the run stands still."""
    flight = _replay(plan, state, event)
    return (
        Delta()
        if flight is None
        else _delta(plan, state, flight.created + flight.again, flight.abandoned, flight.unlisted)
    )


def _replay(plan: Plan, state: RunState, event: Event) -> Flight | None:
    call: int | None = getattr(event, "call", None)
    if state.divergence is None and call is not None and call not in state.calls:
        state.divergence = f"the log has an answer to call {call}, which is not open here"
    if isinstance(event, CodeMoved | CodeEnded | UndoTaken | CodeFaulted) and event.frame not in state.thinking:
        state.divergence = state.divergence or f"the log has a move of Python code in frame {event.frame}: not its turn"
    if state.divergence is not None:
        return None
    flight, derived = advance(plan, state, event)
    recorded: tuple[CallReady, ...] = getattr(event, "calls", ())
    if derived != recorded and state.divergence is None:
        state.divergence = _difference(recorded, derived)
    return flight


def _difference(recorded: Sequence[CallReady], derived: Sequence[CallReady]) -> str:
    """Name the first call in which the log and this program differ."""
    for old, new in zip_longest(recorded, derived):
        if old != new:
            return f"the log has {_shown(old)} here, and this program derives {_shown(new)}"
    raise AssertionError("equal calls do not differ")


def _shown(call: CallReady | None) -> str:
    return "no call" if call is None else f"call {call.call} (place {call.node} of frame {call.frame}, key {call.key})"


def fold(plan: Plan, run: str, events: Iterable[Event]) -> RunState:
    """Return the state of the run with this id after these events."""
    return fold_on(plan, RunState(run), events)


def fold_on(plan: Plan, state: RunState, events: Iterable[Event]) -> RunState:
    """Return `state` after these events, which come after those that it has."""
    for event in events:
        _replay(plan, state, event)
    return state


def pending(plan: Plan, state: RunState) -> Delta:
    """Return everything that is to do, from scratch; the sum of all deltas so far, as far as it is still open."""
    return replace(_delta(plan, state, list(state.calls.values()), [], []), think=tuple(state.thinking))


def _delta(
    plan: Plan, state: RunState, calls: Sequence[Call], abandoned: Sequence[int], unlisted: Sequence[int]
) -> Delta:
    """Return what to do, if these calls are still to be performed or listed."""
    if state.divergence is not None:
        return Delta(abandon=tuple(abandoned), unlisted=tuple(unlisted))
    due = next_due(state)
    return Delta(
        perform=tuple(_ready(plan, call) for call in calls if call.open and call.phase is Phase.READY),
        abandon=tuple(abandoned),
        waits=tuple(_open_wait(call) for call in calls if call.open and call.phase in LISTED),
        unlisted=tuple(unlisted),
        wake_at=None if due is None or due.due is None else from_micros(due.due),
        ended=state.ended,
    )


def _open_wait(call: Call) -> OpenWait:
    return OpenWait(
        call=call.number,
        effect=call.effect,
        input=call.input,
        key=call.key,
        place=place_of_call(call),
        since=from_micros(call.since),
        event=None if call.wants is None else call.wants.event,
        event_key=None if call.wants is None else call.wants.key,
    )


def _ready(plan: Plan, call: Call) -> ReadyCall:
    return ReadyCall(
        call=call.number,
        effect=call.effect,
        input=call.input,
        key=call.key,
        attempt=call.attempt,
        place=place_of_call(call),
        delivery=plan.effects[call.effect].contract.delivery,
        maybe_sent=call.maybe_sent,
    )
