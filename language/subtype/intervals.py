"""Exact questions about numbers: find one that is in some intervals and lattices but in none of others.

All arithmetic is on rationals. A *lattice* is the multiples of a step; an interval without a step is dense. The answer
is a number of few digits, near zero where that is possible.
"""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import islice, pairwise
from math import ceil, floor, lcm

from cellc.language.subtype.sets import FLOAT_LIMIT, Numbers

_Ends = tuple[Fraction | None, Fraction | None]


def find_number(inside: Sequence[Numbers], outside: Sequence[Numbers]) -> Fraction | None:
    """Return a number that is in all of `inside` and none of `outside`, which are of one kind; None when none is."""
    area = intersection(inside)
    if _is_void(area):
        return None
    if area.step is not None:
        steps = [part.step for part in (*inside, *outside) if part.step is not None]
        found = (k * area.step for k in _free_multiples(area, area.step, outside))
        first = next(found, None)
        if first is None or _convinces(first, steps):
            return first
        return next((number for number in islice(found, _TRIED) if _convinces(number, steps)), first)
    return _find_dense(area, outside)


def intersection(parts: Sequence[Numbers]) -> Numbers:
    """Return the numbers that are in all of `parts`, which are of one kind."""
    area = Numbers(parts[0].kind if parts else "number")
    for part in parts:
        area = _meet(area, part)
    return area


def contains(area: Numbers, number: Fraction) -> bool:
    """Return whether `number` is in `area`."""
    if area.low is not None and (number < area.low or (area.low_open and number == area.low)):
        return False
    if area.high is not None and (number > area.high or (area.high_open and number == area.high)):
        return False
    return area.step is None or number % area.step == 0


def _meet(one: Numbers, two: Numbers) -> Numbers:
    low, low_open = _tighter(one.low, one.low_open, two.low, two.low_open, 1)
    high, high_open = _tighter(one.high, one.high_open, two.high, two.high_open, -1)
    step = one.step if two.step is None else two.step if one.step is None else _common_step(one.step, two.step)
    return Numbers(one.kind, low, high, low_open, high_open, step)


def _tighter(
    one: Fraction | None, one_open: bool, two: Fraction | None, two_open: bool, sign: int
) -> tuple[Fraction | None, bool]:
    if one is None or two is None:
        return (two, two_open) if one is None else (one, one_open)
    if one == two:
        return one, one_open or two_open
    return (one, one_open) if sign * one > sign * two else (two, two_open)


def _common_step(one: Fraction, two: Fraction) -> Fraction:
    """Return the step of the numbers that are multiples of both."""
    bottom = one.denominator * two.denominator
    return Fraction(lcm(one.numerator * two.denominator, two.numerator * one.denominator), bottom)


def _is_void(area: Numbers) -> bool:
    if area.low is None or area.high is None:
        return False
    return area.low > area.high or (area.low == area.high and (area.low_open or area.high_open))


# --- multiples of a step ---------------------------------------------------------------------------------------------


_TRIED = 200
"""Numbers to choose a convincing witness from."""


def _convinces(number: Fraction, steps: Sequence[Fraction]) -> bool:
    """Return whether division in binary floats, as many validators do it, agrees about which steps `number` is on."""
    if abs(number) >= FLOAT_LIMIT:
        return False
    return all((float(number) / float(s)).is_integer() == ((number / s).denominator == 1) for s in steps if float(s))


def _free_multiples(area: Numbers, step: Fraction, outside: Sequence[Numbers]) -> Iterator[int]:
    """Return the integers k with k * step in `area`, less those that `outside` takes: each the multiples of a modulus.

    At least one comes where there is one, the nearest to zero first.
    """
    first, last = _multiples(area, step)
    taken = [(*_multiples(part, step), _modulus(part, step)) for part in outside]
    for low, high in _segments(first, last, [(a, b) for a, b, _ in taken]):
        yield from _coprimes(low, high, [m for a, b, m in taken if _starts(a, low) and _reaches(b, high)])


def _starts(bound: int | None, low: int | None) -> bool:
    return bound is None or (low is not None and bound <= low)


def _reaches(bound: int | None, high: int | None) -> bool:
    return bound is None or (high is not None and bound >= high)


def _multiples(area: Numbers, step: Fraction) -> tuple[int | None, int | None]:
    """Return the first and last k with k * step between the bounds of `area`."""
    low = high = None
    if area.low is not None:
        low = ceil(area.low / step)
        low += area.low_open and low * step == area.low
    if area.high is not None:
        high = floor(area.high / step)
        high -= area.high_open and high * step == area.high
    return low, high


