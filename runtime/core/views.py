"""What people see of a run: what it waits for, and the tree of what is open. Read from the state, never stored."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from cellc.runtime.core.advance import open_frames, place_of_call
from cellc.runtime.core.events import from_micros
from cellc.runtime.core.places import frame_path, place_path
from cellc.runtime.core.plan import AnyNode, CallNode, EachNode, PassNode, member_of
from cellc.runtime.core.state import Call, Done, Frame, Group, InFlight, Phase, Role, RunState, Unwinding

WORDS = {
    Phase.READY: "running",
    Phase.RETRY: "retrying",
    Phase.TIMER: "timer",
    Phase.STALLED: "stalled",
    Phase.EVENT: "event",
    Phase.TASK: "task",
    Phase.PROBED: "probing",
}
"""What a call's phase is called."""


@dataclass(frozen=True, slots=True)
class Standing:
    """One thing that a run waits for, or stands at.

    `state`: running, retrying, probing, timer, event, task, stalled (a call), or fault (a place whose evaluation
    failed; no `call` then). `event` is what it waits for, and `event_key` the key that the event must have, None for
    any. `attempts` have been made or begun; `due` is when a retry or timer is; `kind` is why a call stalled.
    """

    place: str
    state: str
    since: datetime
    effect: str | None = None
    call: int | None = None
    key: str | None = None
    attempts: int = 0
    due: datetime | None = None
    reason: str = ""
    kind: str = ""
    maybe_sent: bool = False
    event: str | None = None
    event_key: str | None = None


@dataclass(frozen=True, slots=True)
class Branch:
    """A line of the live tree: a frame or a place in it.

    `state`: waiting, running, retrying, probing, timer, event, task, stalled, fault, undoing, done or skipped. `done`
    of `total` members of a group.
    """

    name: str
    state: str
    callee: str = ""
    done: int = 0
    total: int = 0
    inside: tuple["Branch", ...] = ()


def standing(state: RunState) -> list[Standing]:
    """Return what a run waits for and stands at, oldest first; empty when it has ended."""
    found = [_call_standing(call) for call in state.calls.values() if call.role in (Role.WORK, Role.UNDO)]
    if state.divergence is not None and state.root is not None:
        found.append(Standing(frame_path(state.root), "fault", from_micros(state.at), reason=state.divergence))
    found += [
        Standing(frame_path(frame), "running", from_micros(frame.code.at))
        for frame in state.thinking.values()
        if frame.code is not None
    ]
    for unwinding in state.unwindings:
        if unwinding.fault is not None:
            place = f"{frame_path(unwinding.frame)}/undo"
            found.append(Standing(place, "fault", from_micros(unwinding.fault.since), reason=unwinding.fault.reason))
    for frame in open_frames(state):
        for node, fault in frame.faults.items():
            place = frame_path(frame) if frame.code else place_path(frame, frame.cell.nodes[node])
            found.append(Standing(place, "fault", from_micros(fault.since), reason=fault.reason))
    return sorted(found, key=lambda row: row.since)


def _call_standing(call: Call) -> Standing:
    return Standing(
        place=place_of_call(call),
        state=WORDS[call.phase],
        since=from_micros(call.since),
        effect=call.effect,
        call=call.number,
        key=call.key,
        attempts=call.attempt - 1 if call.phase is Phase.RETRY else call.attempt,
        due=None if call.due is None else from_micros(call.due),
        reason=call.reason,
        kind=call.kind,
        maybe_sent=call.uncertain,
        event=None if call.wants is None else call.wants.event,
        event_key=None if call.wants is None else call.wants.key,
    )


def tree(state: RunState) -> Branch | None:
    """Return the tree of what is open; None before the start and after the end. Finished frames are not remembered."""
    root = state.root
    if root is None or state.outcome is not None:
        return None
    return _inside(root.exit or root, frame_path(root), root.cell.name)


def _frame(frame: Frame, name: str, callee: str) -> Branch:
    if frame.code is not None:
        return _code(frame, name, callee)
    nodes = frame.cell.nodes if frame.cell.is_topology else [frame.cell.nodes[i] for i in _current(frame)]
    shown = [node for node in nodes if not isinstance(node, PassNode) and node.index != frame.cell.result]
    inside = tuple(_place(frame, node) for node in shown)
    return Branch(name, _together(inside), callee, inside=inside)


def _code(frame: Frame, name: str, callee: str) -> Branch:
    """Return the requests that code waits for. One that is done waits for the code to say how it is undone."""
    waits = [(number, inside) for number, inside in sorted(frame.active.items()) if not isinstance(inside, Done)]
    inside = tuple(_inside(found, f"[{number}]", _callee_of(found)) for number, found in waits)
    return Branch(name, "fault" if frame.faults else _together(inside), callee, inside=inside)


def _callee_of(inside: InFlight) -> str:
    return inside.effect if isinstance(inside, Call) else ""


def _current(frame: Frame) -> Iterator[int]:
    """Return where a script stands: what is in flight, and where it faulted."""
    yield from frame.active
    yield from (node for node in frame.faults if node not in frame.active)


def _place(frame: Frame, node: AnyNode) -> Branch:
    callee = node.call.callee if isinstance(node, CallNode | EachNode) else ""
    if node.index in frame.settled:
        return Branch(node.name, "skipped" if frame.settled[node.index] else "done", callee)
    if node.index in frame.faults:
        return Branch(node.name, "fault", callee)
    inside = frame.active.get(node.index)
    return Branch(node.name, "waiting", callee) if inside is None else _inside(inside, node.name, callee)


def _inside(inside: InFlight, name: str, callee: str) -> Branch:
    match inside:
        case Frame(exit=Unwinding() as unwinding):
            return _inside(unwinding, name, callee)
        case Frame() as child:
            return _frame(child, name, callee)
        case Call() as call:
            return Branch(name, WORDS[call.phase], callee)
        case Group() as group:
            return _group(group, name, callee)
        case Unwinding() as unwinding:
            awaited = tuple(_inside(a, _awaited_name(a), _callee(a)) for a in unwinding.awaited)
            state = "fault" if unwinding.fault else "undoing"
            return Branch(name, state, callee, inside=awaited)
        case Done():
            return Branch(name, "fault", callee)
        case _:
            assert_never(inside)


def _awaited_name(awaited: Call | Frame) -> str:
    return awaited.node.name if awaited.node is not None else ""


def _callee(awaited: Call | Frame) -> str:
    return awaited.effect if isinstance(awaited, Call) else awaited.cell.name


def _group(group: Group, name: str, callee: str) -> Branch:
    inside = tuple(
        _inside(member, f"[{member_of(group.node, index).name or index}]", callee)
        for index, member in sorted(group.members.items())
    )
    return Branch(name, _together(inside), callee, len(group.order), len(group.items), inside)


def _together(inside: tuple[Branch, ...]) -> str:
    """Return the state of a whole: the first of these that one of its parts has."""
    states = {branch.state for branch in inside}
    order = ("running", "probing", "retrying", "task", "event", "timer", "undoing", "fault", "stalled")
    return next((state for state in order if state in states), "running")
