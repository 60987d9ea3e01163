"""Random types, values of a type, JSON Schemas and JSON data, kept small so that they often meet."""

import random
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from cellc.language.types import (
    Bool,
    Field,
    Int,
    Json,
    List,
    Literal,
    Map,
    Named,
    Null,
    Number,
    Record,
    Scalar,
    Secret,
    String,
    Type,
    Union,
    resolve,
    union,
)
from cellc.language.values import fits

NODE = Record((Field("v", Int(0)), Field("next", union((Named("t.Node"), Null())))))
TREE = Record((Field("v", Int()), Field("kids", List(Named("t.Tree")), optional=True)))
TABLE: Mapping[str, Type] = {"t.Node": NODE, "t.Tree": TREE, "t.Id": String(pattern="[ab]{1,3}")}

PATTERNS = ["a*", "[ab]{1,3}", "(a|bb)+", "a.?b", "[^b]*"]
SCALARS: Mapping[str, Any] = {
    "bytes": b"\x00a",
    "uuid": UUID(int=7),
    "date": date(2026, 2, 28),
    "time": time(9, 30),
    "datetime": datetime(2026, 11, 23, 9, 30, tzinfo=UTC),
    "duration": timedelta(seconds=90),
}
SMALL = st.one_of(st.none(), st.integers(-3, 5))
KEYS = "abc"


@st.composite
def numbers(draw: st.DrawFn) -> Type:
    low, high = draw(SMALL), draw(SMALL)
    name = draw(st.sampled_from(["int", "float", "decimal"]))
    if name == "int":
        return Int(low, high, draw(st.sampled_from([None, None, 2, 3])))
    bounds = [None if bound is None else Fraction(bound, 2) for bound in (low, high)]
    step = draw(st.sampled_from([None, None, Fraction(1, 2), Fraction(1)]))
    return Number("float" if name == "float" else "decimal", *bounds, draw(st.booleans()), draw(st.booleans()), step)


@st.composite
def texts(draw: st.DrawFn) -> Type:
    low = draw(st.integers(0, 2))
    high = draw(st.one_of(st.none(), st.integers(low, 4)))
    pattern = draw(st.one_of(st.none(), st.sampled_from(PATTERNS)))
    return draw(st.sampled_from([String(low, high, pattern), String(format="email"), String(low, high)]))


LITERALS: SearchStrategy[Type] = st.sampled_from(
    [
        *(Literal(word) for word in ("a", "ab", "x")),
        Literal(1, "int"),
        Literal(0, "int"),
        Literal(True, "bool"),
        Literal(Decimal("0.5"), "decimal"),
        Literal(Decimal(1), "float"),
    ]
)
PLAIN: SearchStrategy[Type] = st.sampled_from(
    [Null(), Bool(), Json(), *(Scalar(name) for name in SCALARS), *(Named(name) for name in TABLE)]
)


def _records(inner: SearchStrategy[Type]) -> SearchStrategy[Type]:
    def record(contents: dict[str, tuple[Type, bool]], extra: Type | None) -> Type:
        return Record(tuple(Field(name, type_, flag) for name, (type_, flag) in contents.items()), extra)

    contents = st.dictionaries(st.sampled_from(KEYS), st.tuples(inner, st.booleans()), max_size=3)
    return st.builds(record, contents, st.one_of(st.none(), st.none(), inner))


def _composites(inner: SearchStrategy[Type]) -> SearchStrategy[Type]:
    lengths = st.tuples(st.integers(0, 2), st.one_of(st.none(), st.integers(0, 3)))
    return st.one_of(
        st.builds(lambda item, bounds: List(item, *bounds), inner, lengths),
        st.builds(Map, inner),
        _records(inner),
        _records(inner),
        st.builds(union, st.lists(inner, min_size=1, max_size=3)),
        st.builds(Secret, inner),
    )


TYPES: SearchStrategy[Type] = st.recursive(st.one_of(numbers(), texts(), LITERALS, PLAIN), _composites, max_leaves=8)


class NoValue(Exception):  # noqa: N818 -- an answer
    """The type has no value, or none that was found."""


_TEXTS = ["", "a", "b", "ab", "ba", "aa", "abb", "bb", "aab", "a-b", "x", "aaaa", "a@b", "x.y@z.w"]
_JSON: list[Any] = [None, True, 1, 0.5, "a", [], [1], {}, {"a": "ab"}, {"b": None}]


def a_value(  # noqa: C901, PLR0911, PLR0912 -- one arm for each form of type
    type_: Type, chance: random.Random, depth: int = 4
) -> Any:
    """Return a random value of `type_`. Raises NoValue."""
    real = resolve(type_, TABLE)
    match real:
        case Null():
            return None
        case Bool():
            return chance.random() < 0.5
        case Int() | Number():
            return _pick(_numbers_of(real), real, chance)
        case String():
            return _pick(_TEXTS, real, chance)
        case Scalar(name):
            return SCALARS[name]
        case Literal(value, kind):
            return float(value) if kind == "float" else value
        case Json():
            return chance.choice(_JSON)
        case Secret(inner):
            return a_value(inner, chance, depth)
        case Union(arms):
            return _first(chance.sample(arms, len(arms)), chance, depth)
        case List() | Map() | Record() if depth == 0:
            raise NoValue
        case List(item, low, high):
            most = low + 2 if high is None else high
            if most < low:
                raise NoValue
            return [a_value(item, chance, depth - 1) for _ in range(_length(item, low, most, chance))]
        case Map(value):
            names = chance.sample(KEYS, _length(value, 0, 2, chance))
            return {name: a_value(value, chance, depth - 1) for name in names}
        case Record():
            return _record(real, chance, depth)
        case _:
            raise NoValue


def _length(item: Type, low: int, high: int, chance: random.Random) -> int:
    try:
        a_value(item, chance, 1)
    except NoValue:
        return low
    return chance.randint(low, high)


def _first(arms: list[Type], chance: random.Random, depth: int) -> Any:
    for arm in arms:
        try:
            return a_value(arm, chance, depth)
        except NoValue:
            continue
    raise NoValue


def _pick(pool: list[Any], type_: Type, chance: random.Random) -> Any:
    kept = [value for value in pool if not fits(value, type_, TABLE)]
    if not kept:
        raise NoValue
    return chance.choice(kept)


def _numbers_of(type_: Int | Number) -> list[Any]:
    quarters = [Fraction(n, 4) for n in range(-16, 25)]
    if isinstance(type_, Int):
        return [int(n) for n in quarters if n.denominator == 1]
    return [float(n) if type_.name == "float" else Decimal(n.numerator) / n.denominator for n in quarters]


def _record(type_: Record, chance: random.Random, depth: int) -> dict[str, Any]:
    value = {}
    for field in type_.fields:
        if not field.optional:
            value[field.name] = a_value(field.type, chance, depth - 1)
        elif chance.random() < 0.5:
            value |= _attempt(field.name, field.type, chance, depth)
    if type_.extra is not None and chance.random() < 0.5:
        value |= _attempt(chance.choice("de"), type_.extra, chance, depth)
    return value


def _attempt(name: str, type_: Type, chance: random.Random, depth: int) -> dict[str, Any]:
    try:
        return {name: a_value(type_, chance, depth - 1)}
    except NoValue:
        return {}
