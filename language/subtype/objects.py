"""Objects: find one that is in all of some sets of objects and in none of others (theory: `search.py`).

Keys are the declared ones and, for each *class* of other keys (the families that they are and are not in), a few made
up ones. The axis of sizes is cut so that each forbidden set allows all sizes of a piece or none; those that allow all
must be violated at a key. Which keys are there is decided last, to reach a size of the piece.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeAlias

from cellc.language.subtype.goals import Found, Goal, Solver, inside, outside
from cellc.language.subtype.lengths import common_length, pieces, spans
from cellc.language.subtype.sets import Fields, Set, Slot, Text, Words, both


def find_object(solver: Solver, within: Sequence[Fields], without: Sequence[Fields]) -> Found | None:
    """Return an object that is in all of `within` and in none of `without`."""
    keys = _Keys(solver, [*within, *without])
    if keys.doubtful:
        return Found({}) if solver.lenient else None
    for first, last in pieces(*common_length(within), without):
        active = [part for part in without if spans(part, first, last)]
        found = _ObjectSearch(solver, within, active, keys, (first, last)).find()
        if found is not None:
            return found
    return None


@dataclass(frozen=True, slots=True)
class _Key:
    """A key, and the name sets of families that it is in."""

    name: str
    families: frozenset[Set]


_Signs: TypeAlias = tuple[tuple[Set, bool], ...]
"""For each name set of a family, whether a key is in it."""

_PLAIN_NAMES = ["other", *(f"other{number}" for number in range(2, 10))]


class _Keys:
    """The keys that a question is about: declared ones, and others by class."""

    def __init__(self, solver: Solver, parts: Sequence[Fields]) -> None:
        self._solver = solver
        self._sets = list(dict.fromkeys(family.names for part in parts for family in part.families))
        names = dict.fromkeys(slot.name for part in parts for slot in part.slots)
        self.doubtful = False
        self.declared = [_Key(name, self._families(name)) for name in names]
        self._classes: dict[_Signs, list[_Key]] = {}
        self.before: dict[_Key, _Key] = {}  # of a made up key, the one of its class that is taken first

    def _families(self, name: str) -> frozenset[Set]:
        """Return the sets that hold `name`; where that cannot be said, the keys are doubtful."""
        word = (Words(frozenset({name})), True)
        held = [each for each in self._sets if self._solver.find(frozenset({word, (each, True)})) is not None]
        refused = [each for each in self._sets if self._solver.find(frozenset({word, (each, False)})) is not None]
        self.doubtful = (
            self.doubtful or len(held) + len(refused) != len(self._sets) or not set(held).isdisjoint(refused)
        )
        return frozenset(held)

    def classes(self) -> Iterator[_Signs]:
        """Return the classes of keys that are not declared, the plainest first."""
        return self._extended(())

    def _extended(self, signs: _Signs) -> Iterator[_Signs]:
        if self._sets and self._solver.find(self._goal(signs, [])) is None:
            return
        if len(signs) == len(self._sets):
            yield signs
            return
        for sign in (False, True):
            yield from self._extended((*signs, (self._sets[len(signs)], sign)))

    def members(self, signs: _Signs) -> Iterator[_Key]:
        """Return the keys of a class, one by one; they may be endless."""
        known = self._classes.setdefault(signs, [])
        yield from known
        families = frozenset(each for each, sign in signs if sign)
        while (name := self._another(signs, known)) is not None:
            self._solver.meter.spend()
            key = _Key(name, families)
            if known:
                self.before[key] = known[-1]
            known.append(key)
            yield key

    def _another(self, signs: _Signs, known: list[_Key]) -> str | None:
        taken = {key.name for key in (*self.declared, *known)}
        if not self._sets:
            return next(name for name in _numbered() if name not in taken)
        plain = frozenset(_PLAIN_NAMES) - taken
        goal = self._goal(signs, known)
        found = self._solver.find(goal | {(Words(plain), True)}) if plain else None
        found = found or self._solver.find(goal)
        return None if found is None else str(found.value)

    def _goal(self, signs: _Signs, known: list[_Key]) -> Goal:
        taken = frozenset(key.name for key in (*self.declared, *known))
        return frozenset({(Text(), True), *signs, *([(Words(taken), False)] if taken else [])})


def _numbered() -> Iterator[str]:
    yield _PLAIN_NAMES[0]
    number = 2
    while True:
        yield f"{_PLAIN_NAMES[0]}{number}"
        number += 1


@dataclass(frozen=True, slots=True)
class _Group:
    """What is decided about one key: the forbidden sets that are violated there, and those that are not."""

    violated: tuple[int, ...] = ()
    kept: tuple[int, ...] = ()


_NOTHING_DECIDED = _Group()
_Groups: TypeAlias = dict[_Key, _Group]


class _ObjectSearch:
    """Objects of some sizes, at all of which the `forbidden` sets apply, so that each must be violated at a key."""

    def __init__(
        self,
        solver: Solver,
        within: Sequence[Fields],
        forbidden: Sequence[Fields],
        keys: _Keys,
        sizes: tuple[int, int | None],
    ) -> None:
        self._solver = solver
        self._within = within
        self._forbidden = forbidden
        self._keys = keys
        self._least, self._most = sizes
        self._slots = {id(part): {slot.name: slot for slot in part.slots} for part in (*within, *forbidden)}

    def find(self) -> Found | None:
        """Return an object: each forbidden set violated at a key of its own where keys are plenty, else at any."""
        if any(self._requires(key) and self._value(key, _NOTHING_DECIDED) is None for key in self._keys.declared):
            return None
        own: _Groups = {}
        bound: dict[int, list[_Key]] = {}
        plenty, pool = self._made_up()
        for number in range(len(self._forbidden)):
            alone = _Group((number,))
            free = next((members for members in plenty if self._value(members[number], alone) is not None), None)
            places = [key for key in pool if self._is_possible(key, alone)]
            if free is not None:
                own[free[number]] = alone
            elif places:
                bound[number] = places
            else:
                return None
        objects = (self._complete(groups) for groups in self._assign(bound, own))
        return next((Found(found) for found in objects if found is not None), None)

    def _made_up(self) -> tuple[list[list[_Key]], list[_Key]]:
        """Return classes with a key for each forbidden set, and the keys that must be shared."""
        wanted = len(self._forbidden)
        plenty: list[list[_Key]] = []
        pool = list(self._keys.declared)
        if not wanted:
            return plenty, pool
        for signs in self._keys.classes():
            members = list(islice(self._keys.members(signs), wanted))
            if self._most is None and len(members) == wanted:
                plenty.append(members)
            else:
                pool += members
        return plenty, pool

    # --- what may stand at a key ---

    def _content(self, part: Fields, key: _Key) -> Set:
        slot = self._slots[id(part)].get(key.name)
        if slot is not None:
            return slot.content
        families = [family.content for family in part.families if family.names in key.families]
        return both(families) if families else part.extra

    def _requires(self, key: _Key) -> bool:
        return any(_is_required(self._slots[id(part)].get(key.name)) for part in self._within)

    def _may_be_absent(self, key: _Key, group: _Group) -> bool:
        """Return whether the absence of `key` is allowed and decides its group as it is decided."""
        violated = (self._slots[id(self._forbidden[number])].get(key.name) for number in group.violated)
        kept = (self._slots[id(self._forbidden[number])].get(key.name) for number in group.kept)
        return not self._requires(key) and all(map(_is_required, violated)) and not any(map(_is_required, kept))

    def _value(self, key: _Key, group: _Group) -> Found | None:
        """Return a value at `key` that decides its group as it is decided."""
        wanted = inside(self._content(part, key) for part in self._within)
        kept = inside(self._content(self._forbidden[number], key) for number in group.kept)
        refused = outside(self._content(self._forbidden[number], key) for number in group.violated)
        return self._solver.find(frozenset(wanted | kept | refused))

    def _is_possible(self, key: _Key, group: _Group) -> bool:
        return self._may_be_absent(key, group) or self._value(key, group) is not None

    # --- assignments ---

    def _assign(self, bound: dict[int, list[_Key]], groups: _Groups) -> Iterator[_Groups]:
        """Violate each of `bound` at one of its keys: the one with the fewest keys first, each key in turn.

        A key that was tried is no key for it any more, and what the decisions so far violate anyway is done.
        """
        self._solver.meter.spend(1 + len(bound))
        groups = self._with_implied(bound, groups)
        done = {number for group in groups.values() for number in group.violated}
        open_ = {
            number: [key for key in places if self._is_possible(key, _with(groups, key, number))]
            for number, places in bound.items()
            if number not in done
        }
        if not open_:
            yield groups
            return
        number = min(open_, key=lambda each: len(open_[each]))
        rest = {other: places for other, places in open_.items() if other != number}
        for key in open_[number]:
            before = self._keys.before.get(key)
            if before is not None and not groups.get(before, _NOTHING_DECIDED).violated:
                continue  # made up keys of one class are alike
            yield from self._assign(rest, groups | {key: _with(groups, key, number)})
            spared = _without(groups, key, number)
            if not self._is_possible(key, spared):
                return
            groups = groups | {key: spared}

    def _with_implied(self, bound: dict[int, list[_Key]], groups: _Groups) -> _Groups:
        """Add to each decided key the forbidden sets that are violated there whatever its value is."""
        implied: dict[_Key, list[int]] = {}
        for number, places in bound.items():
            decided = (key for key in places if key in groups)
            key = next((key for key in decided if not self._is_possible(key, _without(groups, key, number))), None)
            if key is not None:
                implied.setdefault(key, []).append(number)
        grown = {key: _with(groups, key, *numbers) for key, numbers in implied.items()}
        return groups | {key: group for key, group in grown.items() if self._is_possible(key, group)}

    def _complete(self, groups: _Groups) -> dict[str, Any] | None:
        """Return an object of a size that is asked for, with the violations of `groups`; None where there is none."""
        value: dict[str, Any] = {}
        spare: list[tuple[str, Found]] = []
        for key in dict.fromkeys((*self._keys.declared, *groups)):
            group = groups.get(key, _NOTHING_DECIDED)
            found = self._value(key, group)
            if not self._may_be_absent(key, group):
                value[key.name] = None if found is None else found.value
            elif found is not None:
                spare.append((key.name, found))
        if self._most is not None and len(value) > self._most:
            return None
        missing = max(self._least - len(value), 0)
        for name, found in islice(self._fillers(spare, groups), missing):
            value[name] = found.value
        return value if len(value) >= self._least else None

    def _fillers(self, spare: list[tuple[str, Found]], groups: _Groups) -> Iterator[tuple[str, Found]]:
        """Return keys that may be there and need not, as many as there are."""
        yield from spare
        if self._least == 0:
            return
        for signs in self._keys.classes():
            for key in self._keys.members(signs):
                found = self._value(key, _NOTHING_DECIDED)
                if found is None:
                    break
                if key not in groups:
                    yield key.name, found


def _with(groups: _Groups, key: _Key, *numbers: int) -> _Group:
    group = groups.get(key, _NOTHING_DECIDED)
    return _Group((*group.violated, *numbers), group.kept)


def _without(groups: _Groups, key: _Key, number: int) -> _Group:
    group = groups.get(key, _NOTHING_DECIDED)
    return _Group(group.violated, (*group.kept, number))


def _is_required(slot: Slot | None) -> bool:
    return slot is not None and slot.required
