"""A schema document: which draft it is written in, and where its references lead.

A *place* is `BASE#POINTER` or `BASE#ANCHOR`, with the empty base for a document without `$id`. A draft that `$schema`
names decides which keywords there are; without it all are read, old ones too.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias
from urllib.parse import unquote, urljoin

from jsonschema import Draft202012Validator
from jsonschema.validators import validator_for

Schema: TypeAlias = Any
"""A JSON Schema as data: a dict or a bool."""

_DRAFTS = {"draft-03": 3, "draft-04": 4, "draft-06": 6, "draft-07": 7, "2019-09": 2019, "2020-12": 2020}

_SINCE = {
    "const": 6,
    "contains": 6,
    "propertyNames": 6,
    "if": 7,
    "dependentRequired": 2019,
    "dependentSchemas": 2019,
    "minContains": 2019,
    "maxContains": 2019,
    "unevaluatedItems": 2019,
    "unevaluatedProperties": 2019,
    "$recursiveRef": 2019,
    "$dynamicRef": 2020,
    "prefixItems": 2020,
}
_UNTIL = {"dependencies": 7, "additionalItems": 2019, "$recursiveRef": 2019}
_ONLY_REF = 7
"""The last draft in which nothing beside `$ref` counts."""

_NOTES = frozenset(
    {"$ref", "$id", "id", "$schema", "$comment", "title", "description", "default", "examples", "definitions"}
)
"""Keywords that change nothing beside `$ref`."""

_ID_DRAFT = 4
"""The draft that writes `id` for `$id`."""

_DATA = frozenset({"enum", "const", "default", "examples"})
"""Keywords whose values are no schemas, whatever they look like."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a reference leads to, the place it is at, and the draft that holds there."""

    schema: Schema
    place: str
    draft: int | None


class Document:
    """One schema with everything in it that has an address. Addresses of the standard's own schemas are known too.

    `draft` is that of a document that names none.
    """

    def __init__(self, root: Schema, draft: int | None = None) -> None:
        self._roots: dict[str, Found] = {}
        self._anchors: dict[str, Found] = {}
        self._dynamic: dict[str, int] = {}
        self._index(Found(root, "#", draft_of(root) or draft))

    def _index(self, outer: Found) -> None:
        """Register every identifier in a document, going through it without recursion."""
        root = self.enter(outer)
        self._roots[outer.place.removesuffix("#")] = root
        waiting = [root]
        while waiting:
            found = waiting.pop()
            if isinstance(found.schema, Mapping):
                self._register(found)
            for key, schema in _parts(found.schema):
                if key not in _DATA and isinstance(schema, Mapping | list):
                    waiting.append(self.enter(Found(schema, step(found.place, key), found.draft)))

    def _register(self, found: Found) -> None:
        base = found.place.partition("#")[0]
        if found.place.endswith("#"):
            self._roots.setdefault(base, found)
        for keyword in ("$anchor", "$dynamicAnchor"):
            if isinstance(found.schema.get(keyword), str):
                self._anchors[f"{base}#{found.schema[keyword]}"] = found
        if "$dynamicAnchor" in found.schema or found.schema.get("$recursiveAnchor") is True:
            name = str(found.schema.get("$dynamicAnchor", ""))
            self._dynamic[name] = self._dynamic.get(name, 0) + 1
        for keyword in ("$id", "id"):
            name = found.schema.get(keyword)
            if isinstance(name, str):
                place = _joined(base, name)
                if name.startswith("#"):
                    self._anchors[place] = found
                else:
                    self._roots.setdefault(place.partition("#")[0], found)

    def is_static(self, reference: str) -> bool:
        """Return whether a dynamic reference can lead to one place only, and so is an ordinary one."""
        return self._dynamic.get(reference.partition("#")[2], 0) <= 1

    def enter(self, found: Found) -> Found:
        """Return `found` at the place that its own `$id` gives it."""
        name = _own_id(found)
        if name is None:
            return found
        base = _joined(found.place.partition("#")[0], name).partition("#")[0]
        return Found(found.schema, f"{base}#", draft_of(found.schema) or found.draft)

    def resolve(self, reference: str, place: str) -> str:
        """Return the place that a reference at another place means."""
        target = _joined(place.partition("#")[0], reference)
        return target if "#" in target else f"{target}#"

    def at(self, place: str) -> Found | None:
        """Return what is at a place; None where nothing is."""
        base, _, fragment = place.partition("#")
        if base not in self._roots:
            known = validator_for({"$schema": base}, default=Draft202012Validator).META_SCHEMA
            if str(known.get("$id", known.get("id"))).removesuffix("#") != base:
                return None
            self._index(Found(known, f"{base}#", draft_of(known)))
        if fragment and not fragment.startswith("/"):
            return self._anchors.get(place)
        found = self._roots.get(base)
        for token in fragment.split("/")[1:]:
            found = None if found is None else self._child(found, _unescaped(token))
        return found

    def _child(self, found: Found, token: str) -> Found | None:
        schema = found.schema
        place = step(found.place, token)
        if isinstance(schema, Mapping) and token in schema:
            return self.enter(Found(schema[token], place, found.draft))
        if isinstance(schema, list) and token.isdecimal() and int(token) < len(schema):
            return self.enter(Found(schema[int(token)], place, found.draft))
        return None


