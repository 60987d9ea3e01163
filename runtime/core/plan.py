"""A program made ready to run: integer places, slots, closures. Built once per graph, shared by all of its runs.

A place keeps the index that it has in its cell's graph; the graph's canonical order makes that index as stable as the
graph's hash, so events name places by it. Bindings live in slots of a frame's list, comprehension variables included.
Nothing here changes after `prepare`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias, assert_never

from cellc.language import graph
from cellc.language.expr import Closure, binder, compile_expression, names
from cellc.language.faults import Fault
from cellc.language.graph import AnyPlace, CellGraph, Edge, Effect, Ir, Program
from cellc.language.type_codec import from_data
from cellc.language.types import Record, TypeTable, resolve

Fields: TypeAlias = Callable[[list[Any]], dict[str, Any]]
"""Evaluates arguments or fields by name, without the nulls that stand for absent optional ones."""


@dataclass(frozen=True, slots=True)
class Handler:
    """Where an error goes: the place, and the slot that gets the error."""

    errors: frozenset[str]
    target: int
    slot: int | None


@dataclass(frozen=True, slots=True)
class Node:
    """What all places have. `after` are a topology's places that wait for this one, or what follows in a `do`."""

    index: int
    name: str
    target: int | None
    when: Closure | None
    after: tuple[int, ...]
    handlers: tuple[Handler, ...]

    def handler(self, error: str) -> Handler | None:
        """Return the first handler of `error` at this place."""
        return next((handler for handler in self.handlers if error in handler.errors), None)


@dataclass(frozen=True, slots=True)
class PassNode(Node):
    """A place that does nothing: start, join."""


@dataclass(frozen=True, slots=True)
class BindNode(Node):
    """Evaluates a value."""

    value: Closure


@dataclass(frozen=True, slots=True)
class ChooseNode(Node):
    """Goes on at `then` or `other`."""

    test: Closure
    then: int
    other: int


@dataclass(frozen=True, slots=True)
class LoopNode(Node):
    """Binds the next item and goes on at `body`, or at `other`. Coming from a place of `inside` is another round."""

    items: Closure
    bind: Callable[[list[Any], Any], None]
    body: int
    other: int
    inside: frozenset[int]


@dataclass(frozen=True, slots=True)
class CallNode(Node):
    """Requests an effect or runs a cell."""

    callee: str
    shown: str
    cell: bool
    arguments: Fields


@dataclass(frozen=True, slots=True)
class EachNode(CallNode):
    """Does so for each item."""

    items: Closure
    bind: Callable[[list[Any], Any], None]
    where: Closure | None
    limit: Closure | None


@dataclass(frozen=True, slots=True)
class RaiseNode(Node):
    """Ends in an error."""

    error: str
    fields: Fields


@dataclass(frozen=True, slots=True)
class ReturnNode(Node):
    """Ends with a value."""

    value: Closure


AnyNode: TypeAlias = PassNode | BindNode | ChooseNode | LoopNode | CallNode | EachNode | RaiseNode | ReturnNode


@dataclass(frozen=True, slots=True)
class CellPlan:
    """A cell. `entry` is where a `do` begins.

    For a topology: `waits` counts, per place, what must settle first; `first` are the places that wait for nothing;
    `result` is its return place.
    """

    name: str
    nodes: tuple[AnyNode, ...]
    slots: Mapping[str, int]
    inputs: tuple[tuple[str, int], ...]
    is_topology: bool
    entry: int = -1
    waits: tuple[int, ...] = ()
    first: tuple[int, ...] = ()
    result: int | None = None


@dataclass(frozen=True, slots=True)
class EffectPlan:
    """An effect's contract, and its declared key as a function of its input."""

    contract: Effect
    key: Callable[[Mapping[str, Any]], Any] | None


@dataclass(frozen=True, slots=True)
class Plan:
    """A whole program."""

    graph: str
    main: str
    cells: Mapping[str, CellPlan]
    effects: Mapping[str, EffectPlan] = field(default_factory=dict)


def prepare(program: Program) -> Plan:
    """Return `program` ready to run."""
    types = {name: from_data(data) for name, data in program.types.items()}
    return Plan(
        graph=program.sha256,
        main=program.main,
        cells={name: _Builder(program, cell, types).build() for name, cell in program.cells.items()},
        effects={name: EffectPlan(effect, _key(effect, types)) for name, effect in program.effects.items()},
    )


