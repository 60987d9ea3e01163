"""Other spellings of a schema: each rewrites somewhere inside and means the same."""

import copy
import random
from collections.abc import Callable, Iterator
from typing import Any

Schema = Any
Rewrite = Callable[[dict[str, Schema], random.Random], Schema | None]
"""Returns another spelling of one schema object, None where the rewriting does not apply."""

_ONE = {"not", "items", "additionalProperties", "contains", "propertyNames", "if", "then", "else"}
_MANY = {"allOf", "anyOf", "oneOf", "prefixItems"}
_NAMED = {"properties", "patternProperties", "dependentSchemas"}


def places(schema: Schema) -> Iterator[tuple[Any, Any]]:
    """Return each sub-schema of `schema` as what holds it and the key there."""
    if not isinstance(schema, dict):
        return
    for key, value in schema.items():
        holders = [(schema, key)] if key in _ONE else []
        if key in _MANY:
            holders = [(value, number) for number in range(len(value))]
        elif key in _NAMED | {"$defs"}:
            holders = [(value, name) for name in value]
        for holder, at in holders:
            yield holder, at
            yield from places(holder[at])


def rewritten(schema: Schema, chance: random.Random, times: int = 4) -> Schema:
    """Return another spelling of a document."""
    root = {"whole": copy.deepcopy(schema)}
    for _ in range(times):
        definitions = root["whole"].pop("$defs", None)
        found = [(root, "whole"), *places(root["whole"])]
        holder, at = chance.choice(found)
        if isinstance(holder[at], dict):
            new = chance.choice(REWRITES)(copy.deepcopy(holder[at]), chance)
            holder[at] = holder[at] if new is None else new
        root["whole"] = {"allOf": [root["whole"]]} if isinstance(root["whole"], bool) else root["whole"]
        if definitions is not None:
            root["whole"]["$defs"] = definitions
    return root["whole"]


def _shuffled(schema: dict[str, Schema], chance: random.Random) -> Schema:
    new = dict(chance.sample(list(schema.items()), len(schema)))
    for key in ("enum", "required", "allOf", "anyOf", "oneOf"):
        if key in new:
            new[key] = chance.sample(new[key], len(new[key]))
    if "properties" in new:
        new["properties"] = dict(chance.sample(list(new["properties"].items()), len(new["properties"])))
    return new


def _const_as_enum(schema: dict[str, Schema], _: random.Random) -> Schema | None:
    if "const" not in schema or "enum" in schema:
        return None
    return {("enum" if k == "const" else k): ([v] if k == "const" else v) for k, v in schema.items()}


def _enum_as_consts(schema: dict[str, Schema], chance: random.Random) -> Schema | None:
    if "enum" not in schema:
        return None
    values = schema.pop("enum")
    keyword = chance.choice(["anyOf", "oneOf"])
    return {"allOf": [schema, {keyword: [{"const": value} for value in values]}]}


def _types_as_union(schema: dict[str, Schema], _: random.Random) -> Schema | None:
    if not isinstance(schema.get("type"), list):
        return None
    names = schema.pop("type")
    return {"anyOf": [{**schema, "type": name} for name in names]}


def _integer_as_multiple(schema: dict[str, Schema], _: random.Random) -> Schema | None:
    if schema.get("type") != "integer" or "multipleOf" in schema:
        return None
    return {**schema, "type": "number", "multipleOf": 1}


def _exclusive_of_integers(schema: dict[str, Schema], _: random.Random) -> Schema | None:
    if schema.get("type") != "integer" or not isinstance(schema.get("minimum"), int) or "exclusiveMinimum" in schema:
        return None
    low = schema.pop("minimum")
    return {**schema, "exclusiveMinimum": low - 1}


def _length_as_pattern(schema: dict[str, Schema], _: random.Random) -> Schema | None:
    if "minLength" not in schema:
        return None
    low = schema.pop("minLength")
    return {"allOf": [schema, {"pattern": f"^[\\s\\S]{{{low},}}"}]}


