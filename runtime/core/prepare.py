"""Makes a program ready to run: from graph form to the plan that all runs of the graph share."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, assert_never

from cellc.language import graph
from cellc.language.expr import Closure, binder, compile_expression, names
from cellc.language.faults import Fault, Invalid
from cellc.language.graph import AnyPlace, Binding, CellGraph, Correlation, Edge, Effect, Ir, Program
from cellc.language.type_codec import from_data
from cellc.language.types import Record, Type, TypeTable, resolve
from cellc.language.values import fits, project
from cellc.runtime.core.code_plan import code_plan
from cellc.runtime.core.plan import (
    AnyNode,
    BindNode,
    CallNode,
    CellPlan,
    ChooseNode,
    CommitNode,
    EachNode,
    EffectPlan,
    Fields,
    ForkNode,
    Handler,
    LoopNode,
    MatchNode,
    Member,
    Over,
    PassNode,
    Plan,
    ProbePlan,
    RaiseNode,
    ReturnNode,
    UndoPlan,
    WhileNode,
)

NOWHERE = -1
"""Where a loop over the word `true` goes on: it is left by `break` only."""

RESULT = "it"
"""The binding of a call's own result while its `undo` is evaluated."""


def prepare(program: Program) -> Plan:
    """Return `program` ready to run."""
    types = {name: from_data(data) for name, data in program.types.items()}
    return Plan(
        graph=program.sha256,
        main=program.main,
        cells={
            name: code_plan(cell.graph) if cell.graph.python else _Builder(program, cell, types).build()
            for name, cell in program.cells.items()
        },
        effects={name: _effect(program, effect, types) for name, effect in program.effects.items()},
    )


def _effect(program: Program, effect: Effect, types: TypeTable) -> EffectPlan:
    key = over(effect.key, types)
    if effect.wait is None:
        return EffectPlan(effect, key, probe=_probe(program, effect, types))
    wanted, binding = effect.event or Correlation(event=""), effect.binding or Binding(handler="")
    return EffectPlan(
        effect, key, over(wanted.key, types), over(wanted.where, types), result=over(binding.result, types)
    )


def _probe(program: Program, effect: Effect, types: TypeTable) -> ProbePlan | None:
    if effect.probe is None:
        return None
    asked = from_data(program.effects[effect.probe].input)
    inputs = tuple(field.name for field in asked.fields) if isinstance(asked, Record) else ()
    if effect.output is None:
        return ProbePlan(effect.probe, inputs, happened=bool, result=lambda _: None)
    output = from_data(effect.output)
    return ProbePlan(
        effect.probe, inputs, lambda answer: answer is not None, lambda answer: project(answer, output, types)
    )


