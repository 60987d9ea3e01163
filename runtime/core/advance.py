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
    CallAgain,
    CallCompleted,
    CallDeferred,
    CallDropped,
    CallProbing,
    CallRaised,
    CallReady,
    CallResolved,
    CallRetrying,
    CallSent,
    CallStalled,
    CodeEnded,
    CodeFaulted,
    CodeMoved,
    Compacted,
    Event,
    EventReceived,
    Retried,
    RunCancelled,
    RunEnded,
    RunFaulted,
    RunKilled,
    RunStarted,
    TaskCompleted,
    TimerFired,
    TopologyChanged,
    UndoTaken,
)
from cellc.runtime.core.flight import Flight
from cellc.runtime.core.opening import WAITING
from cellc.runtime.core.places import place_path
from cellc.runtime.core.plan import Plan, member_of
from cellc.runtime.core.state import (
    Call,
    Cancelled,
    Done,
    Failure,
    Frame,
    Group,
    Phase,
    Progress,
    Role,
    RunState,
    Success,
    Unwinding,
)


def advance(plan: Plan, state: RunState, event: Event) -> tuple[Flight, tuple[CallReady, ...]]:
    """Apply an event; return what it set in motion, and the calls that it made ready, numbered."""
    state.at = event.at
    flight = Flight(plan, state, event.at)
    _APPLY[type(event)](flight, event)
    while flight.work or flight.statuses:
        if not flight.work:
            _tell(flight, flight.statuses.popleft())
            continue
        work = flight.work.popleft()
        if isinstance(work, Unwinding):
            flight.proceed(work)
        elif work.open:
            (topology if work.cell.is_topology else script).walk(flight, work)
    state.unlogged.extend(flight.faults)
    return flight, flight.number_calls()


def _tell(flight: Flight, call: Call) -> None:
    """End a call that says how far the run is. It is done within its event: nobody performs it, no event answers it."""
    if not call.open:
        return
    call.open = False
    percent = call.input.get("percent")
    flight.state.progress = Progress(
        call.input["text"], None if percent is None else min(max(percent, 0), 100), flight.at
    )
    if call.unwinding is None:
        flight.deliver(call, None, [])
    else:
        flight.answered(call.unwinding, call, None)


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
        case Cancelled(undone):
            return RunEnded(state.at, "cancelled" if undone else "killed", stored(None))
        case None:
            return None


def _started(flight: Flight, event: RunStarted) -> None:
    flight.state.started = True
    flight.open_root(event.cell, read(event.input))


def _completed(flight: Flight, event: CallCompleted | CallResolved | EventReceived | TaskCompleted) -> None:
    call = _close(flight, event.call)
    value = read(event.value)
    if call.role is Role.PROBE:
        return
    if call.unwinding is None:
        flight.deliver(call, value, [])
    else:
        flight.answered(call.unwinding, call, Done(call, value, []) if call.role is Role.WORK else None)


def _raised(flight: Flight, event: CallRaised) -> None:
    _end_in_error(flight, event.call, event.error, read(event.fields))


def _end_in_error(flight: Flight, number: int, error: str, fields: dict[str, Any]) -> None:
    call = _close(flight, number)
    if call.role is Role.PROBE:
        return
    if call.unwinding is None:
        step = member_of(call.node, call.item).shown
        failure = Failure(error, fields, step, place_of_call(call))
        flight.fail(call.frame, call.node, call.item, failure)
    else:
        flight.answered(call.unwinding, call, None)


def _resolved(flight: Flight, event: CallResolved) -> None:
    if event.error is None:
        _completed(flight, event)
    else:
        _end_in_error(flight, event.call, event.error, read(event.value))


def _dropped(flight: Flight, event: CallDropped) -> None:
    call = flight.state.calls[event.call]
    flight.close_call(call)
    if call.unwinding is not None:
        flight.answered(call.unwinding, call, None)


def _fired(flight: Flight, event: TimerFired) -> None:
    call = _close(flight, event.call)
    if call.role is Role.WORK:
        flight.deliver(call, None, [])
        return
    waiting = call.role is Role.WAIT
    call.frame.deadlines.pop((call.node.index, WAITING if waiting else call.item), None)
    if waiting:
        flight.wait_is_over(call.frame, call.node)
    else:
        flight.time_out(call.frame, call.node, call.item)


def _cancelled(flight: Flight, _: RunCancelled) -> None:
    flight.cancel()


def _killed(flight: Flight, _: RunKilled) -> None:
    for call in list(flight.state.calls.values()):
        flight.close_call(call)
    flight.state.faulted = 0
    flight.state.unwindings.clear()
    for frame in list(flight.state.thinking.values()):
        flight.stop_code(frame)
    if flight.state.root is not None:
        flight.state.root.open = False
    flight.state.outcome = Cancelled(undone=False)


def _close(flight: Flight, number: int) -> Call:
    call = flight.state.calls[number]
    flight.forget(call)
    return call


def _retrying(flight: Flight, event: CallRetrying) -> None:
    call = flight.state.calls[event.call]
    move(flight.state, call, Phase.RETRY)
    call.attempt, call.sent, call.kind = event.attempt + 1, False, ""
    call.due, call.reason = event.due, event.reason
    call.key = event.key or call.key
    _set_doubt(flight, call, doubt=event.doubt)
    heappush(flight.state.timers, (event.due, event.call))


def _set_doubt(flight: Flight, call: Call, *, doubt: bool) -> None:
    """Note whether a call may have happened under its key; if not, the other side knows the key from now on at most."""
    call.doubt, call.maybe_sent = doubt, False
    if not doubt:
        call.renewed = flight.at


