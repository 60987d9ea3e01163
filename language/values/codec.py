"""The stored form of values: JSON text in which every value keeps its type, for the log and for graphs.

Plain JSON values stand for themselves. The others are an object with one key that starts with `$`:

    {"$decimal": "12.50"}  {"$bytes": "aGk="}  {"$uuid": ...}  {"$date": ...}  {"$time": ...}
    {"$datetime": "2026-11-23T09:30:00+00:00"}  {"$duration": MICROSECONDS}

A user's key that starts with `$` gets a second `$`. Integers of any size are plain JSON numbers, which both sides read
exactly. Map order is kept, so equal values in equal order give equal bytes. Deep recursion is bounded at entry.
"""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from math import isfinite
from typing import Any, TypeAlias
from uuid import UUID

import msgspec

from cellc.language.text_forms import FORMS

Tagged: TypeAlias = Any
"""JSON data in which typed scalars are tagged."""

_SCALARS = frozenset({type(None), bool, int, str})

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode

_WRITERS: dict[type, tuple[str, Callable[[Any], Any]]] = {
    Decimal: ("$decimal", str),
    bytes: ("$bytes", FORMS["bytes"].write),
    UUID: ("$uuid", str),
    date: ("$date", date.isoformat),
    time: ("$time", time.isoformat),
    datetime: ("$datetime", datetime.isoformat),
    timedelta: ("$duration", lambda value: value // timedelta(microseconds=1)),
}

_READERS: dict[str, Callable[[Any], Any]] = {
    "$decimal": Decimal,
    "$bytes": FORMS["bytes"].read,
    "$uuid": UUID,
    "$date": date.fromisoformat,
    "$time": time.fromisoformat,
    "$datetime": datetime.fromisoformat,
    "$duration": lambda value: timedelta(microseconds=value),
}


def encode(value: Any) -> bytes:
    """Return the stored form of `value`. Raises ValueError for a float that is not finite, TypeError for no value."""
    return _encode(tag(value))


def decode(text: bytes) -> Any:
    """Return the value that `encode` stored."""
    data = _decode(text)
    return untag(data) if b'"$' in text else data


def tag(value: Any) -> Tagged:
    """Return `value` as JSON data with tags; itself where it needs none."""
    kind = type(value)
    if kind in _SCALARS:
        return value
    if kind is dict:
        return _tag_dict(value)
    if kind is list:
        if _SCALARS.issuperset(map(type, value)):
            return value
        return [tag(item) for item in value]
    if kind is float:
        if not isfinite(value):
            raise ValueError(f"{value} is not a value of the language")
        return value
    if kind not in _WRITERS:
        raise TypeError(f"{kind.__name__} is not a type of the language")
    name, write = _WRITERS[kind]
    return {name: write(value)}


def untag(data: Tagged) -> Any:
    """Return the value that `tag` made `data` of."""
    kind = type(data)
    if kind is list:
        return [untag(item) for item in data]
    if kind is not dict:
        return data
    if len(data) == 1:
        [(key, inner)] = data.items()
        if key in _READERS:
            return _READERS[key](inner)
    return {key.removeprefix("$"): untag(item) for key, item in data.items()}


def _tag_dict(value: dict[str, Any]) -> dict[str, Tagged]:
    # Walking Python objects is what costs here: one C-level pass decides that a flat dict needs nothing.
    if "$" not in "".join(key[:1] for key in value):
        if _SCALARS.issuperset(map(type, value.values())):
            return value
        return {key: tag(item) for key, item in value.items()}
    return {f"${key}" if key.startswith("$") else key: tag(item) for key, item in value.items()}
