"""The text of the scalars: how dates, durations, ids and exact numbers are written as JSON text, and read back.

Each form has a regular expression (RE2, whole text), which is also what JSON Schemas export, and a function that makes
the value. Patterns check the shape; what only arithmetic can say (there is no 31 April) the function refuses.

`decimal` is plain digits (`12.50`, trailing zeros kept); `uuid` is lower-case on output; `datetime` has an offset, `Z`
for UTC, and seconds to the microsecond (further digits are cut); `time` has none; `duration` is Cell text, `90s`: a
number and one unit of ms, s, m, h, d; `bytes` is base64 with padding.
"""

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any
from uuid import UUID

import re2

MAX_DIGITS = 1000
"""Most digits that a decimal may have before or after the point when it enters."""

_DATE = r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
_TIME = r"([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,9})?"
_UNITS = {"ms": 1_000, "s": 1_000_000, "m": 60_000_000, "h": 3_600_000_000, "d": 86_400_000_000}

PATTERNS: dict[str, str] = {
    # an address as HTML forms take it, and any absolute URL: checks of shape, not of existence
    "email": r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~\-]+@[A-Za-z0-9](\.?[A-Za-z0-9\-])*",
    "url": r"[A-Za-z][A-Za-z0-9+.\-]*://[^\x00-\x20\x7f]+",
    "uuid": r"[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}",
    "date": _DATE,
    "time": _TIME,
    "datetime": rf"{_DATE}[Tt]{_TIME}([Zz]|[+\-]([01][0-9]|2[0-3]):[0-5][0-9])",
    "duration": r"-?[0-9]{1,18}(\.[0-9]{1,9})?(ms|s|m|h|d)",
    "bytes": r"([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?",
    "decimal": r"-?[0-9]{1,1000}(\.[0-9]{1,1000})?",
}
"""The shape of each form."""


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> Any:
    options = re2.Options()
    options.log_errors = False
    return re2.compile(pattern, options)


def compiled(pattern: str) -> Any:
    """Return the regular expression. Raises ValueError where `pattern` is none of RE2."""
    try:
        return _compiled(pattern)
    except re2.error as problem:
        raise ValueError(pattern_problem(pattern) or str(problem)) from problem


def full_match(pattern: str, text: str) -> bool:
    """Return whether all of `text` matches. Raises ValueError where `pattern` is not a regular expression of RE2."""
    return compiled(pattern).fullmatch(text) is not None


def pattern_problem(pattern: str) -> str | None:
    """Return why RE2 refuses `pattern`, None when it reads."""
    try:
        _compiled(pattern)
    except re2.error as problem:
        reason = problem.args[0] if problem.args else problem
        return reason.decode() if isinstance(reason, bytes) else str(reason)
    return None


def _read_datetime(text: str) -> datetime:
    return datetime.fromisoformat(text.upper())


def _read_duration(text: str) -> timedelta:
    digits = text.rstrip("mshd")
    microseconds = Decimal(digits) * _UNITS[text[len(digits) :]]
    if microseconds != int(microseconds):
        raise ValueError("finer than a microsecond")
    return timedelta(microseconds=int(microseconds))


def _read_bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


def write_decimal(value: Decimal) -> str:
    """Return all digits of `value`: `12.50`, never `1E+2`."""
    return format(value, "f")


def write_datetime(value: datetime) -> str:
    """Return RFC 3339 text, `Z` for UTC."""
    text = value.isoformat()
    return text.removesuffix("+00:00") + "Z" if value.utcoffset() == UTC.utcoffset(None) else text


def write_duration(value: timedelta) -> str:
    """Return Cell text in the largest unit that divides the duration: `90s`, `2h`, `0s`."""
    microseconds = value // timedelta(microseconds=1)
    if microseconds == 0:
        return "0s"
    for unit, size in sorted(_UNITS.items(), key=lambda item: -item[1]):
        if microseconds % size == 0:
            return f"{microseconds // size}{unit}"
    return f"{write_decimal((Decimal(microseconds) / 1000).normalize())}ms"


@dataclass(frozen=True, slots=True)
class Form:
    """How one Python class of scalar is written and read."""

    name: str
    python: type
    write: Callable[[Any], str]
    read: Callable[[str], Any]


FORMS: dict[str, Form] = {
    form.name: form
    for form in (
        Form("decimal", Decimal, write_decimal, Decimal),
        Form("bytes", bytes, lambda value: base64.b64encode(value).decode("ascii"), _read_bytes),
        Form("uuid", UUID, str, UUID),
        Form("date", date, date.isoformat, date.fromisoformat),
        Form("time", time, time.isoformat, time.fromisoformat),
        Form("datetime", datetime, write_datetime, _read_datetime),
        Form("duration", timedelta, write_duration, _read_duration),
    )
}
"""The scalars that are text in JSON, by the name of their type."""

BY_CLASS: dict[type, Form] = {form.python: form for form in FORMS.values()}


def read_text(name: str, text: str) -> Any:
    """Return the scalar `name` that `text` says. Raises ValueError where it says none."""
    if not full_match(PATTERNS[name], text):
        raise ValueError(f"not the text of a {name}")
    try:
        return FORMS[name].read(text)
    except (ArithmeticError, binascii.Error) as problem:
        raise ValueError(str(problem)) from problem
