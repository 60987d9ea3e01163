"""What the built-in functions on text compute, and every value's way to text and back.

Each is bounded by the size of its arguments, or checks a limit of `faults.py` before it makes anything. Where Python
has the name, the meaning is Python's.
"""

import hashlib
import math
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import msgspec

from cellc.language.arithmetic import finite
from cellc.language.faults import (
    MAX_DIGITS,
    MAX_INT_BITS,
    MAX_ITEMS,
    Fault,
    bounded_int,
    check_item_count,
    check_text_length,
)
from cellc.language.metering import check_written, steps
from cellc.language.text_forms import BY_CLASS, compiled, read_text
from cellc.language.values import BadJson, parse_json, tag, to_json

_LARGEST_EXPONENT = 6_144


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
    parts = subject.split(separator, MAX_ITEMS)
    check_item_count(len(parts))
    return parts


def lower(subject: str) -> str:
    """Return the text in lower case."""
    return _bounded(subject.lower())


def upper(subject: str) -> str:
    """Return the text in upper case, which may be longer: `ß` is `SS`."""
    return _bounded(subject.upper())


def _bounded(made: str) -> str:
    check_text_length(len(made))
    return made


def strip(subject: str, chars: str | None = None) -> str:
    """Return the text without white space, or without any of `chars`, at both ends."""
    if chars is None:
        return subject.strip()
    edge = set(chars)  # Python's own `strip` would look through all of `chars` for each character
    start, end = 0, len(subject)
    while start < end and subject[start] in edge:
        start += 1
    while end > start and subject[end - 1] in edge:
        end -= 1
    return subject[start:end]


def replace(subject: str, old: str, new: str) -> str:
    """Return the text with every `old` replaced."""
    check_text_length(len(subject) + subject.count(old) * (len(new) - len(old)))
    return subject.replace(old, new)


def _pattern(pattern: str) -> Any:
    try:
        return compiled(pattern)
    except ValueError as problem:
        raise Fault(f"{pattern!r} is not a regular expression: {problem}") from None


def matching_work(subject: str, pattern: str) -> int:
    """Return the steps of looking for a pattern: linear in the text, and in the pattern at the worst."""
    return steps(subject) * (1 + int(_pattern(pattern).programsize) // 64)


def matches(subject: str, pattern: str) -> bool:
    """Return whether the whole text matches."""
    return _pattern(pattern).fullmatch(subject) is not None


def find(subject: str, pattern: str) -> str | None:
    """Return the first part that matches, or null."""
    found = _pattern(pattern).search(subject)
    return None if found is None else str(found[0])


# --- formats ---------------------------------------------------------------------------------------------------------

_SPEC = re.compile(r"(?:.?[<>=^])?[-+ ]?z?#?0?(\d{0,4})[,_]?(?:\.(\d{1,4}))?[bdeEfFgGosxX%]?", re.DOTALL)
_DATE_PART = re.compile("%(.?)", re.DOTALL)


def formatted(value: Any, spec: str) -> str:
    """Format as Python does: numbers and text by its mini-language, dates and times by `%` and a letter."""
    if isinstance(value, date | time):
        return _formatted_date(value, spec)
    found = _SPEC.fullmatch(spec)
    if found is None or any(int(part or 0) > MAX_DIGITS for part in found.groups()):
        raise Fault(f"{spec!r} is not a format, or is wider than {MAX_DIGITS}")
    try:
        return format(_printable(value) if isinstance(value, Decimal) else value, spec)
    except (ValueError, OverflowError) as error:
        raise Fault(f"`format` cannot do that: {error}") from None


def _formatted_date(value: date | time, spec: str) -> str:
    """Format without the platform's `strftime`: the same text everywhere, whatever the year."""
    if len(spec) > MAX_DIGITS:
        raise Fault(f"the format is longer than {MAX_DIGITS}")

    def written(part: re.Match[str]) -> str:
        write = DATE_LETTERS.get(part[1])
        try:
            if write is not None:
                return write(value)
        except AttributeError:
            raise Fault(f"{part[0]} is not in a {BY_CLASS[type(value)].name}") from None
        known = " ".join(f"%{letter}" for letter in DATE_LETTERS)
        raise Fault(f"`format` knows {known}, and was given {spec!r}")

    return _DATE_PART.sub(written, spec)


def _offset(value: Any) -> str:
    minutes = value.utcoffset() // timedelta(minutes=1)
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}{abs(minutes) % 60:02}"


DATE_LETTERS: Mapping[str, Callable[[Any], str]] = {
    "Y": lambda value: f"{value.year:04}",
    "m": lambda value: f"{value.month:02}",
    "d": lambda value: f"{value.day:02}",
    "H": lambda value: f"{value.hour:02}",
    "M": lambda value: f"{value.minute:02}",
    "S": lambda value: f"{value.second:02}",
    "f": lambda value: f"{value.microsecond:06}",
    "j": lambda value: f"{value.timetuple().tm_yday:03}",
    "z": _offset,
    "%": lambda _: "%",
}
"""The letters after `%` in the format of a date or time, with what each writes; a date has no hour, a time no year."""

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


def parse_time(subject: str) -> time | None:
    """Return the time of day of a text like 17:30:00."""
    clock: time | None = _read("time", subject)
    return clock


def parse_datetime(subject: str) -> datetime | None:
    """Return the moment of a text like 2026-02-28T12:00:00+01:00."""
    moment: datetime | None = _read("datetime", subject)
    return moment


def json_text(value: Any) -> str:
    """Return a value as compact JSON text."""
    check_written(value)
    return _bounded(msgspec.json.encode(to_json(value)).decode())


def parsing_work(subject: str) -> int:
    """Return the steps of reading JSON, which may be all items."""
    return 1 + len(subject) // 4


def from_json(subject: str) -> Any:
    """Return the JSON value of a text; null when it is not JSON."""
    check_item_count(subject.count(","))
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
    """Return the SHA-256, in hex, of a value: the same for equal values, however they are written."""
    check_written(value)
    return hashlib.sha256(msgspec.json.encode(tag(_canonical(value)), order="sorted")).hexdigest()


def _canonical(value: Any) -> Any:
    """Return what equal values have in common: whole numbers as ints, moments in UTC, decimals without last zeros."""
    match value:
        case list():
            return [_canonical(item) for item in value]
        case dict():
            return {key: _canonical(item) for key, item in value.items()}
        case float() if value.is_integer():
            return int(value)
        case Decimal():
            return _canonical_decimal(value)
        case datetime():
            return _in_utc(value)
        case _:
            return value


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:  # in the first or last hours of all time
        return moment


def _canonical_decimal(value: Decimal) -> int | Decimal:
    if value == value.to_integral_value() and value.adjusted() <= MAX_INT_BITS // 4:
        return int(value)
    sign, digits, exponent = value.as_tuple()
    kept = "".join(map(str, digits)).rstrip("0")
    return Decimal((sign, tuple(map(int, kept)), int(exponent) + len(digits) - len(kept)))
