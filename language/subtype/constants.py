"""Single JSON values as sets, and several values for one goal."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

from cellc.language.subtype.goals import Goal, Solver
from cellc.language.subtype.sets import NOTHING, Fields, Items, Numbers, Set, Slot, Unit, Words


def constant_set(value: Any) -> Set:
    """Return the set of one JSON value."""
    match value:
        case None:
            return Unit("null")
        case bool():
            return Unit("true" if value else "false")
        case int() | float() | Decimal():
            number = exact(value)
            return Numbers("number", number, number)
        case str():
            return Words(frozenset({value}))
        case list():
            return Items(NOTHING, len(value), len(value), tuple(map(constant_set, value)))
        case dict():
            slots = (Slot(key, constant_set(item), required=True) for key, item in value.items())
            return Fields(tuple(sorted(slots, key=lambda slot: slot.name)), NOTHING)
        case _:
            raise TypeError(f"{type(value).__name__} is not JSON data")


def exact(value: float | Decimal) -> Fraction:
    """Return the number that JSON text shows: 0.1 is one tenth."""
    return Fraction(repr(value)) if isinstance(value, float) else Fraction(value)


def distinct_values(solver: Solver, goal: Goal, most: int) -> list[Any]:
    """Return different JSON values that satisfy `goal`: `most` of them, or all where there are fewer."""
    values: list[Any] = []
    refused: set[tuple[Set, bool]] = set()
    while len(values) < most:
        solver.meter.spend(1 + len(refused))
        found = solver.find(goal | refused)
        if found is None:
            break
        values.append(found.value)
        refused.add((constant_set(found.value), False))
    return values
