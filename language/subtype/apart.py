"""Sets that plainly share no value: of different kinds, or objects that differ in what a tag must be.

A look, not a search: `True` is certain, `False` says nothing. It spares the pairs of arms of a large `oneOf`.
"""

from collections.abc import Callable, Iterator

from cellc.language.subtype.sets import (
    Atom,
    Both,
    Counted,
    Distinct,
    Fields,
    Hidden,
    Items,
    Nothing,
    Numbers,
    Ref,
    Set,
    Slot,
    Text,
    Unit,
    Words,
    kind_of,
)

_MOST_DEPTH = 3


def are_apart(one: Set, two: Set, define: Callable[[str], Set], depth: int = _MOST_DEPTH) -> bool:
    """Return True where no value can be in both sets."""
    if depth == 0:
        return False
    first, second = list(_atoms(one, define, depth)), list(_atoms(two, define, depth))
    return any(_atoms_are_apart(a, b, define, depth - 1) for a in first for b in second)


def _atoms(part: Set, define: Callable[[str], Set], depth: int) -> Iterator[Atom | Nothing]:
    """Return atoms that hold all of `part`, as far as they are plain to see."""
    match part:
        case Both(parts):
            for each in parts:
                yield from _atoms(each, define, depth)
        case Ref(name) if depth:
            yield from _atoms(define(name), define, depth - 1)
        case Unit() | Numbers() | Text() | Words() | Items() | Distinct() | Counted() | Fields() | Hidden() | Nothing():
            yield part
        case _:
            pass


def _atoms_are_apart(one: Atom | Nothing, two: Atom | Nothing, define: Callable[[str], Set], depth: int) -> bool:
    if isinstance(one, Nothing) or isinstance(two, Nothing) or kind_of(one) != kind_of(two):
        return True
    match one, two:
        case Words(first), Words(second):
            return first.isdisjoint(second)
        case Numbers(), Numbers():
            return _is_below(one, two) or _is_below(two, one)
        case Fields(), Fields():
            shared = _shared_slots(one, two)
            return any((a.required or b.required) and are_apart(a.content, b.content, define, depth) for a, b in shared)
        case _:
            return False


def _is_below(one: Numbers, two: Numbers) -> bool:
    return one.high is not None and two.low is not None and one.high < two.low


def _shared_slots(one: Fields, two: Fields) -> Iterator[tuple[Slot, Slot]]:
    others = {slot.name: slot for slot in two.slots}
    return ((slot, others[slot.name]) for slot in one.slots if slot.name in others)
