"""Objects: find one that is in all of some sets of objects and in none of others (theory: `search.py`)."""

from collections.abc import Iterator, Sequence
from typing import Any

from cellc.language.subtype.goals import Found, Solver, inside, outside
from cellc.language.subtype.sets import Fields, Set, Slot

_ABSENT = Found(None)
"""The choice to leave a key out; compared by identity."""


def find_object(solver: Solver, within: Sequence[Fields], without: Sequence[Fields]) -> Found | None:
    """Return an object that is in all of `within` and in none of `without`."""
    return _ObjectSearch(solver, within, without).find()


class _ObjectSearch:
    def __init__(self, solver: Solver, within: Sequence[Fields], without: Sequence[Fields]) -> None:
        self._solver = solver
        self._within = [_by_name(part) for part in within]
        self._without = [_by_name(part) for part in without]
        self._extras = [part.extra for part in within]
        self._forbidden_extras = [part.extra for part in without]
        named = [slot.name for part in (*within, *without) for slot in part.slots]
        self._keys = list(dict.fromkeys(named))

    def find(self) -> Found | None:
        """Violate each of `without` at a fresh key where that is possible, else at a declared one."""
        if any(self._choice(key, ()) is None for key in self._keys):
            return None
        fresh: list[Any] = []
        bound: list[tuple[int, list[str]]] = []
        for number in range(len(self._without)):
            places = [key for key in self._keys if self._choice(key, (number,)) is not None]
            elsewhere = self._elsewhere(number)
            if elsewhere is not None:
                fresh.append(elsewhere.value)
            elif places:
                bound.append((number, places))
            else:
                return None
        bound.sort(key=lambda pair: len(pair[1]))
        groups = next(self._assign(bound, {}), None)
        return None if groups is None else Found(self._build(groups, fresh))

    def _choice(self, key: str, violated: tuple[int, ...]) -> Found | None:
        """Return what stands at `key` so that all of `violated` are violated there: a value, _ABSENT, or None."""
        slots = [slots.get(key) for slots in self._within]
        required = any(slot is not None and slot.required for slot in slots)
        if not required and all(_requires(self._without[number].get(key)) for number in violated):
            return _ABSENT
        wanted = inside(_content(slot, extra) for slot, extra in zip(slots, self._extras, strict=True))
        refused = outside(
            _content(self._without[number].get(key), self._forbidden_extras[number]) for number in violated
        )
        return self._solver.find(frozenset(wanted | refused))

    def _elsewhere(self, number: int) -> Found | None:
        """Return a value of an undeclared key that violates `number`."""
        return self._solver.find(frozenset(inside(self._extras) | outside([self._forbidden_extras[number]])))

    def _assign(
        self, bound: list[tuple[int, list[str]]], groups: dict[str, tuple[int, ...]]
    ) -> Iterator[dict[str, tuple[int, ...]]]:
        self._solver.meter.spend()
        if not bound:
            yield groups
            return
        (number, places), *rest = bound
        for key in places:
            group = (*groups.get(key, ()), number)
            if self._choice(key, group) is not None:
                yield from self._assign(rest, groups | {key: group})

    def _build(self, groups: dict[str, tuple[int, ...]], fresh: list[Any]) -> dict[str, Any]:
        choices = {key: self._choice(key, groups.get(key, ())) for key in self._keys}
        value = {key: found.value for key, found in choices.items() if found is not None and found is not _ABSENT}
        return value | dict(zip(self._fresh_keys(), fresh, strict=False))

    def _fresh_keys(self) -> Iterator[str]:
        number = 0
        while True:
            number += 1
            name = "other" if number == 1 else f"other{number}"
            if name not in self._keys:
                yield name


def _by_name(part: Fields) -> dict[str, Slot]:
    return {slot.name: slot for slot in part.slots}


def _requires(slot: Slot | None) -> bool:
    return slot is not None and slot.required


def _content(slot: Slot | None, extra: Set) -> Set:
    return extra if slot is None else slot.content
