"""The values of literals: numbers, durations, texts. What cannot be one is reported at its exact place."""

import re
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Final

from cellc.language.reading import Reading, Token

MAX_DIGITS: Final = 400
"""How many characters a number may have: enough for any quantity, few enough to be exact in no time."""

MAX_EXPONENT: Final = 300
"""How far a number with a point may be from 1, in powers of ten: every one of them is a finite float too."""

_MICROSECONDS: Final = {"ms": 1_000, "s": 1_000_000, "m": 60_000_000, "h": 3_600_000_000, "d": 86_400_000_000}
DURATION: Final = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|[smhd])\Z")
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))", re.DOTALL)
_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "\\": "\\", "'": "'", '"': '"'}
_SURROGATES = range(0xD800, 0xE000)


def number_value(reading: Reading, token: Token) -> int | Decimal:
    """Return the value of a number: an int, or an exact decimal where it has a point or an exponent."""
    digits = token.value.replace("_", "")
    if digits.isdigit():
        if len(digits) <= MAX_DIGITS:
            return int(digits)
    elif len(digits) <= MAX_DIGITS:
        value = Decimal(digits) if len(digits.lower().partition("e")[2]) <= 5 else None
        if value is not None and (not value or abs(value.adjusted()) <= MAX_EXPONENT):
            return value
        reading.problem(reading.at(token), f"a number with a point is between 1e-{MAX_EXPONENT} and 1e{MAX_EXPONENT}")
        return Decimal(0)
    reading.problem(reading.at(token), f"a number has at most {MAX_DIGITS} digits")
    return 0


def duration_value(text: str) -> timedelta | None:
    """Return the duration that `text` is (`200ms`, `1.5h`).

    None when it is none, longer than a duration can be, or finer than a microsecond.
    """
    found = DURATION.match(text)
    if found is None or len(text) > 30:
        return None
    microseconds = Fraction(found[1]) * _MICROSECONDS[found[2]]
    try:
        return timedelta(microseconds=int(microseconds)) if microseconds.denominator == 1 else None
    except OverflowError:
        return None


def text_value(reading: Reading, token: Token) -> str:
    """Return the characters of a quoted text."""
    return unescape(reading, token.value[1:-1], token.start_pos + 1)


def unescape(reading: Reading, written: str, offset: int) -> str:
    """Return `written`, which stands at `offset` of the text, with its escapes replaced."""

    def replace(found: re.Match[str]) -> str:
        code = found[1] or found[2] or found[3]
        if code and int(code, 16) not in _SURROGATES and int(code, 16) <= 0x10FFFF:
            return chr(int(code, 16))
        if not code and found[4] in _ESCAPES:
            return _ESCAPES[found[4]]
        place = reading.text.span(offset + found.start(), offset + found.end())
        hint = f"a backslash itself is written twice: `\\{found.group()}`"
        reading.problem(place, f"`{found.group()}` is not an escape of a text", hint)
        return found.group()

    return _ESCAPE.sub(replace, written) if "\\" in written else written
