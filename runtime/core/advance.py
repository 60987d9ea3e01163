"""The fold: what each event does to a run. Live runs and recovery share it; nothing else changes what is durable.

`advance` applies one event and returns what it set in motion, with the calls that it made ready. A live step records
those calls in the event; `apply` compares them with the recorded ones, so a graph or a cellc that would now decide
otherwise is found at the first difference, and that run stands still instead of going astray.
"""

from collections.abc import Callable, Mapping
from heapq import heappush
from typing import Any

import msgspec

from cellc.language.values import decode, encode
from cellc.runtime.core import script, topology
from cellc.runtime.core.events import (
    CallCompleted,
    CallRaised,
    CallReady,
    CallRetrying,
    CallSent,
    CallStalled,
    Event,
    Retried,
    RunEnded,
    RunFaulted,
    RunStarted,
    TimerFired,
)
from cellc.runtime.core.flight import Flight
from cellc.runtime.core.places import place_path
from cellc.runtime.core.plan import Plan
from cellc.runtime.core.state import Call, Failure, FanOut, Frame, Phase, RunState, Success


def advance(plan: Plan, state: RunState, event: Event) -> tuple[Flight, tuple[CallReady, ...]]:
    """Apply an event; return what it set in motion, and the calls that it made ready, numbered."""
    state.at = event.at
    flight = Flight(plan, state, event.at)
    _APPLY[type(event)](flight, event)
    while flight.work:
        frame = flight.work.popleft()
        if frame.open:
            (topology if frame.cell.is_topology else script).walk(flight, frame)
    state.unlogged.extend(flight.faults)
    return flight, flight.number_calls()


def stored(value: Any) -> msgspec.Raw:
    """Return a value in the form in which events keep it."""
    return msgspec.Raw(encode(value))


def read(raw: msgspec.Raw) -> Any:
    """Return the value that an event keeps."""
    return decode(bytes(raw))


def ending(state: RunState) -> RunEnded | None:
    """Return the event that says how a run ended, once its outcome is there."""
    match state.outcome:
        case Success(value):
            return RunEnded(state.at, "completed", stored(value))
        case Failure(error, fields, _, place):
            return RunEnded(state.at, "failed", stored(fields), error, place)
        case None:
            return None


def _started(flight: Flight, event: RunStarted) -> None:
    flight.state.started = True
    flight.open_root(event.cell, read(event.input))


def _completed(flight: Flight, event: CallCompleted) -> None:
    call = _close(flight, event.call)
    flight.deliver(call.frame, call.node, call.item, read(event.value))


def _raised(flight: Flight, event: CallRaised) -> None:
    call = _close(flight, event.call)
    failure = Failure(event.error, read(event.fields), call.node.shown, place_of_call(call))
    flight.fail(call.frame, call.node, failure)


def _fired(flight: Flight, event: TimerFired) -> None:
    call = _close(flight, event.call)
    flight.deliver(call.frame, call.node, call.item, None)


def _close(flight: Flight, number: int) -> Call:
    call = flight.state.calls[number]
    flight.forget(call)
    return call


def _retrying(flight: Flight, event: CallRetrying) -> None:
    call = flight.state.calls[event.call]
    move(flight.state, call, Phase.RETRY)
    call.attempt = event.attempt + 1
    call.due, call.reason = event.due, event.reason
    heappush(flight.state.timers, (event.due, event.call))


def _sent(flight: Flight, event: CallSent) -> None:
    flight.state.calls[event.call].sent = True


def _stalled(flight: Flight, event: CallStalled) -> None:
    call = flight.state.calls[event.call]
    move(flight.state, call, Phase.STALLED)
    call.kind, call.reason, call.due = event.kind, event.reason, None


def _faulted(flight: Flight, event: RunFaulted) -> None:
    """Match a fault that the fold has met with the event that makes it known."""
    expected = (event.frame, event.node, event.reason)
    derived = flight.state.unlogged.popleft() if flight.state.unlogged else None
    if derived != expected:
        flight.state.divergence = f"the log has a fault ({event.reason}) that this program does not derive here"


def _retried(flight: Flight, _: Retried) -> None:
    for call in flight.state.calls.values():
        if call.phase is Phase.STALLED and call.kind != "unknown":
            move(flight.state, call, Phase.READY)
            call.attempt += 1
            call.first, call.sent = call.attempt, False
            flight.again.append(call)
    for frame in open_frames(flight.state):
        faults, frame.faults = frame.faults, {}
        flight.state.faulted -= len(faults)
        for node, fault in faults.items():
            _evaluate_again(flight, frame, node, fault.came_from)


def _evaluate_again(flight: Flight, frame: Frame, node: int, came_from: int) -> None:
    fan = frame.active.get(node)
    if isinstance(fan, FanOut):
        flight.refill(frame, fan)
        return
    if not frame.cell.is_topology:
        frame.position, frame.came_from = node, came_from
    elif node != frame.cell.result:
        frame.startable.append(node)
    flight.work.append(frame)


def _ended(flight: Flight, event: RunEnded) -> None:
    derived = ending(flight.state)
    flight.state.ended = True
    if derived != event:
        flight.state.divergence = f"the log says that the run {event.status}, and this program derives another end"


_APPLY: Mapping[type, Callable[[Flight, Any], None]] = {
    RunStarted: _started,
    CallCompleted: _completed,
    CallRaised: _raised,
    CallRetrying: _retrying,
    CallSent: _sent,
    CallStalled: _stalled,
    TimerFired: _fired,
    RunFaulted: _faulted,
    Retried: _retried,
    RunEnded: _ended,
}


def place_of_call(call: Call) -> str:
    """Return where a call stands, for people."""
    return place_path(call.frame, call.node, call.item)


def move(state: RunState, call: Call, phase: Phase) -> None:
    """Change how a call stands."""
    state.phases[call.phase] -= 1
    state.phases[phase] += 1
    call.phase = phase


def open_frames(state: RunState) -> list[Frame]:
    """Return all open frames, each after its parent. The cost is that of what is open."""
    found: list[Frame] = [] if state.root is None or not state.root.open else [state.root]
    for frame in found:  # grows while it is walked
        for inside in frame.active.values():
            members = inside.members.values() if isinstance(inside, FanOut) else (inside,)
            found.extend(member for member in members if isinstance(member, Frame))
    return found
