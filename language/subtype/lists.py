"""Lists: find one that is in all of some sets of lists and in none of others (theory: `search.py`)."""

from collections.abc import Callable, Iterator, Sequence
from itertools import product
from typing import TypeAlias

from cellc.language.subtype.counted_lists import Demands, at, find_counted_list, prefix_length
from cellc.language.subtype.goals import Found, Solver, inside, outside
from cellc.language.subtype.lengths import common_length, pieces, spans
from cellc.language.subtype.sets import Counted, Distinct, Items

_Groups: TypeAlias = dict[int, tuple[int, ...]]
"""For each position, which forbidden sets are violated there."""


_Parts: TypeAlias = Sequence[Items | Distinct | Counted]


def find_list(solver: Solver, within: _Parts, without: _Parts) -> Found | None:
    """Return a list that is in all of `within` and in none of `without`."""
    wanted, forbidden = ([part for part in parts if isinstance(part, Items)] for parts in (within, without))
    counted = [part for part in within if isinstance(part, Counted)]
    distinct, repeated = Distinct() in within, Distinct() in without
    outside_counts = [_other_counts(part) for part in without if isinstance(part, Counted)]
    if not (counted or outside_counts or distinct or repeated):
        return _find(
            wanted, forbidden, lambda active, *lengths: _ListSearch(solver, wanted, active).of_length(*lengths)
        )
    for more in product(*outside_counts):
        counts = [*counted, *more]

        def search(
            active: Sequence[Items], first: int, last: int | None, counts: Sequence[Counted] = counts
        ) -> Found | None:
            return find_counted_list(solver, Demands(wanted, active, counts, distinct, repeated), first, last)

        found = _find(wanted, forbidden, search)
        if found is not None:
            return found
    return None


def _other_counts(part: Counted) -> list[Counted]:
    """Return the counts that `part` does not allow."""
    few = [Counted(part.part, 0, part.low - 1)] if part.low > 0 else []
    return few if part.high is None else [*few, Counted(part.part, part.high + 1)]


def _find(
    within: Sequence[Items],
    without: Sequence[Items],
    search: Callable[[Sequence[Items], int, int | None], Found | None],
) -> Found | None:
    """Search piece by piece: lengths that each forbidden set allows all or none of, and no prefix in a long piece."""
    cuts = range(prefix_length([*within, *without]) + 2)
    for first, last in pieces(*common_length(within), [*within, *without], cuts):
        found = search([part for part in without if spans(part, first, last)], first, last)
        if found is not None:
            return found
    return None


class _ListSearch:
    """Lists of a length at which all of `forbidden` apply. Positions past every prefix are alike."""

    def __init__(self, solver: Solver, within: Sequence[Items], forbidden: Sequence[Items]) -> None:
        self._solver = solver
        self._within = within
        self._forbidden = forbidden
        self._fixed = prefix_length([*within, *forbidden])

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
        wanted = inside(at(part, position) for part in self._within)
        refused = outside(at(self._forbidden[number], position) for number in violated)
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
