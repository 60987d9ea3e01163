"""JSON Schema over YAML nodes: the keywords of `grammar/document.schema.json`, and where a node misses one of them.

Editors read the same schema with validators of their own. This one knows only what that file uses, so that a check
neither loads a library for it nor makes plain values of a whole document; a test compares it with a full validator.
Names of members are no part of it (`propertyNames`, `not`): `document` says why a name cannot be one.
"""

import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final, TypeAlias

from msgspec import Struct

from cellc.language.core_schema import CoreValue, core_value
from cellc.language.reader import Mapping, Scalar, Sequence, YamlNode

Schema: TypeAlias = dict[str, Any]

ANNOTATIONS: Final = frozenset({"$schema", "$id", "$defs", "title", "description", "propertyNames"})
"""Keywords that ask nothing here."""


class Place(Struct, frozen=True):
    """A node, the last key on the way to it, and the places above it."""

    node: YamlNode
    key: Scalar | None = None
    above: "Place | None" = None

    def way(self) -> "Iterator[YamlNode]":
        """Yield the node and those above it."""
        place: Place | None = self
        while place is not None:
            yield place.node
            place = place.above


class Miss(Struct, frozen=True):
    """The node at `place` does not fit `keyword` of `schema`; `missing` is the key that `required` asks for."""

    place: Place
    keyword: str
    schema: Schema
    missing: str = ""


def misses(place: Place, schema: Schema, root: Schema) -> Iterator[Miss]:
    """Yield each way in which the node at `place` does not fit `schema`, a part of `root`."""
    node = place.node
    value = _Plain(core_value(node)) if isinstance(node, Scalar) else node
    for keyword, wanted in schema.items():
        fits = _LEAVES.get(keyword)
        if fits is not None:
            if not fits(wanted, value):
                yield Miss(place, keyword, schema)
        elif keyword not in ANNOTATIONS:
            yield from _APPLICATORS[keyword](place, schema, root)


class _Plain(Struct, frozen=True):
    """A scalar as a schema sees it."""

    value: CoreValue


# --- keywords that look at one node ---


def _has_type(wanted: str | list[str], found: object) -> bool:
    names = _type_names(found)
    return not names.isdisjoint((wanted,) if isinstance(wanted, str) else wanted)


_OBJECT, _ARRAY, _NULL = frozenset({"object"}), frozenset({"array"}), frozenset({"null"})
_STRING, _BOOLEAN, _NUMBER = frozenset({"string"}), frozenset({"boolean"}), frozenset({"number"})
_INTEGER = frozenset({"number", "integer"})


def _type_names(found: object) -> frozenset[str]:
    match found:
        case Mapping():
            return _OBJECT
        case Sequence():
            return _ARRAY
        case _Plain(str()):
            return _STRING
        case _Plain(None):
            return _NULL
        case _Plain(bool()):
            return _BOOLEAN
        case _Plain(Decimal() as number):
            return _INTEGER if number == number.to_integral_value() else _NUMBER
        case _:
            return _INTEGER


def _equals(wanted: Any, found: object) -> bool:
    return isinstance(found, _Plain) and found.value == wanted and isinstance(found.value, bool) == (wanted is True)


def _number(found: object) -> int | Decimal | None:
    match found:
        case _Plain(int() | Decimal() as number) if not isinstance(number, bool):
            return number
        case _:
            return None


def _text(found: object) -> str | None:
    return found.value if isinstance(found, _Plain) and isinstance(found.value, str) else None


@lru_cache
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text)


_LEAVES: Final[dict[str, Callable[[Any, object], bool]]] = {
    "type": _has_type,
    "const": _equals,
    "enum": lambda wanted, found: any(_equals(each, found) for each in wanted),
    "minimum": lambda least, found: (number := _number(found)) is None or number >= least,
    "maximum": lambda most, found: (number := _number(found)) is None or number <= most,
    "minLength": lambda least, found: (text := _text(found)) is None or len(text) >= least,
    "pattern": lambda form, found: (text := _text(found)) is None or _pattern(form).search(text) is not None,
    "minItems": lambda least, found: not isinstance(found, Sequence) or len(found.items) >= least,
    "maxItems": lambda most, found: not isinstance(found, Sequence) or len(found.items) <= most,
}


# --- keywords that go on to other schemas or nodes ---


def _reference(place: Place, schema: Schema, root: Schema) -> Iterator[Miss]:
    return misses(place, root["$defs"][schema["$ref"].removeprefix("#/$defs/")], root)


def _required(place: Place, schema: Schema, _root: Schema) -> Iterator[Miss]:
    if isinstance(place.node, Mapping):
        there = {key.content for key, _ in place.node.entries}
        yield from (Miss(place, "required", schema, name) for name in schema["required"] if name not in there)


def _one_of(place: Place, schema: Schema, root: Schema) -> Iterator[Miss]:
    fitting = [arm for arm in schema["oneOf"] if next(misses(place, arm, root), None) is None]
    if len(fitting) != 1:
        yield Miss(place, "oneOf", schema)


def _properties(place: Place, schema: Schema, root: Schema) -> Iterator[Miss]:
    known = schema["properties"]
    for key, value in place.node.entries if isinstance(place.node, Mapping) else ():
        if key.content in known:
            yield from misses(Place(value, key, place), known[key.content], root)


def _additional(place: Place, schema: Schema, root: Schema) -> Iterator[Miss]:
    known, other = schema.get("properties", {}), schema["additionalProperties"]
    entries = place.node.entries if isinstance(place.node, Mapping) else ()
    unknown = [(key, value) for key, value in entries if key.content not in known]
    if other is not False:
        for key, value in unknown:
            yield from misses(Place(value, key, place), other, root)
    elif unknown:
        yield Miss(place, "additionalProperties", schema)


def _items(place: Place, schema: Schema, root: Schema) -> Iterator[Miss]:
    for item in place.node.items if isinstance(place.node, Sequence) else ():
        yield from misses(Place(item, place.key, place), schema["items"], root)


_APPLICATORS: Final[dict[str, Callable[[Place, Schema, Schema], Iterator[Miss]]]] = {
    "$ref": _reference,
    "required": _required,
    "oneOf": _one_of,
    "properties": _properties,
    "additionalProperties": _additional,
    "items": _items,
}

KEYWORDS: Final = ANNOTATIONS.union(_LEAVES, _APPLICATORS)
"""What the document's schema may use."""
