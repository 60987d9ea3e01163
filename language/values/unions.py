"""Which arms of a union a value may belong to: decided by its kind first, then by literal tags."""

import json
from typing import Any

from cellc.language.type_codec import to_data
from cellc.language.types import (
    Bool,
    Broken,
    Field,
    Int,
    Json,
    List,
    Literal,
    Map,
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

_TEXT_ORDER = ("uuid", "datetime", "date", "time", "duration", "bytes")


def arms_of(type_: Union, data: Any, table: TypeTable) -> list[Type]:
    """Return the arms that JSON `data` may be read as, by its kind alone: nearest to JSON first, then canonically."""
    ranked = [(rank, arm) for arm in flatten(type_, table) if (rank := _rank(arm, data, table)) is not None]
    if len(ranked) > 1:
        ranked.sort(key=lambda pair: (pair[0], json.dumps(to_data(pair[1]))))
    return [arm for _, arm in ranked]


def flatten(type_: Type, table: TypeTable) -> list[Type]:
    """Return the arms of `type_`, through names; names of other types stay."""
    real = resolve(type_, table)
    if not isinstance(real, Union):
        return [type_]
    return [arm for part in real.arms for arm in flatten(part, table)]


def tagged_arms(arms: list[Type], value: Any, table: TypeTable) -> list[Type]:
    """Return the record arms that `value` belongs to by its literal tags: at least one, and none contradicts."""
    if not isinstance(value, dict):
        return []
    reals = [(arm, resolve(arm, table)) for arm in arms]
    return [arm for arm, real in reals if isinstance(real, Record) and _tags_agree(real, value, table)]


def _tags_agree(record: Record, value: dict[str, Any], table: TypeTable) -> bool:
    tags = [(field, literal) for field in record.fields if (literal := tag_of(field, table))]
    return bool(tags) and all(field.name in value and value[field.name] == literal.value for field, literal in tags)


def tag_of(field: Field, table: TypeTable) -> Literal | None:
    """Return the literal that a required field always holds, None when it may hold more."""
    real = resolve(field.type, table)
    return real if isinstance(real, Literal) and not field.optional else None


def _rank(arm: Type, data: Any, table: TypeTable) -> int | None:  # noqa: PLR0911 -- a table over pairs of kinds
    real = resolve(arm, table)
    kind = type(data)
    match real:
        case Secret(inner):
            return _rank(inner, data, table)
        case Broken() | Json():
            return 9
        case Null():
            return 0 if data is None else None
        case Bool() | Literal(kind="bool"):
            return 0 if kind is bool else None
        case Literal(kind="string"):
            return 0 if kind is str else None
        case String():
            return 1 if kind is str else None
        case Scalar(name):
            return 2 + _TEXT_ORDER.index(name) if kind is str else None
        case Int() | Number() | Literal():
            return _number_rank(real, data)
        case List():
            return 0 if kind is list else None
        case Record() | Map():
            return 0 if kind is dict else None
        case _:
            return None


def _number_rank(arm: Int | Number | Literal, data: Any) -> int | None:
    exact = isinstance(arm, Literal)
    name = arm.kind if isinstance(arm, Literal) else "int" if isinstance(arm, Int) else arm.name
    if type(data) is str:
        return 8 if name == "decimal" else None
    if type(data) is bool or data is None or isinstance(data, list | dict):
        return None
    return (0 if exact else 3) + ("int", "float", "decimal").index(name)
