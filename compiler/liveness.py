"""Which bindings are still needed at each place of a cell: what migration must find again."""

from collections.abc import Iterable, Mapping
from graphlib import TopologicalSorter
from typing import assert_never

from cellc.compiler.irs import variables
from cellc.language.graph import (
    AnyPlace,
    Bind,
    Branch,
    Call,
    Choose,
    Commit,
    Each,
    Edge,
    Fork,
    Join,
    Loop,
    Match,
    Raise,
    Return,
    Start,
    Undo,
    While,
)


def uses(place: AnyPlace) -> frozenset[str]:
    """Return the bindings that a place reads."""
    match place:
        case Start() | Join() | Commit():
            return frozenset()
        case Bind():
            return variables(place.value) | variables(place.when)
        case Return() | Match():
            return variables(place.value)
        case Call():
            return _of_call(place) | variables(place.when)
        case Fork():
            branches = frozenset[str]().union(*map(_of_call, place.branches))
            return branches | variables(place.when) | variables(place.within) | _of_undo(place.undo)
        case Each():
            return _of_each(place)
        case Choose() | While():
            return variables(place.test)
        case Loop():
            return variables(place.items)
        case Raise():
            return _all(place.fields.values()) | variables(place.when)
        case _:
            assert_never(place)


def calls_of(place: AnyPlace) -> list[Call | Branch | Each | Undo]:
    """Return the calls that a place may make: of the callees, then of those that undo them."""
    match place:
        case Call() | Each():
            item = place.item_undo if isinstance(place, Each) else None
            return [place, *filter(None, (item, place.undo))]
        case Fork(branches=branches):
            return [*branches, *filter(None, (*(b.undo for b in branches), place.undo))]
        case _:
            return []


def _of_call(call: Call | Branch) -> frozenset[str]:
    return _all(call.args.values()) | variables(call.within) | _of_undo(call.undo)


def _of_undo(undo: Undo | None) -> frozenset[str]:
    return _all(undo.args.values()) - {"it"} if undo else frozenset()


def _of_each(place: Each) -> frozenset[str]:
    item = _all(place.args.values()) | variables(place.where) | variables(place.item_within) | _of_undo(place.item_undo)
    whole = (place.items, place.limit, place.count, place.wait, place.when, place.within)
    return (item - set(place.item)) | _of_undo(place.undo) | frozenset[str]().union(*map(variables, whole))


def _all(irs: Iterable[list[object]]) -> frozenset[str]:
    return frozenset[str]().union(*map(variables, irs))


def _binds(place: AnyPlace, edge: Edge) -> frozenset[str]:
    """Return what is assigned when control leaves `place` by `edge`."""
    if edge.kind == "error":
        return frozenset(filter(None, (edge.binding,)))
    if isinstance(place, Loop):
        return frozenset(place.targets if edge.kind == "item" else ())
    target = getattr(place, "target", None)
    return frozenset((target,) if target else ())


def of_script(nodes: Mapping[str, AnyPlace], edges: Iterable[Edge]) -> dict[str, frozenset[str]]:
    """Return the live-in set of each place of a control-flow graph."""
    out: dict[str, list[Edge]] = {name: [] for name in nodes}
    back: dict[str, set[str]] = {name: set() for name in nodes}
    for edge in edges:
        out[edge.source].append(edge)
        back[edge.target].add(edge.source)
    reads = {name: uses(place) for name, place in nodes.items()}
    live = dict(reads)
    work = dict.fromkeys(nodes)
    while work:
        name, _ = work.popitem()
        passed = (live[e.target] - _binds(nodes[name], e) for e in out[name])
        now = reads[name].union(*passed)
        if now != live[name]:
            live[name] = now
            work |= dict.fromkeys(back[name])
    return live


def of_topology(nodes: Mapping[str, AnyPlace], edges: Iterable[Edge]) -> dict[str, frozenset[str]]:
    """Return what each node and those that wait for it read: none of them has started while it is in flight."""
    after: dict[str, set[str]] = {name: set() for name in nodes}
    for edge in edges:
        after[edge.source].add(edge.target)
    needed: dict[str, frozenset[str]] = {}
    made: dict[str, frozenset[str]] = {}
    for name in TopologicalSorter(after).static_order():
        later = frozenset[str]().union(*(made[n] for n in after[name]))
        own = frozenset(filter(None, (getattr(nodes[name], "target", None),)))
        needed[name] = uses(nodes[name]).union(*(needed[n] for n in after[name]))
        made[name] = later | own
    return {name: needed[name] - made[name] for name in nodes}