def _modulus(part: Numbers, step: Fraction) -> int:
    """Return m such that k * step is in the lattice of `part` exactly for the multiples k of m."""
    return 1 if part.step is None else (step / part.step).denominator


def _segments(
    first: int | None, last: int | None, ranges: Sequence[tuple[int | None, int | None]]
) -> Iterator[tuple[int | None, int | None]]:
    """Cut first..last into segments that every range covers wholly or not at all; those nearest zero come first."""
    starts = {a for a, _ in ranges if a is not None} | {b + 1 for _, b in ranges if b is not None}
    cuts = sorted(c for c in starts if (first is None or c > first) and (last is None or c <= last))
    lows: list[int | None] = [first, *cuts]
    highs: list[int | None] = [*(c - 1 for c in cuts), last]
    segments = [(a, b) for a, b in zip(lows, highs, strict=True) if a is None or b is None or a <= b]
    return iter(sorted(segments, key=_distance))


def _distance(segment: tuple[int | None, int | None]) -> int:
    low, high = segment
    if low is not None and low > 0:
        return low
    return -high if high is not None and high < 0 else 0


def _coprimes(low: int | None, high: int | None, moduli: list[int]) -> Iterator[int]:
    """Return integers of low..high that no modulus divides: those near its end next to zero.

    A run of integers each divisible by one of n moduli is shorter than 2**n (Kanold), so the scan is bounded.
    """
    if 1 in moduli:
        return
    start = _nearest_zero(low, high)
    for offset in range(2 ** len(set(moduli)) + _TRIED):
        near = [k for k in dict.fromkeys((start + offset, start - offset)) if _starts(low, k) and _reaches(high, k)]
        if not near:
            return
        yield from (k for k in near if all(k % m for m in moduli))


def _nearest_zero(low: int | None, high: int | None) -> int:
    if low is not None and low > 0:
        return low
    return high if high is not None and high < 0 else 0


# --- dense intervals -------------------------------------------------------------------------------------------------


def _find_dense(area: Numbers, outside: Sequence[Numbers]) -> Fraction | None:
    bounds = {part.low for part in outside} | {part.high for part in outside} | {area.low, area.high}
    points = sorted(p for p in bounds if p is not None and contains(area, p))
    found = [p for p in points if not any(contains(part, p) for part in outside)]
    for low, high in _gaps(area, points):
        candidate = _find_between(low, high, outside)
        if candidate is not None:
            found.append(candidate)
    return min(found, key=_plainness, default=None)


def _plainness(number: Fraction) -> tuple[int, Fraction]:
    """Order numbers by how plain they are: few digits first, then near zero."""
    return number.denominator, abs(number)


def _gaps(area: Numbers, points: Sequence[Fraction]) -> Iterator[_Ends]:
    """Return the open intervals between the points, out to the bounds of `area`."""
    ends = [area.low, *points, area.high]
    return ((a, b) for a, b in pairwise(ends) if a is None or b is None or a < b)


def _find_between(low: Fraction | None, high: Fraction | None, outside: Sequence[Numbers]) -> Fraction | None:
    """Return a number of the open interval that is in none of `outside`, each of which covers it wholly or not."""
    covering = [part for part in outside if _covers(part, low, high)]
    if any(part.step is None for part in covering):
        return None
    for number in _decimals(low, high, len(covering)):
        if not any(contains(part, number) for part in covering):
            return number
    raise AssertionError("a lattice cannot cover an interval")


def _covers(part: Numbers, low: Fraction | None, high: Fraction | None) -> bool:
    from_below = part.low is None or (low is not None and part.low <= low)
    to_above = part.high is None or (high is not None and part.high >= high)
    return from_below and to_above


def _decimals(low: Fraction | None, high: Fraction | None, lattices: int) -> Iterator[Fraction]:
    """Return numbers of the open interval, coarse to fine: ever more digits, a few more numbers than lattices each.

    Once the digits are finer than every lattice's step, each lattice can hold only one of neighbouring numbers.
    """
    digits = 0
    while True:
        scale = 10**digits
        first = None if low is None else floor(low * scale) + 1
        last = None if high is None else ceil(high * scale) - 1
        if first is None or last is None or first <= last:
            start = _nearest_zero(first, last)
            near = range(start - lattices - 1, start + lattices + 2)
            for k in sorted(near, key=lambda k: (abs(k - start), -k)):
                if _starts(first, k) and _reaches(last, k):
                    yield Fraction(k, scale)
        digits += 1
