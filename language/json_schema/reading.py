"""JSON Schemas as sets of JSON values, exactly.

A schema without `type` says something about each kind of value apart, so reading makes a table from kind to set and
joins the kinds that `type` leaves; boolean combinations and references are those of the algebra. `1.0` is an integer,
as in every draft since 4. `nullable: true` beside `type` adds null, as OpenAPI 3.0 means it. Older spellings are read:
`definitions`, boolean `exclusiveMinimum`, `items` as a list with `additionalItems`.

A keyword that the algebra cannot say (`_BEYOND`) becomes an `Opaque` set and a line in `lost`: questions that hang on
it are answered with Unknown, never wrongly. Annotations, `format` among them, constrain nothing.

Parts that are referred to are read when they are asked for, and so are parts that are nested deeply.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor
from typing import Any

from cellc.language.json_schema.documents import Document, Schema, keywords_of, step
from cellc.language.json_schema.unevaluated import evaluated_items, evaluated_keys
from cellc.language.regex import Languages
from cellc.language.subtype.constants import constant_set, exact
from cellc.language.subtype.sets import (
    BOOLS,
    EVERYTHING,
    NOTHING,
    Both,
    Counted,
    Distinct,
    Either,
    ExactlyOne,
    Family,
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

_BEYOND = ("unevaluatedProperties", "unevaluatedItems", "$dynamicRef", "$recursiveRef")
"""Keywords that are carried only where they mean something that can be said beforehand."""

_APPLIED = ("allOf", "anyOf", "oneOf", "$ref", "if", "then", "else", "dependentSchemas")
_RELATIVES = {
    "unevaluatedProperties": ("properties", "patternProperties", "additionalProperties", *_APPLIED),
    "unevaluatedItems": ("prefixItems", "items", "contains", *_APPLIED),
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
_NUMBER = (int, float, Decimal)
_INTEGERS = Numbers("number", step=Fraction(1))
_MOST_DEPTH = 40
"""Levels of schemas that are read at once; deeper ones become references."""

_SHAPES: dict[str, tuple[type, ...]] = {
    **dict.fromkeys(("properties", "patternProperties", "dependencies", "dependentSchemas"), (Mapping,)),
    "dependentRequired": (Mapping,),
    **dict.fromkeys(("required", "enum", "allOf", "anyOf", "oneOf", "prefixItems"), (list,)),
    **dict.fromkeys(("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"), _NUMBER),
    **dict.fromkeys(("minContains", "maxContains", "minimum", "maximum", "multipleOf"), _NUMBER),
    **dict.fromkeys(("exclusiveMinimum", "exclusiveMaximum"), (*_NUMBER, bool)),
    **dict.fromkeys(("pattern", "$ref", "$dynamicRef", "$recursiveRef"), (str,)),
    "type": (str, list),
}
"""What the value of a keyword must be."""


@dataclass(frozen=True, slots=True)
class SchemaSet:
    """A schema as a set, what the names in it (of this prefix) stand for, and what is not carried: "PLACE: KEYWORD"."""

    prefix: str
    whole: Set
    define: Callable[[str], Set]
    lost: Callable[[], tuple[str, ...]]


def schema_set(schema: Schema, prefix: str = "", draft: int | None = None) -> SchemaSet:
    """Return the set of the values that `schema` accepts; `prefix` keeps its names apart from another document's.

    `draft` is that of a schema that names none; without it the spellings of all drafts are read. Raises ValueError
    where it is no schema, here or when a name is asked for.
    """
    reader = _Reader(schema, prefix, draft)
    return SchemaSet(prefix, reader.define(f"{prefix}#"), reader.define, reader.lost)


class _Reader:
    """Reads one document; parts that are referred to are read when they are asked for."""

    def __init__(self, root: Schema, prefix: str, draft: int | None) -> None:
        self._root = root
        self._prefix = prefix
        self._document = Document(root, draft)
        self._defined: dict[str, Set] = {}
        self._referred: dict[str, None] = {}
        self._lost: dict[str, None] = {}
        self._languages = Languages(lambda _: None)
        self._draft: int | None = None
        self._depth = 0

    def define(self, name: str) -> Set:
        """Return the set that a reference stands for."""
        if name not in self._defined:
            place = name.removeprefix(self._prefix)
            found = self._document.at(place)
            if found is None:
                self._defined[name] = self._opaque(place, "$ref", place)
            else:
                self._draft = found.draft
                self._defined[name] = self._read(found.schema, found.place)
        return self._defined[name]

    def lost(self) -> tuple[str, ...]:
        """Return what is not carried, anywhere that the document reaches."""
        while waiting := [name for name in self._referred if name not in self._defined]:
            for name in waiting:
                self.define(name)
        return tuple(self._lost)

    def _refer(self, place: str) -> Set:
        self._referred[self._prefix + place] = None
        return Ref(self._prefix + place)

    def _opaque(self, place: str, keyword: str, content: Any) -> Set:
        """Return a set of which only the content is known: the same content is the same set, in any document."""
        self._lost[f"{place}: {keyword}"] = None
        try:
            text = json.dumps(content, sort_keys=True, default=str)
            whole = json.dumps(self._root, sort_keys=True, default=str) if '"$ref"' in text or "#" in text else ""
        except RecursionError:
            text, whole = self._prefix, place
        return Opaque(f"`{keyword}`", text + whole)

    def read(self, schema: Schema, place: str) -> Set:
        """Return the set of the values that a part accepts. Raises ValueError where it is no schema."""
        if isinstance(schema, bool):
            return EVERYTHING if schema else NOTHING
        if not isinstance(schema, Mapping):
            raise ValueError(f"{place}: a schema is an object or a bool")  # noqa: TRY004 -- the value is at fault
        if self._depth == _MOST_DEPTH or "$id" in schema or "id" in schema:
            return self._refer(place)  # where its identifier changes what references mean, that is found there
        return self._read(schema, place)

    def _read(self, written: Schema, place: str) -> Set:
        if not isinstance(written, Mapping):
            return self.read(written, place)
        schema = keywords_of(written, self._draft)
        _check_shapes(schema, place)
        self._depth += 1
        parts = [self._by_kind(schema, place), *self._constants(schema), *self._combinations(schema, place)]
        parts += self._beyond(schema, place)
        self._depth -= 1
        return both(parts)

    def _beyond(self, schema: Mapping[str, Schema], place: str) -> Iterable[Set]:
        """Return what the keywords say whose meaning hangs on what other keywords did with the value."""
        for keyword in _BEYOND:
            if keyword in schema:
                said = self._unevaluated(keyword, schema, place)
                relatives = {key: schema.get(key) for key in (keyword, *_RELATIVES.get(keyword, ()))}
                yield self._opaque(place, keyword, relatives) if said is None else said

    def _unevaluated(self, keyword: str, schema: Mapping[str, Schema], place: str) -> Set | None:
        """Return the set that such a keyword stands for; None where it cannot be said before there is a value."""
        value = schema[keyword]
        match keyword:
            case "unevaluatedProperties" | "unevaluatedItems" if value is True or value == {}:
                return EVERYTHING
            case "unevaluatedProperties":
                known = evaluated_keys(self._document, schema, place, self._draft)
                if known is None or known.all:
                    return None if known is None else EVERYTHING
                slots = tuple(Slot(name, EVERYTHING, required=False) for name in known.names)
                families = tuple(Family(pattern_set(pattern, "ecma"), EVERYTHING) for pattern in known.patterns)
                return _among("object", Fields(slots, self.read(value, step(place, keyword)), families))
            case "unevaluatedItems":
                count = evaluated_items(self._document, schema, place, self._draft)
                if count is None or count < 0:
                    return None if count is None else EVERYTHING
                return _among("array", Items(self.read(value, step(place, keyword)), prefix=(EVERYTHING,) * count))
            case "$dynamicRef" | "$recursiveRef" if isinstance(value, str) and self._document.is_static(value):
                return self._refer(self._document.resolve(value, place))
            case _:
                return None

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
        lengths = Text(*_bounds(schema, "Length"))
        if "pattern" not in schema:
            return lengths
        found = pattern_set(schema["pattern"], "ecma")
        if not isinstance(found, Text):
            self._lost[f"pattern {schema['pattern']}"] = None
        return found if lengths == Text() else both([lengths, found])

    def _lists(self, schema: Mapping[str, Schema], place: str) -> Set:
        items = schema.get("items", True)
        first, keys = schema.get("prefixItems", []), ("prefixItems", "items")
        if isinstance(items, list):
            first, items, keys = items, schema.get("additionalItems", True), ("items", "additionalItems")
        prefix = tuple(self.read(part, step(place, keys[0], str(number))) for number, part in enumerate(first))
        lists: list[Set] = [Items(self.read(items, step(place, keys[1])), *_bounds(schema, "Items"), prefix)]
        if "contains" in schema:
            lists.append(_contains(self.read(schema["contains"], step(place, "contains")), schema))
        if schema.get("uniqueItems") is True:
            lists.append(Distinct())
        return both(lists)

    def _objects(self, schema: Mapping[str, Schema], place: str) -> Set:
        extra = self.read(schema.get("additionalProperties", True), step(place, "additionalProperties"))
        families = self._families(schema, place)
        required = dict.fromkeys(schema.get("required", []))
        contents = {
            name: self.read(part, step(place, "properties", name))
            for name, part in schema.get("properties", {}).items()
        }
        slots = [
            Slot(name, self._at_name(name, contents.get(name), families, extra), name in required)
            for name in dict.fromkeys((*contents, *required))
        ]
        kept = tuple(Family(names, content) for _, names, content in families)
        parts: list[Set] = [Fields(tuple(slots), extra, kept, *_bounds(schema, "Properties"))]
        if "propertyNames" in schema:
            names = self.read(schema["propertyNames"], step(place, "propertyNames"))
            parts.append(Fields((), EVERYTHING, (Family(Not(names), NOTHING),)))
        return both([*parts, *self._dependencies(schema, place)])

    def _families(self, schema: Mapping[str, Schema], place: str) -> list[tuple[str, Set, Set]]:
        """Return each of `patternProperties` as pattern, names and content; without what is beyond the regular."""
        families = []
        for pattern, part in schema.get("patternProperties", {}).items():
            names = pattern_set(pattern, "ecma")
            if not isinstance(names, Text):
                self._lost[f"pattern {pattern}"] = None
            families.append((pattern, names, self.read(part, step(place, "patternProperties", pattern))))
        return families

    def _at_name(self, name: str, content: Set | None, families: list[tuple[str, Set, Set]], extra: Set) -> Set:
        """Return what `properties` and the families say about one key, else what is said about additional ones."""
        said = [] if content is None else [content]
        for pattern, names, inner in families:
            regular = isinstance(names, Text)
            if regular and self._languages.contains(self._languages.of_pattern(pattern, "ecma"), name):
                said.append(inner)
        return both(said) if said else extra

    def _dependencies(self, schema: Mapping[str, Schema], place: str) -> Iterable[Set]:
        """Return what must hold where a key is there."""
        for keyword in ("dependentRequired", "dependentSchemas", "dependencies"):
            for key, wanted in schema.get(keyword, {}).items():
                has_key = Fields((Slot(key, EVERYTHING, required=True),), EVERYTHING)
                names = [wanted] if isinstance(wanted, str) else wanted
                if isinstance(names, list):
                    then: Set = Fields(tuple(Slot(name, EVERYTHING, required=True) for name in names), EVERYTHING)
                else:
                    then = self.read(wanted, step(place, keyword, key))
                yield Either((Not(has_key), then))

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
            yield self._refer(self._document.resolve(schema["$ref"], place))
        for keyword, combine in (("allOf", both), ("anyOf", either), ("oneOf", _one_of)):
            if keyword in schema:
                parts = [self.read(part, step(place, keyword, str(n))) for n, part in enumerate(schema[keyword])]
                yield combine(parts)
        if "not" in schema:
            yield Not(self.read(schema["not"], step(place, "not")))
        if "if" in schema:
            test = self.read(schema["if"], step(place, "if"))
            then, other = (self.read(schema.get(key, True), step(place, key)) for key in ("then", "else"))
            yield Either((Both((test, then)), Both((Not(test), other))))


def _among(type_: str, part: Set) -> Set:
    """Return the values that are in `part` or of another type."""
    return either([part, Not(_KIND_SETS[type_])])


def _one_of(parts: Iterable[Set]) -> Set:
    arms = tuple(parts)
    return arms[0] if len(arms) == 1 else ExactlyOne(arms)


def _bounds(schema: Mapping[str, Schema], what: str) -> tuple[int, int | None]:
    least, most = schema.get(f"min{what}", 0), schema.get(f"max{what}")
    return max(ceil(least), 0), None if most is None else floor(most)


def _contains(part: Set, schema: Mapping[str, Schema]) -> Set:
    least, most = ceil(schema.get("minContains", 1)), schema.get("maxContains")
    if least == 1 and most is None:
        return Not(Items(Not(part)))
    return Counted(part, max(least, 0), None if most is None else floor(most))


def _check_shapes(schema: Mapping[str, Schema], place: str) -> None:
    for keyword, wanted in _SHAPES.items():
        value = schema.get(keyword)
        if keyword in schema and (not isinstance(value, wanted) or (isinstance(value, bool) and bool not in wanted)):
            raise ValueError(f"{place}: {json.dumps(value, default=str)[:40]} is no value of `{keyword}`")
    for keyword in ("required", "type"):
        names = schema.get(keyword)
        if isinstance(names, list) and not all(isinstance(name, str) for name in names):
            raise ValueError(f"{place}: `{keyword}` is a list of names")
    if "multipleOf" in schema and schema["multipleOf"] <= 0:
        raise ValueError(f"{place}: `multipleOf` is greater than 0")


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
