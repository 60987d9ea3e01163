"""What the built-in functions on numbers, lists and maps compute: plain Python functions on plain values.

Each is bounded by the size of its arguments, or checks a limit of `faults.py` first. A function that takes `by` gets
the list of what `by=` gave for each item. Where Python has the name, the meaning is Python's.
"""

import math
from collections.abc import Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, InvalidOperation
from typing import Any

from cellc.language.arithmetic import ARITHMETIC, DECIMAL
from cellc.language.faults import MAX_DIGITS, MAX_INT_BITS, Fault, bounded_int, check_item_count

# --- numbers ---------------------------------------------------------------------------------------------------------


def total(xs: Sequence[Any]) -> Any:
    """Add from left to right, so that floats give the same on every Python."""
    result: Any = 0
    add = ARITHMETIC["+"]
    for x in xs:
        result = add[type(result), type(x)](result, x)
    return result


def least(*args: Any, by: Sequence[Any] | None = None) -> Any:
    """Return the first least item of a list (null when empty), or the least argument."""
    return _extreme(args, by, -1)


def greatest(*args: Any, by: Sequence[Any] | None = None) -> Any:
    """Return the first greatest item of a list (null when empty), or the greatest argument."""
    return _extreme(args, by, 1)


def _extreme(args: Sequence[Any], by: Sequence[Any] | None, sign: int) -> Any:
    values = args[0] if len(args) == 1 else args
    if not values:
        return None
    keys = values if by is None else by
    pick = max if sign > 0 else min
    return values[pick(range(len(keys)), key=keys.__getitem__)]


def magnitude(x: Any) -> Any:
    """Return the absolute value."""
    return x.copy_abs() if isinstance(x, Decimal) else abs(x)


def rounded(x: Any, digits: int | None = None) -> Any:
    """Round half to even, as Python does; to an int without `digits`."""
    if digits is None:
        return x if isinstance(x, int) else _whole(round, x)
    if abs(digits) > MAX_DIGITS:
        raise Fault(f"`round` takes from -{MAX_DIGITS} to {MAX_DIGITS} digits, not {digits}")
    if isinstance(x, int):
        return bounded_int(round(x, digits))
    try:
        return round(x, digits) if isinstance(x, float) else DECIMAL.quantize(x, Decimal((0, (1,), -digits)))
    except OverflowError:
        raise Fault("a float result is out of range") from None
    except InvalidOperation:
        raise Fault(f"`round` to {digits} digits needs more than {DECIMAL.prec} digits in all") from None


def floor(x: Any) -> int:
    """Return the greatest int that is not above `x`."""
    return x if isinstance(x, int) else _whole(math.floor, x)


def ceil(x: Any) -> int:
    """Return the least int that is not below `x`."""
    return x if isinstance(x, int) else _whole(math.ceil, x)


def _whole(direction: Any, x: Any) -> int:
    if isinstance(x, float):
        return int(direction(x))
    if x.adjusted() > MAX_INT_BITS // 4:
        raise Fault(f"an integer has more than {MAX_INT_BITS} bits")
    modes = {math.floor: ROUND_FLOOR, math.ceil: ROUND_CEILING}
    return bounded_int(int(x.to_integral_value(modes.get(direction))))


def count_up(start: int, stop: int | None = None, step: int = 1) -> list[int]:
    """Return Python's `range` as a list."""
    if step == 0:
        raise Fault("`range` takes a step that is not zero")
    numbers = range(start) if stop is None else range(start, stop, step)
    check_item_count(max(0, (numbers.stop - numbers.start + step - (1 if step > 0 else -1)) // step))
    return list(numbers)


# --- lists and maps --------------------------------------------------------------------------------------------------


def sort(xs: list[Any], *, by: Sequence[Any] | None = None, reverse: bool = False) -> list[Any]:
    """Return the items in order; equal ones keep theirs."""
    if by is None:
        return sorted(xs, reverse=reverse)
    return [xs[i] for i in sorted(range(len(xs)), key=by.__getitem__, reverse=reverse)]


def group(xs: list[Any], *, by: Sequence[str]) -> dict[str, list[Any]]:
    """Return the items under what `by` gives for them."""
    groups: dict[str, list[Any]] = {}
    for key, x in zip(by, xs, strict=True):
        groups.setdefault(key, []).append(x)
    return groups


def unique(xs: list[Any], *, by: Sequence[Any] | None = None) -> list[Any]:
    """Return the first of all items that are equal."""
    seen = {_hashable(key): i for i, key in reversed(list(enumerate(xs if by is None else by)))}
    return [xs[i] for i in sorted(seen.values())]


def _hashable(value: Any) -> Any:
    """Return something with the value's equality that a set can hold; a bool is no number."""
    if isinstance(value, list):
        return tuple(map(_hashable, value))
    if isinstance(value, dict):
        return frozenset((key, _hashable(item)) for key, item in value.items())
    return (value, "bool") if isinstance(value, bool) else value


def flatten(xs: list[list[Any]]) -> list[Any]:
    """Return the items of the items."""
    check_item_count(sum(map(len, xs)))
    return [item for inner in xs for item in inner]


def chunks(xs: list[Any], size: int) -> list[list[Any]]:
    """Return the list in parts of `size`; the last may be shorter."""
    if size < 1:
        raise Fault(f"`chunks` takes a size of at least 1, not {size}")
    return [xs[i : i + size] for i in range(0, len(xs), size)]


def merge(a: dict[str, Any], b: dict[str, Any]) -> dict[str, Any]:
    """Return `a` with what `b` has, in place or at the end."""
    return _counted({**a, **b})


def put(m: dict[str, Any], key: str, value: Any) -> dict[str, Any]:
    """Return `m` with `value` under `key`."""
    return _counted({**m, key: value})


def _counted(m: dict[str, Any]) -> dict[str, Any]:
    check_item_count(len(m))
    return m


def without(m: dict[str, Any], key: str) -> dict[str, Any]:
    """Return `m` without `key`."""
    return {name: value for name, value in m.items() if name != key}