def over(ir: Ir | None, types: TypeTable) -> Over | None:
    """Return an expression as a function of the names in it; its value raises Fault."""
    if ir is None:
        return None
    slots = {name: slot for slot, name in enumerate(dict.fromkeys(names(ir)))}
    value = _contained(compile_expression(ir, slots, types))
    return lambda scope: value([scope.get(name) for name in slots])


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

    def _node(self, place: AnyPlace) -> AnyNode:  # noqa: PLR0911 -- one arm a kind
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
            case graph.While():
                body, other = self._target(place, "item"), self._target(place, "else", NOWHERE)
                inside, test = self._body(place), self._expression(place.test)
                return WhileNode(**shared, test=test, body=body, other=other, inside=inside)
            case graph.Match():
                return self._match(place, shared)
            case graph.Commit():
                return CommitNode(**shared)
            case graph.Each():
                return self._each(place, shared)
            case graph.Fork():
                branches = tuple(self._member(b, b.name, b.within, b.undo) for b in place.branches)
                return ForkNode(**shared, **self._group(place), branches=branches)
            case graph.Call():
                return CallNode(**shared, call=self._member(place, "", place.within, place.undo))
            case graph.Raise():
                declared = self._record(self._program.errors.get(place.error, ["record", []]))
                return RaiseNode(**shared, error=place.error, fields=self._fields(place.fields, declared))
            case graph.Return():
                return ReturnNode(**shared, value=self._expression(place.value))
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
            "tries": tuple(name for name in place.scope if name.startswith("try#")),
            "scope": tuple(place.scope),
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
            variables=tuple(place.targets),
            bind=binder([self._slots[name] for name in place.targets]),
            body=self._target(place, "item"),
            other=self._target(place, "else"),
            inside=self._body(place),
        )

    def _body(self, place: graph.Loop | graph.While) -> frozenset[int]:
        return frozenset(
            self._index[other.id] for other in self._cell.nodes if place.id in other.scope or other is place
        )

    def _match(self, place: graph.Match, shared: dict[str, Any]) -> MatchNode:
        targets = [self._index[edge.target] for edge in self._edges(place) if edge.kind == "case"]
        types = [from_data(data) for data in place.cases]
        cases = tuple((_taker(type_, self._types), target) for type_, target in zip(types, targets, strict=True))
        return MatchNode(**shared, value=self._expression(place.value), cases=cases)

    def _group(self, place: graph.Each | graph.Fork) -> dict[str, Any]:
        return {"mode": place.mode, "within": self._optional(place.within), "undo": self._undo(place.undo)}

    def _each(self, place: graph.Each, shared: dict[str, Any]) -> EachNode:
        return EachNode(
            **shared,
            **self._group(place),
            call=self._member(place, "", place.item_within, place.item_undo),
            items=self._expression(place.items),
            bind=binder([self._slots[name] for name in place.item]),
            where=self._optional(place.where),
            limit=self._optional(place.limit),
            count=self._optional(place.count),
            wait=self._optional(place.wait),
        )

    def _member(
        self, call: graph.Call | graph.Branch | graph.Each, name: str, within: Ir | None, undo: graph.Undo | None
    ) -> Member:
        return Member(name, **self._callee(call), within=self._optional(within), undo=self._undo(undo))

    def _undo(self, undo: graph.Undo | None) -> UndoPlan | None:
        return None if undo is None else UndoPlan(**self._callee(undo), it=self._slots[RESULT])

    def _callee(self, call: graph.Call | graph.Branch | graph.Each | graph.Undo) -> dict[str, Any]:
        program = self._program
        data = program.cells[call.callee].graph.input if call.cell else program.effects[call.callee].input
        module = self._cell.graph.name.rpartition(".")[0] + "."
        return {
            "callee": call.callee,
            "shown": call.callee.removeprefix(module),
            "cell": call.cell,
            "arguments": self._fields(call.args, self._record(data)),
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

    def _target(self, place: AnyPlace, kind: str, otherwise: int | None = None) -> int:
        targets = [self._index[edge.target] for edge in self._edges(place) if edge.kind == kind]
        return targets[0] if targets or otherwise is None else otherwise


def _contained(closure: Closure) -> Closure:
    """Turn a bug of ours in an evaluation into a fault, so that it stops one run and not the process."""

    def run(slots: list[Any]) -> Any:
        try:
            return closure(slots)
        except (Fault, Invalid):
            raise
        except Exception as problem:
            raise Fault(f"bug in cellc: {type(problem).__name__}: {problem}") from problem

    return run


def _taker(type_: Type, types: TypeTable) -> Callable[[Any], bool]:
    return lambda value: not fits(value, type_, types)


def _bindings(cell: CellGraph) -> Iterator[str]:
    """Return every name that needs a slot."""
    yield RESULT
    for place in cell.nodes:
        target: str | None = getattr(place, "target", None)
        if target is not None:
            yield target
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
            found = [place.items, place.where, place.limit, place.count, place.wait, place.item_within]
            found += [place.when, place.within, *place.args.values(), *_of_undo(place.undo), *_of_undo(place.item_undo)]
        case graph.Fork():
            found = [place.when, place.within, *_of_undo(place.undo)]
            for branch in place.branches:
                found += [branch.within, *branch.args.values(), *_of_undo(branch.undo)]
        case graph.Call():
            found = [place.when, place.within, *place.args.values(), *_of_undo(place.undo)]
        case graph.Choose() | graph.While():
            found = [place.test]
        case graph.Loop():
            found = [place.items]
        case graph.Raise():
            found = [place.when, *place.fields.values()]
        case graph.Return() | graph.Match():
            found = [place.value]
        case graph.Start() | graph.Join() | graph.Commit():
            pass
        case _:
            assert_never(place)
    return [ir for ir in found if ir is not None]


def _of_undo(undo: graph.Undo | None) -> list[Ir]:
    return [] if undo is None else [*undo.args.values()]
