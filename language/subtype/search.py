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

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import Any, TypeAlias, TypeVar
from uuid import UUID

from msgspec import Struct

from cellc.language.regex import Languages
from cellc.language.subtype.branching import Branch, Branching, Definitions
from cellc.language.subtype.goals import Found, Goal, Meter, OverBudget
from cellc.language.subtype.intervals import find_number
from cellc.language.subtype.lists import find_list
from cellc.language.subtype.objects import find_object
from cellc.language.subtype.sets import (
    FLOAT_LIMIT,
    Atom,
    Counted,
    Distinct,
    Fields,
    Hidden,
    Items,
    NumberKind,
    Numbers,
    Opaque,
    Set,
    Text,
    Words,
    kind_of,
)
from cellc.language.subtype.texts import find_text

_MOST_DEPTH = 40
"""Sub-goals within one another; deeper ones wait for their turn in the round, so that Python's stack is enough."""

BUDGET = 200_000
"""Units of work for one question: a second or two at most."""


class Yes(Struct, frozen=True):
    """Every value of the one is a value of the other."""

    def __bool__(self) -> bool:
        return True


class No(Struct, frozen=True):
    """`witness` is a value of the first that is not one of the second."""

    witness: Any

    def __bool__(self) -> bool:
        return False


class Unknown(Struct, frozen=True):
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
        if found is not None or not strict.branching.met_opaque:
            return found, None
        found = _Search(define, kinds, meter, lenient=True).run(goal)
        if found is None:
            return None, None
    except OverBudget:
        return None, "it takes too much work"
    except RecursionError:
        return None, "it is nested too deeply"
    return found, "it depends on " + ", ".join(sorted(strict.branching.met_opaque))


def branches(goal: Goal, define: Definitions, kinds: Sequence[str], budget: int = BUDGET) -> list[Branch]:
    """Return `goal` as alternatives, each a set of signed atoms. Raises OverBudget."""
    return list(Branching(define, kinds, Meter(budget), lenient=True).branches(goal))


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
        self._kinds = kinds
        self.branching = Branching(define, kinds, meter, lenient=lenient)
        self.lenient = lenient
        self._found: dict[Goal, Found] = {}
        self._tried: dict[Goal, bool] = {}  # in this round; True while open
        self._assumed = False
        self._depth = 0
        self._postponed: list[Goal] = []

    @cached_property
    def _languages(self) -> Languages:
        """Made only for questions about text, which are few."""
        return Languages(self.meter.spend)

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
        self.meter.spend()
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
        found = next(filter(None, map(self._find_in, self.branching.branches(goal))), None)
        self._depth -= 1
        self._tried[goal] = False
        if found is not None:
            self._found[goal] = found
        return found

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
