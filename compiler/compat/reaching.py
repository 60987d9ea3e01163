"""Ways through a `do` cell: what may come after a place, within a round of its loops and over their rounds."""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import pairwise

from cellc.language.graph import AnyPlace, CellGraph, Commit, Loop, While


class Ways:
    """The ways along the edges of a cell, errors and their handlers included."""

    def __init__(self, cell: CellGraph) -> None:
        self.places: Mapping[str, AnyPlace] = {place.id: place for place in cell.nodes}
        self._after: dict[str, list[str]] = {name: [] for name in self.places}
        self._around: dict[tuple[str, str], frozenset[str]] = {}
        self._failing: dict[str, list[str]] = {}
        self._bodies = {edge.source: edge.target for edge in cell.edges if edge.kind == "item"}
        self._leaving: dict[str, list[str]] = {}
        for edge in cell.edges:
            self._after[edge.source].append(edge.target)
            if edge.kind == "error":
                self._failing.setdefault(edge.source, []).append(edge.target)
            if edge.source in self._bodies and edge.kind == "else":
                self._leaving.setdefault(edge.source, []).append(edge.target)
        self._ahead = {name: list(self._forward(name)) for name in self.places}

    def _forward(self, name: str) -> Iterator[str]:
        """Yield what comes next, and for the end of a round what comes when that was the last one."""
        for target in self._after[name]:
            yield from self._left(target) if self._is_back(name, target) else (target,)

    def _left(self, loop: str) -> Iterator[str]:
        for target in self._leaving.get(loop, ()):
            yield from self._left(target) if self._is_back(loop, target) else (target,)

    def _is_back(self, source: str, target: str) -> bool:
        """Return whether an edge ends a round of a loop."""
        return isinstance(self.places[target], Loop | While) and target in self.places[source].scope

    @cached_property
    def commits(self) -> list[str]:
        """The places where what the cell holds is dropped."""
        return [place.id for place in self.places.values() if isinstance(place, Commit)]

    @cached_property
    def later(self) -> Mapping[str, frozenset[str]]:
        """What may come after each place, in later rounds too."""
        return {name: _closure(self._after, name) for name in self.places}

    @cached_property
    def ahead(self) -> Mapping[str, frozenset[str]]:
        """What may come after each place without another round of a loop that it is in."""
        return {name: _closure(self._ahead, name) for name in self.places}

    def always(self, name: str, target: str, source: str = "start") -> bool:
        """Return whether no way from a place to another passes this one by, nor leaves it by an error."""
        if (name, source) not in self._around:
            around = {**self._after, name: self._failing.get(name, [])}
            self._around[name, source] = _closure(around, source)
        return target not in self._around[name, source]

    def body(self, loop: str) -> AnyPlace:
        """Return where a loop's body begins."""
        return self.places[self._bodies[loop]]

    def loops(self, name: str) -> list[str]:
        """Return the loops that a place is in, from the outside in."""
        return [scope for scope in self.places[name].scope if scope in self.places]

    def tries(self, name: str) -> list[str]:
        """Return the `try` scopes that a place is in, from the outside in."""
        return [scope for scope in self.places[name].scope if scope not in self.places]

    def shortest(self, through: Sequence[str]) -> list[str]:
        """Return the shortest way that passes the places in this order, the first of them included."""
        way = list(through[:1])
        for source, target in pairwise(through):
            way += _path(self._after, source, target) if source != target else []
        return way


def _closure(edges: Mapping[str, Iterable[str]], start: str) -> frozenset[str]:
    found: set[str] = set()
    work = list(edges[start])
    while work:
        name = work.pop()
        if name not in found:
            found.add(name)
            work += edges[name]
    return frozenset(found)


def _path(edges: Mapping[str, Iterable[str]], source: str, target: str) -> list[str]:
    """Return the places after `source` up to `target`."""
    came: dict[str, str] = {}
    work = deque([source])
    while work:
        name = work.popleft()
        for after in edges[name]:
            if after not in came:
                came[after] = name
                work.append(after)
    path = [target]
    while path[0] in came and came[path[0]] != source:
        path.insert(0, came[path[0]])
    return path