def _key(effect: Effect, types: TypeTable) -> Callable[[Mapping[str, Any]], Any] | None:
    if effect.key is None:
        return None
    slots = {name: slot for slot, name in enumerate(dict.fromkeys(names(effect.key)))}
    value = _contained(compile_expression(effect.key, slots, types))
    return lambda inputs: value([inputs.get(name) for name in slots])


class _Builder:
    """Builds the plan of one cell."""

    def __init__(self, program: Program, cell: CellGraph, types: TypeTable) -> None:
        self._program = program
        self._cell = cell
        self._types = types
        self._index = {place.id: i for i, place in enumerate(cell.nodes)}
        self._inputs = self._record(cell.graph.input)
        bindings = dict.fromkeys([*(f.name for f in self._inputs.fields), *_bindings(cell)])
        self._slots = {name: slot for slot, name in enumerate(bindings)}
        self._returns = {place.id for place in cell.nodes if isinstance(place, graph.Return)}
        self._leaving: dict[str, list[Edge]] = {}
        for edge in sorted(cell.edges, key=lambda edge: edge.key):
            self._leaving.setdefault(edge.source, []).append(edge)

    def build(self) -> CellPlan:
        nodes = tuple(self._node(place) for place in self._cell.nodes)
        inputs = tuple((f.name, self._slots[f.name]) for f in self._inputs.fields)
        name, is_topology = self._cell.graph.name, self._cell.graph.mode == "topology"
        plan = CellPlan(name, nodes, self._slots, inputs, is_topology)
        return self._topology(plan) if is_topology else self._script(plan)

    def _script(self, plan: CellPlan) -> CellPlan:
        entry = next(i for i, place in enumerate(self._cell.nodes) if isinstance(place, graph.Start))
        return CellPlan(plan.name, plan.nodes, plan.slots, plan.inputs, is_topology=False, entry=entry)

    def _topology(self, plan: CellPlan) -> CellPlan:
        result = next((node.index for node in plan.nodes if isinstance(node, ReturnNode)), None)
        waits = [0] * len(plan.nodes)
        for node in plan.nodes:
            for later in node.after:
                waits[later] += 1
        first = tuple(i for i, count in enumerate(waits) if count == 0 and i != result)
        return CellPlan(
            plan.name, plan.nodes, plan.slots, plan.inputs, True, waits=tuple(waits), first=first, result=result
        )

    def _node(self, place: AnyPlace) -> AnyNode:
        shared = self._shared(place)
        match place:
            case graph.Start() | graph.Join():
                return PassNode(**shared)
            case graph.Bind():
                return BindNode(**shared, value=self._expression(place.value))
            case graph.Choose():
                then, other = self._target(place, "then"), self._target(place, "else")
                return ChooseNode(**shared, test=self._expression(place.test), then=then, other=other)
            case graph.Loop():
                return self._loop(place, shared)
            case graph.Each():
                return self._each(place, shared)
            case graph.Call():
                return CallNode(**shared, **self._callee(place))
            case graph.Raise():
                declared = self._record(self._program.errors.get(place.error, ["record", []]))
                return RaiseNode(**shared, error=place.error, fields=self._fields(place.fields, declared))
            case graph.Return():
                return ReturnNode(**shared, value=self._expression(place.value))
            case graph.Fork() | graph.While() | graph.Match() | graph.Commit():
                raise NotImplementedError(f"{place.id}: the runtime has no {type(place).__name__.lower()} yet")
            case _:
                assert_never(place)

    def _shared(self, place: AnyPlace) -> dict[str, Any]:
        """Return what every node has."""
        return {
            "index": self._index[place.id],
            "name": place.id,
            "target": self._slot(getattr(place, "target", None)),
            "when": self._optional(getattr(place, "when", None)),
            "after": tuple({self._index[edge.target]: None for edge in self._edges(place) if self._leads(edge)}),
            "handlers": tuple(
                Handler(frozenset(edge.errors), self._index[edge.target], self._slot(edge.binding))
                for edge in self._edges(place)
                if edge.kind == "error"
            ),
        }

    def _slot(self, name: str | None) -> int | None:
        return None if name is None else self._slots[name]

    def _leads(self, edge: Edge) -> bool:
        """Return whether an edge starts its target; a topology's return place waits for all places anyway."""
        if self._cell.graph.mode != "topology":
            return edge.kind == "next"
        return edge.kind in ("data", "after") and edge.target not in self._returns

    def _loop(self, place: graph.Loop, shared: dict[str, Any]) -> LoopNode:
        return LoopNode(
            **shared,
            items=self._expression(place.items),
            bind=binder([self._slots[name] for name in place.targets]),
            body=self._target(place, "item"),
            other=self._target(place, "else"),
            inside=frozenset(self._index[other.id] for other in self._cell.nodes if place.id in other.scope),
        )

    def _each(self, place: graph.Each, shared: dict[str, Any]) -> EachNode:
        return EachNode(
            **shared,
            **self._callee(place),
            items=self._expression(place.items),
            bind=binder([self._slots[name] for name in place.item]),
            where=self._optional(place.where),
            limit=self._optional(place.limit),
        )

    def _callee(self, place: graph.Call | graph.Each) -> dict[str, Any]:
        program = self._program
        data = program.cells[place.callee].graph.input if place.cell else program.effects[place.callee].input
        module = self._cell.graph.name.rpartition(".")[0] + "."
        return {
            "callee": place.callee,
            "shown": place.callee.removeprefix(module),
            "cell": place.cell,
            "arguments": self._fields(place.args, self._record(data)),
        }

    def _fields(self, irs: Mapping[str, Ir], declared: Record) -> Fields:
        optional = {f.name for f in declared.fields if f.optional}
        always = [(name, self._expression(ir)) for name, ir in irs.items() if name not in optional]
        perhaps = [(name, self._expression(ir)) for name, ir in irs.items() if name in optional]

        def evaluate(slots: list[Any]) -> dict[str, Any]:
            found = {name: value(slots) for name, value in always}
            for name, value in perhaps:
                given = value(slots)
                if given is not None:
                    found[name] = given
            return found

        return evaluate

    def _record(self, data: Any) -> Record:
        type_ = resolve(from_data(data), self._types)
        return type_ if isinstance(type_, Record) else Record(())

    def _expression(self, ir: Ir) -> Closure:
        return _contained(compile_expression(ir, self._slots, self._types))

    def _optional(self, ir: Ir | None) -> Closure | None:
        return None if ir is None else self._expression(ir)

    def _edges(self, place: AnyPlace) -> Sequence[Edge]:
        return self._leaving.get(place.id, ())

    def _target(self, place: AnyPlace, kind: str) -> int:
        return next(self._index[edge.target] for edge in self._edges(place) if edge.kind == kind)


