"""Types as plain JSON data, for graphs and hashes: canonical, so that equal types give equal data.

The data is a name ("int", "json", "email") for a type without refinements, else an array with the form first:

    ["int", LOW, HIGH, STEP]   ["float", LOW, HIGH, ENDS, STEP]   ["decimal", ...]    bounds as text, null for none;
                               ENDS is "[]", "(]", "[)" or "()": which bounds are included
    ["string", LOW, HIGH, PATTERN, FORMAT]      ["enum", TEXT...]      ["lit", KIND, VALUE]
    ["list", T, LOW, HIGH]     ["map", T]       ["record", [[NAME, T], [NAME, T, true]...], EXTRA]    true: optional
    ["union", T...]            ["ref", NAME]    ["secret", T]

Trailing nulls are left out. Record fields stand in order of their names, union arms in order of their JSON text. The
form is part of `graph.FORMAT`: an old one stays readable for ever.
"""

import json
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Any, TypeAlias, assert_never, cast

from cellc.language.type_text import exact
from cellc.language.types import (
    NAMES,
    Bool,
    Broken,
    Field,
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
    Union,
    union,
)

TypeData: TypeAlias = Any
"""JSON data, as the module's docstring describes."""

_PLAIN: dict[Type, str] = {type_: name for name, type_ in NAMES.items()} | {Never(): "never"}
_BY_NAME: dict[str, Type] = {name: type_ for type_, name in _PLAIN.items()}


def to_data(type_: Type) -> TypeData:  # noqa: PLR0911 -- one arm for each form of type
    """Return `type_` as canonical JSON data. Raises ValueError for Broken: it must not leave the compiler."""
    if type_ in _PLAIN:
        return _PLAIN[type_]
    match type_:
        case Int(low, high, step):
            return _form("int", _number(low), _number(high), _number(step))
        case Number():
            return _number_data(type_)
        case String(low, high, pattern, format_):
            return _form("string", low, high, pattern, format_)
        case Literal(value, "string"):
            return ["enum", value]
        case Literal(value, kind):
            return ["lit", kind, value if kind == "bool" else exact(Fraction(value))]
        case List(item, low, high):
            return _form("list", to_data(item), low or None, high)
        case Map(value):
            return ["map", to_data(value)]
        case Record(fields, extra):
            rows = [[f.name, to_data(f.type), *([True] if f.optional else [])] for f in fields]
            return _form("record", sorted(rows, key=lambda row: row[0]), None if extra is None else to_data(extra))
        case Union(arms):
            return _union_data(arms)
        case Named(name):
            return ["ref", name]
        case Secret(inner):
            return ["secret", to_data(inner)]
        case Never() | Null() | Bool() | Json() | Scalar() | Broken():
            raise ValueError(f"{type_} cannot be written")  # Broken: all others are in _PLAIN
        case _:
            assert_never(type_)


def from_data(data: TypeData) -> Type:
    """Return the type that `data` describes. Raises ValueError where it describes none."""
    if isinstance(data, str):
        if data not in _BY_NAME:
            raise ValueError(f"no type is called {data!r}")
        return _BY_NAME[data]
    try:
        form, *rest = data
        return _READERS[form](*rest)
    except (KeyError, TypeError) as problem:
        raise ValueError(f"not a type: {data!r}") from problem


def _form(name: str, *parts: object) -> TypeData:
    data = [name, *parts]
    while data[-1] is None:
        data.pop()
    return data


def _number(value: int | Fraction | None) -> str | None:
    return None if value is None else exact(value)


def _fraction(text: str | None) -> Fraction | None:
    return None if text is None else Fraction(text)


def _integer(text: str | None) -> int | None:
    return None if text is None else int(text)


def _number_data(type_: Number) -> TypeData:
    ends = ("(" if type_.low_open else "[") + (")" if type_.high_open else "]")
    shown = None if ends == "[]" and type_.step is None else ends
    return _form(type_.name, _number(type_.low), _number(type_.high), shown, _number(type_.step))


def _union_data(arms: tuple[Type, ...]) -> TypeData:
    """Text literals of a union are gathered in one enum: shorter to store, and the usual way to write them."""
    words = sorted({str(a.value) for a in arms if type(a) is Literal and a.kind == "string"})
    parts = dict([_arm_data(a) for a in arms if type(a) is not Literal or a.kind != "string"])
    if words:
        parts[json.dumps(["enum", *words])] = ["enum", *words]
    if len(parts) == 1:
        return next(iter(parts.values()))
    return ["union", *(parts[text] for text in sorted(parts))]


@lru_cache(8192)
def _arm_data(arm: Type) -> tuple[str, TypeData]:
    """Return an arm as JSON text and as data; kept, since a large union is told apart again and again."""
    data = to_data(arm)
    return json.dumps(data), data


def _read_int(low: str | None = None, high: str | None = None, step: str | None = None) -> Type:
    return Int(_integer(low), _integer(high), _integer(step))


def _read_number(
    name: str, low: str | None = None, high: str | None = None, ends: str | None = None, step: str | None = None
) -> Type:
    ends = ends or "[]"
    kind = "float" if name == "float" else "decimal"
    return Number(cast("Any", kind), _fraction(low), _fraction(high), ends[0] == "(", ends[1] == ")", _fraction(step))


def _read_literal(kind: str, value: Any) -> Type:
    match kind:
        case "bool":
            return Literal(bool(value), "bool")
        case "int":
            return Literal(int(value), "int")
        case "decimal" | "float":
            return Literal(Decimal(value), "decimal" if kind == "decimal" else "float")
        case _:
            raise ValueError(f"no literal is of kind {kind!r}")


def _read_record(rows: list[list[Any]], extra: TypeData | None = None) -> Type:
    fields = tuple(Field(name, from_data(data), bool(flag)) for name, data, *flag in rows)
    return Record(fields, None if extra is None else from_data(extra))


_READERS: dict[str, Callable[..., Type]] = {
    "int": _read_int,
    "float": lambda *rest: _read_number("float", *rest),
    "decimal": lambda *rest: _read_number("decimal", *rest),
    "string": lambda low=0, high=None, pattern=None, format_=None: String(low, high, pattern, format_),
    "enum": lambda *words: union(Literal(word) for word in words),
    "lit": _read_literal,
    "list": lambda item, low=None, high=None: List(from_data(item), low or 0, high),
    "map": lambda value: Map(from_data(value)),
    "record": _read_record,
    "union": lambda *arms: union(map(from_data, arms)),
    "ref": Named,
    "secret": lambda inner: Secret(from_data(inner)),
}
