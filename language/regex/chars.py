"""Sets of characters: sorted, disjoint, non-adjacent ranges of code points. Surrogates are not characters."""

import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import TypeAlias

Ranges: TypeAlias = tuple[tuple[int, int], ...]
"""Code points from first to last, both included."""

LAST = 0x10FFFF
NONE: Ranges = ()
ALL: Ranges = ((0, 0xD7FF), (0xE000, LAST))

DIGIT: Ranges = ((0x30, 0x39),)
WORD: Ranges = ((0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A))

_PLEASANT = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ -_.,:;!?/@#$%&*+=()[]{}<>'\"|~^`\\"


def normal(ranges: Iterable[tuple[int, int]]) -> Ranges:
    """Return the characters of `ranges` in normal form."""
    result: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        if result and low <= result[-1][1] + 1:
            result[-1] = (result[-1][0], max(result[-1][1], high))
        elif low <= high:
            result.append((low, high))
    return tuple(result)


def joined(parts: Iterable[Ranges]) -> Ranges:
    """Return the characters in any of `parts`."""
    return _meet(normal(pair for part in parts for pair in part), ALL)


def join(one: Ranges, two: Ranges) -> Ranges:
    """Return the characters in either."""
    return joined((one, two))


def meet(one: Ranges, two: Ranges) -> Ranges:
    """Return the characters in both."""
    if two in (one, ALL):
        return one
    return two if one == ALL else _meet(one, two)


def _meet(one: Ranges, two: Ranges) -> Ranges:
    result = []
    i = j = 0
    while i < len(one) and j < len(two):
        low, high = max(one[i][0], two[j][0]), min(one[i][1], two[j][1])
        if low <= high:
            result.append((low, high))
        if one[i][1] < two[j][1]:
            i += 1
        else:
            j += 1
    return tuple(result)


def invert(ranges: Ranges) -> Ranges:
    """Return all other characters."""
    result = []
    start = 0
    for low, high in ranges:
        result.append((start, low - 1))
        start = high + 1
    result.append((start, LAST))
    return _meet(normal(result), ALL)


def contains(ranges: Ranges, char: str) -> bool:
    """Return whether `char` is among the characters."""
    return any(low <= ord(char) <= high for low, high in ranges)


@lru_cache(maxsize=4096)
def pleasant(ranges: Ranges) -> str:
    """Return one of the characters, one that reads well where there is a choice."""
    for char in _PLEASANT:
        if contains(ranges, char):
            return char
    printable = (chr(low) for low, _ in ranges if chr(low).isprintable())
    return next(printable, chr(ranges[0][0]))


def fold(ranges: Ranges) -> Ranges:
    """Return `ranges` with the other case of every letter. Large ranges beyond ASCII are taken as closed already."""
    extra = []
    for low, high in ranges:
        for code in range(low, min(high, low + 2000) + 1):
            char = chr(code)
            variants = {char.lower(), char.upper(), char.swapcase()} | _ODD_CASES.get(char.lower(), set())
            extra += [(ord(v), ord(v)) for v in variants if len(v) == 1]
    return join(ranges, normal(extra))


_ODD_CASES = {"k": {"\u212a", "K"}, "s": {"\u017f", "S"}}


@lru_cache(maxsize=64)
def category(name: str) -> Ranges:
    """Return the characters of a Unicode general category: `L`, `Lu`, `Letter`. Raises KeyError for another name."""
    short = _LONG_NAMES.get(name, name)
    if short not in _LONG_NAMES.values():
        raise KeyError(name)
    codes = (c for low, high in ALL for c in range(low, high + 1) if unicodedata.category(chr(c)).startswith(short))
    return normal((code, code) for code in codes)


_LONG_NAMES = {
    "Letter": "L",
    "Uppercase_Letter": "Lu",
    "Lowercase_Letter": "Ll",
    "Titlecase_Letter": "Lt",
    "Modifier_Letter": "Lm",
    "Other_Letter": "Lo",
    "Mark": "M",
    "Nonspacing_Mark": "Mn",
    "Spacing_Mark": "Mc",
    "Enclosing_Mark": "Me",
    "Number": "N",
    "Decimal_Number": "Nd",
    "Letter_Number": "Nl",
    "Other_Number": "No",
    "Punctuation": "P",
    "Connector_Punctuation": "Pc",
    "Dash_Punctuation": "Pd",
    "Open_Punctuation": "Ps",
    "Close_Punctuation": "Pe",
    "Initial_Punctuation": "Pi",
    "Final_Punctuation": "Pf",
    "Other_Punctuation": "Po",
    "Symbol": "S",
    "Math_Symbol": "Sm",
    "Currency_Symbol": "Sc",
    "Modifier_Symbol": "Sk",
    "Other_Symbol": "So",
    "Separator": "Z",
    "Space_Separator": "Zs",
    "Line_Separator": "Zl",
    "Paragraph_Separator": "Zp",
}
"""The names that patterns write, and the ones that the character database knows."""
