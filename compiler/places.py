"""Builds a cell's graph: places with stable names, and the control edges between them.

What has just been built is left *open*: its ways out lead to whatever is added next. A branch sets them aside and
opens others; where ways meet, all of them are open together.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from msgspec import Struct, structs

from cellc.compiler.fit import Types, has_broken
from cellc.compiler.scope import Scope
from cellc.language.graph import AnyPlace, Edge
from cellc.language.span import Span


class Exit(Struct, frozen=True):
    """A way out of a place that leads nowhere yet; `key` where its rank among the place's edges is settled."""

    source: str
    kind: str = "next"
    key: int | None = None
    errors: tuple[str, ...] = ()
    binding: str | None = None


@dataclass(slots=True)
class Places:
    """A graph that is being built. `reserved` are the user's own names, which no generated name may take."""

    types: Types
    reserved: frozenset[str]
    nodes: dict[str, AnyPlace] = field(default_factory=dict)
    edges: list[Edge] = field(default_factory=list)
    spans: dict[str, Span] = field(default_factory=dict)
    open: list[Exit] = field(default_factory=list)
    scope: list[str] = field(default_factory=list)
    _used: Counter[str] = field(default_factory=Counter)
    _keys: Counter[str] = field(default_factory=Counter)

    def name(self, base: str, *, given: bool = False, kind: bool = False) -> tuple[str, bool]:
        """Return a new name, and whether it is the user's own.

        The first place for a variable (`given`) has its name, as has the first call of a callee; else an ordinal
        follows. Places that are called by their `kind` always have one.
        """
        if not given and not kind and base in self.reserved:
            kind = True
        series = base if given or not kind else f"{base}#"
        self._used[series] += 1
        ordinal = self._used[series]
        plain = ordinal == 1 and not kind
        name = base if plain else f"{base}#{ordinal}"
        return (name, given and plain) if name not in self.nodes else self.name(base, given=given, kind=kind)

    def fresh(self, base: str) -> str:
        """Return a new name for a binding that no user can write."""
        self._used[f"{base}#binding"] += 1
        return f"{base}#{self._used[f'{base}#binding']}"

    def add(self, place: AnyPlace, span: Span, scope: Scope) -> None:
        """Add a place that all open ways lead to; its own way out is open then."""
        types = {
            x.slot: self.types.data(x.type) for x in scope.values() if not x.maybe_unset and not has_broken(x.type)
        }
        self.nodes[place.id] = structs.replace(place, scope=list(self.scope), types=types)
        self.spans[place.id] = span
        self.connect(place.id)
        self.open = [Exit(place.id)]

    def connect(self, target: str) -> None:
        """Lead all open ways to `target`."""
        for way in self.open:
            self.edge(way.source, target, way.kind, way.errors, way.binding, way.key)
        self.open = []

    def ways(self, source: str, kind: str, count: int) -> list[Exit]:
        """Return so many ways out of a place, tried in this order whichever of them leads on first."""
        first = self._keys[source]
        self._keys[source] += count
        return [Exit(source, kind, first + i) for i in range(count)]

    def edge(
        self,
        source: str,
        target: str,
        kind: str,
        errors: Iterable[str] = (),
        binding: str | None = None,
        key: int | None = None,
    ) -> None:
        """Add an edge; keys count a source's edges, in the order in which they are tried."""
        if key is None:
            key = self._keys[source]
            self._keys[source] += 1
        edge = Edge(source=source, target=target, key=key, kind=kind, errors=sorted(errors), binding=binding)
        self.edges.append(edge)

    def finish(self, live: Mapping[str, Iterable[str]]) -> tuple[list[AnyPlace], list[Edge]]:
        """Return all places and edges in canonical order, with their live sets."""
        nodes = [structs.replace(p, live=sorted(live[p.id])) for p in self.nodes.values()]
        return sorted(nodes, key=lambda p: p.id), sorted(self.edges, key=lambda e: (e.source, e.key))