def _deferred(flight: Flight, event: CallDeferred) -> None:
    call = flight.state.calls[event.call]
    move(flight.state, call, Phase.RETRY)
    call.due, call.reason, call.sent, call.kind = event.due, event.reason, False, ""
    _set_doubt(flight, call, doubt=event.doubt)
    heappush(flight.state.timers, (event.due, event.call))


def _probing(flight: Flight, event: CallProbing) -> None:
    call = flight.state.calls[event.call]
    move(flight.state, call, Phase.PROBED)
    call.kind, call.reason, call.due = event.kind, event.reason, None
    flight.open_probe(call)


def _again(flight: Flight, event: CallAgain) -> None:
    _anew(flight, flight.state.calls[event.call], event.key)


def _anew(flight: Flight, call: Call, key: str | None) -> None:
    """Begin a call again that stands, under another key where one is given."""
    move(flight.state, call, Phase.READY)
    call.attempt += 1
    call.first, call.sent, call.kind = call.attempt, False, ""
    call.key = key or call.key
    _set_doubt(flight, call, doubt=call.doubt and key is None)
    flight.again.append(call)


def _sent(flight: Flight, event: CallSent) -> None:
    call = flight.state.calls[event.call]
    move(flight.state, call, Phase.READY)  # a retry that was due has become ready without an event
    call.sent, call.due = True, None


def _stalled(flight: Flight, event: CallStalled) -> None:
    call = flight.state.calls[event.call]
    move(flight.state, call, Phase.STALLED)
    call.kind, call.reason, call.due = event.kind, event.reason, None
    _set_doubt(flight, call, doubt=event.doubt)


def _faulted(flight: Flight, event: RunFaulted) -> None:
    """Match a fault that the fold has met with the event that makes it known."""
    expected = (event.frame, event.node, event.reason)
    derived = flight.state.unlogged.popleft() if flight.state.unlogged else None
    if derived != expected:
        flight.state.divergence = f"the log has a fault ({event.reason}) that this program does not derive here"


def _retried(flight: Flight, event: Retried) -> None:
    for call in flight.state.calls.values():
        if call.phase is Phase.STALLED and call.kind != "unknown":
            _anew(flight, call, event.keys.get(call.number))
    for unwinding in list(flight.state.unwindings):
        flight.try_again(unwinding)
    for frame in open_frames(flight.state):
        faults, frame.faults = frame.faults, {}
        flight.state.faulted -= len(faults)
        for node, fault in faults.items():
            _evaluate_again(flight, frame, node, fault.came_from)


def _evaluate_again(flight: Flight, frame: Frame, node: int, came_from: int) -> None:
    if frame.code is not None:
        flight.begin_again(frame, frame.code)
        return
    inside = frame.active.get(node)
    if isinstance(inside, Group):
        _fill_again(flight, frame, inside)
        return
    if isinstance(inside, Done):
        flight.deliver(inside.source, inside.value, inside.undos)
        return
    if not frame.cell.is_topology:
        frame.position, frame.came_from = node, came_from
    elif node != frame.cell.result:
        frame.startable.append(node)
    flight.work.append(frame)


def _fill_again(flight: Flight, frame: Frame, group: Group) -> None:
    for member in list(group.members.values()):
        if isinstance(member, Done):
            flight.deliver(member.source, member.value, member.undos)
    flight.refill(frame, group)
    if frame.active.get(group.node.index) is group:
        flight.decide_group(frame, group)


def _moved(flight: Flight, event: CodeMoved) -> None:
    flight.code_moved(event)


def _code_ended(flight: Flight, event: CodeEnded) -> None:
    flight.end_code(event)


def _undo_taken(flight: Flight, event: UndoTaken) -> None:
    flight.undo_taken(event)


def _code_faulted(flight: Flight, event: CodeFaulted) -> None:
    flight.code_faulted(event)


def _topology_changed(flight: Flight, _: TopologyChanged) -> None:
    """Start what nothing is in the way of in the new version; where the run stands in it is in its state already."""
    flight.work.extend(frame for frame in open_frames(flight.state) if frame.cell.is_topology)


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
    CallDeferred: _deferred,
    CallProbing: _probing,
    CallDropped: _dropped,
    CallResolved: _resolved,
    CallAgain: _again,
    CallSent: _sent,
    CallStalled: _stalled,
    TimerFired: _fired,
    EventReceived: _completed,
    TaskCompleted: _completed,
    CodeMoved: _moved,
    CodeEnded: _code_ended,
    UndoTaken: _undo_taken,
    CodeFaulted: _code_faulted,
    RunFaulted: _faulted,
    RunCancelled: _cancelled,
    RunKilled: _killed,
    Retried: _retried,
    RunEnded: _ended,
    TopologyChanged: _topology_changed,
    Compacted: lambda _flight, _event: None,  # it says where the run stands already
}


def place_of_call(call: Call) -> str:
    """Return where a call stands, for people."""
    path = place_path(call.frame, call.node, call.item, call.occurrence)
    return f"{path}/{_MARKS[call.role]}" if call.role in _MARKS else path


_MARKS = {Role.UNDO: "undo", Role.PROBE: "probe"}


def move(state: RunState, call: Call, phase: Phase) -> None:
    """Change how a call stands."""
    state.phases[call.phase] -= 1
    state.phases[phase] += 1
    call.phase = phase


def open_frames(state: RunState) -> list[Frame]:
    """Return all open frames, each after its parent. The cost is that of what is open."""
    found: list[Frame] = [] if state.root is None or not state.root.open else [state.root]
    for unwinding in state.unwindings:
        found.extend(undoing for undoing in unwinding.awaited if isinstance(undoing, Frame) and undoing.open)
    for frame in found:  # grows while it is walked
        for inside in frame.active.values():
            members = inside.members.values() if isinstance(inside, Group) else (inside,)
            found.extend(member for member in members if isinstance(member, Frame) and member.open)
    return found
