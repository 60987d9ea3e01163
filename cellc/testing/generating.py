"""Values of any type, from choices: the simplest for 0, else edges of the type and texts that are often forgotten."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from math import ceil, floor
from typing import Any, assert_never
from uuid import UUID

from cellc.language.regex import Language, Languages, NotRegular
from cellc.language.regex.words import find_word
from cellc.language.text_forms import PATTERNS
from cellc.language.types import (
    Bool,
    Broken,
    Int,
    Json,
    List,
    Literal,
    Map,
    Named,
    Never,
    Null,
    Number,
    Record,
    Scalar,
    Secret,
    String,
    Type,
    TypeTable,
    Union,
    resolve,
)
from cellc.testing.choices import Choices

DEEPEST = 4
"""Levels of a value below which it ends as soon as its type lets it: recursive types."""

_TEXTS = ("a", "", "b", "A 1", "0", "true", "null", "é", "日本", "😀", " ", "it's", 'say "yes"', "a\nb", "x" * 300)
_NAMES = ("a", "b", "", "some key")
_EMAILS = ("a@b.example", "A+b@c-d.example", "x@y")
_URLS = ("https://a.example", "http://a.example/b?c=d#e", "s3://bucket/key")
_JSON: Sequence[Any] = ({}, None, 0, "", "a", [], True, -1, {"a": 1}, [{"a": [None]}], {"status": "ok", "items": []})
_DURATIONS = tuple(
    timedelta(seconds=seconds) for seconds in (1, 0, 60, 3600, 86_400, 30 * 86_400, 400 * 86_400, 0.001, -1)
)
_DATES = (date(2026, 1, 1), date(2024, 2, 29), date(2025, 12, 31), date(1970, 1, 1), date(2100, 3, 1))
_TIMES = (time(0, 0), time(12, 30), time(23, 59, 59))
_SCALARS: dict[str, Sequence[Any]] = {
    "bytes": (b"", b"a", b"\x00\xff"),
    "uuid": tuple(UUID(int=number, version=4) for number in (1, 2, 3)),
    "date": _DATES,
    "time": _TIMES,
    "datetime": tuple(datetime.combine(day, at, UTC) for day in _DATES for at in _TIMES),
    "duration": _DURATIONS,
}
_SPREAD = (0, 1, -1, 2, 3, 7, 10, 50, 100, 1000, 10**6, 10**12, -2, -100)
_MOST_WORK = 200_000


class NoValue(Exception):  # noqa: N818 -- named for what it says of the type
    """No value of a type was found."""


def value_from(choices: Choices, type_: Type, table: TypeTable, level: int = 0) -> Any:
    """Return a value of the type. Raises NoValue where it has none, or none that is found."""
    real = resolve(type_, table)
    if level == 0 and _height(real, table) is None:
        raise NoValue
    match real:
        case List():
            return _list(choices, real, table, level)
        case Map(inner):
            names = _NAMES[: choices.below(3)] if _goes_on(inner, table, level) else ()
            return {name: value_from(choices, inner, table, level + 1) for name in names}
        case Record():
            return _record(choices, real, table, level)
        case Union(arms):
            possible = [arm for arm in arms if _height(arm, table) is not None]
            if level >= DEEPEST:
                possible = [min(possible, key=lambda arm: _height(arm, table) or 0)]
            return value_from(choices, choices.of(possible), table, level)
        case Secret(inner):
            return value_from(choices, inner, table, level)
        case Named() | Never() | Broken():
            raise NoValue
        case _:
            return _plain(choices, real)


def _plain(choices: Choices, real: Null | Bool | Int | Number | String | Scalar | Literal | Json) -> Any:
    match real:
        case Null():
            return None
        case Bool():
            return choices.of((False, True))
        case Int():
            return choices.of([int(each) for each in _numbers(real.low, real.high, Fraction(real.step or 1))])
        case Number():
            return _number(choices, real)
        case String():
            return _text(choices, real)
        case Scalar(name):
            return choices.of(_SCALARS[name])
        case Literal(value):
            return value
        case Json():
            return choices.of(_JSON)
        case _:
            assert_never(real)


def _list(choices: Choices, real: List, table: TypeTable, level: int) -> list[Any]:
    most = real.low + 3 if real.high is None else min(real.high, real.low + 3)
    length = real.low + choices.below(1 + most - real.low) if _goes_on(real.item, table, level) else real.low
    return [value_from(choices, real.item, table, level + 1) for _ in range(length)]


def _record(choices: Choices, real: Record, table: TypeTable, level: int) -> dict[str, Any]:
    found = {}
    for field in real.fields:
        if not field.optional or (_goes_on(field.type, table, level) and choices.below(2)):
            found[field.name] = value_from(choices, field.type, table, level + 1)
    return found


def _goes_on(inner: Type, table: TypeTable, level: int) -> bool:
    """Return whether a value may have a part of the type `inner` that it need not have."""
    height = _height(inner, table)
    return height is not None and (level < DEEPEST or height == 0)


def _height(type_: Type, table: TypeTable, within: tuple[str, ...] = ()) -> int | None:
    """Return how many levels the flattest value of a type has, None where it has none."""
    match type_:
        case Named(name):
            return None if name in within or name not in table else _height(table[name], table, (*within, name))
        case Secret(inner):
            return _height(inner, table, within)
        case List(item, low):
            return _above([_height(item, table, within)]) if low else 0
        case Record(fields):
            return _above([_height(field.type, table, within) for field in fields if not field.optional])
        case Union(arms):
            return min((each for arm in arms if (each := _height(arm, table, within)) is not None), default=None)
        case Never() | Broken():
            return None
        case _:
            return 0


def _above(parts: Sequence[int | None]) -> int | None:
    known = [part for part in parts if part is not None]
    return 1 + max(known, default=0) if len(known) == len(parts) else None


# --- numbers ---


def _numbers(low: int | Fraction | None, high: int | Fraction | None, step: Fraction) -> list[Fraction]:
    """Return multiples of `step` between the bounds: the one nearest to 0, others near it, and the bounds."""
    first = None if low is None else ceil(low / step)
    last = None if high is None else floor(high / step)
    wanted = [*_SPREAD]
    wanted += [] if first is None else [first, first + 1, first + 10]
    wanted += [] if last is None else [last, last - 1]
    inside = [n for n in wanted if (first is None or first <= n) and (last is None or n <= last)]
    if not inside:
        raise NoValue
    simple = min(inside, key=lambda number: (abs(number), number < 0))
    return [number * step for number in dict.fromkeys((simple, *inside))]


def _number(choices: Choices, real: Number) -> float | Decimal:
    for step in [real.step] if real.step else (Fraction(1), Fraction(1, 100), Fraction(1, 10**6)):
        try:
            coarse = _numbers(real.low, real.high, step)
        except NoValue:
            continue
        fine = [] if real.step else _fine(real)
        inside = [number for number in dict.fromkeys((*coarse, *fine)) if _is_within(number, real)]
        if inside:
            number = choices.of(inside)
            return float(number) if real.name == "float" else Decimal(number.numerator) / Decimal(number.denominator)
    raise NoValue


def _fine(real: Number) -> list[Fraction]:
    try:
        return _numbers(real.low, real.high, Fraction(1, 100))
    except NoValue:
        return []


def _is_within(number: Fraction, real: Number) -> bool:
    if real.name == "float":
        number = Fraction(float(number))
    above = real.low is None or number > real.low or (number == real.low and not real.low_open)
    return above and (real.high is None or number < real.high or (number == real.high and not real.high_open))


# --- texts ---


def _text(choices: Choices, real: String) -> str:
    if real.pattern is None and real.format is None:
        fitting = [text for text in _TEXTS if len(text) >= real.low and (real.high is None or len(text) <= real.high)]
        lengths = {real.low, real.low + 1 if real.high is None else min(real.high, 1000)}
        return choices.of([*fitting, *("a" * length for length in sorted(lengths))])
    languages, language = _language(real.pattern, real.format)
    if real.pattern is None:
        ready = [text for text in (_EMAILS if real.format == "email" else _URLS) if real.low <= len(text)]
        ready = [text for text in ready if real.high is None or len(text) <= real.high]
        if ready:
            return choices.of(ready)
    return _walk(choices, languages, language, real)


@lru_cache(maxsize=256)
def _language(pattern: str | None, form: str | None) -> tuple[Languages, Language]:
    languages = Languages(_Meter().spend)
    patterns = [each for each in (pattern, PATTERNS[form] if form else None) if each is not None]
    try:
        return languages, languages.both([languages.of_pattern(each, "re2") for each in patterns])
    except NotRegular as reason:
        raise NoValue from reason


class _Meter:
    def __init__(self) -> None:
        self._left = _MOST_WORK

    def spend(self, units: int) -> None:
        """Count work. Raises NoValue when it is too much."""
        self._left -= units
        if self._left < 0:
            raise NoValue


def _walk(choices: Choices, languages: Languages, language: Language, real: String) -> str:
    """Return a text of `language`: some characters as they are chosen, and then the shortest way to its end."""
    read, rest = "", _rest(languages, language, real, "")
    if rest is None:
        raise NoValue
    for _ in range(choices.below(6)):
        steps = [*_steps(languages, language)]
        if not steps:
            break
        ranges, language = choices.of(steps)
        first, last = choices.of(ranges)
        char = chr(first + choices.below(min(last - first, 25) + 1))
        found = _rest(languages, language, real, read + char)
        if found is None:
            break
        read, rest = read + char, found
    return read + rest


def _steps(languages: Languages, language: Language) -> Iterator[tuple[Any, Language]]:
    """Yield the ways on by one character that people can read."""
    for ranges, rest in languages.steps(language):
        plain = [(max(first, 32), min(last, 126)) for first, last in ranges if first <= 126 and last >= 32]
        if plain and rest is not languages.nothing:
            yield plain, rest


def _rest(languages: Languages, language: Language, real: String, read: str) -> str | None:
    high = None if real.high is None else real.high - len(read)
    return None if high is not None and high < 0 else find_word(languages, language, max(0, real.low - len(read)), high)
