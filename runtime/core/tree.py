"""The tree of what is open in a run: cells in cells, loops with their rounds, `try` bodies, branches, undos.

Read from the state, never stored. Finished frames are not remembered: a script shows where it stands, a topology all of
its places.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from cellc.runtime.core.events import from_micros
from cellc.runtime.core.opening import WHOLE
from cellc.runtime.core.places import frame_path
from cellc.runtime.core.plan import (
    AnyNode,
    CallNode,
    EachNode,
    GroupNode,
    LoopNode,
    Node,
    PassNode,
    WhileNode,
    member_of,
)
from cellc.runtime.core.state import (
    Call,
    CancelRun,
    Done,
    Fail,
    Finish,
    Frame,
    Group,
    Handle,
    InFlight,
    Phase,
    Role,
    RunState,
    Then,
    TimeOut,
    Unwinding,
)

WORDS = {
    Phase.READY: "running",
    Phase.RETRY: "retrying",
    Phase.TIMER: "timer",
    Phase.STALLED: "stalled",
    Phase.EVENT: "event",
    Phase.TASK: "task",
    Phase.PROBED: "probing",
}
"""How a call stands, in one word."""


@dataclass(frozen=True, slots=True)
class Branch:
    """A line of the tree.

    `kind`: cell, effect, par, race, quorum, for, while, until, try, undo (of the place `name`), or place (one that only
    evaluates). `state`: waiting, running, retrying, probing, timer, event, task, stalled, fault, undoing, done or
    skipped. `done` of `total` members of a group; of a loop, the round that it is in, and of how many (0: nobody
    knows). `detail` says what follows an undoing. `until` is the deadline.
    """

    name: str
    state: str
    kind: str
    callee: str = ""
    done: int = 0
    total: int = 0
    detail: str = ""
    until: datetime | None = None
    inside: tuple["Branch", ...] = ()


def tree(state: RunState) -> Branch | None:
    """Return the tree of what is open; None before the start and after the end."""
    root = state.root
    if root is None or state.outcome is not None:
        return None
    return _inside(root, root, frame_path(root), "cell", root.cell.name)


def _frame(frame: Frame, name: str) -> Branch:
    if frame.code is not None:
        return _code(frame, name)
    if frame.cell.is_topology:
        shown = (n for n in frame.cell.nodes if not isinstance(n, PassNode) and n.index != frame.cell.result)
        inside = tuple(_place(frame, node) for node in shown)
    else:
        inside = tuple(_scoped(frame, frame.cell.nodes[index]) for index in _current(frame))
    return Branch(name, together(inside), "cell", frame.cell.name, inside=inside)


def _code(frame: Frame, name: str) -> Branch:
    """Return the requests that code waits for. One that is done waits for the code to say how it is undone."""
    waits = [(number, found) for number, found in sorted(frame.active.items()) if not isinstance(found, Done)]
    inside = tuple(
        _inside(frame, found, f"[{number}]", "effect", found.effect if isinstance(found, Call) else "")
        for number, found in waits
    )
    return Branch(name, "fault" if frame.faults else together(inside), "cell", frame.cell.name, inside=inside)


def _current(frame: Frame) -> Iterator[int]:
    """Return where a script stands: what is in flight, and where it faulted."""
    yield from frame.active
    yield from (node for node in frame.faults if node not in frame.active)


def _scoped(frame: Frame, node: AnyNode) -> Branch:
    """Return a place of a script inside the loops and `try` bodies that it stands in."""
    branch = _place(frame, node)
    named = {each.name: each for each in frame.cell.nodes}
    for scope in reversed(node.scope):
        branch = _scope(frame, named.get(scope), branch)
    return branch


def _scope(frame: Frame, node: Node | None, branch: Branch) -> Branch:
    inside = (branch,)
    if not isinstance(node, LoopNode | WhileNode):
        return Branch("try", branch.state, "try", inside=inside)
    found = frame.rounds.get(node.index)
    done, total = (0, 0) if found is None else (found.next, len(found.items))
    if isinstance(node, LoopNode):
        return Branch(f"for {', '.join(node.variables)}", branch.state, "for", done=done, total=total, inside=inside)
    kind = "until" if "/" in frame.cell.name else "while"
    return Branch(kind, branch.state, kind, done=done, inside=inside)


def _place(frame: Frame, node: AnyNode) -> Branch:
    kind, callee = _what(node)
    if node.index in frame.settled:
        return Branch(node.name, "skipped" if frame.settled[node.index] else "done", kind, callee)
    if node.index in frame.faults:
        return Branch(node.name, "fault", kind, callee)
    inside = frame.active.get(node.index)
    if inside is None:
        return Branch(node.name, "waiting", kind, callee)
    return _timed(frame, node, WHOLE, _inside(frame, inside, node.name, kind, callee))


def _timed(frame: Frame, node: Node, item: int, branch: Branch) -> Branch:
    deadline = frame.deadlines.get((node.index, item))
    return branch if deadline is None or deadline.due is None else replace(branch, until=from_micros(deadline.due))


def _what(node: Node) -> tuple[str, str]:
    """Return the kind of a place, and whom it calls."""
    match node:
        case GroupNode(mode=mode):
            return mode, node.call.callee if isinstance(node, EachNode) else ""
        case CallNode(call=call):
            return "cell" if call.cell else "effect", call.callee
        case _:
            return "place", ""


def _inside(frame: Frame, inside: InFlight, name: str, kind: str, callee: str) -> Branch:
    match inside:
        case Frame(exit=Unwinding() as unwinding):
            return _unwinding(unwinding, name, kind, callee)
        case Frame() as child:
            return _frame(child, name)
        case Call() as call:
            return Branch(name, WORDS[call.phase], kind, callee)
        case Group() as group:
            return _group(frame, group, name, kind, callee)
        case Unwinding() as unwinding:
            return _unwinding(unwinding, name, kind, callee)
        case Done():
            return Branch(name, "fault", kind, callee)
        case _:
            assert_never(inside)


def _group(frame: Frame, group: Group, name: str, kind: str, callee: str) -> Branch:
    inside = tuple(_member(frame, group, index, member) for index, member in sorted(group.members.items()))
    return Branch(name, together(inside), kind, callee, len(group.order), len(group.items), inside=inside)


def _member(frame: Frame, group: Group, index: int, inside: InFlight) -> Branch:
    member = member_of(group.node, index)
    kind = "cell" if member.cell else "effect"
    return _timed(frame, group.node, index, _inside(frame, inside, f"[{member.name or index}]", kind, member.callee))


def _unwinding(unwinding: Unwinding, name: str, kind: str, callee: str) -> Branch:
    inside = tuple(_awaited(unwinding.frame, awaited) for awaited in unwinding.awaited)
    state = "fault" if unwinding.fault else "undoing"
    left = len(unwinding.undos) + len(unwinding.done)
    more = f"{left} more to undo, then " if left else ""
    return Branch(name, state, kind, callee, detail=f"{more}{_then(unwinding.then)}", inside=inside)


def _awaited(frame: Frame, awaited: Call | Frame) -> Branch:
    """Return a call whose outcome is awaited, or what undoes one."""
    name = "" if awaited.node is None else awaited.node.name
    undoes = isinstance(awaited, Frame) or awaited.role is Role.UNDO
    callee = awaited.cell.name if isinstance(awaited, Frame) else awaited.effect
    found = _inside(frame, awaited, name, "effect", callee)
    return replace(found, kind="undo", callee=callee) if undoes else found


def _then(then: Then) -> str:
    """Return what follows an unwinding."""
    match then:
        case Handle(failure=failure):
            return f"{failure.error} is handled"
        case Fail(failure) | TimeOut(failure=failure):
            return failure.error
        case Finish():
            return "it goes on"
        case CancelRun():
            return "the run is cancelled"
        case _:
            assert_never(then)


def together(inside: tuple[Branch, ...]) -> str:
    """Return the state of a whole: the first of these that one of its parts has."""
    states = {branch.state for branch in inside}
    order = ("running", "probing", "retrying", "task", "event", "timer", "undoing", "fault", "stalled")
    return next((state for state in order if state in states), "running")
