"""Interval arithmetic: the range of a number that is computed from numbers with ranges.

Ends are exact rationals, None without a bound. A bound counts only where it is a number of the computed kind itself: a
float, or a decimal of 34 digits. Rounding is monotone, so a result whose exact value is at least such a bound stays at
least that; but floats from 4.35 on, times 100, begin below 435.
"""

import math
from collections.abc import Callable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import TypeAlias

from cellc.language.arithmetic import DECIMAL
from cellc.language.types import Int, Number, Type

Range: TypeAlias = tuple[Fraction | None, Fraction | None]
_Ends: TypeAlias = tuple[Fraction | float, Fraction | float]

ANY: Range = (None, None)


def arithmetic(op: str, left: Range, right: Range) -> Range:
    """Return a range that holds every result of `left op right`."""
    return _OPERATIONS[op](left, right)


def negated(range_: Range) -> Range:
    """Return the range of the negated numbers."""
    low, high = range_
    return (None if high is None else -high, None if low is None else -low)


def number(kind: str, range_: Range) -> Type:
    """Return the type of numbers of `kind` (int, float, decimal) in a range."""
    low, high = range_
    match kind:
        case "int":
            return Int(None if low is None else math.ceil(low), None if high is None else math.floor(high))
        case "decimal":
            return Number("decimal", *kept(kind, range_))
        case _:
            return Number("float", *kept(kind, range_))


def kept(kind: str, range_: Range) -> Range:
    """Return the range with those of its ends that are numbers of `kind` themselves."""
    is_one = _IS_NUMBER_OF[kind]
    low, high = (end if end is not None and is_one(end) else None for end in range_)
    return low, high


def _is_float(end: Fraction) -> bool:
    try:
        return Fraction(float(end)) == end
    except OverflowError:
        return False


def _is_short_decimal(end: Fraction) -> bool:
    return Fraction(DECIMAL.divide(Decimal(end.numerator), Decimal(end.denominator))) == end


_IS_NUMBER_OF: Mapping[str, Callable[[Fraction], bool]] = {
    "int": lambda _: True,
    "float": _is_float,
    "decimal": _is_short_decimal,
}


def _ends(range_: Range) -> _Ends:
    low, high = range_
    return (-math.inf if low is None else low), (math.inf if high is None else high)


def _range(ends: _Ends) -> Range:
    low, high = ends
    return (low if isinstance(low, Fraction) else None), (high if isinstance(high, Fraction) else None)


def _add(left: Range, right: Range) -> Range:
    (a, b), (c, d) = _ends(left), _ends(right)
    return _range((a + c, b + d))


def _multiply(left: Range, right: Range) -> Range:
    corners = [_product(x, y) for x in _ends(left) for y in _ends(right)]
    return _range((min(corners), max(corners)))


def _product(x: Fraction | float, y: Fraction | float) -> Fraction | float:
    return Fraction(0) if x == 0 or y == 0 else x * y


def _divide(left: Range, right: Range) -> Range:
    """Only the sign: a quotient's other bounds are seldom of use, and rounding would have to be thought of."""
    return (Fraction(0), None) if _positive(left) and _positive(right) else ANY


def _modulo(left: Range, right: Range) -> Range:
    """Between zero and the divisor; otherwise ints take the divisor's sign and decimals the dividend's."""
    return (Fraction(0), right[1]) if _positive(left) and _positive(right) else ANY


def _power(base: Range, _: Range) -> Range:
    return (Fraction(0), None) if _positive(base) else ANY


def _positive(range_: Range) -> bool:
    return range_[0] is not None and range_[0] >= 0


_OPERATIONS: Mapping[str, Callable[[Range, Range], Range]] = {
    "+": _add,
    "-": lambda left, right: _add(left, negated(right)),
    "*": _multiply,
    "/": _divide,
    "//": _divide,
    "%": _modulo,
    "**": _power,
}
