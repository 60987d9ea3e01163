"""How a topology goes on: every place whose waits are over starts; the cell ends when all are settled.

Places that only evaluate go first, guards (`raise ... when`) among them, so that no call starts which a guard that is
ready as well would have prevented.
"""

from collections import deque

from cellc.language.faults import Fault, Invalid
from cellc.runtime.core.flight import Flight
from cellc.runtime.core.places import place_path
from cellc.runtime.core.plan import AnyNode, BindNode, CallNode, EachNode, ForkNode, RaiseNode, ReturnNode
from cellc.runtime.core.state import Failure, Frame


def walk(flight: Flight, frame: Frame) -> None:
    """Start what can start, and end the frame when nothing is left."""
    nodes, calls = frame.cell.nodes, deque[AnyNode]()
    while frame.open and (frame.startable or calls):
        for index in frame.startable:  # grows as places settle
            if isinstance(nodes[index], CallNode | EachNode | ForkNode):
                calls.append(nodes[index])
            elif frame.open:
                _start(flight, frame, nodes[index])
        frame.startable.clear()
        if calls and frame.open:
            _start(flight, frame, calls.popleft())
    result = frame.cell.result
    if frame.open and result not in frame.faults and len(frame.settled) + (result is not None) == len(nodes):
        _end(flight, frame, None if result is None else nodes[result])


def _start(flight: Flight, frame: Frame, node: AnyNode) -> None:
    try:
        flight.visit()
        if node.when is not None and not node.when(frame.slots):
            flight.settle(frame, node, skipped=True)
        else:
            _run(flight, frame, node)
    except Fault as fault:
        flight.fault(frame, node.index, fault.reason)
    except Invalid as problem:
        flight.invalid(frame, node, problem)


def _run(flight: Flight, frame: Frame, node: AnyNode) -> None:
    match node:
        case BindNode(target=target, value=value):
            result = value(frame.slots)
            if target is not None:
                frame.slots[target] = result
            flight.settle(frame, node, skipped=False)
        case EachNode():
            flight.start_each(frame, node)
        case ForkNode():
            flight.open_fork(frame, node)
        case CallNode():
            flight.open_call(frame, node)
        case RaiseNode(error=error, fields=fields):
            failure = Failure(error, fields(frame.slots), None, place_path(frame, node))
            flight.fail(frame, node, -1, failure)
        case _:
            raise TypeError(f"{type(node).__name__} cannot stand in a topology")


def _end(flight: Flight, frame: Frame, node: AnyNode | None) -> None:
    if not isinstance(node, ReturnNode):
        flight.finish(frame, None)
        return
    try:
        flight.visit()
        value = node.value(frame.slots)
    except Fault as fault:
        flight.fault(frame, node.index, fault.reason)
    except Invalid as problem:
        flight.invalid(frame, node, problem)
    else:
        flight.finish(frame, value)