def _twice_not(schema: dict[str, Schema], _: random.Random) -> Schema:
    return {"not": {"not": schema}}


def _de_morgan(schema: dict[str, Schema], _: random.Random) -> Schema | None:
    for one, two in (("anyOf", "allOf"), ("allOf", "anyOf")):
        if one in schema:
            arms = schema.pop(one)
            return {"allOf": [schema, {"not": {two: [{"not": arm} for arm in arms]}}]}
    return None


def _apart(schema: dict[str, Schema], chance: random.Random) -> Schema | None:
    """Put some keywords in an `allOf`: those that do not depend on one another."""
    alone = [k for k in schema if k not in {"properties", "patternProperties", "additionalProperties", "$defs"}]
    alone = [k for k in alone if k not in {"if", "then", "else", "items", "prefixItems"} and "ontains" not in k]
    if not alone:
        return None
    key = chance.choice(alone)
    value = schema.pop(key)
    return {"allOf": [schema, {key: value}]}


def _open_spelled_out(schema: dict[str, Schema], chance: random.Random) -> Schema:
    idle = {"additionalProperties": True, "minLength": 0, "uniqueItems": False, "minItems": 0, "required": []}
    idle |= {"items": {}, "minProperties": 0, "propertyNames": True, "format": "email", "title": "A"}
    key = chance.choice(list(idle))
    return schema if key in schema else {**schema, key: idle[key]}


def _with_itself(schema: dict[str, Schema], chance: random.Random) -> Schema:
    return {chance.choice(["allOf", "anyOf"]): [schema, copy.deepcopy(schema)]}


def _with_nothing(schema: dict[str, Schema], chance: random.Random) -> Schema:
    return {chance.choice(["anyOf", "oneOf"]): chance.sample([schema, False, {"type": "string", "enum": [1]}], 3)}


def _by_parts(schema: dict[str, Schema], chance: random.Random) -> Schema:
    """Split a set along another one."""
    cut = chance.choice([{"type": "integer"}, {"minimum": 1}, {"maxLength": 1}, {"required": ["a"]}, {"maxItems": 1}])
    keyword = chance.choice(["anyOf", "oneOf"])
    return {keyword: [{"allOf": [schema, cut]}, {"allOf": [copy.deepcopy(schema), {"not": cut}]}]}


def _if_as_union(schema: dict[str, Schema], _: random.Random) -> Schema | None:
    if "if" not in schema:
        return None
    test, then, other = (schema.pop(key, True) for key in ("if", "then", "else"))
    cases = {"anyOf": [{"allOf": [test, then]}, {"allOf": [{"not": test}, other]}]}
    return {"allOf": [schema, cases]}


def _required_as_dependency(schema: dict[str, Schema], _: random.Random) -> Schema | None:
    if "dependentRequired" not in schema:
        return None
    wanted = schema.pop("dependentRequired")
    parts = [{"anyOf": [{"not": {"required": [k]}}, {"required": [k, *names]}]} for k, names in wanted.items()]
    return {"allOf": [schema, *({"anyOf": [{"not": {"type": "object"}}, part]} for part in parts)]}


def _unrolled(schema: dict[str, Schema], _: random.Random) -> Schema | None:
    if "$ref" not in schema:
        return None
    target = schema.pop("$ref")
    return {"allOf": [schema, {"anyOf": [{"$ref": target}, {"$ref": target}]}]}


REWRITES: list[Rewrite] = [
    _shuffled,
    _const_as_enum,
    _enum_as_consts,
    _types_as_union,
    _integer_as_multiple,
    _exclusive_of_integers,
    _length_as_pattern,
    _twice_not,
    _de_morgan,
    _apart,
    _open_spelled_out,
    _with_itself,
    _with_nothing,
    _by_parts,
    _if_as_union,
    _required_as_dependency,
    _unrolled,
]
