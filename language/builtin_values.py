"""What the built-in functions on numbers, lists and maps compute: plain Python functions on plain values.

Each is bounded by the size of its arguments, or checks a limit of `faults.py` first. A function that takes `by` gets
the list of what `by=` gave for each item. Where Python has the name, the meaning is Python's.
"""

import decimal
import math
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from cellc.language.arithmetic import ARITHMETIC, DECIMAL, finite
from cellc.language.faults import MAX_DIGITS, MAX_INT_BITS, Fault, bounded_int, check_item_count

# --- numbers ---------------------------------------------------------------------------------------------------------


def total(xs: Sequence[Any], start: Any = 0) -> Any:
    """Add to `start` from left to right, so that floats give the same on every Python."""
    result = start
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


ROUNDING: Mapping[str, str] = {
    "half_even": decimal.ROUND_HALF_EVEN,
    "half_up": decimal.ROUND_HALF_UP,
    "half_down": decimal.ROUND_HALF_DOWN,
    "up": decimal.ROUND_UP,
    "down": decimal.ROUND_DOWN,
    "ceiling": decimal.ROUND_CEILING,
    "floor": decimal.ROUND_FLOOR,
}
"""The modes of `round`: to the nearest, and halves to the even digit, away from zero or towards it; or always one way,
away from zero, towards it, up or down."""


def rounded(x: Any, digits: int | None = None, *, mode: str = "half_even") -> Any:
    """Round half to even, as Python does, or a decimal by another mode; to an int without `digits`."""
    if mode not in ROUNDING:
        raise Fault(f"`round` has no mode {mode!r}; it has {', '.join(ROUNDING)}")
    if digits is not None and abs(digits) > MAX_DIGITS:
        raise Fault(f"`round` takes from -{MAX_DIGITS} to {MAX_DIGITS} digits, not {digits}")
    match x:
        case float():
            return _rounded_float(x, digits)
        case int() if mode == "half_even" or not digits or digits > 0:
            return x if digits is None else bounded_int(round(x, digits))
        case int():
            return _whole(_quantized(Decimal(bounded_int(x)), digits or 0, mode), mode)
        case _:
            return _whole(x, mode) if digits is None else _quantized(x, digits, mode)


def _rounded_float(x: float, digits: int | None) -> float:
    try:
        return round(x, digits)
    except OverflowError:
        raise Fault("a float result is out of range") from None


def _quantized(x: Decimal, digits: int, mode: str) -> Decimal:
    try:
        return x.quantize(Decimal((0, (1,), -digits)), ROUNDING[mode], DECIMAL)
    except InvalidOperation:
        raise Fault(f"`round` to {digits} digits needs more than {DECIMAL.prec} digits in all") from None


def _whole(x: Decimal, mode: str) -> int:
    if x.adjusted() > MAX_INT_BITS // 4:
        raise Fault(f"an integer has more than {MAX_INT_BITS} bits")
    return bounded_int(int(x.to_integral_value(ROUNDING[mode])))


def floor(x: Any) -> int:
    """Return the greatest int that is not above `x`."""
    return _whole(x, "floor") if isinstance(x, Decimal) else math.floor(x)


def ceil(x: Any) -> int:
    """Return the least int that is not below `x`."""
    return _whole(x, "ceiling") if isinstance(x, Decimal) else math.ceil(x)


def to_decimal(x: float | Decimal) -> Decimal:
    """Return the number as a decimal; of a float, what its shortest text says."""
    if isinstance(x, Decimal):
        return x
    return Decimal(bounded_int(x)) if isinstance(x, int) else Decimal(repr(x))


def to_float(x: float | Decimal) -> float:
    """Return the float nearest to the number."""
    try:
        return finite(float(x))
    except OverflowError:
        raise Fault("a float result is out of range") from None


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
