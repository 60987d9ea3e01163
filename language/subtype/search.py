"""The decision: search for a value that is in some sets and not in others.

S <: T exactly when no value is in S and not in T. A *goal* is a set of signed sets, and asks for one value that is in
all the positive and none of the negative ones. A goal is expanded into branches of signed atoms of one kind; each kind
has its own way to find a value, and lists and objects ask sub-goals for their parts:

- An object of S escapes every T_j when for each j some key holds (or lacks) what T_j forbids. Keys are independent, so
  it is a matter of assigning each j to a key such that every key can violate all that it was assigned. Infinitely many
  keys are undeclared: a T_j that can be violated there gets a fresh key of its own.
- A list is the same over positions, cut into ranges of lengths in which each T_j covers all lengths or none.

**Recursion.** Values are finite, so a goal that needs itself needs something smaller first: while it is open, it
counts as impossible. That is an assumption, not a result. So the search goes in rounds: in a round each goal is tried
once, and values found stay found. When a round relied on an assumption and found new values, another round follows;
when it found none, what has no value has none. Nothing is concluded from an undischarged assumption.

**Unknown.** Work is counted and bounded. `Opaque` sets make the search run twice: strictly (they hold nothing), where
a value found is a true witness, then leniently (they may hold anything), where finding nothing proves that there is
none.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import combinations
from typing import Any, TypeAlias, TypeVar
from uuid import UUID

from cellc.language.regex import Languages
from cellc.language.subtype.goals import Found, Goal, Meter, OverBudget, Signed
from cellc.language.subtype.intervals import find_number
from cellc.language.subtype.lists import find_list
from cellc.language.subtype.objects import find_object
from cellc.language.subtype.sets import (
    FLOAT_LIMIT,
    Atom,
    Both,
    Counted,
    Distinct,
    Either,
    Everything,
    ExactlyOne,
    Fields,
    Forgiven,
    Hidden,
    Items,
    Not,
    Nothing,
    NumberKind,
    Numbers,
    Opaque,
    Ref,
    Set,
    Text,
    Unit,
    Words,
    kind_of,
)
from cellc.language.subtype.texts import find_text

_MOST_DEPTH = 40
"""Sub-goals within one another; deeper ones wait for their turn in the round, so that Python's stack is enough."""

BUDGET = 200_000
"""Units of work for one question: a second or two at most."""

Definitions: TypeAlias = Callable[[str], Set]
"""What each name stands for."""


Branch: TypeAlias = dict[tuple[Atom | Opaque, bool], None]
"""Signed atoms that one value must satisfy together; an ordered set."""


@dataclass(frozen=True, slots=True)
class Yes:
    """Every value of the one is a value of the other."""

    def __bool__(self) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class No:
    """`witness` is a value of the first that is not one of the second."""

    witness: Any

    def __bool__(self) -> bool:
        return False


@dataclass(frozen=True, slots=True)
class Unknown:
    """Not decided, for this reason."""

    reason: str

    def __bool__(self) -> bool:
        return False


Answer: TypeAlias = Yes | No | Unknown


def decide(one: Set, two: Set, define: Definitions, kinds: Sequence[str], budget: int = BUDGET) -> Answer:
    """Return whether `one` is a subset of `two`, over values of `kinds`."""
    found, doubt = find_value(frozenset({(one, True), (two, False)}), define, kinds, budget)
    if doubt is not None:
        return Unknown(doubt)
    return Yes() if found is None else No(found.value)


def find_value(
    goal: Goal, define: Definitions, kinds: Sequence[str], budget: int = BUDGET
) -> tuple[Found | None, str | None]:
    """Return a value for `goal` or None, and why that is not certain (None where it is).

    A value that comes with a doubt satisfies `goal` unless what is not supported says otherwise.
    """
    meter = Meter(budget)
    try:
        strict = _Search(define, kinds, meter, lenient=False)
        found = strict.run(goal)
        if found is not None or not strict.met_opaque:
            return found, None
        found = _Search(define, kinds, meter, lenient=True).run(goal)
        if found is None:
            return None, None
    except OverBudget:
        return None, "it takes too much work"
    except RecursionError:
        return None, "it is nested too deeply"
    return found, "it depends on " + ", ".join(sorted(strict.met_opaque))


