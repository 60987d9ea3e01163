"""What an event sets in motion: results and errors on the way to where they go.

One `Flight` lives for one event. Nothing recurses over the program: a frame that can go on, or an unwinding, is put on
`work`, and `advance.py` lets it go on. The work is proportional to what the event makes ready or closes.
"""

from dataclasses import dataclass
from typing import Any, assert_never

from cellc.language.faults import Fault, Invalid
from cellc.language.values import decode
from cellc.runtime.core.events import CodeEnded
from cellc.runtime.core.keys import member_path
from cellc.runtime.core.opening import WAITING, WHOLE, place_of
from cellc.runtime.core.places import frame_path, place_path
from cellc.runtime.core.plan import Calling, EachNode, ForkNode, GroupNode, Node, member_of
from cellc.runtime.core.python_frames import PythonFrames
from cellc.runtime.core.state import (
    Call,
    Cancelled,
    CancelRun,
    Done,
    Fail,
    Failure,
    Finish,
    Frame,
    Group,
    Handle,
    InFlight,
    Success,
    Then,
    TimeOut,
    Undo,
    Unwinding,
)


@dataclass(slots=True)
class Flight(PythonFrames):
    """The consequences of one event, while they unfold."""

    # --- results ---

    def start_each(self, frame: Frame, node: EachNode) -> None:
        """Start a fan-out, which is done at once when there are no items."""
        self.open_each(frame, node)
        group = frame.active.get(node.index)
        if isinstance(group, Group):
            self.decide_group(frame, group)

    def deliver(self, source: Call | Frame, value: Any, undos: list[Undo]) -> None:
        """Give a place the result of a call or cell; `undos` are those that the cell hands up."""
        frame, node = place_of(source)
        if frame.code is not None and isinstance(source, Call):
            self.tell(frame, frame.code, source, None, value)
            return
        try:
            undos = self.undos_of(source, value, undos)
        except Fault as fault:
            self._put(frame, node, source.item, Done(source, value, undos))
            self.fault(frame, node.index, fault.reason)
            return
        self.drop_deadline(frame, node, source.item)
        group = frame.active.get(node.index)
        if not isinstance(group, Group):
            self.finish_node(frame, node, value, undos)
            return
        del group.members[source.item]
        group.results[source.item] = value
        group.order.append(source.item)
        group.undos += undos
        if group.next < len(group.items):
            self.refill(frame, group)
        self.decide_group(frame, group)

    def _put(self, frame: Frame, node: Calling, item: int, what: InFlight) -> None:
        group = frame.active.get(node.index)
        if isinstance(group, Group):
            group.members[item] = what
        else:
            frame.active[node.index] = what

    def refill(self, frame: Frame, group: Group) -> None:
        """Start the next members of a group, unless one of them has faulted already."""
        if group.node.index in frame.faults or frame.active.get(group.node.index) is not group:
            return
        try:
            self.fill(frame, group)
        except Fault as fault:
            self.fault(frame, group.node.index, fault.reason)
        except Invalid as problem:
            self.invalid(frame, group.node, problem)

    def decide_group(self, frame: Frame, group: Group) -> None:
        """End a group whose result is known."""
        node, done = group.node, len(group.order)
        if node.index in frame.faults or frame.active.get(node.index) is not group:
            return
        if not isinstance(node, EachNode | ForkNode):
            return
        match node.mode:
            case "race":
                if done:
                    winner = member_of(node, group.order[0]).name
                    self.end_group(frame, group, {"winner": winner, winner: group.results[group.order[0]]})
            case "quorum":
                if done >= group.count > 0 or len(group.items) - group.failed < max(group.count, 1):
                    self.end_group(frame, group, _votes(group, reached=done >= group.count > 0))
            case _:
                if done == len(group.items):
                    self.end_group(frame, group, _together(node, group))

    def end_group(self, frame: Frame, group: Group, value: Any) -> None:
        """Give a group its result; what is still in flight is not wanted any more."""
        node = group.node
        assert isinstance(node, GroupNode)  # noqa: S101 -- for the type checker
        undos = group.undos
        if node.undo is not None and not frame.undoing:
            path = member_path(frame.path, node.name, group.occurrence, -1)
            try:
                undos = [self.undo(frame, node, group.occurrence, -1, path, node.undo, value)]
            except Fault as fault:
                self.fault(frame, node.index, fault.reason)
                return
        if not group.members:
            self.finish_node(frame, node, value, undos)
            return
        unwinding = Unwinding(frame, Finish(node, value, undos))
        self.leave(frame, node.index, group)
        for index, member in group.members.items():
            self.drop_deadline(frame, node, index)
            self.collect(member, unwinding)
        frame.active[node.index] = unwinding
        self.unwind(unwinding)

    def finish_node(self, frame: Frame, node: Node, value: Any, undos: list[Undo]) -> None:
        """Go on after a place that is done."""
        if frame.code is not None:
            frame.undos = undos
            self.finish(frame, value)
            return
        del frame.active[node.index]
        if frame.deadlines:
            for item in (WHOLE, WAITING):
                self.drop_deadline(frame, node, item)
        for undo in undos:
            undo.scope = node.tries
        frame.undos += undos
        if node.target is not None:
            frame.slots[node.target] = value
        if frame.cell.is_topology:
            self.settle(frame, node, skipped=False)
        else:
            self.go_to(frame, node, node.after[0])
        self.work.append(frame)

    def go_to(self, frame: Frame, node: Node, target: int) -> None:
        """Move control in a script; what was done in a `try` that is left belongs to what is around it."""
        frame.came_from, frame.position = node.index, target
        if frame.undos and node.tries:
            tries = frame.cell.nodes[target].tries
            for undo in frame.undos:
                undo.scope = undo.scope[: _common(undo.scope, tries)]

    def settle(self, frame: Frame, node: Node, *, skipped: bool) -> None:
        """Mark a topology's place as done or skipped; what waited only for it can start."""
        frame.settled[node.index] = skipped
        for later in node.after:
            frame.waits[later] -= 1
            if frame.waits[later] == 0:
                frame.startable.append(later)

    def finish(self, frame: Frame, value: Any) -> None:
        """End a frame with its output; its undos are its caller's from here on."""
        frame.open = False
        if frame.unwinding is not None:
            self.answered(frame.unwinding, frame, None)
        elif frame.parent is None or frame.node is None:
            self.state.outcome = Success(value)
        else:
            self.deliver(frame, value, frame.undos)

    def end_code(self, event: CodeEnded) -> None:
        """End a frame as its Python code has; what it has asked for and not waited for is not wanted any more."""
        frame = self.state.thinking[event.frame]
        node = frame.cell.nodes[0]
        self.stop_code(frame)
        value = decode(bytes(event.value))
        if event.error is not None:
            self._leave_frame(frame, Fail(Failure(event.error, value, None, frame_path(frame))))
            return
        undos, frame.undos = frame.undos, []
        unwinding = Unwinding(frame, Finish(node, value, undos))
        for inside in self.collect_frame(frame, unwinding):
            self.collect(inside, unwinding)
        if unwinding.awaited or unwinding.done:
            frame.exit = unwinding
            self.unwind(unwinding)
        else:
            self.finish_node(frame, node, value, undos)

    # --- errors ---

    def fail(self, frame: Frame, node: Node, item: int, failure: Failure) -> None:
        """Let a place, or the member of its group, end in an error."""
        if frame.code is not None:
            self.tell(frame, frame.code, item, failure.error, failure.fields)
            return
        group = frame.active.get(node.index)
        if isinstance(group, Group):
            self.drop_deadline(frame, node, item)
            group.members.pop(item, None)
            if isinstance(node, GroupNode) and node.mode == "quorum" and item >= 0:
                group.failed += 1
                self.decide_group(frame, group)
                return
        handler = node.handler(failure.error)
        if handler is None:
            self._leave_frame(frame, Fail(failure))
        else:
            self._leave_tries(frame, Handle(node, failure, handler.target, handler.slot))

    def invalid(self, frame: Frame, node: Node, problem: Invalid) -> None:
        """Let a place end in the error of a cast that it has evaluated."""
        self.fail(frame, node, -1, Failure("Invalid", {"reason": problem.reason}, None, place_path(frame, node)))

    def _leave_frame(self, frame: Frame, then: Then) -> None:
        unwinding = Unwinding(frame, then)
        for inside in self.collect_frame(frame, unwinding):
            self.collect(inside, unwinding)
        frame.exit = unwinding
        self.unwind(unwinding)

    def _leave_tries(self, frame: Frame, then: Handle) -> None:
        """Leave the `try` bodies that the error leaves: what they hold is undone, what is in flight is closed."""
        node, unwinding = then.node, Unwinding(frame, then)
        inside = frame.active.pop(node.index, None)
        if inside is not None:
            self.leave(frame, node.index, inside)
            self.collect(inside, unwinding)
        for item in [item for index, item in frame.deadlines if index == node.index]:
            self.drop_deadline(frame, node, item)
        tries = frame.cell.nodes[then.target].tries
        left = [undo for undo in frame.undos if _common(undo.scope, tries) < len(undo.scope)]
        frame.undos = [undo for undo in frame.undos if undo not in left]
        unwinding.undos += left
        frame.active[node.index] = unwinding
        self.unwind(unwinding)

    def time_out(self, frame: Frame, node: Calling, item: int) -> None:
        """End a place, or a member of its group, whose deadline has passed: what is in flight there first."""
        step = None if item == WHOLE and isinstance(node, GroupNode) else member_of(node, max(item, 0)).shown
        failure = Failure("Timeout", {}, step, place_path(frame, node, item))
        unwinding = Unwinding(frame, TimeOut(node, item, failure))
        group = frame.active[node.index]
        inside = group.members[item] if item >= 0 and isinstance(group, Group) else group
        self.leave(frame, node.index, inside)
        self.collect(inside, unwinding)
        self._put(frame, node, item, unwinding)
        self.unwind(unwinding)

    def wait_is_over(self, frame: Frame, node: Calling) -> None:
        """End a quorum that has not been reached in time."""
        group = frame.active.get(node.index)
        if isinstance(group, Group):
            self.end_group(frame, group, _votes(group, reached=False))

    def cancel(self) -> None:
        """Undo the whole run, whatever it is doing."""
        root = self.state.root
        assert root is not None  # noqa: S101 -- for the type checker: the run has started
        self._leave_frame(root, CancelRun())

    # --- after an unwinding ---

    def proceed(self, unwinding: Unwinding) -> None:
        """Go on with an unwinding, and with what follows it when it is over."""
        if not self.go_on(unwinding):
            return
        frame = unwinding.frame
        match unwinding.then:
            case Handle() as then:
                frame.left.pop(then.node.index, None)
                self._handle(frame, then)
            case Fail(failure):
                self._fail_caller(frame, failure)
            case Finish(node, value, kept):
                frame.left.pop(node.index, None)
                self.finish_node(frame, node, value, kept)
            case TimeOut(node, item, failure):
                if item == WHOLE:
                    del frame.active[node.index]
                    frame.left.pop(node.index, None)
                self.fail(frame, node, item, failure)
            case CancelRun():
                self.state.outcome = Cancelled(undone=True)
            case _:
                assert_never(unwinding.then)

    def _handle(self, frame: Frame, then: Handle) -> None:
        del frame.active[then.node.index]
        if then.slot is not None:
            name = then.failure.error.rpartition(".")[2]
            frame.slots[then.slot] = {**then.failure.fields, "name": name, "step": then.failure.step}
        self.go_to(frame, then.node, then.target)
        self.work.append(frame)

    def _fail_caller(self, frame: Frame, failure: Failure) -> None:
        if frame.unwinding is not None:
            self.undo_failed(frame.unwinding, frame, failure.error)
        elif frame.parent is None or frame.node is None:
            self.state.outcome = failure
        else:
            step = member_of(frame.node, frame.item).shown
            self.fail(frame.parent, frame.node, frame.item, Failure(failure.error, failure.fields, step, failure.place))


def _together(node: EachNode | ForkNode, group: Group) -> Any:
    if isinstance(node, EachNode):
        return group.results
    return {branch.name: result for branch, result in zip(node.branches, group.results, strict=True)}


def _votes(group: Group, *, reached: bool) -> dict[str, Any]:
    return {"reached": reached, "values": [group.results[index] for index in group.order]}


def _common(one: tuple[str, ...], two: tuple[str, ...]) -> int:
    """Return the length of the common beginning of two lists of scopes."""
    return next((i for i, (a, b) in enumerate(zip(one, two, strict=False)) if a != b), min(len(one), len(two)))
