"""The way out: what is in flight in a scope that has failed is given up or awaited, then what was done is undone.

A call whose scope is left is given up when nobody has to know whether it happened: it only reads, has no `undo`, was
never sent, is known to have failed, or only waits. Otherwise it is awaited under its key, and undone if it happened.
Then undos run one at a time, the last call that was done first, those of all cells that were cut short among them. An
undo that fails stands until a person acts, and so does everything that waits for it. What undoes is never itself cut
short or undone.
"""

from dataclasses import dataclass

from cellc.language.faults import Fault
from cellc.runtime.core.keys import undo_path
from cellc.runtime.core.opening import Opening, place_of
from cellc.runtime.core.plan import Calling, member_of
from cellc.runtime.core.state import (
    ARMED,
    Call,
    Code,
    Done,
    FaultAt,
    Finish,
    Frame,
    Group,
    InFlight,
    Phase,
    Role,
    Unwinding,
)


@dataclass(slots=True)
class Unwinder(Opening):
    """Unwinds. What follows an unwinding that is over is the flight's business."""

    # --- beginning ---

    def unwind(self, unwinding: Unwinding) -> None:
        """Begin an unwinding that has collected what it is about."""
        unwinding.undos.sort(key=lambda undo: undo.order)
        self.state.unwindings.append(unwinding)
        self.work.append(unwinding)

    def collect(self, what: InFlight, unwinding: Unwinding) -> None:
        """Close what is in flight, with all inside it; what has to be awaited or undone becomes the unwinding's."""
        stack: list[InFlight] = [what]
        while stack:
            match stack.pop():
                case Call() as call:
                    self._collect_call(call, unwinding)
                case Group() as group:
                    unwinding.undos += group.undos
                    stack += group.members.values()
                case Frame() as frame:
                    stack += self.collect_frame(frame, unwinding)
                case Done() as done:
                    unwinding.done.append(done)
                case Unwinding() as inner:
                    self._absorb(inner, unwinding)

    def collect_frame(self, frame: Frame, unwinding: Unwinding) -> list[InFlight]:
        """Close a frame and return what is in flight in it, which is to be collected too."""
        if frame.exit is not None:
            return [frame.exit]
        frame.open = False
        if frame.code is not None:
            self.stop_code(frame)
        self.state.faulted -= len(frame.faults)
        frame.faults.clear()
        for timer in frame.deadlines.values():
            self.close_call(timer)
        frame.deadlines.clear()
        unwinding.undos += frame.undos
        frame.undos = []
        for node, inside in frame.active.items():
            self.leave(frame, node, inside)
        left, frame.active = [*frame.active.values()], {}
        return left

    def _collect_call(self, call: Call, unwinding: Unwinding) -> None:
        if call.open and call.number >= 0 and self._has_to_be_known(call):
            call.unwinding = unwinding
            unwinding.awaited.append(call)
            if call.phase is Phase.READY:
                self.awaited.append(call.number)
        else:
            self.close_call(call)

    def _has_to_be_known(self, call: Call) -> bool:
        if call.phase in ARMED:
            return False
        known = call.phase is Phase.STALLED and call.kind != "unknown"
        match self.plan.effects[call.effect].contract.delivery:
            case "read":
                return False
            case "once":
                return call.sent and not known
            case _:
                has_undo = call.undoable or member_of(call.node, call.item).undo is not None
                return has_undo and not call.frame.undoing and not self._has_failed(call)

    def _has_failed(self, call: Call) -> bool:
        """Return whether all attempts are known to have failed; one that was due may have been begun."""
        if call.phase is Phase.RETRY and call.due is not None and call.due <= self.at:
            return False
        return call.phase in (Phase.RETRY, Phase.STALLED) and not call.doubt

    def _absorb(self, inner: Unwinding, outer: Unwinding) -> None:
        """Let a wider unwinding do what is left of a narrower one."""
        inner.over = True
        if inner in self.state.unwindings:
            self.state.unwindings.remove(inner)
        for awaited in inner.awaited:
            awaited.unwinding = outer
        outer.awaited += inner.awaited
        outer.undos += inner.undos
        outer.undos += inner.then.kept if isinstance(inner.then, Finish) else []
        outer.done += inner.done
        if inner.fault is not None:
            self.state.faulted -= 1
            outer.undos += [] if inner.current is None else [inner.current]

    # --- going on ---

    def go_on(self, unwinding: Unwinding) -> bool:
        """Do the next thing of an unwinding; return whether it is over."""
        if unwinding.over or unwinding.awaited or unwinding.fault is not None:
            return False
        while unwinding.done:
            if not self._evaluate(unwinding, unwinding.done[0]):
                return False
            unwinding.done.pop(0)
        if unwinding.undos:
            self._begin_undo(unwinding)
            return False
        unwinding.over = True
        self.state.unwindings.remove(unwinding)
        return True

    def _evaluate(self, unwinding: Unwinding, done: Done) -> bool:
        """Add what undoes a call that is done; False where code is to say it, or a fault where it cannot be."""
        source = done.source
        if isinstance(source, Call) and source.frame.code is not None:
            return not source.undoable or self._ask_code(source, source.frame.code)
        try:
            unwinding.undos += self.undos_of(done.source, done.value, done.undos)
        except Fault as fault:
            self._stand(unwinding, *place_of(done.source), reason=fault.reason)
            return False
        unwinding.undos.sort(key=lambda undo: undo.order)
        return True

    def _ask_code(self, call: Call, code: Code) -> bool:
        """Let the code of a frame that has been left say how a request is undone."""
        if call.item not in code.orders:  # it was done after its frame had been left
            code.orders[call.item] = self.state.next_undo
            self.state.next_undo += 1
        code.undo = call.item
        self.think(call.frame)
        return False

    def _begin_undo(self, unwinding: Unwinding) -> None:
        undo = unwinding.current = unwinding.undos.pop()
        undo.attempt += 1
        path, plan = undo_path(undo.path, undo.attempt), undo.plan
        begun: Call | Frame
        if plan.cell:
            begun = self.open_frame(
                plan.callee, path, undo.arguments, undo.frame, undo.node, undo.occurrence, undo.item
            )
            begun.undoing = True
        else:
            try:
                begun = self.open_effect(
                    undo.frame, undo.node, undo.occurrence, undo.item, plan.callee, undo.arguments, path
                )
            except Fault as fault:  # of its declared key
                self._stand(unwinding, undo.frame, undo.node, reason=fault.reason)
                return
            begun.role = Role.UNDO
        begun.unwinding = unwinding
        unwinding.awaited.append(begun)

    def answered(self, unwinding: Unwinding, what: Call | Frame, done: Done | None) -> None:
        """Go on after something that was awaited. `done`: it was a call of the program, and it happened."""
        unwinding.awaited.remove(what)
        if done is None:
            unwinding.current = None
        else:
            unwinding.done.append(done)
        self.work.append(unwinding)

    def undo_failed(self, unwinding: Unwinding, frame: Frame, error: str) -> None:
        """Stand where a cell that undoes has ended in an error."""
        unwinding.awaited.remove(frame)
        callee = unwinding.current.plan.shown if unwinding.current else frame.cell.name
        self._stand(unwinding, *place_of(frame), reason=f"the undo `{callee}` ended in {error}")

    def _stand(self, unwinding: Unwinding, frame: Frame, node: Calling, *, reason: str) -> None:
        unwinding.fault = FaultAt(reason, self.at, -1)
        self.state.faulted += 1
        self.faults.append((frame.number, node.index, reason))

    def try_again(self, unwinding: Unwinding) -> None:
        """Go on with an unwinding that stands: its undo begins anew."""
        if unwinding.fault is None:
            return
        unwinding.fault = None
        self.state.faulted -= 1
        if unwinding.current is not None:
            unwinding.undos.append(unwinding.current)
            unwinding.current = None
        self.work.append(unwinding)
