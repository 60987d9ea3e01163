"""What it means that Python code has moved, ended, failed or said an undo: an event, unless it is out of date."""

from collections.abc import Iterator

from cellc.language.faults import Fault
from cellc.runtime.core.advance import stored
from cellc.runtime.core.events import CodeEnded, CodeFaulted, CodeMoved, Event, Requested, UndoTaken
from cellc.runtime.core.inputs import CodeDone, CodeFailed, CodeRequest, Moved, UndoSaid
from cellc.runtime.core.opening import timer_due
from cellc.runtime.core.plan import CodeNode, Plan
from cellc.runtime.core.state import Frame, RunState
from cellc.runtime.core.waiting import wanted


def moved(plan: Plan, state: RunState, given: Moved, at: int) -> Iterator[Event]:
    """Record a move, unless one of its requests cannot be made."""
    frame = _moving(state, given.frame, given.move)
    if frame is None:
        return
    problem = next(filter(None, (_problem(plan, frame, request) for request in given.requests)), None)
    if problem is not None:
        yield CodeFaulted(at, given.frame, problem)
        return
    requests = tuple(Requested(r.effect, stored(dict(r.input)), r.undoable) for r in given.requests)
    first = _first(frame, given.code)
    yield CodeMoved(at, given.frame, requests, (), stored(given.state), given.keeps, given.machine, first)


def done(_plan: Plan, state: RunState, given: CodeDone, at: int) -> Iterator[Event]:
    """Record the end of a frame's code."""
    frame = _moving(state, given.frame, given.move)
    if frame is not None:
        yield CodeEnded(at, given.frame, stored(given.value), (), given.error, _first(frame, given.code))


def failed(_plan: Plan, state: RunState, given: CodeFailed, at: int) -> Iterator[Event]:
    """Record that a frame's code stands."""
    frame = state.thinking.get(given.frame)
    if frame is not None and frame.code is not None and frame.code.moves == given.move:
        yield CodeFaulted(at, given.frame, given.reason)


def undo_said(plan: Plan, state: RunState, given: UndoSaid, at: int) -> Iterator[Event]:
    """Record how a request is undone."""
    frame = state.thinking.get(given.frame)
    if frame is None or frame.code is None or given.request not in frame.code.orders:
        return
    problem = None if given.effect is None else _problem(plan, frame, CodeRequest(given.effect, given.input))
    if problem is not None:
        yield CodeFaulted(at, given.frame, problem)
    else:
        yield UndoTaken(at, given.frame, given.request, given.effect, stored(dict(given.input)))


def _moving(state: RunState, number: int, move: int) -> Frame | None:
    frame = state.thinking.get(number)
    if frame is None or frame.code is None or frame.code.moves != move or not frame.open:
        return None
    return frame


def _first(frame: Frame, code: str) -> str:
    return code if frame.code is not None and not frame.code.hash else ""


def _problem(plan: Plan, frame: Frame, request: CodeRequest) -> str | None:
    """Say why a request cannot be made: its key, or what it waits for, cannot be evaluated."""
    node, effect = frame.cell.nodes[0], plan.effects.get(request.effect)
    if effect is None or not isinstance(node, CodeNode) or request.effect not in node.undos:
        return f"{frame.cell.name} does not declare the effect {request.effect}"
    inputs = dict(request.input)
    try:
        if effect.key is not None:
            effect.key(inputs)
        if effect.contract.wait == "event":
            wanted(effect, inputs)
        elif effect.contract.wait == "timer":
            timer_due(0, inputs)
    except Fault as fault:
        return f"the request {request.effect}: {fault.reason}"
    return None
