"""What an input means: the events that follow from it, if any. A repeated or late input means nothing.

Each function yields events one at a time, and the fold has applied one before the next is asked for: a timer that
fires may close the call whose timer would have fired next.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from heapq import heappop
from typing import Any

from cellc.language.faults import Fault, Invalid
from cellc.language.graph import Effect
from cellc.runtime.core.advance import move, stored
from cellc.runtime.core.events import (
    CallCompleted,
    CallRaised,
    CallRetrying,
    CallSent,
    CallStalled,
    Event,
    EventReceived,
    Retried,
    RunCancelled,
    RunKilled,
    RunStarted,
    TaskCompleted,
    TimerFired,
    to_micros,
)
from cellc.runtime.core.inputs import (
    Cancel,
    Completed,
    EventArrived,
    Failed,
    Input,
    Kill,
    Raised,
    Recovered,
    Retry,
    Sent,
    Start,
    TaskAnswered,
    Tick,
)
from cellc.runtime.core.plan import Plan
from cellc.runtime.core.retry import retry_due
from cellc.runtime.core.state import ARMED, Call, Phase, Role, RunState
from cellc.runtime.core.waiting import fitting, result


def decide(plan: Plan, state: RunState, given: Input) -> Iterator[Event | Call]:
    """Yield what follows from an input: events, to be applied one by one, and calls whose next attempt is due."""
    at = max(state.at, to_micros(given.at))
    if not state.ended and state.divergence is None:
        yield from _DECIDE[type(given)](plan, state, given, at)


def _start(_plan: Plan, state: RunState, given: Start, at: int) -> Iterator[Event]:
    if not state.started:
        yield RunStarted(at, given.graph, given.cell, stored(dict(given.input)))


def _completed(_plan: Plan, state: RunState, given: Completed, at: int) -> Iterator[Event]:
    if _performed(state, given.call) is not None:
        yield CallCompleted(at, given.call, stored(given.value))


def _raised(plan: Plan, state: RunState, given: Raised, at: int) -> Iterator[Event]:
    call = _performed(state, given.call)
    if call is None:
        return
    if call.role is Role.UNDO:
        yield CallStalled(at, given.call, "permanent", f"the undo ended in {given.error}")
    elif given.error in _contract(plan, call).errors:
        yield CallRaised(at, given.call, given.error, stored(dict(given.fields)))
    else:
        yield CallStalled(at, given.call, "permanent", f"it ended in {given.error}, which the effect does not declare")


def _failed(plan: Plan, state: RunState, given: Failed, at: int) -> Iterator[Event]:
    call = state.calls.get(given.call)
    if call is None or call.phase is not Phase.READY or call.attempt != given.attempt:
        return
    contract = _contract(plan, call)
    attempts = 1 if contract.delivery == "once" else contract.retry.attempts
    if given.unknown and contract.delivery == "once":
        yield _unknown(contract, call, given.reason, at)
    elif given.permanent:
        yield CallStalled(at, given.call, "permanent", given.reason)
    elif given.attempt - call.first + 1 < attempts:
        counted = given.attempt - call.first + 1
        due = retry_due(contract.retry, at, counted, given.retry_after, given.jitter)
        yield CallRetrying(at, given.call, given.attempt, due, given.reason)
    elif "Unavailable" in contract.errors and call.unwinding is None:
        yield CallRaised(at, given.call, "Unavailable", stored({"reason": given.reason}))
    else:
        yield CallStalled(at, given.call, "exhausted", given.reason)


def _sent(plan: Plan, state: RunState, given: Sent, at: int) -> Iterator[Event]:
    call = state.calls.get(given.call)
    if call is None or call.phase is not Phase.READY or call.sent:
        return
    if _contract(plan, call).delivery == "once":
        yield CallSent(at, given.call)


def _tick(_plan: Plan, state: RunState, _: Tick, at: int) -> Iterator[Event | Call]:
    while (call := next_due(state)) is not None and call.due is not None and call.due <= at:
        heappop(state.timers)
        if call.phase is Phase.TIMER:
            yield TimerFired(at, call.number)
        else:
            call.due = None
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


def _retry(_plan: Plan, state: RunState, _: Retry, at: int) -> Iterator[Event]:
    stands = any(call.phase is Phase.STALLED and call.kind != "unknown" for call in state.calls.values())
    if stands or state.faulted:
        yield Retried(at)


def _cancel(_plan: Plan, state: RunState, _: Cancel, at: int) -> Iterator[Event]:
    if state.started and state.outcome is None and state.root is not None and state.root.exit is None:
        yield RunCancelled(at)


def _kill(_plan: Plan, state: RunState, _: Kill, at: int) -> Iterator[Event]:
    if state.started and state.outcome is None:
        yield RunKilled(at)


def _recovered(plan: Plan, state: RunState, _: Recovered, at: int) -> Iterator[Event]:
    for call in list(state.calls.values()):
        if call.role in (Role.WITHIN, Role.WAIT):
            continue
        contract = _contract(plan, call)
        if contract.delivery == "once":
            if call.open and call.sent and call.phase is Phase.READY:
                yield _unknown(contract, call, "the process ended while it was being performed", at)
        else:
            call.maybe_sent = call.phase is Phase.READY or (call.phase is Phase.RETRY and (call.due or 0) <= at)


def _unknown(contract: Effect, call: Call, reason: str, at: int) -> Event:
    if "Unknown" in contract.errors and call.role is Role.WORK:
        return CallRaised(at, call.number, "Unknown", stored({"reason": reason}))
    return CallStalled(at, call.number, "unknown", reason)


_DECIDE: Mapping[type, Callable[[Plan, RunState, Any, int], Iterator[Event | Call]]] = {
    Start: _start,
    Completed: _completed,
    Raised: _raised,
    Failed: _failed,
    Sent: _sent,
    Tick: _tick,
    EventArrived: _arrived,
    TaskAnswered: _answered,
    Retry: _retry,
    Cancel: _cancel,
    Kill: _kill,
    Recovered: _recovered,
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


def _performed(state: RunState, number: int) -> Call | None:
    """Return the open call with this number, unless it only waits.

    A late result of an attempt that had been given up is a result: the effect happened, under the same key.
    """
    call = state.calls.get(number)
    return None if call is None or call.phase in ARMED else call


def _contract(plan: Plan, call: Call) -> Effect:
    return plan.effects[call.effect].contract
