"""What an input means: the events that follow from it, if any. A repeated or late input means nothing.

Each function yields events one at a time, and the fold has applied one before the next is asked for: a timer that
fires may close the call whose timer would have fired next.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from heapq import heappop
from typing import Any

from cellc.language.faults import Fault, Invalid
from cellc.runtime.core import code_inputs, outcomes
from cellc.runtime.core.advance import move, stored
from cellc.runtime.core.events import (
    CallDropped,
    Event,
    EventReceived,
    RunCancelled,
    RunKilled,
    RunStarted,
    TaskCompleted,
    TimerFired,
    to_micros,
)
from cellc.runtime.core.inputs import (
    Again,
    Cancel,
    CodeDone,
    CodeFailed,
    Completed,
    Deferred,
    EventArrived,
    Failed,
    Input,
    Kill,
    Moved,
    NeverStarted,
    Raised,
    Recovered,
    Resolved,
    ResolvedError,
    Retry,
    Sent,
    Start,
    TaskAnswered,
    Tick,
    UndoSaid,
)
from cellc.runtime.core.plan import Plan
from cellc.runtime.core.state import Call, Phase, RunState
from cellc.runtime.core.waiting import fitting, result


def decide(plan: Plan, state: RunState, given: Input) -> Iterator[Event | Call]:
    """Yield what follows from an input: events, to be applied one by one, and calls whose next attempt is due."""
    at = max(state.at, to_micros(given.at))
    if not state.ended and state.divergence is None:
        yield from _DECIDE[type(given)](plan, state, given, at)


def _start(_plan: Plan, state: RunState, given: Start, at: int) -> Iterator[Event]:
    if not state.started:
        yield RunStarted(at, given.graph, given.cell, stored(dict(given.input)))


def _tick(plan: Plan, state: RunState, _: Tick, at: int) -> Iterator[Event | Call]:
    while (call := next_due(state)) is not None and call.due is not None and call.due <= at:
        heappop(state.timers)
        if call.phase is Phase.TIMER:
            yield TimerFired(at, call.number)
        else:
            yield from _due(plan, state, call, at)


def _due(plan: Plan, state: RunState, call: Call, at: int) -> Iterator[Event | Call]:
    """Make the attempt that is due, unless it is too late for that."""
    call.due = None
    asked = outcomes.question(plan, call, at)
    if asked is not None:
        yield asked
    elif outcomes.is_unwanted(call):
        yield CallDropped(at, call.number)
    else:
        move(state, call, Phase.READY)
        yield call


def _arrived(plan: Plan, state: RunState, given: EventArrived, at: int) -> Iterator[Event]:
    found = fitting(plan, state, given)
    if found is not None:
        yield EventReceived(at, found.call, given.id, stored(found.value))


def _answered(plan: Plan, state: RunState, given: TaskAnswered, at: int) -> Iterator[Event]:
    call = state.calls.get(given.call)
    if call is None or call.phase is not Phase.TASK:
        return
    with suppress(Fault, Invalid):  # the caller, who has asked `waiting.result`, can say why
        yield TaskCompleted(at, given.call, stored(result(plan.effects[call.effect], call.input, given.data)))


def _retry(plan: Plan, state: RunState, _: Retry, at: int) -> Iterator[Event]:
    yield from outcomes.retried(plan, state, at)


def _cancel(_plan: Plan, state: RunState, _: Cancel, at: int) -> Iterator[Event]:
    if state.started and state.outcome is None and state.root is not None and state.root.exit is None:
        yield RunCancelled(at)


def _kill(_plan: Plan, state: RunState, _: Kill, at: int) -> Iterator[Event]:
    if state.started and state.outcome is None:
        yield RunKilled(at)


_DECIDE: Mapping[type, Callable[[Plan, RunState, Any, int], Iterator[Event | Call]]] = {
    Start: _start,
    Completed: outcomes.completed,
    Raised: outcomes.raised,
    Failed: outcomes.failed,
    Sent: outcomes.sent,
    NeverStarted: outcomes.never_started,
    Deferred: outcomes.deferred,
    Resolved: outcomes.resolved,
    ResolvedError: outcomes.resolved_error,
    Again: outcomes.again,
    Tick: _tick,
    EventArrived: _arrived,
    TaskAnswered: _answered,
    Moved: code_inputs.moved,
    CodeDone: code_inputs.done,
    CodeFailed: code_inputs.failed,
    UndoSaid: code_inputs.undo_said,
    Retry: _retry,
    Cancel: _cancel,
    Kill: _kill,
    Recovered: outcomes.recovered,
}


def next_due(state: RunState) -> Call | None:
    """Return the call that is due first; forget entries of calls that are closed or due at another time."""
    while state.timers:
        due, number = state.timers[0]
        call = state.calls.get(number)
        if call is not None and call.due == due and call.phase in (Phase.TIMER, Phase.RETRY):
            return call
        heappop(state.timers)
    return None
