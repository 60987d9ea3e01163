"""Literals as text, for trees that were never written. What is written keeps its spelling instead."""

import re
from datetime import timedelta
from decimal import Decimal
from typing import Final

from cellc.language.names import FOREIGN, IDENTIFIER
from cellc.language.text_forms import write_duration

_ESCAPES: Final = {"\n": "\\n", "\t": "\\t", "\r": "\\r", "\0": "\\0", "\\": "\\\\"}
_NOT_OPTIONS: Final = frozenset({"true", "false", "null", *FOREIGN})


def text_literal(text: str, *, in_format: bool = False) -> str:
    """Return `text` in double quotes; `in_format` in single ones, as inside a double-quoted f-string."""
    return f"'{escaped(text, both=True)}'" if in_format else f'"{escaped(text)}"'


def escaped(text: str, *, both: bool = False) -> str:
    """Return `text` as it stands between double quotes; with `both`, between any."""
    quotes = "\"'" if both else '"'
    return "".join(f"\\{c}" if c in quotes else _character(c) for c in text)


def _character(c: str) -> str:
    if c in _ESCAPES or c.isprintable():
        return _ESCAPES.get(c, c)
    return f"\\u{ord(c):04x}" if ord(c) < 0x10000 else f"\\U{ord(c):08x}"


def constant(value: bool | int | Decimal | str | timedelta | None, *, in_format: bool = False) -> str:
    """Return a constant as Cell text."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case Decimal():
            return _decimal(value)
        case str():
            return text_literal(value, in_format=in_format)
        case timedelta():
            return write_duration(value)


def _decimal(value: Decimal) -> str:
    """Return a number that reads as a decimal: with a point or an exponent."""
    text = str(value)
    return text if re.search(r"[.E]", text) else f"{text}.0"


def bound(value: Decimal | int | None) -> str:
    """Return the end of a range; empty where it is open."""
    return "" if value is None else str(value)


def key(name: str, *, in_format: bool = False) -> str:
    """Return the key of a record: any word as itself, other text in quotes."""
    return name if IDENTIFIER.match(name) else text_literal(name, in_format=in_format)


def option(word: str, *, in_format: bool = False) -> str:
    """Return one of the words of an `enum`."""
    is_word = IDENTIFIER.match(word) and word not in _NOT_OPTIONS
    return word if is_word else text_literal(word, in_format=in_format)
