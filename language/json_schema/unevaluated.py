"""The `unevaluated` keywords where it can be said beforehand what is evaluated: by this schema, `allOf` and `$ref`.

What `anyOf`, `oneOf`, `if` and `dependentSchemas` evaluate depends on the value, and is not carried.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from cellc.language.json_schema.documents import Document, Found, Schema, keywords_of, step

_BY_VALUE = ("anyOf", "oneOf", "if", "dependentSchemas", "$dynamicRef", "$recursiveRef")


@dataclass(frozen=True, slots=True)
class Evaluated:
    """The keys that are evaluated: by name, by pattern, or all."""

    names: tuple[str, ...]
    patterns: tuple[str, ...]
    all: bool


def evaluated_keys(document: Document, schema: Mapping[str, Schema], place: str, draft: int | None) -> Evaluated | None:
    """Return the keys that everything in a schema but `unevaluatedProperties` evaluates; None where values decide."""
    own = {key: value for key, value in schema.items() if key != "unevaluatedProperties"}
    names: dict[str, None] = {}
    patterns: dict[str, None] = {}
    for part in _applied(document, Found(own, place, draft)):
        if part is None or any(keyword in part for keyword in _BY_VALUE):
            return None
        if "additionalProperties" in part or "unevaluatedProperties" in part:
            return Evaluated((), (), all=True)
        names |= dict.fromkeys(part.get("properties", {}))
        patterns |= dict.fromkeys(part.get("patternProperties", {}))
    return Evaluated(tuple(names), tuple(patterns), all=False)


def evaluated_items(document: Document, schema: Mapping[str, Schema], place: str, draft: int | None) -> int | None:
    """Return how many first items are evaluated, -1 for all; None where values decide."""
    own = {key: value for key, value in schema.items() if key != "unevaluatedItems"}
    count = 0
    for part in _applied(document, Found(own, place, draft)):
        if part is None or any(keyword in part for keyword in (*_BY_VALUE, "contains")):
            return None
        items = part.get("items", [])
        first = part.get("prefixItems", items if isinstance(items, list) else [])
        rest = "additionalItems" if isinstance(items, list) and "items" in part else "unevaluatedItems"
        if not isinstance(items, list) or rest in part or "unevaluatedItems" in part:
            return -1
        count = max(count, len(first))
    return count


def _applied(document: Document, start: Found) -> Iterator[Mapping[str, Schema] | None]:
    """Return the schemas that always apply to the same value as `start`, itself first; None for one that is missing."""
    waiting, seen = [start], {start.place}
    while waiting:
        found = waiting.pop()
        if not isinstance(found.schema, Mapping):
            continue
        schema = keywords_of(found.schema, found.draft)
        yield schema
        places = [step(found.place, "allOf", str(number)) for number in range(len(schema.get("allOf", [])))]
        if isinstance(schema.get("$ref"), str):
            places.append(document.resolve(schema["$ref"], found.place))
        for place in places:
            if place not in seen:
                seen.add(place)
                inner = document.at(place)
                if inner is None:
                    yield None
                else:
                    waiting.append(inner)
