"""Moving a run to another version of its program: where it stands in OLD's plan, said in the parts of NEW's.

What was proved of the two graphs (`language/moving.py`) is applied to one run, and what depends on that run is checked
here on what it has: the values that NEW still needs, in which states the nodes of a topology are, whether anything is
being undone. A run goes as a whole, or it stays as it is, for a reason. Its calls in flight keep their numbers and
keys, its timers their due times, its tasks their forms.

Known weaknesses: a run that undoes stays until that is over, and one with a cell in Python stays on its version.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn, Protocol

from cellc.language.expr import compile_expression
from cellc.language.faults import Fault, Invalid
from cellc.language.graph import AnyPlace, Program
from cellc.language.moving import CellMove, Moving, NodeState, PlaceMove, Verdict
from cellc.language.type_codec import from_data
from cellc.language.types import Record, Type, TypeTable, resolve
from cellc.language.values import fits
from cellc.runtime.core.advance import open_frames
from cellc.runtime.core.keys import member_path
from cellc.runtime.core.opening import WHOLE, timer_due
from cellc.runtime.core.places import frame_path, place_path
from cellc.runtime.core.plan import (
    Calling,
    CallNode,
    CellPlan,
    ForkNode,
    LoopNode,
    Node,
    Plan,
    UndoPlan,
    WhileNode,
    member_of,
)
from cellc.runtime.core.snapshot import NoPart, Snapshots, undos_of
from cellc.runtime.core.state import Call, Done, Frame, Group, Moved, Phase, RunState, Undo


class Version(Protocol):
    """A version of a program, made ready to run."""

    @property
    def program(self) -> Program:
        """Its graphs."""
        ...

    @property
    def plan(self) -> Plan:
        """What its runs are walked by."""
        ...

    @property
    def types(self) -> TypeTable:
        """Its declared types."""
        ...

    @property
    def snapshots(self) -> Snapshots:
        """Of its runs."""
        ...


class Stays(Exception):  # noqa: N818 -- an answer, not a bug
    """A run stays on its version: it stands at `place` of `cell` (for people: `path`), from where it does not go on.

    `place` is "" where the whole cell is the reason. `verdict` says what it would take, and is never "carry".
    `passing`: it is only for now that it stays.
    """

    def __init__(
        self, cell: str, place: str, verdict: Verdict, reason: str, path: str, *, passing: bool = False
    ) -> None:
        super().__init__(f"{path}: {reason}")
        self.cell = cell
        self.place = place
        self.verdict = verdict
        self.reason = reason
        self.path = path
        self.passing = passing


@dataclass(frozen=True, slots=True)
class Who:
    """Who has a run moved, why, and when (microseconds since 1970)."""

    by: str
    reason: str
    at: int


@dataclass(frozen=True, slots=True)
class _Cell:
    """A cell in both versions: `to` are the places of NEW by the indexes of OLD's."""

    move: CellMove
    old: CellPlan
    new: CellPlan
    old_places: list[AnyPlace]
    new_places: list[AnyPlace]
    to: Mapping[int, Node]


