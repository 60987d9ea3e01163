"""Lists: find one that is in all of some sets of lists and in none of others (theory: `search.py`)."""

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from cellc.language.subtype.goals import Found, Solver, inside, outside
from cellc.language.subtype.sets import Items, Set

_Groups: TypeAlias = dict[int, tuple[int, ...]]
"""For each position, which forbidden sets are violated there."""


def find_list(solver: Solver, within: Sequence[Items], without: Sequence[Items]) -> Found | None:
    """Return a list that is in all of `within` and in none of `without`."""
    low = max((part.low for part in within), default=0)
    high = min((part.high for part in within if part.high is not None), default=None)
    for first, last in _length_ranges(low, high, [*within, *without]):
        active = [part for part in without if part.low <= first and _reaches(part.high, last)]
        found = _ListSearch(solver, within, active).of_length(first, last)
        if found is not None:
            return found
    return None


def _reaches(bound: int | None, last: int | None) -> bool:
    return bound is None or (last is not None and bound >= last)


def _length_ranges(low: int, high: int | None, parts: Sequence[Items]) -> Iterator[tuple[int, int | None]]:
    """Cut low..high so that each of `parts` allows all lengths of a range or none, and has no prefix in a long one."""
    if high is not None and low > high:
        return
    cuts = {part.low for part in parts} | {part.high + 1 for part in parts if part.high is not None}
    cuts |= set(range(_prefix_length(parts) + 2))
    starts = [low, *sorted(c for c in cuts if c > low and (high is None or c <= high))]
    yield from zip(starts, [*(start - 1 for start in starts[1:]), high], strict=True)


def _prefix_length(parts: Sequence[Items]) -> int:
    return max((len(part.prefix) for part in parts), default=0)


class _ListSearch:
    """Lists of a length at which all of `forbidden` apply. Positions past every prefix are alike."""

    def __init__(self, solver: Solver, within: Sequence[Items], forbidden: Sequence[Items]) -> None:
        self._solver = solver
        self._within = within
        self._forbidden = forbidden
        self._fixed = _prefix_length([*within, *forbidden])

    def of_length(self, first: int, last: int | None) -> Found | None:
        """Return a list of `first` to `last` items that violates each forbidden set at some position.

        More positions never hurt, so only the greatest useful length is tried.
        """
        wanted = max(first, self._fixed + len(self._forbidden)) if self._forbidden else first
        length = wanted if last is None else min(last, wanted)
        kinds = range(min(length, self._fixed + 1))  # one position for all that are alike
        if any(self._item(position, ()) is None for position in kinds):
            return None
        for number in range(len(self._forbidden)):
            if all(self._item(position, (number,)) is None for position in kinds):
                return None
        groups = next(self._assign(0, length, {}), None)
        return None if groups is None else Found(self._build(groups, length))

    def _item(self, position: int, violated: tuple[int, ...]) -> Found | None:
        wanted = inside(_at(part, position) for part in self._within)
        refused = outside(_at(self._forbidden[number], position) for number in violated)
        return self._solver.find(frozenset(wanted | refused))

    def _assign(self, number: int, length: int, groups: _Groups) -> Iterator[_Groups]:
        """Give each forbidden set a position; of the alike positions only one unused one is worth a try."""
        self._solver.meter.spend()
        if number == len(self._forbidden):
            yield groups
            return
        unused = max((position + 1 for position in groups), default=0)
        places = range(min(length, max(self._fixed, unused) + 1))
        for place in sorted(places, key=lambda position: position in groups):
            group = (*groups.get(place, ()), number)
            if self._item(place, group) is not None:
                yield from self._assign(number + 1, length, groups | {place: group})

    def _build(self, groups: _Groups, length: int) -> list[object]:
        """Return the list; the items past every prefix that violate nothing are one value, many times."""
        front = max((self._fixed, *(position + 1 for position in groups)))
        items = [self._item(position, groups.get(position, ())) for position in range(min(length, front))]
        values = [found.value for found in items if found is not None]
        filler = self._item(self._fixed, ()) if length > front else None
        return values + ([] if filler is None else [filler.value] * (length - front))


def _at(part: Items, position: int) -> Set:
    return part.prefix[position] if position < len(part.prefix) else part.item
