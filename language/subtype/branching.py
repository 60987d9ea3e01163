"""From a goal to branches of signed atoms of one kind: the boolean part of the search.

What is certain is taken first, then one choice at a time: the one with the fewest ways that are still open. A choice
of which one way holds already is no choice. A set that was asked for once in a branch is not expanded again there.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import combinations
from typing import TypeAlias

from cellc.language.subtype.apart import are_apart
from cellc.language.subtype.goals import Goal, Meter, Signed
from cellc.language.subtype.sets import (
    Atom,
    Both,
    Either,
    Everything,
    ExactlyOne,
    Forgiven,
    Not,
    Nothing,
    Opaque,
    Ref,
    Set,
    kind_of,
    whole_kind,
)

Definitions: TypeAlias = Callable[[str], Set]
"""What each name stands for."""

Branch: TypeAlias = dict[tuple[Atom | Opaque, bool], None]
"""Signed atoms that one value must satisfy together; an ordered set."""

_Trail: TypeAlias = frozenset[str]
_Task: TypeAlias = tuple[Set, bool, _Trail]
"""A signed set to expand, and the names on the way to it."""


@dataclass(slots=True)
class _Path:
    """How far a branch has come: its atoms, their kind once one is positive, and the sets that it was asked for."""

    atoms: Branch = field(default_factory=dict)
    kind: str | None = None
    asked: set[_Task] = field(default_factory=set)

    def copy(self) -> "_Path":
        return _Path(dict(self.atoms), self.kind, set(self.asked))


class Branching:
    """Expands goals. `lenient`: opaque sets may hold anything, else nothing; `met_opaque` are those that were met."""

    def __init__(self, define: Definitions, kinds: Sequence[str], meter: Meter, *, lenient: bool) -> None:
        self.met_opaque: set[str] = set()
        self._define = define
        self._kinds = kinds
        self._meter = meter
        self._lenient = lenient
        self._apart: dict[tuple[Set, Set], bool] = {}
        self._ways: dict[Signed, list[list[Signed]]] = {}

    def branches(self, goal: Goal) -> Iterator[Branch]:
        """Return the branches of `goal`."""
        ordered = sorted(goal, key=lambda signed: signed[1])  # negatives are pushed first, so positives come off first
        return self._expand([(part, sign, frozenset()) for part, sign in ordered], [], _Path())

    def _expand(self, todo: list[_Task], waiting: list[_Task], path: _Path) -> Iterator[Branch]:
        """Return the branches of `path` with all of `todo` and one way of each choice that is `waiting`."""
        choices = list(waiting)
        while todo:
            part, sign, trail = task = todo.pop()
            if self._is_lost(*task, path):
                return
            if self._is_met(*task, path):
                continue
            match part:
                case Not(inner):
                    todo.append((inner, not sign, trail))
                case Ref(name) if name in trail:
                    # A set that is defined by itself alone holds only what it must: nothing.
                    if sign:
                        return
                case Ref(name):
                    todo.append((self._define(name), sign, trail | {name}))
                case Both(parts) | Either(parts) | ExactlyOne(parts):
                    path.asked.add(_asked(*task))
                    if isinstance(part, Both if sign else Either):
                        todo += [(each, sign, trail) for each in parts]
                    else:
                        choices.append(task)
                case Everything() | Nothing() | Forgiven():
                    raise AssertionError("met or lost")
                case _:
                    self._admit(part, sign, path)
        yield from self._choose(choices, path)

    def _choose(self, choices: list[_Task], path: _Path) -> Iterator[Branch]:
        """Go on with the choice that leaves the fewest ways, each with all that is still to be decided."""
        open_: list[tuple[_Task, list[list[Signed]]]] = []
        for task in choices:
            part, sign, trail = task
            ways = [
                way for way in self._ways_of(part, sign) if not any(self._is_lost(*each, trail, path) for each in way)
            ]
            if not ways:
                return
            if not any(all(self._is_met(*each, trail, path) for each in way) for way in ways):
                open_.append((task, ways))
        if not open_:
            yield path.atoms
        elif path.kind is None:
            left = [task for task, _ in open_]
            for kind in self._kinds:
                yield from self._expand([(whole_kind(kind), True, frozenset())], left, path.copy())
        else:
            chosen, ways = min(open_, key=lambda pair: len(pair[1]))
            rest = [task for task, _ in open_ if task is not chosen]
            for way in ways:
                self._meter.spend()
                yield from self._expand([(part, sign, chosen[2]) for part, sign in way], rest, path.copy())

    def _ways_of(self, part: Set, sign: bool) -> list[list[Signed]]:
        if (part, sign) not in self._ways:
            self._ways[part, sign] = self._find_ways(part, sign)
        return self._ways[part, sign]

    def _find_ways(self, part: Set, sign: bool) -> list[list[Signed]]:
        """Return the ways in which a value can be in (or not in) a set that leaves a choice."""
        match part, sign:
            case (Both(parts), False) | (Either(parts), True):
                return [[(each, sign)] for each in parts]
            case ExactlyOne(parts), True:
                return [[(one, True), *((two, False) for two in self._near(parts, n))] for n, one in enumerate(parts)]
            case ExactlyOne(parts), False:
                none: list[Signed] = [(each, False) for each in parts]
                pairs = ((one, two) for one, two in combinations(parts, 2) if not self._are_apart(one, two))
                return [none, *([(one, True), (two, True)] for one, two in pairs)]
            case _:
                return [[(part, sign)]]

    def _near(self, parts: Sequence[Set], chosen: int) -> list[Set]:
        """Return the other parts that may share a value with the chosen one."""
        others = [part for number, part in enumerate(parts) if number != chosen]
        return [part for part in others if not self._are_apart(parts[chosen], part)]

    def _are_apart(self, one: Set, two: Set) -> bool:
        pair = (one, two)
        if pair not in self._apart:
            self._meter.spend()
            self._apart[pair] = are_apart(one, two, self._define)
        return self._apart[pair]

    def _admit(self, part: Atom | Opaque, sign: bool, path: _Path) -> None:
        """Add one signed atom, which is neither lost nor met, to a branch."""
        path.atoms[part, sign] = None
        if isinstance(part, Opaque):
            self.met_opaque.add(part.name)
        elif sign:
            path.kind = kind_of(part)

    def _is_lost(self, part: Set, sign: bool, trail: _Trail, path: _Path) -> bool:
        """Return whether a branch can plainly not have a value that is in `part`, or not in it."""
        match part:
            case Everything() | Nothing():
                return sign == isinstance(part, Nothing)
            case Forgiven():
                return True
            case Not(inner):
                return self._is_lost(inner, not sign, trail, path)
            case Ref():
                return False
            case Both() | Either() | ExactlyOne():
                return _asked(part, not sign, trail) in path.asked
            case Opaque():
                if not self._lenient:
                    self.met_opaque.add(part.name)
                return not self._lenient or (part, not sign) in path.atoms
            case _:
                kind = kind_of(part)
                return (part, not sign) in path.atoms or (
                    sign and (kind not in self._kinds or kind != (path.kind or kind))
                )

    def _is_met(self, part: Set, sign: bool, trail: _Trail, path: _Path) -> bool:
        """Return whether all values of a branch are plainly in `part`, or not in it."""
        match part:
            case Everything() | Nothing():
                return sign == isinstance(part, Everything)
            case Forgiven() | Ref():
                return False
            case Not(inner):
                return self._is_met(inner, not sign, trail, path)
            case Both() | Either() | ExactlyOne():
                return _asked(part, sign, trail) in path.asked
            case Opaque():
                return (part, sign) in path.atoms
            case _:
                is_other = path.kind is not None and kind_of(part) != path.kind
                return (part, sign) in path.atoms or (not sign and is_other)


def _asked(part: Set, sign: bool, trail: _Trail) -> _Task:
    """Return a task as it is remembered: the way to it counts only where a name in it might lead back."""
    return part, sign, trail if _has_names(part) else frozenset()


@lru_cache(maxsize=4096)
def _has_names(part: Set) -> bool:
    match part:
        case Ref():
            return True
        case Not(inner):
            return _has_names(inner)
        case Both(parts) | Either(parts) | ExactlyOne(parts):
            return any(map(_has_names, parts))
        case _:
            return False
