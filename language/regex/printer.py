"""Trees as patterns, in what RE2, ECMA 262 and Python's `re` read alike (lookahead apart, which RE2 has not)."""

from typing import assert_never

from cellc.language.regex import chars
from cellc.language.regex.chars import Ranges
from cellc.language.regex.parse import Chars, Choice, Edge, Look, Repeat, Sequence, Tree

_SPECIAL = frozenset("\\^$.|?*+()[]{}/")
_IN_CLASS = frozenset("\\^]-[")
_ESCAPES = {9: r"\t", 10: r"\n", 12: r"\f", 13: r"\r"}
_NAMED: dict[Ranges, str] = {chars.ALL: r"[\s\S]", chars.NONE: r"[^\s\S]", chars.invert(((10, 10),)): r"[^\n]"}


def show_pattern(tree: Tree) -> str:
    """Return a pattern that `tree` is the tree of."""
    match tree:
        case Chars(ranges):
            return _char(ranges[0][0], _SPECIAL) if _is_single(ranges) else _class(ranges)
        case Sequence(parts):
            return "".join(_grouped(part) if isinstance(part, Choice) else show_pattern(part) for part in parts)
        case Choice(parts):
            return "|".join(map(show_pattern, parts))
        case Repeat(part, low, high):
            atom = show_pattern(part) if isinstance(part, Chars) else _grouped(part)
            return atom + _times(low, high)
        case Edge(start):
            return "^" if start else "$"
        case Look(part, negative):
            return f"(?{'!' if negative else '='}{show_pattern(part)})"
        case _:
            assert_never(tree)


def _grouped(tree: Tree) -> str:
    return f"(?:{show_pattern(tree)})"


def _times(low: int, high: int | None) -> str:
    short = {(0, None): "*", (1, None): "+", (0, 1): "?"}
    if (low, high) in short:
        return short[low, high]
    if low == high:
        return f"{{{low}}}"
    return f"{{{low},{'' if high is None else high}}}"


def _is_single(ranges: Ranges) -> bool:
    return len(ranges) == 1 and ranges[0][0] == ranges[0][1]


def _class(ranges: Ranges) -> str:
    if ranges in _NAMED:
        return _NAMED[ranges]
    if ranges[-1][1] == chars.LAST:  # what goes to the end of Unicode was written as a negation
        return f"[^{_items(chars.invert(ranges))}]"
    return f"[{_items(ranges)}]"


def _items(ranges: Ranges) -> str:
    return "".join(
        _char(low, _IN_CLASS) if low == high else f"{_char(low, _IN_CLASS)}-{_char(high, _IN_CLASS)}"
        for low, high in ranges
    )


def _char(code: int, special: frozenset[str]) -> str:
    if code in _ESCAPES:
        return _ESCAPES[code]
    if code < 0x20 or 0x7F <= code <= 0xA0:
        return f"\\x{code:02x}"
    return "\\" + chr(code) if chr(code) in special else chr(code)
