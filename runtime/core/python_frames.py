"""Frames whose body is Python: the core asks for the code's next move, records it, and never runs code itself.

Such a frame is always in one of two states: it waits for what it has asked for, or its code is to move
(`RunState.thinking`). Whoever performs the run then runs the code and hands in what it did as an input. A function is
run again from its recorded answers when nobody has it in memory; a machine goes on from the state that it gave.

How a request is undone is the code's to say once the request is done; until it has, the request counts as `Done`. A
frame that is left before that is asked all the same, by its unwinding.
"""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from cellc.language.values import decode
from cellc.runtime.core.code_plan import PLACE
from cellc.runtime.core.events import CodeFaulted, CodeMoved, UndoTaken, from_micros
from cellc.runtime.core.keys import member_path
from cellc.runtime.core.places import frame_path
from cellc.runtime.core.plan import CodeNode
from cellc.runtime.core.state import Asked, Call, Code, Done, FaultAt, Frame, RunState, Told, Undo, Unwinding
from cellc.runtime.core.unwinding import Unwinder

SHOWN = 200
"""Characters of a request's inputs that are kept for people."""


@dataclass(frozen=True, slots=True)
class NextMove:
    """What a frame's code is to do: begin (`told` is None), go on with `told`, or only say how that is undone (`undo`).

    `move` is the number of the move; `hash` is of the code that began, empty before its first move. `saved` is what it
    keeps. `undoable` are the inputs of the request that it was told of, if its undo is to be said. Values are the
    state's own: code gets copies.
    """

    frame: int
    cell: str
    python: str
    place: str
    move: int
    told: Told | None
    undoable: dict[str, Any] | None
    undo: bool
    hash: str
    saved: Any
    at: datetime
    attempt: int


@dataclass(frozen=True, slots=True)
class CodeHistory:
    """What a function is run again on: its input, and all that it asked and was told. The values are the state's own.

    `at` is when it began.
    """

    at: datetime
    inputs: dict[str, Any]
    asked: tuple[Asked, ...]
    told: tuple[Told, ...]


def next_move(state: RunState, number: int) -> NextMove | None:
    """Return what the code of the frame with this number is to do; None: nothing, it waits or is gone."""
    frame = state.thinking.get(number)
    if frame is None or frame.code is None:
        return None
    code = frame.code
    told: Told | None = None
    done: Any = None
    if code.undo is not None:
        done = _waiting(state, frame, code.undo)[1]
        told = Told(code.undo, state.at, None, done.value)
    elif code.moves:
        told = code.told[code.moves - code.answers - 1]
        done = frame.active.get(told.request)
    return NextMove(
        frame=number,
        cell=frame.cell.name,
        python=frame.cell.python,
        place=frame_path(frame),
        move=code.moves,
        told=told,
        undoable=done.source.input if isinstance(done, Done) and isinstance(done.source, Call) else None,
        undo=code.undo is not None,
        hash=code.hash,
        saved=code.saved,
        at=from_micros(code.at if told is None else told.at),
        attempt=code.attempt,
    )


def code_history(state: RunState, number: int) -> CodeHistory:
    """Return the history of a frame whose code is to move. Raises KeyError."""
    frame = state.thinking[number]
    code = frame.code
    assert code is not None  # noqa: S101 -- for the type checker: only code thinks
    return CodeHistory(from_micros(code.at), frame.slots[0], tuple(code.asked), tuple(code.told))


def digest(inputs: bytes) -> str:
    """Return what tells the stored inputs of one request from those of another."""
    return sha256(inputs).hexdigest()[:32]


