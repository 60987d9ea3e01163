"""Puts the checked parts together as a `graph.Program`: all cells of the module, and what these and triggers reach."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

import msgspec
from msgspec import structs

from cellc.compiler.body import Body
from cellc.compiler.effect_check import Ceilings
from cellc.compiler.effects import contract
from cellc.compiler.liveness import calls_of
from cellc.compiler.load import Unit
from cellc.compiler.symbols import CellSymbol, World
from cellc.language import ast
from cellc.language.graph import (
    FORMAT,
    AnyPlace,
    Branch,
    Call,
    CallsGraph,
    CallsInfo,
    CallsNode,
    CellGraph,
    CellInfo,
    Contract,
    Each,
    Edge,
    Effect,
    Event,
    Fork,
    Program,
    Trigger,
    Undo,
    Use,
    canonical,
)
from cellc.language.span import Source
from cellc.language.type_codec import to_data

EDITION = 1

_Asking = TypeVar("_Asking", Call, Each, Branch, Undo)
_Declared: TypeAlias = ast.CellDecl | ast.TypeDecl | ast.ErrorDecl | ast.EffectDecl | ast.EventDecl


@dataclass(frozen=True, slots=True)
class Declarations:
    """The checked declarations of all modules that a program may need, by qualified name."""

    effects: Mapping[str, Effect]
    events: Mapping[str, Event]
    triggers: Mapping[str, Trigger]


def lower(
    unit: Unit,
    world: World,
    bodies: Mapping[str, Body],
    declared: Declarations,
    ceilings: Ceilings,
    sources: Mapping[str, Source],
) -> Program:
    """Return the program of a module in which nothing is wrong."""
    cells = _reached_cells(unit, declared.triggers, bodies)
    kept = _reached_effects(cells, bodies, declared.effects)
    events = {e.event.event: declared.events[e.event.event] for e in kept.values() if e.event is not None}
    parts = {part.cell.name: part for name in cells for part in (bodies[name], *bodies[name].blocks)}
    graphs = {name: _cell(part, ceilings) for name, part in sorted(parts.items())}
    offered = _offered(unit, declared, kept, events)
    needed = {*_errors(graphs.values(), [*kept.values(), *offered.idle_effects.values()]), *offered.errors}
    errors = {e: to_data(world.errors[e].fields) for e in sorted(needed)}
    own_types = [["ref", name] for name in offered.types]
    types = _reached_types([graphs, kept, errors, events, dict(declared.triggers), offered, own_types], world)
    finished = _finished(kept, world, errors)
    program = Program(
        format=FORMAT,
        edition=EDITION,
        module=unit.name,
        version=unit.version,
        main=_main(unit),
        types=types,
        errors=errors,
        effects=finished,
        events=dict(sorted(events.items())),
        triggers=dict(sorted(declared.triggers.items())),
        cells={n: _with_contracts(g, finished) for n, g in graphs.items()},
        calls=_calls(unit, graphs),
        contract=structs.replace(offered, idle_effects=_finished(offered.idle_effects, world, errors)),
        spans={n: _spans(parts[n], sources) for n in graphs},
    )
    return structs.replace(program, sha256=hashlib.sha256(canonical(program)).hexdigest())


def _main(unit: Unit) -> str:
    if unit.tree.main is not None:
        return f"{unit.name}.{unit.tree.main.text}"
    return f"{unit.name}.{unit.tree.cells[0].name.text}" if unit.tree.cells else ""


def _reached_cells(unit: Unit, triggers: Mapping[str, Trigger], bodies: Mapping[str, Body]) -> list[str]:
    work = [*(f"{unit.name}.{c.name.text}" for c in unit.tree.cells), *(t.cell for t in triggers.values())]
    seen: set[str] = set()
    while work:
        name = work.pop()
        if name not in seen:
            seen.add(name)
            work += [s.callee.name for s in bodies[name].sites if isinstance(s.callee, CellSymbol)]
    return sorted(seen)


def _reached_effects(
    cells: Iterable[str], bodies: Mapping[str, Body], effects: Mapping[str, Effect]
) -> dict[str, Effect]:
    """Return the effects that are called, and the standard ones that perform them."""
    called = {s.callee.name for c in cells for s in bodies[c].sites if not isinstance(s.callee, CellSymbol)}
    called |= {probe for e in called if (probe := effects[e].probe) is not None}
    handlers = {b.handler for e in called if (b := effects[e].binding) is not None}
    return {name: effects[name] for name in sorted(called | handlers)}


def _cell(body: Body, ceilings: Ceilings) -> CellGraph:
    cell = body.cell
    nodes, edges = body.places.finish(body.live)
    info = CellInfo(
        name=cell.name,
        mode=body.mode,
        python=cell.decl.body.target.text if isinstance(cell.decl.body, ast.PythonBody) else "",
        input=to_data(cell.input),
        output=None if cell.output is None else to_data(cell.output),
        errors=sorted(set(cell.errors)),
        effects=sorted(ceilings.of[cell.name]),
    )
    return CellGraph(graph=info, nodes=nodes, edges=edges)


def _errors(graphs: Iterable[CellGraph], effects: Iterable[Effect]) -> list[str]:
    found = {e for g in graphs for e in g.graph.errors} | {e for f in effects for e in f.errors}
    return sorted(found)


def _offered(unit: Unit, declared: Declarations, kept: Mapping[str, Effect], events: Mapping[str, Event]) -> Contract:
    """Return what the module declares; its idle effects are not finished yet."""
    tree = unit.tree

    def own(decls: Iterable[_Declared]) -> list[str]:
        return sorted(f"{unit.name}.{decl.name.text}" for decl in decls)

    effects, known_events = own(tree.effects), own(tree.events)
    return Contract(
        cells=own(tree.cells),
        types=own(tree.types),
        errors=own(tree.errors),
        effects=effects,
        events=known_events,
        idle_effects={name: declared.effects[name] for name in effects if name not in kept},
        idle_events={name: declared.events[name] for name in known_events if name not in events},
        uses={use.name.text: _use(use, unit) for use in sorted(tree.uses, key=lambda use: use.name.text)},
    )


def _use(use: ast.Use, unit: Unit) -> Use:
    used = unit.uses[use.name.text]
    return Use(module=use.path.text if used is None else used.name, range=use.version.text if use.version else None)


def _finished(effects: Mapping[str, Effect], world: World, errors: Mapping[str, object]) -> dict[str, Effect]:
    return {n: structs.replace(e, contract=_contract(e, world, errors)) for n, e in effects.items()}


def _contract(effect: Effect, world: World, errors: Mapping[str, object]) -> str:
    own = {e: errors[e] for e in effect.errors}
    return contract(effect, _reached_types([effect.input, effect.output, own], world), own)


def _with_contracts(graph: CellGraph, effects: Mapping[str, Effect]) -> CellGraph:
    return structs.replace(graph, nodes=[_with_contract(n, effects) for n in graph.nodes])


def _with_contract(place: AnyPlace, effects: Mapping[str, Effect]) -> AnyPlace:
    """Return a place with the contract of every effect that it asks."""
    match place:
        case Call():
            return _asking(structs.replace(place, undo=_undoing(place.undo, effects)), effects)
        case Each():
            undo, each = _undoing(place.undo, effects), _undoing(place.item_undo, effects)
            return _asking(structs.replace(place, undo=undo, item_undo=each), effects)
        case Fork():
            branches = [_asking(structs.replace(b, undo=_undoing(b.undo, effects)), effects) for b in place.branches]
            return structs.replace(place, branches=branches, undo=_undoing(place.undo, effects))
        case _:
            return place


def _undoing(undo: Undo | None, effects: Mapping[str, Effect]) -> Undo | None:
    return None if undo is None else _asking(undo, effects)


def _asking(call: _Asking, effects: Mapping[str, Effect]) -> _Asking:
    return call if call.cell else structs.replace(call, contract=effects[call.callee].contract)


def _calls(unit: Unit, graphs: Mapping[str, CellGraph]) -> CallsGraph:
    nodes: dict[str, str] = dict.fromkeys(graphs, "cell")
    edges: list[Edge] = []
    for name, graph in graphs.items():
        for key, (callee, kind, place) in enumerate(_callees(graph)):
            nodes.setdefault(callee, kind)
            edges.append(Edge(source=name, target=callee, key=key, kind="call", binding=place))
    return CallsGraph(
        graph=CallsInfo(module=unit.name),
        nodes=[CallsNode(id=n, kind=k) for n, k in sorted(nodes.items())],
        edges=edges,
    )


def _callees(graph: CellGraph) -> Iterator[tuple[str, str, str | None]]:
    """Yield whom a cell calls, what that is, and at which node: none in a `python` cell, whose places are not known."""
    if graph.graph.mode == "python":
        yield from ((effect, "effect", None) for effect in graph.graph.effects)
    for place in graph.nodes:
        for call in calls_of(place):
            yield call.callee, "cell" if call.cell else "effect", place.id


def _spans(body: Body, sources: Mapping[str, Source]) -> dict[str, tuple[str, int, int, int]]:
    spans = sorted(body.places.spans.items())
    return {n: (s.file, s.start, s.end, sources[s.file].position(s.start).line) for n, s in spans}


# --- types -----------------------------------------------------------------------------------------------------------


def _reached_types(roots: list[object], world: World) -> dict[str, object]:
    """Return the declared types that are named anywhere in `roots`, and in each other."""
    found: dict[str, object] = {}
    work = [*roots]
    while work:
        for name in _references(work.pop()):
            if name in world.types and name not in found:
                found[name] = to_data(world.types[name])
                work.append(found[name])
    return dict(sorted(found.items()))


_REFERENCE = re.compile(rb'\["ref","([^"]+)"\]')


def _references(data: object) -> Iterator[str]:
    """Yield the names of `["ref", NAME]` in type data and expressions; a record's field called `ref` looks the same.

    They are looked for in the JSON text, which is made and searched faster than a tree is walked; inside a text there,
    each quote has a backslash before it.
    """
    return (name.decode() for name in _REFERENCE.findall(msgspec.json.encode(data)))
