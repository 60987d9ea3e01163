"""Versions by SemVer 2.0, and ranges of them as npm has them: `^1.2`, `~1.2.3`, `>=1.2 <2`, `1.x`, `1.2 || 2`.

A pre-release satisfies a range only where one of the range's own bounds is a pre-release of the same three numbers: who
asks for `^1.2` has not asked for `1.3.0-beta`. Build metadata plays no part.
"""

import re
from dataclasses import dataclass
from functools import total_ordering
from typing import Final, TypeAlias


class BadRange(ValueError):  # noqa: N818 -- named for what it is
    """Why a text is no range of versions, in the user's words."""


@total_ordering
@dataclass(frozen=True, slots=True)
class Version:
    """A version; `pre` are the parts of its pre-release, none for a release."""

    numbers: tuple[int, int, int]
    pre: tuple[str, ...] = ()

    def __lt__(self, other: "Version") -> bool:
        """Return whether this one comes before the other, by SemVer's rule 11."""
        return (self.numbers, not self.pre, [*map(_rank, self.pre)]) < (
            other.numbers,
            not other.pre,
            [*map(_rank, other.pre)],
        )


def _rank(part: str) -> tuple[bool, int, str]:
    """Return what orders a part of a pre-release: numbers by value, and before words."""
    return (False, int(part), "") if part.isdigit() else (True, 0, part)


@dataclass(frozen=True, slots=True)
class _Bound:
    op: str
    version: Version

    def admits(self, version: Version) -> bool:
        match self.op:
            case ">=":
                return version >= self.version
            case ">":
                return version > self.version
            case "<":
                return version < self.version
            case "<=":
                return version <= self.version
            case _:
                return version == self.version


_Bounds: TypeAlias = tuple[_Bound, ...]


@dataclass(frozen=True, slots=True)
class Range:
    """A range of versions: any of these sets of bounds, each as a whole."""

    sets: tuple[_Bounds, ...]

    def admits(self, version: Version) -> bool:
        """Return whether the version is in the range."""
        return any(_admits(bounds, version) for bounds in self.sets)


def _admits(bounds: _Bounds, version: Version) -> bool:
    if not all(bound.admits(version) for bound in bounds):
        return False
    return not version.pre or any(b.version.pre and b.version.numbers == version.numbers for b in bounds)


_NUMBER = r"(?:0|[1-9][0-9]{0,8})"
_PRE = r"(?:-(?P<pre>[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+[0-9A-Za-z.-]+)?"
_VERSION: Final = re.compile(rf"({_NUMBER})\.({_NUMBER})\.({_NUMBER}){_PRE}\Z")
_COMPARATOR: Final = re.compile(
    rf"(?P<op>\^|~|>=|<=|>|<|=)?\s*(?P<a>{_NUMBER}|[xX*])(?:\.(?P<b>{_NUMBER}|[xX*])(?:\.(?P<c>{_NUMBER}|[xX*]){_PRE})?)?"
)


def read_version(text: str) -> Version | None:
    """Return the version that `text` is, None when it is none."""
    found = _VERSION.match(text)
    if found is None:
        return None
    return Version((int(found[1]), int(found[2]), int(found[3])), _pre(found["pre"]))


def read_range(text: str) -> Range:
    """Return the range that `text` is. Raises BadRange."""
    return Range(tuple(_bounds(part.strip()) for part in text.split("||")))


def _pre(text: str | None) -> tuple[str, ...]:
    return tuple(text.split(".")) if text else ()


def _bounds(text: str) -> _Bounds:
    if " - " in text:
        low, _, high = text.partition(" - ")
        return (*_one(low.strip(), ">="), *_one(high.strip(), "<="))
    bounds: list[_Bound] = []
    at = 0
    while at < len(text):
        found = _COMPARATOR.match(text, at)
        if found is None or (found.end() < len(text) and not text[found.end()].isspace()):
            raise BadRange(f"`{text[at:]}` is neither a version nor a bound")
        bounds += _comparator(found, found["op"] or "")
        at = found.end() + len(text[found.end() :]) - len(text[found.end() :].lstrip())
    if not text:
        raise BadRange("a part of it is empty")
    return tuple(bounds)


def _one(text: str, op: str) -> list[_Bound]:
    found = _COMPARATOR.fullmatch(text)
    if found is None or found["op"]:
        raise BadRange(f"`{text}` is not a version")
    return _comparator(found, op)


def _comparator(found: re.Match[str], op: str) -> list[_Bound]:
    """Return the bounds that one comparator stands for; a part that is left out, or `x`, is any number."""
    written = [None if part in (None, "x", "X", "*") else int(part) for part in found.group("a", "b", "c")]
    known = written.index(None) if None in written else 3
    if any(part is not None for part in written[known:]):
        raise BadRange(f"in `{found[0]}` a number follows an `x`")
    numbers = [n or 0 for n in written]
    low = Version((numbers[0], numbers[1], numbers[2]), _pre(found["pre"]) if known == 3 else ())
    if known == 0:
        return [_Bound("<", Version((0, 0, 0)))] if op in ("<", ">") else []
    match op:
        case "^":
            first = next((i for i, n in enumerate(numbers) if n), known - 1)
            return [_Bound(">=", low), _Bound("<", _next(numbers, min(first, known - 1)))]
        case "~":
            return [_Bound(">=", low), _Bound("<", _next(numbers, min(known - 1, 1)))]
        case ">=" | "<" if known < 3:
            return [_Bound(op, low if op == ">=" else Version(low.numbers, ("0",)))]
        case ">" if known < 3:
            return [_Bound(">=", Version(_next(numbers, known - 1).numbers))]
        case "<=" if known < 3:
            return [_Bound("<", _next(numbers, known - 1))]
        case "" | "=" if known < 3:
            return [_Bound(">=", low), _Bound("<", _next(numbers, known - 1))]
        case _:
            return [_Bound(op or "=", low)]


def _next(numbers: list[int], place: int) -> Version:
    """Return the least version, pre-releases included, past all that agree up to `place`."""
    raised = [*numbers[:place], numbers[place] + 1, 0, 0][:3]
    return Version((raised[0], raised[1], raised[2]), ("0",))