# --- the fold --------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class PythonFrames(Unwinder):
    """Moves code. The end of a frame is the flight's business."""

    def tell(self, frame: Frame, code: Code, source: Call | int, error: str | None, value: Any) -> None:
        """Let code have what a request came to, as its next move."""
        request = source.item if isinstance(source, Call) else source
        code.told.append(Told(request, self.at, error, value))
        code.answers += 1
        if isinstance(source, Call) and source.undoable:
            code.orders[request] = self.state.next_undo
            self.state.next_undo += 1
            frame.active[request] = Done(source, value, [])
        else:
            frame.active.pop(request, None)
        if not frame.faults:
            self.think(frame)

    def code_moved(self, event: CodeMoved) -> None:
        """Make the requests of a move."""
        frame, code, node = _parts(self.state, event.frame)
        move = self._count_move(frame, code, event.code)
        if event.keeps:
            code.saved = decode(bytes(event.state))
        if event.machine:
            code.asked.clear()
            code.told.clear()
        for request in event.requests:
            number, raw = code.requests, bytes(request.input)
            code.requests += 1
            code.asked.append(
                Asked(request.effect, digest(raw), raw[:SHOWN].decode(errors="replace"), request.undoable, move)
            )
            path = member_path(frame.path, PLACE, 0, number)
            call = self.open_effect(frame, node, 0, number, request.effect, decode(raw), path)
            call.undoable = request.undoable and not frame.undoing
            frame.active[number] = call

    def _count_move(self, frame: Frame, code: Code, hash_: str) -> int:
        code.moves += 1
        code.hash = code.hash or hash_
        if code.moves > code.answers:
            self.state.thinking.pop(frame.number)
        else:
            self.think(frame)
        return code.moves - 1

    def undo_taken(self, event: UndoTaken) -> None:
        """Keep how a request is undone, or let an unwinding that has waited for it go on."""
        frame, code, _ = _parts(self.state, event.frame)
        order = code.orders.pop(event.request)
        if frame.open:
            done_ = frame.active.pop(event.request)
            frame.undos += self._undo_of(done_, order, event)
            return
        unwinding, done_ = _waiting(self.state, frame, event.request)
        unwinding.done.remove(done_)
        unwinding.undos += self._undo_of(done_, order, event)
        unwinding.undos.sort(key=lambda undo: undo.order)
        code.undo = None
        del self.state.thinking[frame.number]
        self.work.append(unwinding)

    def _undo_of(self, done_: Any, order: int, event: UndoTaken) -> list[Undo]:
        if event.effect is None:
            return []
        call = done_.source
        path = member_path(call.frame.path, PLACE, 0, call.item)
        plan = call.node.undos[event.effect]
        return [Undo(order, plan, decode(bytes(event.input)), call.frame, call.node, 0, call.item, path)]

    def code_faulted(self, event: CodeFaulted) -> None:
        """Let a frame stand, or the unwinding that has asked its code for an undo."""
        frame, code, _ = _parts(self.state, event.frame)
        fault = FaultAt(event.reason, self.at, -1)
        self.state.faulted += 1
        if frame.open:
            frame.faults[0] = fault
        elif code.undo is not None:
            unwinding, _ = _waiting(self.state, frame, code.undo)
            unwinding.fault, code.undo = fault, None
        self.stop_code(frame)

    def begin_again(self, frame: Frame, code: Code) -> None:
        """Let code that stands have another attempt."""
        code.attempt += 1
        self.think(frame)


def _parts(state: RunState, number: int) -> tuple[Frame, Code, CodeNode]:
    frame = state.thinking[number]
    node = frame.cell.nodes[0]
    assert frame.code is not None  # noqa: S101 -- for the type checker: only code thinks
    assert isinstance(node, CodeNode)  # noqa: S101 -- as above
    return frame, frame.code, node


def _waiting(state: RunState, frame: Frame, request: int) -> tuple[Unwinding, Done]:
    """Return the unwinding that waits for an undo, and the request that is done."""
    return next(
        (unwinding, found)
        for unwinding in state.unwindings
        for found in unwinding.done
        if isinstance(found.source, Call) and found.source.frame is frame and found.source.item == request
    )
