"""What evaluation costs, counted in steps.

A step is what one item of a list costs to visit; texts cost a step for each 32 characters. Operators and built-ins
spend what they read and what they make, so one evaluation can neither take long nor fill the memory, however its
comprehensions nest and however often one large value is used. Values share their parts, so what is *written* of a value
(its JSON text) can be larger than what is in memory: it is counted before it is made.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from cellc.language.faults import MAX_STEPS, MAX_TEXT, Fault, check_text_length
from cellc.language.values.json_text import MAX_DEPTH

_CHARACTERS = 32
_BITS = 64
_CONTAINERS = frozenset({list, dict})


class Meter:
    """Counts the steps of one evaluation, so that nested comprehensions end in a fault and not in silence."""

    __slots__ = ("left",)

    def __init__(self) -> None:
        self.left = MAX_STEPS

    def reset(self) -> None:
        """Start to count anew."""
        self.left = MAX_STEPS

    def spend(self, count: int) -> None:
        """Count these steps as done."""
        self.left -= count
        if self.left < 0:
            raise Fault(f"an expression takes more than {MAX_STEPS} steps")


def steps(value: Any) -> int:
    """Return what it costs to go through `value`, but not into its items."""
    kind = type(value)
    if kind is str or kind is bytes:
        return 1 + len(value) // _CHARACTERS
    if kind in _CONTAINERS:
        return 1 + len(value)
    return 1 + value.bit_length() // _BITS if kind is int else 1


def all_steps(value: Any) -> int:
    """Return what it costs to go through `value` and everything in it; what is over MAX_STEPS is not exact."""
    if type(value) not in _CONTAINERS:
        return steps(value)
    items, characters = _extent(value)
    return items + characters // _CHARACTERS


def shallow_work(*values: Any) -> int:
    """Return the steps of what looks at the items of these values, but not into them."""
    return sum(map(steps, values))


def whole_work(*values: Any) -> int:
    """Return the steps of what goes through all of these values."""
    return sum(map(all_steps, values))


def sorting_work(xs: list[Any]) -> int:
    """Return the steps of bringing `xs` into order."""
    return all_steps(xs) * len(xs).bit_length()


def no_work(*_: Any) -> int:
    """Return the steps of what takes the same time for values of any size."""
    return 1


def comparing_work(a: Any, b: Any) -> int:
    """Return the steps of finding out whether two texts, lists or maps are equal, or which comes first."""
    if type(a) is not type(b) or type(a) not in _CONTAINERS:
        return min(steps(a), steps(b))
    return all_steps(a) if len(a) == len(b) else 1


def searching_work(value: Any, container: Any) -> int:
    """Return the steps of `value in container`."""
    if type(container) is dict:
        return steps(value)
    if type(container) is list:
        return all_steps(container) if type(value) in _CONTAINERS else steps(container) * steps(value)
    return steps(container) + steps(value)


def check_written(value: Any) -> None:
    """Raise Fault when the JSON text of `value` would be too long, without making it."""
    items, characters = _extent(value)
    check_text_length(2 * items + characters)


def check_depth(value: Any) -> None:
    """Raise Fault when `value` is nested deeper than any other part of the system takes it."""
    if type(value) not in _CONTAINERS:
        return
    depth, level = 0, [value]
    while level := [item for item in level if type(item) in _CONTAINERS]:
        depth += 1
        if depth > MAX_DEPTH:
            raise Fault(f"a value is nested more than {MAX_DEPTH} levels deep")
        once = {id(item): item for item in level}.values()
        level = [part for item in once for part in (item.values() if type(item) is dict else item)]


def _extent(value: Any) -> tuple[int, int]:
    """Return how many items are in `value`, and about how many characters write its texts, keys and numbers.

    Parts that are shared count as often as they are there. Counting ends where any limit is passed.
    """
    items, characters, level = 1, 0, [value]
    while level and characters <= MAX_STEPS * _CHARACTERS:
        for kind in _WRITTEN.keys() & set(map(type, level)):
            characters += _WRITTEN[kind]([item for item in level if type(item) is kind])
        containers = [item for item in level if type(item) in _CONTAINERS]
        items += sum(map(len, containers))
        if 2 * items > MAX_TEXT:
            break
        level = [part for item in containers for part in item]
        level += [part for item in containers if type(item) is dict for part in item.values()]
    return items, characters


def _lengths(values: list[Any]) -> int:
    return sum(map(len, values))


_WRITTEN: Mapping[type, Callable[[list[Any]], int]] = {
    str: _lengths,
    bytes: _lengths,
    int: lambda values: sum(map(int.bit_length, values)) // 3,
    Decimal: lambda values: sum(len(str(value)) + abs(value.adjusted()) for value in values),
}
"""How many characters write the values of a kind, where that is not a few."""