class Mover:
    """Moves runs from one version to another."""

    def __init__(self, old: Version, new: Version, moving: Moving) -> None:
        self._old = old
        self._new = new
        self._cells = {name: cell for name in old.plan.cells if (cell := self._cell(moving.cells.get(name), name))}
        self._reasons = {name: move.reason for name, move in moving.cells.items()}
        self._parts = [*self._counterparts()]

    def _cell(self, move: CellMove | None, name: str) -> _Cell | None:
        if move is None or move.to is None:
            return None
        old, new = self._old.plan.cells[name], self._new.plan.cells[move.to]
        graphs = self._old.program.cells[name], self._new.program.cells[move.to]
        named = {node.name: node for node in new.nodes}
        places = ((node, move.places.get(node.name)) for node in old.nodes)
        to = {node.index: named[place.to] for node, place in places if place is not None and place.to in named}
        return _Cell(move, old, new, graphs[0].nodes, graphs[1].nodes, to)

    def _counterparts(self) -> Iterator[Node | CellPlan | UndoPlan | None]:
        """Yield what the parts of OLD's plan are in NEW's, in the order of `Snapshots.parts`."""
        for name in sorted(self._old.plan.cells):
            cell = self._cells.get(name)
            yield None if cell is None else cell.new
            for node in self._old.plan.cells[name].nodes:
                other = None if cell is None else cell.to.get(node.index)
                yield other
                there = {} if other is None else _undos(other)
                yield from (there.get(name) for name, undo in _undos(node).items() if undo is not None)

    # --- a run --------------------------------------------------------------------------------------------------------

    def carry(self, state: RunState, who: Who) -> RunState:
        """Return where a run that has not ended stands in NEW. `state` is left as it is. Raises Stays."""
        root = state.root
        if root is None or not state.started or state.divergence is not None:
            _stay(root, "refused", "what the log has of it is not what its own version does")
        if state.unwindings:
            frame, reason = state.unwindings[0].frame, "it is being undone there; it can be moved when that is over"
            raise Stays(frame.cell.name, "", "pin", reason, frame_path(frame), passing=True)
        bound = {frame.number: self._bound(frame) for frame in open_frames(state)}
        copies = self._copies(state)
        frames = sorted(
            ((old, new) for old, new in copies if isinstance(old, Frame)), key=lambda pair: int(pair[0].number)
        )
        for old, new in frames:  # a frame's caller comes before it
            self._move(self._cells[old.cell.name], old, new, bound.get(old.number, {}))
        for before, undo in copies:
            if isinstance(undo, Undo):
                undo.item = _same_item(before.node, undo.node, before.item)
                undo.path = _path(undo.frame, undo.node, undo.occurrence, undo.item)
        for old, new in frames:
            self._begin_again(old, new, who.at)
        moved: RunState = copies[0][1]
        moved.generation += 1
        moved.moved = Moved(self._old.plan.graph, who.at, who.by, who.reason)
        return moved

    def _copies(self, state: RunState) -> list[tuple[Any, Any]]:
        try:
            return self._old.snapshots.copy(state, self._parts)
        except NoPart as missing:
            match missing.part:
                case UndoPlan(shown=shown):
                    what = f"what it has done may have to be undone by `{shown}`, and is not undone so any more"
                case CellPlan(name=name):
                    reason = self._reasons.get(name, "there is no cell of this name any more")
                    what = f"the cell `{name}` has been in it, and what it did may have to be undone: {reason}"
                case _:
                    what = f"`{missing.part.name}` may have to be undone, and has no place any more"
            _stay(state.root, "refused", what)

    def _bound(self, frame: Frame) -> dict[int, Any]:
        """Return what the slots of an open frame in NEW are to hold. Raises Stays."""
        cell = self._cells.get(frame.cell.name)
        if cell is None:
            reason = self._reasons.get(frame.cell.name, "there is no cell of this name any more")
            _stay(frame, "refused", reason)
        if frame.cell.is_topology:
            return self._topology(cell, frame)
        return self._script(cell, frame)

    def _check(self, frame: Frame, node: Node | None, name: str, value: Any, type_: Type) -> None:
        """Raise Stays where a value that NEW needs does not fit there. It may be a secret, and is not shown."""
        problems = fits(value, type_, self._new.types)
        if problems:
            part = f"{name}.{problems[0].path}" if problems[0].path else name
            _stay(frame, "default", f"what it has as `{part}` does not fit here any more: {problems[0].expected}", node)

    def _given(self, cell: _Cell, frame: Frame, node: Node | None, name: str, ir: Any) -> Any:
        try:
            return compile_expression(ir, cell.old.slots, self._new.types)(frame.slots)
        except (Fault, Invalid) as problem:
            _stay(frame, "default", f"`{name}` cannot be worked out: {problem}", node)

    # --- scripts ------------------------------------------------------------------------------------------------------

    def _script(self, cell: _Cell, frame: Frame) -> dict[int, Any]:
        bound: dict[int, Any] = {}
        for index in [*frame.active, *(index for index in frame.faults if index not in frame.active)]:
            node, place = cell.old.nodes[index], cell.move.places[cell.old.nodes[index].name]
            if place.verdict not in ("carry", "default"):
                _stay(frame, place.verdict, place.reason, node)
            _check_inside(frame, node)
            fault = frame.faults.get(index)
            if fault is not None and isinstance(node, LoopNode | WhileNode) and fault.came_from not in cell.to:
                _stay(frame, "pin", "its next round cannot be told from a first one here", node)
            bound |= self._needed(cell, frame, node, place)
        return bound

    def _needed(self, cell: _Cell, frame: Frame, node: Node, place: PlaceMove) -> dict[int, Any]:
        """Return the bindings that are live from the place on. Raises Stays."""
        there, here = cell.old_places[node.index].types, cell.new_places[cell.to[node.index].index]
        found: dict[int, Any] = {}
        for name in here.live if place.needs is None else place.needs:
            if name in place.given:
                value = self._given(cell, frame, node, name, place.given[name])
            elif name in there and name in cell.old.slots:
                value = frame.slots[cell.old.slots[name]]
            else:
                _stay(frame, "default", f"`{name}` has no value there and is needed here", node)
            if name in here.types:
                self._check(frame, node, name, value, from_data(here.types[name]))
            found[cell.new.slots[name]] = value
        return found

    # --- topologies ---------------------------------------------------------------------------------------------------

    def _topology(self, cell: _Cell, frame: Frame) -> dict[int, Any]:
        states = {node.name: _state(frame, node) for node in cell.old.nodes}
        for node in cell.old.nodes:
            place = cell.move.places.get(node.name)
            if states[node.name] == "open" and place is not None:
                if place.verdict != "carry":
                    _stay(frame, place.verdict, place.reason, node)
                _check_inside(frame, node)
        for condition in cell.move.refused_if:
            if states.get(condition.place) in condition.states:
                node = next(node for node in cell.old.nodes if node.name == condition.place)
                _stay(frame, "pin", condition.reason, node)
        self._check_order(cell, frame)
        return {**self._inputs(cell, frame), **_settled(cell, frame)}

    def _check_order(self, cell: _Cell, frame: Frame) -> None:
        """Raise Stays where a node has begun that one comes before in NEW which has not ended."""
        back = {node.index: index for index, node in cell.to.items()}
        for source in cell.new.nodes:
            ended = back.get(source.index) in frame.settled
            for later in source.after:
                begun = back.get(later)
                if not ended and begun is not None and _state(frame, cell.old.nodes[begun]) != "waiting":
                    reason = f"`{source.name}` comes before it now, and has not ended"
                    _stay(frame, "pin", reason, cell.old.nodes[begun])

    def _inputs(self, cell: _Cell, frame: Frame) -> dict[int, Any]:
        declared = resolve(from_data(self._new.program.cells[cell.new.name].graph.input), self._new.types)
        before, found = dict(cell.old.inputs), {}
        for name, slot in cell.new.inputs:
            field_ = declared.get(name) if isinstance(declared, Record) else None
            if name in cell.move.given:
                value = self._given(cell, frame, None, name, cell.move.given[name])
            else:
                value = frame.slots[before[name]] if name in before else None
            if field_ is not None and not (value is None and field_.optional):
                self._check(frame, None, name, value, field_.type)
            found[slot] = value
        return found

    # --- frames -------------------------------------------------------------------------------------------------------

    def _move(self, cell: _Cell, old: Frame, new: Frame, bound: Mapping[int, Any]) -> None:
        """Say in NEW's terms what the copy of a frame has by the indexes and slots of OLD."""
        to = {index: node.index for index, node in cell.to.items()}
        if old.node is not None and new.node is not None:
            new.item = _same_item(old.node, new.node, old.item)
        new.path = cell.new.name if new.parent is None else _path(new.parent, new.node, new.occurrence, new.item)
        new.slots = [bound.get(slot) for slot in range(len(cell.new.slots))]
        new.active = {to[index]: inside for index, inside in new.active.items()}
        new.deadlines = {(to[index], item): call for (index, item), call in new.deadlines.items()}
        new.occurrences = {to[index]: times for index, times in new.occurrences.items() if index in to}
        new.rounds = {to[index]: round_ for index, round_ in new.rounds.items() if index in to}
        new.came_from = to.get(new.came_from, -1)
        for index in old.faults:
            fault = new.faults.pop(index)
            new.faults[to[index]] = type(fault)(fault.reason, fault.since, to.get(fault.came_from, -1))
        if cell.new.is_topology and new.open:
            new.settled = {to[index]: skipped for index, skipped in new.settled.items() if index in to}
            _wait(cell.new, new)

    def _begin_again(self, old: Frame, new: Frame, at: int) -> None:
        """Let what waits anew begin now, as NEW says: timers, deadlines, and what is tried again. Raises Stays."""
        cell = self._cells[old.cell.name]
        for index in old.active:
            node, other = cell.old.nodes[index], cell.to.get(index)
            if cell.move.places[node.name].wait == "keep" or not isinstance(other, CallNode):
                continue
            try:
                call, within = new.active[other.index], other.call.within
                if isinstance(call, Call) and call.phase is Phase.TIMER:
                    call.input = other.call.arguments(new.slots)
                    call.since, call.due = at, timer_due(at, call.input)
                elif isinstance(call, Call) and call.phase is Phase.RETRY:
                    call.due = at
                deadline = new.deadlines.get((other.index, WHOLE))
                if deadline is not None and within is not None:
                    deadline.since, deadline.due = at, timer_due(at, {"for": within(new.slots)})
            except (Fault, Invalid) as problem:
                _stay(old, "pin", f"how long it is to wait cannot be worked out: {problem}", node)