def _parts(schema: Schema) -> Iterable[tuple[str, Schema]]:
    pairs = schema.items() if isinstance(schema, Mapping) else enumerate(schema) if isinstance(schema, list) else ()
    return ((str(key), part) for key, part in pairs)


def draft_of(schema: Schema) -> int | None:
    """Return the draft that `$schema` names, as a number that later drafts have a higher one of."""
    named = schema.get("$schema") if isinstance(schema, Mapping) else None
    return next((draft for name, draft in _DRAFTS.items() if name in named), None) if isinstance(named, str) else None


def possible_drafts(root: Schema) -> tuple[int | None, ...]:
    """Return the drafts, none but the named one where one is named, that give a document different meanings.

    Whether anything beside `$ref` counts is the one question on which drafts disagree about the same keywords. Where
    there are such keywords, and none that only later drafts have, the document can be read in two ways.
    """
    if draft_of(root) is not None:
        return (None,)
    waiting, beside = [root], False
    while waiting:
        schema = waiting.pop()
        keys = schema.keys() if isinstance(schema, Mapping) else ()
        if any(_SINCE.get(key, 0) > _ONLY_REF for key in keys) or "$defs" in keys:
            return (None,)
        beside = beside or ("$ref" in keys and isinstance(schema["$ref"], str) and not _NOTES.issuperset(keys))
        waiting += [part for key, part in _parts(schema) if key not in _DATA and isinstance(part, Mapping | list)]
    return (None, _ONLY_REF) if beside else (None,)


def keywords_of(schema: Mapping[str, Schema], draft: int | None) -> Mapping[str, Schema]:
    """Return the keywords of `schema` that mean something in a draft."""
    if draft is None:
        return schema
    if draft <= _ONLY_REF and isinstance(schema.get("$ref"), str):
        return {"$ref": schema["$ref"]}
    return {key: value for key, value in schema.items() if _SINCE.get(key, draft) <= draft <= _UNTIL.get(key, draft)}


def step(place: str, *tokens: str) -> str:
    """Return the place of a part."""
    return "/".join([place, *(token.replace("~", "~0").replace("/", "~1").replace("%", "%25") for token in tokens)])


def _unescaped(token: str) -> str:
    return unquote(token).replace("~1", "/").replace("~0", "~")


def _own_id(found: Found) -> str | None:
    """Return the identifier that makes a schema a document of its own."""
    if not isinstance(found.schema, Mapping) or (
        found.draft is not None and found.draft <= _ONLY_REF and "$ref" in found.schema
    ):
        return None
    names = (found.schema.get("$id"), found.schema.get("id") if found.draft == _ID_DRAFT else None)
    return next((name for name in names if isinstance(name, str) and not name.startswith("#")), None)


def _joined(base: str, reference: str) -> str:
    return base + reference if reference.startswith("#") else urljoin(base, reference)
