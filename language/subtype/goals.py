"""What the parts of the search share: goals, what they find, and the meter of work."""

from collections.abc import Iterable
from typing import Any, Protocol, TypeAlias

from msgspec import Struct

from cellc.language.subtype.sets import Set

Signed: TypeAlias = tuple[Set, bool]
"""A set, and whether the value must be in it (True) or must not."""

Goal: TypeAlias = frozenset[Signed]
"""Asks for one value that satisfies all of them."""


class Found(Struct, frozen=True):
    """A value; wrapped because null is one too."""

    value: Any


class OverBudget(Exception):  # noqa: N818 -- an answer, not a fault: the caller turns it into Unknown
    """The search has done all the work that it may."""


class Meter:
    """Counts units of work, each some microseconds. Raises OverBudget when they are used up."""

    def __init__(self, units: int) -> None:
        self._left = units

    def spend(self, units: int = 1) -> None:
        """Count work that is about to be done."""
        self._left -= units
        if self._left < 0:
            raise OverBudget


class Solver(Protocol):
    """Finds values for sub-goals. `lenient`: what cannot be decided counts as found."""

    meter: Meter
    lenient: bool

    def find(self, goal: Goal) -> Found | None:
        """Return a value that satisfies `goal`, None when there is none (or none is known yet in this round)."""
        ...


def inside(sets: Iterable[Set]) -> set[Signed]:
    """Return the demand to be in all of `sets`."""
    return {(each, True) for each in sets}


def outside(sets: Iterable[Set]) -> set[Signed]:
    """Return the demand to be in none of `sets`."""
    return {(each, False) for each in sets}
