"""Lists whose items are counted or compared: `Counted` and `Distinct` sets, beside what `Items` say by position.

One length after the other is tried. Its positions are gone through from the front, with a choice at each: which of the
forbidden sets are violated here, and which counted sets the item is in. Positions past every prefix are alike, so their
choices come in one order only. For a list that must repeat an item, two positions are one *cell* with one value; for
one that must not, the cells need distinct values, which is a matching of cells and values.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, TypeAlias

from cellc.language.subtype.constants import constant_set, distinct_values
from cellc.language.subtype.goals import Found, Goal, Signed, Solver
from cellc.language.subtype.sets import Counted, Items, Set

_Cell: TypeAlias = tuple[int, ...]
"""Positions that hold one value."""

_Option: TypeAlias = tuple[frozenset[int], tuple[bool | None, ...]]
"""What is violated at a cell, and for each counted set whether the item is in it (None: either way)."""

_Rank: TypeAlias = tuple[bool, ...]
"""Orders options."""


@dataclass(frozen=True, slots=True)
class Demands:
    """What a list must be in, what it must violate at some position, and what is asked about items together."""

    within: Sequence[Items]
    forbidden: Sequence[Items]
    counted: Sequence[Counted]
    distinct: bool
    repeated: bool


def find_counted_list(solver: Solver, demands: Demands, first: int, last: int | None) -> Found | None:
    """Return a list of `first` to `last` items, at all of which lengths the forbidden sets apply."""
    fixed = prefix_length([*demands.within, *demands.forbidden])
    needed = len(demands.forbidden) + sum(part.low for part in demands.counted) + 2 * demands.repeated
    most = max(first, fixed) + needed
    for length in range(first, 1 + (most if last is None else min(last, most))):
        for cells in _cells(length, fixed, repeated=demands.repeated):
            found = _CellSearch(solver, demands, cells, fixed).find()
            if found is not None:
                return found
    return None


def prefix_length(parts: Sequence[Items]) -> int:
    """Return how many positions are told apart."""
    return max((len(part.prefix) for part in parts), default=0)


def at(part: Items, position: int) -> Set:
    """Return what stands at a position."""
    return part.prefix[position] if position < len(part.prefix) else part.item


def _cells(length: int, fixed: int, *, repeated: bool) -> Iterator[list[_Cell]]:
    """Return the ways to have one value at two positions; past every prefix one position is like another."""
    if not repeated:
        yield [(place,) for place in range(length)]
        return
    known = range(min(length, fixed + 2))
    for one in known:
        for two in known[one + 1 :]:
            yield [(one, two), *((place,) for place in range(length) if place not in {one, two})]


@dataclass(frozen=True, slots=True)
class _State:
    """How far the search has come: the cell that is next, what is left to violate, and the counts so far."""

    cell: int
    left: frozenset[int]
    counts: tuple[int, ...]
    last: "_Rank | None" = None


class _CellSearch:
    def __init__(self, solver: Solver, demands: Demands, cells: list[_Cell], fixed: int) -> None:
        self._solver = solver
        self._demands = demands
        self._cells = cells
        self._fixed = fixed
        self._dead: set[_State] = set()

    def find(self) -> Found | None:
        """Return a list, None when no way through the cells leads to one."""
        start = _State(0, frozenset(range(len(self._demands.forbidden))), (0,) * len(self._demands.counted))
        for goals in self._ways(start):
            values = self._values(goals)
            if values is not None:
                placed = {place: value for cell, value in zip(self._cells, values, strict=True) for place in cell}
                return Found([placed[place] for place in range(len(placed))])
        return None

    def _ways(self, start: _State) -> Iterator[list[Goal]]:
        """Return goals for all cells, one for each way to meet the demands; only items in common are left to check."""
        stack: list[tuple[_State, list[Goal]]] = [(start, [])]
        while stack:
            state, goals = stack.pop()
            self._solver.meter.spend()
            if state.cell == len(self._cells):
                if not state.left and self._is_enough(state.counts):
                    yield goals
                continue
            if state in self._dead:
                continue
            if not self._demands.distinct:
                self._dead.add(state)  # another way to the same state would find nothing else
            stack += reversed([(after, [*goals, goal]) for after, goal in self._steps(state)])

    def _is_enough(self, counts: tuple[int, ...]) -> bool:
        return all(count >= part.low for count, part in zip(counts, self._demands.counted, strict=True))

    def _steps(self, state: _State) -> Iterator[tuple[_State, Goal]]:
        """Return what can be done at the next cell."""
        cell = self._cells[state.cell]
        alike = len(cell) == 1 and cell[0] >= self._fixed
        for violated, signs in self._options(state):
            self._solver.meter.spend()
            rank = (*(number in violated for number in range(len(self._demands.forbidden))), *map(bool, signs))
            if alike and state.last is not None and rank > state.last:
                continue
            counts = tuple(
                min(count + len(cell) * (sign is True), part.low if part.high is None else part.high + 1)
                for count, sign, part in zip(state.counts, signs, self._demands.counted, strict=True)
            )
            over = any(p.high is not None and n > p.high for n, p in zip(counts, self._demands.counted, strict=True))
            if over:
                continue
            after = _State(state.cell + 1, state.left - violated, counts, rank if alike else None)
            for goal in self._goals(cell, violated, signs):
                if self._solver.find(goal) is not None:
                    yield after, goal
                    break

    def _options(self, state: _State) -> Iterator[_Option]:
        signs = [
            (True, False) if part.high is not None else (True, None) if count < part.low else (None,)
            for count, part in zip(state.counts, self._demands.counted, strict=True)
        ]
        for chosen in product((True, False), repeat=len(state.left)):
            violated = frozenset(number for number, flag in zip(sorted(state.left), chosen, strict=True) if flag)
            yield from ((violated, row) for row in product(*signs))

    def _goals(self, cell: _Cell, violated: frozenset[int], signs: tuple[bool | None, ...]) -> Iterator[Goal]:
        """Return the goals for a cell's value: each set that is violated here is so at one of the cell's positions."""
        wanted: set[Signed] = {(at(part, place), True) for part in self._demands.within for place in cell}
        for part, sign in zip(self._demands.counted, signs, strict=True):
            if sign is not None:
                wanted.add((part.part, sign))
        for places in product(cell, repeat=len(violated)):
            refused = {
                (at(self._demands.forbidden[number], place), False)
                for number, place in zip(sorted(violated), places, strict=True)
            }
            yield frozenset(wanted | refused)

    def _values(self, goals: list[Goal]) -> list[Any] | None:
        if self._demands.distinct:
            return _matched(self._solver, goals)
        found = [self._solver.find(goal) for goal in goals]
        return [each.value for each in found if each is not None]


def _matched(solver: Solver, goals: list[Goal]) -> list[Any] | None:
    """Return a value for each goal, all different: with as many candidates as goals, a goal is never in the way."""
    pools = {goal: distinct_values(solver, goal, len(goals)) for goal in dict.fromkeys(goals)}
    keys = {goal: list(map(constant_set, pool)) for goal, pool in pools.items()}
    values = {key: value for goal, pool in pools.items() for key, value in zip(keys[goal], pool, strict=True)}
    holder: dict[Set, int] = {}
    for number in range(len(goals)):
        if not _place(number, [keys[goal] for goal in goals], holder, set(), solver):
            return None
    chosen = {number: values[key] for key, number in holder.items()}
    return [chosen[number] for number in range(len(goals))]


def _place(number: int, keys: list[list[Set]], holder: dict[Set, int], seen: set[Set], solver: Solver) -> bool:
    """Give a goal a value, moving others along where that is possible (an augmenting path)."""
    solver.meter.spend()
    free = next((key for key in keys[number] if key not in holder), None)
    if free is not None:
        holder[free] = number
        return True
    for key in keys[number]:
        if key not in seen:
            seen.add(key)
            if _place(holder[key], keys, holder, seen, solver):
                holder[key] = number
                return True
    return False
