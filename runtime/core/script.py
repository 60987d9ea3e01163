"""How a `do` cell walks: one place after another, until a call is in flight or the cell ends."""

from collections.abc import Callable, Mapping
from typing import Any

from cellc.language.faults import Fault, Invalid
from cellc.runtime.core.flight import Flight
from cellc.runtime.core.places import place_path
from cellc.runtime.core.plan import (
    BindNode,
    CallNode,
    ChooseNode,
    CommitNode,
    EachNode,
    ForkNode,
    LoopNode,
    MatchNode,
    PassNode,
    RaiseNode,
    ReturnNode,
    WhileNode,
)
from cellc.runtime.core.state import Failure, Frame, Round

_STOP = -1
"""Control does not go on by itself from here."""


def walk(flight: Flight, frame: Frame) -> None:
    """Go on from the frame's position as far as possible."""
    nodes = frame.cell.nodes
    while frame.position != _STOP:
        node = nodes[frame.position]
        try:
            flight.visit()
            target = _STEPS[type(node)](flight, frame, node)
        except Fault as fault:
            flight.fault(frame, node.index, fault.reason)
            frame.position = _STOP
            return
        except Invalid as problem:
            frame.position = _STOP
            flight.invalid(frame, node, problem)
            return
        if target == _STOP:
            return
        flight.go_to(frame, node, target)


def _pass(_flight: Flight, _frame: Frame, node: PassNode) -> int:
    return node.after[0]


def _bind(_flight: Flight, frame: Frame, node: BindNode) -> int:
    value = node.value(frame.slots)
    if node.target is not None:
        frame.slots[node.target] = value
    return node.after[0]


def _choose(_flight: Flight, frame: Frame, node: ChooseNode) -> int:
    return node.then if node.test(frame.slots) else node.other


def _loop(_flight: Flight, frame: Frame, node: LoopNode) -> int:
    current = frame.rounds.get(node.index) if frame.came_from in node.inside else None
    if current is None:
        current = frame.rounds[node.index] = Round(list(node.items(frame.slots)))
    if current.next == len(current.items):
        del frame.rounds[node.index]
        return node.other
    node.bind(frame.slots, current.items[current.next])
    current.next += 1
    return node.body


def _while(_flight: Flight, frame: Frame, node: WhileNode) -> int:
    current = frame.rounds.get(node.index) if frame.came_from in node.inside else None
    if not node.test(frame.slots):
        frame.rounds.pop(node.index, None)
        return node.other
    if current is None:
        current = frame.rounds[node.index] = Round([])
    current.next += 1
    return node.body


def _match(_flight: Flight, frame: Frame, node: MatchNode) -> int:
    value = node.value(frame.slots)
    for takes, target in node.cases:
        if takes(value):
            return target
    raise Fault("no case of the `match` takes the value")


def _commit(_flight: Flight, frame: Frame, node: CommitNode) -> int:
    frame.undos = []
    return node.after[0]


def _call(flight: Flight, frame: Frame, node: CallNode) -> int:
    flight.open_call(frame, node)
    frame.position = _STOP
    return _STOP


def _each(flight: Flight, frame: Frame, node: EachNode) -> int:
    frame.position = _STOP  # an empty fan-out is done at once, and moves it on
    flight.start_each(frame, node)
    return _STOP


def _fork(flight: Flight, frame: Frame, node: ForkNode) -> int:
    flight.open_fork(frame, node)
    frame.position = _STOP
    return _STOP


def _raise(flight: Flight, frame: Frame, node: RaiseNode) -> int:
    fields = node.fields(frame.slots)
    frame.position = _STOP
    flight.fail(frame, node, -1, Failure(node.error, fields, None, place_path(frame, node)))
    return _STOP


def _return(flight: Flight, frame: Frame, node: ReturnNode) -> int:
    value = node.value(frame.slots)
    frame.position = _STOP
    flight.finish(frame, value)
    return _STOP


_STEPS: Mapping[type, Callable[[Flight, Frame, Any], int]] = {
    PassNode: _pass,
    BindNode: _bind,
    ChooseNode: _choose,
    LoopNode: _loop,
    WhileNode: _while,
    MatchNode: _match,
    CommitNode: _commit,
    ForkNode: _fork,
    CallNode: _call,
    EachNode: _each,
    RaiseNode: _raise,
    ReturnNode: _return,
}
