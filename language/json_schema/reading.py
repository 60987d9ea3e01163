"""JSON Schemas as sets of JSON values, exactly.

A schema without `type` says something about each kind of value apart, so reading makes a table from kind to set and
joins the kinds that `type` leaves; boolean combinations and references are those of the algebra. `1.0` is an integer,
as in every draft since 4. `nullable: true` beside `type` adds null, as OpenAPI 3.0 means it. Older spellings are read:
`definitions`, boolean `exclusiveMinimum`, `items` as a list with `additionalItems`.

A keyword that the algebra cannot say (`_BEYOND`) becomes an `Opaque` set and a line in `lost`: questions that hang on
it are answered with Unknown, never wrongly. Annotations, `format` among them, constrain nothing.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, TypeAlias
from urllib.parse import unquote

from cellc.language.subtype.sets import (
    BOOLS,
    EVERYTHING,
    NOTHING,
    Both,
    Either,
    ExactlyOne,
    Fields,
    Items,
    Not,
    Numbers,
    Opaque,
    Ref,
    Set,
    Slot,
    Text,
    Unit,
    Words,
    both,
    either,
    pattern_set,
)

Schema: TypeAlias = Any

_BEYOND = (
    "uniqueItems",
    "minContains",
    "maxContains",
    "patternProperties",
    "propertyNames",
    "unevaluatedProperties",
    "unevaluatedItems",
    "$dynamicRef",
    "$recursiveRef",
)
"""Keywords that constrain values in a way that is not carried. Elsewhere some of them are trivial: see `_is_idle`."""

_RELATIVES = {
    "minContains": ("contains",),
    "maxContains": ("contains",),
    "patternProperties": ("properties", "additionalProperties"),
    "unevaluatedProperties": ("properties", "additionalProperties", "allOf", "anyOf", "oneOf", "$ref", "if", "then"),
    "unevaluatedItems": ("prefixItems", "items", "allOf", "anyOf", "oneOf", "$ref", "if", "then"),
}
"""What else the meaning of such a keyword depends on."""

_KIND_SETS: dict[str, Set] = {
    "null": Unit("null"),
    "boolean": BOOLS,
    "number": Numbers("number"),
    "string": Text(),
    "array": Items(EVERYTHING),
    "object": Fields((), EVERYTHING),
}
_INTEGERS = Numbers("number", step=Fraction(1))
_ABSENT: Any = object()
_MOST_DEPTH = 200
"""Levels of objects and lists in a schema, which is read recursively."""


@dataclass(frozen=True, slots=True)
class SchemaSet:
    """A schema as a set, what the names in it stand for, and what is not carried, as "PLACE: KEYWORD"."""

    whole: Set
    define: Callable[[str], Set]
    lost: tuple[str, ...]


def schema_set(schema: Schema, prefix: str = "") -> SchemaSet:
    """Return the set of the values that `schema` accepts; `prefix` keeps its names apart from another document's.

    Raises ValueError where it is no schema.
    """
    if _depth(schema) > _MOST_DEPTH:
        raise ValueError(f"the schema is nested too deeply: more than {_MOST_DEPTH} levels")
    reader = _Reader(schema, prefix)
    whole = reader.define(f"{prefix}#")
    return SchemaSet(whole, reader.define, tuple(reader.lost()))


def constant_set(value: Any) -> Set:
    """Return the set of one JSON value."""
    match value:
        case None:
            return Unit("null")
        case bool():
            return Unit("true" if value else "false")
        case int() | float() | Decimal():
            number = exact(value)
            return Numbers("number", number, number)
        case str():
            return Words(frozenset({value}))
        case list():
            return Items(NOTHING, len(value), len(value), tuple(map(constant_set, value)))
        case dict():
            slots = (Slot(key, constant_set(item), required=True) for key, item in value.items())
            return Fields(tuple(sorted(slots, key=lambda slot: slot.name)), NOTHING)
        case _:
            raise TypeError(f"{type(value).__name__} is not JSON data")


def exact(value: float | Decimal) -> Fraction:
    """Return the number that JSON text shows: 0.1 is one tenth."""
    return Fraction(repr(value)) if isinstance(value, float) else Fraction(value)


class _Reader:
    """Reads one document; parts that are referred to are read when they are asked for."""

    def __init__(self, root: Schema, prefix: str) -> None:
        self._root = root
        self._prefix = prefix
        self._anchors = dict(_anchors_in(root))
        self._defined: dict[str, Set] = {}
        self._lost: dict[str, None] = {}

    def define(self, name: str) -> Set:
        """Return the set that a reference stands for."""
        if name not in self._defined:
            place = name.removeprefix(self._prefix)
            found = self._at(place)
            self._defined[name] = self._opaque(place, "$ref", place) if found is _ABSENT else self.read(found, place)
        return self._defined[name]

    def lost(self) -> list[str]:
        """Return what is not carried, anywhere that the document reaches."""
        waiting = list(self._references(self._root))
        while waiting:
            place = waiting.pop()
            if self._prefix + place not in self._defined:
                self.define(self._prefix + place)
                found = self._at(place)
                waiting += [] if found is _ABSENT else self._references(found)
        return list(self._lost)

    def _references(self, schema: Schema) -> Iterable[str]:
        """Return the references that stand in constraining places of `schema`."""
        if isinstance(schema, Mapping):
            if isinstance(schema.get("$ref"), str):
                yield schema["$ref"]
            for key, part in schema.items():
                if key not in {"$defs", "definitions", "enum", "const", "default", "examples"}:
                    yield from self._references(part)
        elif isinstance(schema, list):
            for part in schema:
                yield from self._references(part)

    def _at(self, reference: str) -> Schema:
        """Return the schema that a reference within the document leads to."""
        if reference in self._anchors:
            return self._anchors[reference]
        base, _, pointer = reference.partition("#")
        if base or (pointer and not pointer.startswith("/")):
            return _ABSENT
        schema = self._root
        for token in pointer.split("/")[1:]:
            schema = _child(schema, unquote(token).replace("~1", "/").replace("~0", "~"))
        return schema

    def _opaque(self, place: str, keyword: str, content: Any) -> Set:
        """Return a set of which only the content is known: the same content is the same set, in any document."""
        self._lost[f"{place}: {keyword}"] = None
        text = json.dumps(content, sort_keys=True, default=str)
        whole = json.dumps(self._root, sort_keys=True, default=str) if '"$ref"' in text else ""
        return Opaque(f"`{keyword}`", text + whole)

    def read(self, schema: Schema, place: str) -> Set:
        """Return the set of the values that `schema` accepts. Raises ValueError where it is no schema."""
        if isinstance(schema, bool):
            return EVERYTHING if schema else NOTHING
        if not isinstance(schema, Mapping):
            raise ValueError(f"{place}: a schema is an object or a bool")  # noqa: TRY004 -- the value is at fault
        parts = [self._by_kind(schema, place), *self._constants(schema), *self._combinations(schema, place)]
        parts += [
            self._opaque(place, keyword, {key: schema.get(key) for key in (keyword, *_RELATIVES.get(keyword, ()))})
            for keyword in _BEYOND
            if keyword in schema and not _is_idle(keyword, schema[keyword], schema)
        ]
        return both(parts)

    # --- what `type` and the keywords for one kind say ---

    def _by_kind(self, schema: Mapping[str, Schema], place: str) -> Set:
        names = schema.get("type", list(_KIND_SETS))
        names = [names] if isinstance(names, str) else list(names)
        if schema.get("nullable") is True and "type" in schema:
            names.append("null")
        limits = {
            "number": self._numbers(schema),
            "string": self._texts(schema),
            "array": self._lists(schema, place),
            "object": self._objects(schema, place),
        }
        if "type" not in schema and all(limits[name] == _KIND_SETS[name] for name in limits):
            return EVERYTHING
        sets = _KIND_SETS | limits | {"integer": both([limits["number"], _INTEGERS])}
        unknown = [name for name in names if name not in sets]
        if unknown:
            raise ValueError(f"{place}: no type is called {unknown[0]}")
        return either(sets[name] for name in names)

    def _numbers(self, schema: Mapping[str, Schema]) -> Set:
        low, low_open = _tighter(schema, "minimum", "exclusiveMinimum", max)
        high, high_open = _tighter(schema, "maximum", "exclusiveMaximum", min)
        step = schema.get("multipleOf")
        return Numbers("number", low, high, low_open, high_open, None if step is None else exact(step))

    def _texts(self, schema: Mapping[str, Schema]) -> Set:
        lengths = Text(int(schema.get("minLength", 0)), _whole(schema.get("maxLength")))
        if "pattern" not in schema:
            return lengths
        found = pattern_set(schema["pattern"], "ecma")
        if not isinstance(found, Text):
            self._lost[f"pattern {schema['pattern']}"] = None
        return found if lengths == Text() else both([lengths, found])

    def _lists(self, schema: Mapping[str, Schema], place: str) -> Set:
        items = schema.get("items", True)
        first = schema.get("prefixItems", [])
        if isinstance(items, list):
            first, items = items, schema.get("additionalItems", True)
        prefix = tuple(self.read(part, f"{place}/prefixItems/{number}") for number, part in enumerate(first))
        low, high = int(schema.get("minItems", 0)), _whole(schema.get("maxItems"))
        lists: Set = Items(self.read(items, f"{place}/items"), low, high, prefix)
        if "contains" in schema and schema.get("minContains", 1) == 1:
            lists = Both((lists, Not(Items(Not(self.read(schema["contains"], f"{place}/contains"))))))
        return lists

    def _objects(self, schema: Mapping[str, Schema], place: str) -> Set:
        properties = schema.get("properties", {})
        required = list(dict.fromkeys(schema.get("required", [])))
        # Which keys are additional depends on patternProperties, which is not carried: then any key may be there.
        rest = True if schema.get("patternProperties") else schema.get("additionalProperties", True)
        extra = self.read(rest, f"{place}/additionalProperties")
        contents = {name: self.read(part, f"{place}/properties/{name}") for name, part in properties.items()}
        contents |= {name: extra for name in required if name not in contents}
        slots = (Slot(name, content, name in required) for name, content in contents.items())
        parts: list[Set] = [Fields(tuple(slots), extra)]
        parts += self._sizes(schema, place)
        return both(parts)

    def _sizes(self, schema: Mapping[str, Schema], place: str) -> Iterable[Set]:
        """Return what minProperties, maxProperties and the dependencies between keys say."""
        empty = Fields((), NOTHING)
        least, most = schema.get("minProperties", 0), schema.get("maxProperties")
        if least == 1:
            yield Not(empty)
        elif least > 1:
            yield self._opaque(place, "minProperties", least)
        if most == 0:
            yield empty
        elif most is not None:
            yield self._opaque(place, "maxProperties", most)
        for key, wanted in _dependencies(schema):
            has_key = Fields((Slot(key, EVERYTHING, required=True),), EVERYTHING)
            yield Either((Not(has_key), self.read(wanted, f"{place}/dependencies/{key}")))

    # --- constants and combinations ---

    def _constants(self, schema: Mapping[str, Schema]) -> Iterable[Set]:
        if "const" in schema:
            yield constant_set(schema["const"])
        if "enum" in schema:
            words = frozenset(value for value in schema["enum"] if isinstance(value, str))
            others = [constant_set(value) for value in schema["enum"] if not isinstance(value, str)]
            yield either([Words(words), *others] if words else others)

    def _combinations(self, schema: Mapping[str, Schema], place: str) -> Iterable[Set]:
        if isinstance(schema.get("$ref"), str):
            yield Ref(self._prefix + schema["$ref"])
        for keyword, combine in (("allOf", both), ("anyOf", either), ("oneOf", _one_of)):
            if keyword in schema:
                parts = [self.read(part, f"{place}/{keyword}/{n}") for n, part in enumerate(schema[keyword])]
                yield combine(parts)
        if "not" in schema:
            yield Not(self.read(schema["not"], f"{place}/not"))
        if "if" in schema:
            test = self.read(schema["if"], f"{place}/if")
            then, other = (self.read(schema.get(key, True), f"{place}/{key}") for key in ("then", "else"))
            yield Either((Both((test, then)), Both((Not(test), other))))


def _one_of(parts: Iterable[Set]) -> Set:
    arms = tuple(parts)
    return arms[0] if len(arms) == 1 else ExactlyOne(arms)


def _whole(value: Any) -> int | None:
    return None if value is None else int(value)


def _tighter(
    schema: Mapping[str, Schema], keyword: str, exclusive: str, tighter: Callable[[Fraction, Fraction], Fraction]
) -> tuple[Fraction | None, bool]:
    """Return the bound that both spellings leave, and whether it is excluded."""
    bound, other = schema.get(keyword), schema.get(exclusive)
    if isinstance(other, bool):  # draft 4
        return (None if bound is None else exact(bound)), other and bound is not None
    if bound is None or other is None:
        limit = bound if other is None else other
        return (None if limit is None else exact(limit)), other is not None
    excluded = exact(other) == tighter(exact(bound), exact(other))
    return tighter(exact(bound), exact(other)), excluded


def _is_idle(keyword: str, value: Schema, schema: Mapping[str, Schema]) -> bool:
    """Return whether a keyword constrains nothing as it stands here, or is read elsewhere."""
    match keyword:
        case "uniqueItems":
            return value is False or schema.get("maxItems", 2) <= 1
        case "minContains":
            return "contains" not in schema or value <= 1
        case "maxContains":
            return "contains" not in schema
        case "patternProperties":
            return not value
        case "propertyNames" | "unevaluatedProperties" | "unevaluatedItems":
            return value is True or value == {}
        case _:
            return False


def _dependencies(schema: Mapping[str, Schema]) -> Iterable[tuple[str, Schema]]:
    for keyword in ("dependentRequired", "dependentSchemas", "dependencies"):
        for key, wanted in schema.get(keyword, {}).items():
            yield key, {"required": wanted} if isinstance(wanted, list) else wanted


def _depth(data: Any) -> int:
    depth, level = 0, [data]
    while level := [item for item in level if isinstance(item, Mapping | list)]:
        depth += 1
        if depth > _MOST_DEPTH:
            break
        level = [child for item in level for child in (item.values() if isinstance(item, Mapping) else item)]
    return depth


def _child(schema: Schema, token: str) -> Schema:
    if isinstance(schema, Mapping):
        return schema.get(token, _ABSENT)
    if isinstance(schema, list) and token.isdigit() and int(token) < len(schema):
        return schema[int(token)]
    return _ABSENT


def _anchors_in(schema: Schema) -> Iterable[tuple[str, Schema]]:
    """Return the places that `$id` and `$anchor` name."""
    if isinstance(schema, Mapping):
        if isinstance(schema.get("$anchor"), str):
            yield f"#{schema['$anchor']}", schema
        for key in ("$id", "id"):
            if isinstance(schema.get(key), str):
                yield schema[key], schema
        for part in schema.values():
            yield from _anchors_in(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from _anchors_in(part)
