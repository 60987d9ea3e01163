"""What of a program its cases have reached: places, both ways of each branch, and each error of each call.

Nothing is hooked into the runtime: a case's events are folded once more, by a plan whose expressions note that they are
evaluated. A pass over the program's own structure says what there is to reach.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

from cellc.language import graph
from cellc.language.expr import compile_expression, names
from cellc.language.graph import AnyPlace, Program
from cellc.language.type_codec import from_data
from cellc.language.types import List, Record, Type, TypeTable, resolve
from cellc.runtime.core.events import decode
from cellc.runtime.core.plan import (
    AnyNode,
    BindNode,
    CallNode,
    CellPlan,
    ChooseNode,
    EachNode,
    ForkNode,
    Handler,
    LoopNode,
    MatchNode,
    Plan,
    RaiseNode,
    ReturnNode,
    WhileNode,
)
from cellc.runtime.core.prepare import prepare
from cellc.runtime.core.state import RunState
from cellc.runtime.core.step import fold_on
from cellc.testing.names import short
from cellc.testing.playing import Ended
from cellc.testing.reporting import Tested

REACHED = ""
"""The way of a point that is the place itself."""


@dataclass(frozen=True, slots=True, order=True)
class Point:
    """Something to reach: a way to go on (`way`) at a place (`node`) of a cell.

    Ways: REACHED; "skipped" for a `when`; "true" and "false" for a test; "items" and "no items" over a list;
    "case N"; "error NAME".
    """

    cell: str
    node: str
    way: str


class Coverage:
    """What the cases of one program reach. The cells of the module itself count; imported ones have their own tests."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.points = frozenset(_points(program))
        self._hits: set[Point] = set()

    def add(self, ended: Ended) -> None:
        """Count what a played case has reached."""
        world = ended.world
        plan = _noting(prepare(world.scripted.program), self._hits.add)
        for head in world.log.heads():
            fold_on(plan, RunState(head.id), [decode(row) for row in world.log.events(head.number)])

    @property
    def reached(self) -> frozenset[Point]:
        """What has been reached."""
        return self.points & self._hits

    @property
    def missed(self) -> Sequence[Point]:
        """What has not been reached, in the order of the source; of a place that was never reached only that."""
        left = self.points - self._hits
        told = [point for point in left if point.way == REACHED or replace(point, way=REACHED) not in left]
        return sorted(told, key=lambda point: (self.place(point) or ("", 0, 0, 0), point))

    def place(self, point: Point) -> graph.PlaceInFile | None:
        """Return where a point stands."""
        return self.program.spans.get(point.cell, {}).get(point.node)


def coverage(tested: Sequence[Tested]) -> list[Coverage]:
    """Return what these cases reach, for each program of theirs; crashes that were tried do not count."""
    found: dict[str, Coverage] = {}
    for each in tested:
        program = each.file.program
        if program is None:
            continue
        covered = found.setdefault(program.sha256, Coverage(program))
        for judged in each.judged:
            if judged.ended is not None:
                covered.add(judged.ended)
    return [*found.values()]


def share(coverages: Sequence[Coverage]) -> float:
    """Return how much is reached in all, in percent."""
    there = sum(len(coverage.points) for coverage in coverages)
    return 100.0 if there == 0 else 100.0 * sum(len(coverage.reached) for coverage in coverages) / there


def _points(program: Program) -> Iterator[Point]:
    for name, cell in program.cells.items():
        if name.startswith(f"{program.module}."):
            for place in cell.nodes:
                for way in _ways(program, place):
                    yield Point(name, place.id, way)


def _ways(program: Program, place: AnyPlace) -> Iterator[str]:
    if isinstance(place, graph.Start | graph.Join | graph.Commit):
        return
    yield REACHED
    if getattr(place, "when", None) is not None:
        yield "skipped"
    match place:
        case graph.Choose() | graph.While():
            yield from ("true", "false") if place.test != ["lit", True] else ("true",)
        case graph.Loop():
            yield from _with_or_without(program, place)
        case graph.Match():
            yield from (f"case {number}" for number in range(1, 1 + len(place.cases)))
        case graph.Each():
            yield from _with_or_without(program, place)
            if place.mode != "quorum":  # there an error is a failed vote
                yield from _errors(program, [place], [place.within, place.item_within])
        case graph.Fork():
            yield from _errors(program, place.branches, [place.within, *(branch.within for branch in place.branches)])
        case graph.Call():
            yield from _errors(program, [place], [place.within])
        case _:
            pass


def _with_or_without(program: Program, place: graph.Loop | graph.Each) -> Sequence[str]:
    """Return both ways of what goes over a list, but the one that cannot be: of one that is written out, or by type."""
    if not [*names(place.items)]:
        return ("items",) if len(compile_expression(place.items, {}, {})([])) else ("no items",)
    table = {name: from_data(data) for name, data in program.types.items()}
    bindings = {name: from_data(data) for name, data in place.types.items()}
    return ("items", "no items") if _may_be_empty(place.items, bindings, table) else ("items",)


