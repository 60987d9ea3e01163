"""Opening and closing: what is in flight in a run, and the deadlines over it.

The ground floor of a `Flight`: nothing here carries a result or an error anywhere.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from heapq import heappush
from typing import Any

from cellc.language.builtin_texts import text
from cellc.language.expr import Closure
from cellc.language.faults import Fault
from cellc.runtime.core.events import CallReady, to_micros
from cellc.runtime.core.keys import declared_key, member_path, place_key, probe_key
from cellc.runtime.core.places import place_path
from cellc.runtime.core.plan import Calling, CallNode, EachNode, ForkNode, Member, Node, Plan, UndoPlan, member_of
from cellc.runtime.core.state import (
    Call,
    Code,
    FaultAt,
    Frame,
    Group,
    InFlight,
    Moved,
    Phase,
    Role,
    RunState,
    Undo,
    Unwinding,
)
from cellc.runtime.core.waiting import LISTED, unlist, wanted

MAX_VISITS = 2_000_000
"""Places that one event may walk over: a script that goes on without an effect must not hold up all other runs."""

WHOLE, WAITING = -1, -2
"""In `Frame.deadlines`: the deadline of a place, and the wait of its quorum."""

STEPS = frozenset({Role.WORK, Role.UNDO})
"""What calls of the program itself are for."""

_MICROSECOND = timedelta(microseconds=1)
_END_OF_TIME = to_micros(datetime.max.replace(tzinfo=UTC))


@dataclass(slots=True)
class Opening:
    """The consequences of one event, while they unfold.

    `work` are the frames and unwindings that can go on, `statuses` the calls that only say how far the run is.
    """

    plan: Plan
    state: RunState
    at: int
    work: deque[Frame | Unwinding] = field(default_factory=deque)
    statuses: deque[Call] = field(default_factory=deque)
    created: list[Call] = field(default_factory=list)
    again: list[Call] = field(default_factory=list)
    abandoned: list[int] = field(default_factory=list)
    awaited: list[int] = field(default_factory=list)
    unlisted: list[int] = field(default_factory=list)
    thoughts: list[int] = field(default_factory=list)
    stopped: list[int] = field(default_factory=list)
    faults: list[tuple[int, int, str]] = field(default_factory=list)
    visits: int = 0

    def visit(self) -> None:
        """Count a place that is evaluated."""
        self.visits += 1
        self.state.visits += 1
        if self.visits > MAX_VISITS:
            raise Fault(f"a script goes over {MAX_VISITS} places without an effect")

    # --- opening ---

    def open_root(self, cell: str, inputs: Mapping[str, Any]) -> None:
        """Open the run's first frame."""
        self.state.root = self.open_frame(cell, cell, inputs)

    def open_call(self, frame: Frame, node: CallNode) -> None:
        """Start the call, or the cell, of a place."""
        arguments, due = self._prepared(frame, node.call)
        occurrence = frame.enter(node.index)
        frame.active[node.index] = self._open_member(frame, node, node.call, occurrence, -1, arguments)
        self._set_deadline(frame, node, occurrence, WHOLE, due)

    def open_each(self, frame: Frame, node: EachNode) -> None:
        """Start one call for each item: as many as its limit allows."""
        slots = frame.slots
        items = [item for item in node.items(slots) if self._keeps(node, slots, item)]
        limit = len(items) if node.limit is None else node.limit(slots)
        count = len(items) if node.count is None else node.count(slots)
        for option, value in (("limit", limit), ("the size of the quorum", count)):
            if items and value < 1:
                raise Fault(f"`{option}` must be at least 1, not {value}")
        due, wait = self._until(node.within, slots), self._until(node.wait, slots)
        group = Group(node, frame.enter(node.index), items, limit, count, [None] * len(items))
        self._open_group(frame, group, due)
        self._set_deadline(frame, node, group.occurrence, WAITING, wait)

    def open_fork(self, frame: Frame, node: ForkNode) -> None:
        """Start all branches."""
        due = self._until(node.within, frame.slots)
        count = len(node.branches)
        group = Group(node, frame.enter(node.index), list(range(count)), count, count, [None] * count)
        self._open_group(frame, group, due)

    def _open_group(self, frame: Frame, group: Group, due: int | None) -> None:
        frame.active[group.node.index] = group
        self._set_deadline(frame, group.node, group.occurrence, WHOLE, due)
        self.fill(frame, group)

    def _keeps(self, node: EachNode, slots: list[Any], item: Any) -> bool:
        if node.where is None:
            return True
        node.bind(slots, item)
        return bool(node.where(slots))

    def fill(self, frame: Frame, group: Group) -> None:
        """Start members while there is room."""
        node = group.node
        while group.next < len(group.items) and len(group.members) < group.limit and frame.open:
            self.visit()
            index = group.next
            bind_item(frame, node, group.items[index])
            member = member_of(node, index)
            arguments, due = self._prepared(frame, member)
            group.members[index] = self._open_member(frame, node, member, group.occurrence, index, arguments)
            self._set_deadline(frame, node, group.occurrence, index, due)
            group.next += 1

    def _prepared(self, frame: Frame, member: Member) -> tuple[dict[str, Any], int | None]:
        return member.arguments(frame.slots), self._until(member.within, frame.slots)

    def _until(self, wait: Closure | None, slots: list[Any]) -> int | None:
        """Return when a wait is over: counted from the event that enabled it, never from dispatch."""
        return None if wait is None else min(self.at + max(wait(slots) // _MICROSECOND, 0), _END_OF_TIME)

    def _open_member(
        self, frame: Frame, node: Calling, member: Member, occurrence: int, item: int, arguments: dict[str, Any]
    ) -> Call | Frame:
        path = member_path(frame.path, node.name, occurrence, member.name or item)
        if member.cell:
            return self.open_frame(member.callee, path, arguments, frame, node, occurrence, item)
        return self.open_effect(frame, node, occurrence, item, member.callee, arguments, path)

    def open_effect(
        self, frame: Frame, node: Calling, occurrence: int, item: int, effect: str, arguments: dict[str, Any], path: str
    ) -> Call:
        """Make a call of an effect ready."""
        key = self._key(effect, path, arguments)
        call = Call(frame, node, occurrence, item, effect, arguments, key, self.at)
        match self.plan.effects[effect].contract.wait:
            case "timer":
                call.phase, call.due = Phase.TIMER, timer_due(self.at, arguments)
            case "event":
                call.phase, call.wants = Phase.EVENT, wanted(self.plan.effects[effect], arguments)
            case "task":
                call.phase = Phase.TASK
            case "status":
                self.statuses.append(call)
            case _:
                pass
        self.created.append(call)
        return call

    def open_probe(self, call: Call) -> None:
        """Ask whether a call happened."""
        plan = self.plan.effects[call.effect].probe
        assert plan is not None  # noqa: S101 -- for the type checker: only such calls are asked about
        call.probes += 1
        call.probe = Call(
            call.frame,
            call.node,
            call.occurrence,
            call.item,
            plan.effect,
            {name: call.input[name] for name in plan.inputs if name in call.input},
            probe_key(call.key, call.probes),
            self.at,
            Role.PROBE,
            about=call,
        )
        self.created.append(call.probe)

    def _key(self, effect: str, path: str, arguments: Mapping[str, Any]) -> str:
        declared = self.plan.effects[effect].key
        if declared is None:
            return place_key(self.state.run, path, effect, self.state.generation)
        return declared_key(effect, text(declared(arguments)))

    def open_frame(
        self,
        cell: str,
        path: str,
        inputs: Mapping[str, Any],
        parent: Frame | None = None,
        node: Calling | None = None,
        occurrence: int = 0,
        item: int = -1,
    ) -> Frame:
        """Enter a cell."""
        plan = self.plan.cells[cell]
        slots: list[Any] = [None] * len(plan.slots)
        for name, slot in plan.inputs:
            slots[slot] = inputs.get(name)
        frame = Frame(self.state.next_frame, plan, path, slots, parent, node, occurrence, item)
        frame.undoing = parent is not None and parent.undoing
        self.state.next_frame += 1
        if plan.python:
            slots[0] = dict(inputs)
            frame.code = Code(self.at)
            self.think(frame)
            return frame
        if plan.is_topology:
            frame.waits = list(plan.waits)
            frame.startable = list(plan.first)
        else:
            frame.position = plan.entry
        self.work.append(frame)
        return frame

    # --- code ---

    def think(self, frame: Frame) -> None:
        """Let a frame's Python code have its next move."""
        self.state.thinking[frame.number] = frame
        self.thoughts.append(frame.number)

    def stop_code(self, frame: Frame) -> None:
        """Let nothing more come from a frame's Python code."""
        self.state.thinking.pop(frame.number, None)
        self.stopped.append(frame.number)

    # --- deadlines ---

    def _set_deadline(self, frame: Frame, node: Calling, occurrence: int, item: int, due: int | None) -> None:
        if due is None or node.index not in frame.active:
            return
        role = Role.WAIT if item == WAITING else Role.WITHIN
        timer = Call(frame, node, occurrence, item, "", {}, "", self.at, role, phase=Phase.TIMER, due=due)
        frame.deadlines[node.index, item] = timer
        self.created.append(timer)

    def drop_deadline(self, frame: Frame, node: Node, item: int) -> None:
        """Forget the deadline of a place or member that is done."""
        timer = frame.deadlines.pop((node.index, item), None) if frame.deadlines else None
        if timer is not None:
            self.close_call(timer)

    # --- undos ---

    def undos_of(self, source: Call | Frame, value: Any, handed_up: list[Undo]) -> list[Undo]:
        """Return what takes a completed call back: its own `undo`, else those of the cell. Raises Fault."""
        frame, node = place_of(source)
        member = member_of(node, source.item)
        if frame.undoing:
            return []
        if member.undo is None:
            return handed_up
        group = frame.active.get(node.index)
        items = group.items if isinstance(group, Group) else frame.left.get(node.index)
        if items is not None:
            bind_item(frame, node, items[source.item])
        path = member_path(frame.path, node.name, source.occurrence, member.name or source.item)
        return [self.undo(frame, node, source.occurrence, source.item, path, member.undo, value)]

    def undo(
        self, frame: Frame, node: Calling, occurrence: int, item: int, path: str, undo: UndoPlan, value: Any
    ) -> Undo:
        """Return an undo whose arguments are taken now, when its call has completed. Raises Fault."""
        frame.slots[undo.it] = value
        arguments = undo.arguments(frame.slots)
        order = self.state.next_undo
        self.state.next_undo += 1
        return Undo(order, undo, arguments, frame, node, occurrence, item, path, node.tries)

    def leave(self, frame: Frame, node: int, inside: InFlight) -> None:
        """Remember the items of a group that is left: what undoes those that are awaited may name them."""
        if isinstance(inside, Group):
            frame.left[node] = inside.items

    # --- faults ---

    def fault(self, frame: Frame, node: int, reason: str) -> None:
        """Let a place stand where its evaluation failed; whatever else is in flight goes on."""
        frame.faults[node] = FaultAt(reason, self.at, frame.came_from)
        self.state.faulted += 1
        self.faults.append((frame.number, node, reason))

    # --- closing ---

    def close_call(self, call: Call) -> None:
        """Give a call up: whatever it answers decides nothing."""
        if not call.open or call.number < 0:
            call.open = False
            return
        self.forget(call)
        if call.phase is Phase.READY:
            self.abandoned.append(call.number)

    def forget(self, call: Call) -> None:
        """Take a call off the run's books."""
        call.open = False
        if call.probe is not None:
            self.close_call(call.probe)
        if call.about is not None:
            call.about.probe = None
        del self.state.calls[call.number]
        self.state.phases[call.phase] -= 1
        if call.phase in LISTED:
            self.unlisted.append(call.number)
            unlist(self.state, call)

    # --- the end of the event ---

    def number_calls(self) -> tuple[CallReady, ...]:
        """Return the calls that this event opened and did not close again, numbered, as events record them."""
        state = self.state
        self.created = [call for call in self.created if call.open]
        for call in self.created:
            call.number = state.next_call
            state.next_call += 1
            state.calls[call.number] = call
            state.phases[call.phase] += 1
            if call.due is not None:
                heappush(state.timers, (call.due, call.number))
            if call.wants is not None:
                state.wanted.setdefault(call.wants, {})[call.number] = call
        if state.moved is not None and state.moved.first is None:
            self._note_first_step(state.moved)
        return tuple(
            CallReady(call.number, call.frame.number, call.node.index, call.occurrence, call.item, call.key)
            for call in self.created
        )

    def _note_first_step(self, moved: Moved) -> None:
        """Note the first call that a run makes after it was moved."""
        made = next((call for call in self.created if call.role in STEPS), None)
        if made is not None:
            self.state.moved = replace(moved, first=place_path(made.frame, made.node, made.item, made.occurrence))


def timer_due(at: int, arguments: Mapping[str, Any]) -> int:
    """Return when a timer that begins now is due. Raises Fault."""
    match arguments:
        case {"for": timedelta() as wait}:
            return min(at + max(wait // _MICROSECOND, 0), _END_OF_TIME)
        case {"until": datetime() as moment}:
            return min(to_micros(moment), _END_OF_TIME)
        case _:
            raise Fault("a timer needs `for` or `until`")


def place_of(source: Call | Frame) -> tuple[Frame, Calling]:
    """Return the frame and the place that a call, or a cell that is not the run's first, was made by."""
    frame = source.frame if isinstance(source, Call) else source.parent
    assert frame is not None  # noqa: S101 -- for the type checker: the first frame has no caller
    assert source.node is not None  # noqa: S101 -- as above
    return frame, source.node


def bind_item(frame: Frame, node: Calling, item: Any) -> None:
    """Bind the variables of an item: members share their frame's slots."""
    if isinstance(node, EachNode):
        node.bind(frame.slots, item)