def _undos(node: Node) -> dict[str | int, UndoPlan | None]:
    """Return how a place is undone, its parts by what they are called: branches by their names."""
    names = [branch.name for branch in node.branches] if isinstance(node, ForkNode) else []
    found = undos_of(node)
    return {(names[number] if number < len(names) else number - len(names)): undo for number, undo in enumerate(found)}


def _same_item(old: Calling, new: Calling, item: int) -> int:
    """Return the number that an item of OLD's place has in NEW's: that of the branch of the same name."""
    if item < 0 or not isinstance(old, ForkNode) or not isinstance(new, ForkNode):
        return item
    name = old.branches[item].name
    return next((number for number, branch in enumerate(new.branches) if branch.name == name), -1)


def _wait(cell: CellPlan, frame: Frame) -> None:
    """Work out what the nodes of a topology still wait for, and which can start."""
    frame.waits = list(cell.waits)
    for settled in frame.settled:
        for later in cell.nodes[settled].after:
            frame.waits[later] -= 1
    begun = frame.settled.keys() | frame.active.keys() | frame.faults.keys()
    free = (node.index for node in cell.nodes if frame.waits[node.index] == 0 and node.index not in begun)
    frame.startable = [index for index in free if index != cell.result]


def _settled(cell: _Cell, frame: Frame) -> dict[int, Any]:
    """Return the values of the nodes that have ended."""
    found: dict[int, Any] = {}
    for index in frame.settled:
        node, other = cell.old.nodes[index], cell.to.get(index)
        if other is not None and other.target is not None and node.target is not None:
            found[other.target] = frame.slots[node.target]
    return found


def _state(frame: Frame, node: Node) -> NodeState:
    if node.index in frame.settled:
        return "skipped" if frame.settled[node.index] else "done"
    return "open" if node.index in frame.active or node.index in frame.faults else "waiting"


def _check_inside(frame: Frame, node: Node) -> None:
    """Raise Stays for a call that is done, and whose undo could not be worked out: its result is OLD's."""
    inside = frame.active.get(node.index)
    members = inside.members.values() if isinstance(inside, Group) else (inside,)
    if any(isinstance(member, Done) for member in members):
        _stay(frame, "pin", "it is done, and how it is undone could not be worked out", node)


def _path(frame: Frame, node: Any, occurrence: int, item: int) -> str:
    name = member_of(node, item).name if item >= 0 else ""
    return member_path(frame.path, node.name, occurrence, name or item)


def _stay(frame: Frame | None, verdict: Verdict, reason: str, node: Node | None = None) -> NoReturn:
    if frame is None:
        raise Stays("", "", verdict, reason, "")
    path = frame_path(frame) if node is None else place_path(frame, node)
    raise Stays(frame.cell.name, "" if node is None else node.name, verdict, reason, path)