def branches(goal: Goal, define: Definitions, kinds: Sequence[str], budget: int = BUDGET) -> list[Branch]:
    """Return `goal` as alternatives, each a set of signed atoms. Raises OverBudget."""
    return list(_Search(define, kinds, Meter(budget), lenient=True).branches(goal))


_Task: TypeAlias = tuple[Set, bool, frozenset[str]]
"""A signed set to expand, and the names on the way to it."""

_Kind = TypeVar("_Kind")

_LISTS = (Items, Distinct, Counted)

_UNITS: dict[str, Any] = {
    "null": None,
    "true": True,
    "false": False,
    "bytes": b"",
    "uuid": UUID(int=0),
    "date": date(2000, 1, 1),
    "time": time(12),
    "datetime": datetime(2000, 1, 1, tzinfo=UTC),
    "duration": timedelta(seconds=1),
}


class _Search:
    def __init__(self, define: Definitions, kinds: Sequence[str], meter: Meter, *, lenient: bool) -> None:
        self.meter = meter
        self.met_opaque: set[str] = set()
        self._define = define
        self._kinds = kinds
        self._languages = Languages(meter.spend)
        self.lenient = lenient
        self._found: dict[Goal, Found] = {}
        self._tried: dict[Goal, bool] = {}  # in this round; True while open
        self._assumed = False
        self._depth = 0
        self._postponed: list[Goal] = []

    def run(self, goal: Goal) -> Found | None:
        """Return a value for `goal`, None when there is none."""
        while True:
            before = len(self._found)
            self._tried.clear()
            self._assumed = False
            found = self.find(goal)
            while self._postponed and found is None:
                self.find(self._postponed.pop())
            if found is not None or not self._assumed or len(self._found) == before:
                return found

    def find(self, goal: Goal) -> Found | None:
        """Return a value for a sub-goal, None when there is none or none is known yet in this round."""
        if goal in self._found:
            return self._found[goal]
        if goal in self._tried:
            self._assumed = self._assumed or self._tried[goal]
            return None
        if self._depth >= _MOST_DEPTH:
            self._assumed = True
            self._postponed.append(goal)
            return None
        self._tried[goal] = True
        self.meter.spend(1 + len(goal))
        self._depth += 1
        found = next(filter(None, map(self._find_in, self.branches(goal))), None)
        self._depth -= 1
        self._tried[goal] = False
        if found is not None:
            self._found[goal] = found
        return found

    def branches(self, goal: Goal) -> Iterator[Branch]:
        """Return the branches of `goal`."""
        ordered = sorted(goal, key=lambda signed: signed[1])  # negatives are pushed first, so positives come off first
        return self._expand([(part, sign, frozenset()) for part, sign in ordered], {})

    def _expand(self, todo: list[_Task], atoms: Branch) -> Iterator[Branch]:
        """Return the branches of `todo` over `atoms`: everything that is certain first, then one choice at a time."""
        choices: list[_Task] = []
        while todo:
            task = todo.pop()
            part, sign, trail = task
            match part, sign:
                case (Everything(), True) | (Nothing(), False):
                    pass
                case (Everything(), False) | (Nothing(), True) | (Forgiven(), _):
                    return
                case Not(inner), _:
                    todo.append((inner, not sign, trail))
                case (Both(parts), True) | (Either(parts), False):
                    todo += [(each, sign, trail) for each in parts]
                case (Both(), False) | (Either(), True) | (ExactlyOne(), _):
                    choices.append(task)
                case Ref(name), _ if name in trail:
                    # A set that is defined by itself alone holds only what it must: nothing.
                    if sign:
                        return
                case Ref(name), _:
                    todo.append((self._define(name), sign, trail | {name}))
                case (
                    (Unit() | Numbers() | Text() | Words() | Items() | Distinct() | Counted()) as atom,
                    _,
                ) | ((Fields() | Hidden() | Opaque()) as atom, _):
                    if not self._admit(atom, sign, atoms):
                        return
        if choices:
            yield from self._choose(choices, atoms)
        else:
            yield atoms

    def _choose(self, choices: list[_Task], atoms: Branch) -> Iterator[Branch]:
        """Expand the choice with the fewest ways to go, each way with all that is still to be decided."""
        ways = [_ways(part, sign) for part, sign, _ in choices]
        chosen = min(range(len(choices)), key=lambda index: len(ways[index]))
        rest = [task for index, task in enumerate(choices) if index != chosen]
        trail = choices[chosen][2]
        for way in ways[chosen]:
            self.meter.spend()
            yield from self._expand([*rest, *((part, sign, trail) for part, sign in way)], dict(atoms))

    def _admit(self, part: Atom | Opaque, sign: bool, atoms: Branch) -> bool:
        """Add one signed atom to a branch; False when the branch can have no value."""
        if (part, not sign) in atoms:
            return False
        if isinstance(part, Opaque):
            self.met_opaque.add(part.name)
            if not self.lenient:
                return False
        elif sign:
            kind = kind_of(part)
            if kind not in self._kinds or any(kind_of(other) != kind for other in _atoms(atoms, sign=True)):
                return False
        atoms[part, sign] = None
        return True

    def _find_in(self, branch: Branch) -> Found | None:
        within = _atoms(branch, sign=True)
        without = _atoms(branch, sign=False)
        for kind in [kind_of(within[0])] if within else self._kinds:
            found = self._find_of(kind, within, [part for part in without if kind_of(part) == kind])
            if found is not None:
                return found
        return None

    def _find_of(self, kind: str, within: Sequence[Atom], without: Sequence[Atom]) -> Found | None:
        self.meter.spend(1 + len(without) // 8)
        match kind:
            case "int" | "float" | "decimal" | "number":
                number = find_number(_only(within, Numbers), _only(without, Numbers))
                return None if number is None else Found(number_value(kind, number))
            case "text":
                text = find_text(self._languages, _only(within, Text, Words), _only(without, Text, Words))
                return None if text is None else Found(text)
            case "list":
                return find_list(self, _only(within, *_LISTS), _only(without, *_LISTS))
            case "object":
                return find_object(self, _only(within, Fields), _only(without, Fields))
            case "secret":
                inner = {(part.inner, True) for part in _only(within, Hidden)}
                return self.find(frozenset(inner | {(part.inner, False) for part in _only(without, Hidden)}))
            case _:
                return None if without else Found(_UNITS[kind])


def _ways(part: Set, sign: bool) -> list[list[Signed]]:
    """Return the ways in which a value can be in (or not in) a set that leaves a choice."""
    match part, sign:
        case (Both(parts), False) | (Either(parts), True):
            return [[(each, sign)] for each in parts]
        case ExactlyOne(parts), True:
            chosen = range(len(parts))
            return [[(each, index == one) for index, each in enumerate(parts)] for one in chosen]
        case ExactlyOne(parts), False:
            none: list[Signed] = [(each, False) for each in parts]
            return [none, *([(one, True), (two, True)] for one, two in combinations(parts, 2))]
        case _:
            return [[(part, sign)]]


def _atoms(branch: Branch, *, sign: bool) -> list[Atom]:
    return [part for part, each in branch if each == sign and not isinstance(part, Opaque)]


def _only(parts: Sequence[Atom], *classes: type[_Kind]) -> list[_Kind]:
    return [part for part in parts if isinstance(part, classes)]


def number_value(kind: NumberKind, number: Fraction) -> int | float | Decimal:
    """Return the Python value of `kind` that stands for an exact number.

    JSON's own numbers are int where they can, then float where its text says the same number, else Decimal.
    """
    if kind == "int" or (kind == "number" and number.denominator == 1):
        return int(number)
    if kind == "float" or (kind == "number" and _is_float(number)):
        return float(number)
    return Decimal(number.numerator) / Decimal(number.denominator)


def _is_float(number: Fraction) -> bool:
    return abs(number) < FLOAT_LIMIT and Fraction(repr(float(number))) == number