def _may_be_empty(items: graph.Ir, bindings: TypeTable, table: TypeTable) -> bool:
    """Return whether a list may have no items, as far as the types of bindings and fields say."""
    match items:
        case ["call", "zip", [*parts], _]:
            return any(_may_be_empty(part, bindings, table) for part in parts)
        case ["call", "enumerate", [part, *_], _]:
            return _may_be_empty(part, bindings, table)
        case _:
            type_ = _type_of(items, bindings, table)
            return not isinstance(type_, List) or type_.low == 0


def _type_of(value: graph.Ir, bindings: TypeTable, table: TypeTable) -> Type | None:
    """Return the type of a binding, or of a field of one; None for any other expression."""
    match value:
        case ["var", name] if name in bindings:
            return resolve(bindings[name], table)
        case ["field", inner, name]:
            record = _type_of(inner, bindings, table)
            field = record.get(name) if isinstance(record, Record) else None
            return None if field is None or field.optional else resolve(field.type, table)
        case _:
            return None


def _errors(
    program: Program, calls: Sequence[graph.Call | graph.Each | graph.Branch], deadlines: Sequence[graph.Ir | None]
) -> Iterator[str]:
    found: dict[str, None] = {}
    for call in calls:
        callee = program.cells[call.callee].graph if call.cell else program.effects[call.callee]
        found.update(dict.fromkeys(callee.errors))
    if any(deadline is not None for deadline in deadlines):
        found["Timeout"] = None
    yield from (f"error {error}" for error in found)


def _noting(plan: Plan, note: Callable[[Point], None]) -> Plan:
    return replace(plan, cells={name: _noting_cell(cell, note) for name, cell in plan.cells.items()})


def _noting_cell(cell: CellPlan, note: Callable[[Point], None]) -> CellPlan:
    def at(node: AnyNode) -> Callable[[str], None]:
        return lambda way: note(Point(cell.name, node.name, way))

    return replace(cell, nodes=tuple(_noting_node(node, at(node)) for node in cell.nodes))


def _noting_node(node: AnyNode, note: Callable[[str], None]) -> AnyNode:
    """Return a node that notes what becomes of it."""
    errors = Handler(_Watched(note), -1, None)
    seen: AnyNode = replace(node, handlers=(errors, *node.handlers))
    if node.when is not None:
        seen = replace(seen, when=_told(node.when, lambda goes: None if goes else note("skipped")))
    changed: Mapping[str, Any] = _changed(node, note)
    return replace(seen, **changed)


def _changed(node: AnyNode, note: Callable[[str], None]) -> Mapping[str, Any]:
    def reach(_: Any) -> None:
        note(REACHED)

    def choose(holds: Any) -> None:
        note(REACHED)
        note("true" if holds else "false")

    def go_over(items: Any) -> None:
        note(REACHED)
        note("items" if len(items) else "no items")

    def taken(way: str) -> Callable[[Any], None]:
        return lambda takes: note(way) if takes else None

    match node:
        case BindNode() | ReturnNode():
            return {"value": _told(node.value, reach)}
        case ChooseNode() | WhileNode():
            return {"test": _told(node.test, choose)}
        case LoopNode() | EachNode():
            return {"items": _told(node.items, go_over)}
        case MatchNode():
            cases = tuple(
                (_told(takes, taken(f"case {number}")), target) for number, (takes, target) in enumerate(node.cases, 1)
            )
            return {"value": _told(node.value, reach), "cases": cases}
        case RaiseNode():
            return {"fields": _told(node.fields, reach)}
        case CallNode():
            return {"call": replace(node.call, arguments=_told(node.call.arguments, reach))}
        case ForkNode():
            return {"branches": tuple(replace(b, arguments=_told(b.arguments, reach)) for b in node.branches)}
        case _:
            return {}


def _told(function: Callable[[Any], Any], tell: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def noting(given: Any) -> Any:
        result = function(given)
        tell(result)
        return result

    return noting


class _Watched(frozenset[str]):
    """The errors of a handler that takes none, and notes each that it is asked for."""

    _note: Callable[[str], None]

    def __new__(cls, note: Callable[[str], None]) -> Self:
        """Return one that tells `note`."""
        made = super().__new__(cls)
        made._note = note
        return made

    def __contains__(self, error: object) -> bool:
        self._note(f"error {error}")
        return False


def said(program: Program, point: Point) -> str:
    """Return a point that was missed in words."""
    name = f"`{point.node}`"
    kind, _, error = point.way.partition(" ")
    match point.way:
        case "":
            return f"{name} is never reached"
        case "skipped":
            return f"{name} is never skipped"
        case "true" | "false":
            return f"the test of {name} is never {point.way}"
        case "items" | "no items":
            return f"{name} never has {point.way}"
        case _ if kind == "case":
            return f"{point.way} of {name} is never taken"
        case _:
            return f"{name} never ends in `{short(program, error)}`"
