"""What the built-in functions compute: plain Python functions on plain values.

Each is bounded by the size of its arguments, or checks a limit of `faults.py` first. A function that takes `by` gets
the list of what `by=` gave for each item. Where Python has the name, the meaning is Python's.
"""

import hashlib
import math
import re
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

import msgspec
import re2

from cellc.language.arithmetic import ARITHMETIC, DECIMAL, finite
from cellc.language.faults import MAX_DIGITS, MAX_INT_BITS, Fault, bounded_int, check_item_count, check_text_length
from cellc.language.text_forms import BY_CLASS, pattern_problem, read_text
from cellc.language.values import BadJson, parse_json, tag, to_json

_LARGEST_EXPONENT = 6_144

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


def seconds(duration: timedelta) -> Decimal:
    """Return a duration in seconds, exactly."""
    return Decimal(duration // timedelta(microseconds=1)).scaleb(-6).normalize() + 0


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


# --- text ------------------------------------------------------------------------------------------------------------


def text(value: Any) -> str:
    """Return a value as people read it; lists, maps and records as JSON."""
    match value:
        case str():
            return value
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case float():
            return repr(value)
        case Decimal():
            return format(_printable(value), "f")
        case list() | dict():
            return json_text(value)
        case _:
            return BY_CLASS[type(value)].write(value)


def _printable(x: Decimal) -> Decimal:
    if abs(x.adjusted()) > _LARGEST_EXPONENT:
        raise Fault("a decimal is too large or too small to be written out")
    return x


def joined(parts: Sequence[str]) -> str:
    """Return the parts as one text, within the limit."""
    check_text_length(sum(map(len, parts)))
    return "".join(parts)


def join(xs: list[str], separator: str = "") -> str:
    """Return the texts with `separator` between them."""
    check_text_length(sum(map(len, xs)) + len(separator) * max(0, len(xs) - 1))
    return separator.join(xs)


def split(subject: str, separator: str | None = None) -> list[str]:
    """Return the parts between separators; between runs of white space without one."""
    if separator == "":
        raise Fault("`split` takes a separator that is not empty")
    parts = subject.split(separator)
    check_item_count(len(parts))
    return parts


def replace(subject: str, old: str, new: str) -> str:
    """Return the text with every `old` replaced."""
    check_text_length(len(subject) + subject.count(old) * (len(new) - len(old)))
    return subject.replace(old, new)


@lru_cache(maxsize=256)
def _pattern(pattern: str) -> Any:
    problem = pattern_problem(pattern)
    if problem is not None:
        raise Fault(f"{pattern!r} is not a regular expression: {problem}")
    return re2.compile(pattern)


def matches(subject: str, pattern: str) -> bool:
    """Return whether the whole text matches."""
    return _pattern(pattern).fullmatch(subject) is not None


def find(subject: str, pattern: str) -> str | None:
    """Return the first part that matches, or null."""
    found = _pattern(pattern).search(subject)
    return None if found is None else str(found[0])


_SPEC = re.compile(r"(?:.?[<>=^])?[-+ ]?z?#?0?(\d{0,4})[,_]?(?:\.(\d{1,4}))?[bdeEfFgGosxX%]?", re.DOTALL)
_DATE_PARTS = re.compile("%([YmdHMSfjz%])|%.?")


def formatted(value: Any, spec: str) -> str:
    """Format as Python does: numbers and text by its mini-language, dates and times by %Y %m %d %H %M %S %f %j %z."""
    if isinstance(value, date | time):
        if any(part[1] is None for part in _DATE_PARTS.finditer(spec)):
            raise Fault(f"`format` knows %Y %m %d %H %M %S %f %j %z and %%, and was given {spec!r}")
        return value.strftime(spec)
    found = _SPEC.fullmatch(spec)
    if found is None or any(int(part or 0) > MAX_DIGITS for part in found.groups()):
        raise Fault(f"{spec!r} is not a format, or is wider than {MAX_DIGITS}")
    try:
        return format(_printable(value) if isinstance(value, Decimal) else value, spec)
    except (ValueError, OverflowError) as error:
        raise Fault(f"`format` cannot do that: {error}") from None


# --- reading text ----------------------------------------------------------------------------------------------------

_INT = re.compile(r"[+-]?[0-9]{1,2400}")
_FLOAT = re.compile(r"[+-]?[0-9]{1,400}(\.[0-9]{1,400})?([eE][+-]?[0-9]{1,4})?")


def parse_int(subject: str) -> int | None:
    """Return the int that a text of digits stands for."""
    return int(subject) if _INT.fullmatch(subject) else None


def parse_float(subject: str) -> float | None:
    """Return the finite float nearest to the number that a text stands for."""
    value = float(subject) if _FLOAT.fullmatch(subject) else math.inf
    return value if math.isfinite(value) else None


def _read(name: str, subject: str) -> Any:
    try:
        return read_text(name, subject)
    except (ValueError, OverflowError):
        return None


def parse_decimal(subject: str) -> Decimal | None:
    """Return the decimal that a text stands for, exactly."""
    number: Decimal | None = _read("decimal", subject)
    return number


def parse_date(subject: str) -> date | None:
    """Return the date of a text like 2026-02-28."""
    day: date | None = _read("date", subject)
    return day


def parse_datetime(subject: str) -> datetime | None:
    """Return the moment of a text like 2026-02-28T12:00:00+01:00."""
    moment: datetime | None = _read("datetime", subject)
    return moment


def json_text(value: Any) -> str:
    """Return a value as compact JSON text."""
    written = msgspec.json.encode(to_json(value)).decode()
    check_text_length(len(written))
    return written


def from_json(subject: str) -> Any:
    """Return the JSON value of a text; null when it is not JSON."""
    try:
        return _with_floats(parse_json(subject))
    except (BadJson, Fault, OverflowError):
        return None


def _with_floats(data: Any) -> Any:
    match data:
        case list():
            return [_with_floats(item) for item in data]
        case dict():
            return {key: _with_floats(item) for key, item in data.items()}
        case Decimal():
            return finite(float(data))
        case int() if not isinstance(data, bool):
            return bounded_int(data)
        case _:
            return data


def digest(value: Any) -> str:
    """Return the SHA-256, in hex, of a value; the order of keys has no meaning."""
    return hashlib.sha256(msgspec.json.encode(tag(value), order="sorted")).hexdigest()
