"""What an event sets in motion: opening and closing calls and frames, and carrying results and errors to where they go.

One `Flight` lives for one event. Nothing recurses over the program: a frame that can go on is put on `work`, and
`advance.py` lets it walk. The work is proportional to what the event makes ready or closes.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from heapq import heappush
from typing import Any, assert_never

from cellc.language.builtin_texts import text
from cellc.language.faults import Fault
from cellc.runtime.core.events import CallReady, to_micros
from cellc.runtime.core.keys import declared_key, member_path, place_key
from cellc.runtime.core.plan import CallNode, EachNode, Node, Plan
from cellc.runtime.core.state import (
    Call,
    Failure,
    FanOut,
    FaultAt,
    Frame,
    InFlight,
    Phase,
    RunState,
    Success,
)

MAX_VISITS = 2_000_000
"""Places that one event may walk over: a script that goes on without an effect must not hold up all other runs."""

_MICROSECOND = timedelta(microseconds=1)
_END_OF_TIME = to_micros(datetime.max.replace(tzinfo=UTC))


@dataclass(slots=True)
class Flight:
    """The consequences of one event, while they unfold."""

    plan: Plan
    state: RunState
    at: int
    work: deque[Frame] = field(default_factory=deque)
    created: list[Call] = field(default_factory=list)
    again: list[Call] = field(default_factory=list)
    abandoned: list[int] = field(default_factory=list)
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
        self.state.root = self._frame(cell, cell, inputs, None, None, -1)

    def open_call(self, frame: Frame, node: CallNode) -> None:
        """Start the call, or the cell, of a place."""
        arguments = node.arguments(frame.slots)
        frame.active[node.index] = self._member(frame, node, frame.enter(node.index), -1, arguments)

    def open_fan_out(self, frame: Frame, node: EachNode) -> None:
        """Start an `each`: as many items as its limit allows."""
        slots = frame.slots
        items = list(node.items(slots))
        if node.where is not None:
            items = [item for item in items if self._keeps(node, slots, item)]
        limit = len(items) if node.limit is None else node.limit(slots)
        if items and limit < 1:
            raise Fault(f"`limit` must be at least 1, not {limit}")
        fan = FanOut(node, frame.enter(node.index), items, limit, [None] * len(items))
        frame.active[node.index] = fan
        self.fill(frame, fan)
        if not items:
            self._finish_node(frame, node, [])

    def _keeps(self, node: EachNode, slots: list[Any], item: Any) -> bool:
        node.bind(slots, item)
        return node.where is None or bool(node.where(slots))

    def fill(self, frame: Frame, fan: FanOut) -> None:
        """Start items while there is room."""
        node = fan.node
        while fan.next < len(fan.items) and len(fan.members) < fan.limit and frame.open:
            self.visit()
            node.bind(frame.slots, fan.items[fan.next])
            arguments = node.arguments(frame.slots)
            fan.members[fan.next] = self._member(frame, node, fan.occurrence, fan.next, arguments)
            fan.next += 1

    def _member(
        self, frame: Frame, node: CallNode, occurrence: int, item: int, arguments: dict[str, Any]
    ) -> Call | Frame:
        path = member_path(frame.path, node.name, occurrence, item)
        if node.cell:
            return self._frame(node.callee, path, arguments, frame, node, item)
        call = Call(frame, node, occurrence, item, node.callee, arguments, self._key(node, path, arguments), self.at)
        effect = self.plan.effects[node.callee].contract
        if effect.wait == "timer":
            call.phase, call.due = Phase.TIMER, self._due(arguments)
        self.created.append(call)
        return call

    def _key(self, node: CallNode, path: str, arguments: Mapping[str, Any]) -> str:
        declared = self.plan.effects[node.callee].key
        if declared is None:
            return place_key(self.state.run, path, node.callee)
        return declared_key(node.callee, text(declared(arguments)))

    def _due(self, arguments: Mapping[str, Any]) -> int:
        """Return when a timer fires: from the time of the event that enabled it, never from dispatch."""
        match arguments:
            case {"for": timedelta() as wait}:
                return min(self.at + max(wait // _MICROSECOND, 0), _END_OF_TIME)
            case {"until": datetime() as moment}:
                return min(to_micros(moment), _END_OF_TIME)
            case _:
                raise Fault("a timer needs `for` or `until`")

    def _frame(
        self, cell: str, path: str, inputs: Mapping[str, Any], parent: Frame | None, node: CallNode | None, item: int
    ) -> Frame:
        plan = self.plan.cells[cell]
        slots: list[Any] = [None] * len(plan.slots)
        for name, slot in plan.inputs:
            slots[slot] = inputs.get(name)
        frame = Frame(self.state.next_frame, plan, path, slots, parent, node, item)
        self.state.next_frame += 1
        if plan.is_topology:
            frame.waits = list(plan.waits)
            frame.startable = list(plan.first)
        else:
            frame.position = plan.entry
        self.work.append(frame)
        return frame

    # --- results ---

    def deliver(self, frame: Frame, node: CallNode, item: int, value: Any) -> None:
        """Give a place the result of what was in flight there."""
        fan = frame.active.get(node.index)
        if not isinstance(fan, FanOut):
            self._finish_node(frame, node, value)
            return
        del fan.members[item]
        fan.results[item] = value
        if fan.next < len(fan.items):
            self.refill(frame, fan)
        elif not fan.members:
            self._finish_node(frame, node, fan.results)

    def refill(self, frame: Frame, fan: FanOut) -> None:
        """Start the next items of a fan-out, unless one of them has faulted already."""
        if fan.node.index in frame.faults:
            return
        try:
            self.fill(frame, fan)
        except Fault as fault:
            self.fault(frame, fan.node.index, fault.reason)

    def _finish_node(self, frame: Frame, node: Node, value: Any) -> None:
        del frame.active[node.index]
        if node.target is not None:
            frame.slots[node.target] = value
        if frame.cell.is_topology:
            self.settle(frame, node, skipped=False)
        else:
            frame.position, frame.came_from = node.after[0], node.index
        self.work.append(frame)

    def settle(self, frame: Frame, node: Node, *, skipped: bool) -> None:
        """Mark a topology's place as done or skipped; what waited only for it can start."""
        frame.settled[node.index] = skipped
        for later in node.after:
            frame.waits[later] -= 1
            if frame.waits[later] == 0:
                frame.startable.append(later)

    def finish(self, frame: Frame, value: Any) -> None:
        """End a frame with its output."""
        self.close(frame)
        if frame.parent is None or frame.node is None:
            self.state.outcome = Success(value)
        else:
            self.deliver(frame.parent, frame.node, frame.item, value)

    # --- errors and faults ---

    def fail(self, frame: Frame, node: Node, failure: Failure) -> None:
        """Carry an error to the nearest handler, closing every frame on the way; without one the run has failed."""
        while True:
            in_flight = frame.active.pop(node.index, None)
            if in_flight is not None:
                self.close(in_flight)
            handler = node.handler(failure.error)
            if handler is not None:
                self._handle(frame, node, handler.target, handler.slot, failure)
                return
            self.close(frame)
            parent, caller = frame.parent, frame.node
            if parent is None or caller is None:
                self.state.outcome = failure
                return
            frame, node = parent, caller
            failure = Failure(failure.error, failure.fields, caller.shown, failure.place)

    def _handle(self, frame: Frame, node: Node, target: int, slot: int | None, failure: Failure) -> None:
        if slot is not None:
            name = failure.error.rpartition(".")[2]
            frame.slots[slot] = {**failure.fields, "name": name, "step": failure.step}
        frame.position, frame.came_from = target, node.index
        self.work.append(frame)

    def fault(self, frame: Frame, node: int, reason: str) -> None:
        """Let a place stand where its evaluation failed; whatever else is in flight goes on."""
        frame.faults[node] = FaultAt(reason, self.at, frame.came_from)
        self.state.faulted += 1
        self.faults.append((frame.number, node, reason))

    # --- closing ---

    def close(self, what: InFlight) -> None:
        """End a call, a frame or a fan-out, with all that is in flight inside it."""
        match what:
            case Call():
                self._close_call(what)
            case FanOut(members=members):
                for member in members.values():
                    self.close(member)
            case Frame() if what.open:
                what.open = False
                self.state.faulted -= len(what.faults)
                for inside in what.active.values():
                    self.close(inside)
            case Frame():
                pass
            case _:
                assert_never(what)

    def _close_call(self, call: Call) -> None:
        if not call.open or call.number < 0:
            call.open = False
            return
        self.forget(call)
        if call.phase is Phase.READY:
            self.abandoned.append(call.number)

    def forget(self, call: Call) -> None:
        """Take a call off the run's books."""
        call.open = False
        del self.state.calls[call.number]
        self.state.phases[call.phase] -= 1

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
        return tuple(
            CallReady(call.number, call.frame.number, call.node.index, call.occurrence, call.item, call.key)
            for call in self.created
        )