def _contained(closure: Closure) -> Closure:
    """Turn a bug of ours in an evaluation into a fault, so that it stops one run and not the process."""

    def run(slots: list[Any]) -> Any:
        try:
            return closure(slots)
        except Fault:
            raise
        except Exception as problem:
            raise Fault(f"bug in cellc: {type(problem).__name__}: {problem}") from problem

    return run


def _bindings(cell: CellGraph) -> Iterator[str]:
    """Return every name that needs a slot."""
    for place in cell.nodes:
        match place:
            case graph.Bind(target=target) | graph.Call(target=target) | graph.Each(target=target) if target:
                yield target
            case _:
                pass
        match place:
            case graph.Each(item=targets) | graph.Loop(targets=targets):
                yield from targets
            case _:
                pass
        for ir in _expressions(place):
            yield from names(ir)
    yield from (edge.binding for edge in cell.edges if edge.binding is not None)


def _expressions(place: AnyPlace) -> Iterable[Ir]:
    found: list[Ir | None] = []
    match place:
        case graph.Bind():
            found = [place.value, place.when]
        case graph.Each():
            found = [place.items, place.where, place.limit, place.when, *place.args.values()]
        case graph.Call():
            found = [place.when, *place.args.values()]
        case graph.Choose():
            found = [place.test]
        case graph.Loop():
            found = [place.items]
        case graph.Raise():
            found = [place.when, *place.fields.values()]
        case graph.Return():
            found = [place.value]
        case graph.Start() | graph.Join() | graph.Fork() | graph.While() | graph.Match() | graph.Commit():
            pass
        case _:
            assert_never(place)
    return [ir for ir in found if ir is not None]
