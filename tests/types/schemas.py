"""Random JSON Schemas and JSON data over few names and numbers, so that they often meet."""

import json
import random
from typing import Any

_PATTERNS = ["^a*$", "a", "^[ab]+$", "^a", "b$", "^(a|b){2}$", "^a.b$", r"^\d+$", "^[^a]*$", "(a|bb)", "^(?:ab)*$", ""]
_NAME_PATTERNS = ["^a", "b", "^[ab]$", "^.$", "c|d", "^other"]
_CONSTANTS: list[Any] = [None, True, 0, 1, 2, 0.5, "", "a", "b", "ab", [], [1], {}, {"a": 1}, ["a", 1]]
_KINDS = ["integer", "string", "null", "object", "array", "boolean", "number"]
_SCALARS: list[Any] = [
    None,
    True,
    False,
    0,
    1,
    2,
    3,
    -1,
    5,
    6,
    0.5,
    1.5,
    2.5,
    1.0,
    "",
    "a",
    "b",
    "ab",
    "aa",
    "aab",
    "1",
    "ba",
]


def a_document(chance: random.Random) -> dict[str, Any]:
    """Return a schema, with recursive definitions where it refers to them."""
    schema = _schema(chance, chance.choice([1, 2, 3]))
    whole = {"allOf": [schema]} if isinstance(schema, bool) else schema
    if '"$ref"' in json.dumps(whole):
        whole = {**whole, "$defs": {"X": _guarded(chance), "Y": _guarded(chance)}}
    return whole


def a_value(chance: random.Random, depth: int = 3) -> Any:
    """Return JSON data."""
    kind = chance.randrange(10 if depth else 6)
    if kind < 6:
        return chance.choice(_SCALARS)
    if kind < 8:
        return [a_value(chance, depth - 1) for _ in range(chance.randrange(4))]
    return {key: a_value(chance, depth - 1) for key in chance.sample("abcde", chance.randrange(4))}


def _guarded(chance: random.Random) -> Any:
    if chance.random() < 0.6:
        return {"type": "object", **_objects(chance, 1)}
    return {"anyOf": [{"type": "null"}, {"type": "array", **_arrays(chance, 1)}]}


def _numbers(chance: random.Random) -> dict[str, Any]:
    bounds = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
    schema = {key: chance.choice([-2, -1, 0, 1, 2, 3, 5, 0.5, 2.5]) for key in bounds if chance.random() < 0.3}
    return schema | ({"multipleOf": chance.choice([1, 2, 3, 0.5, 1.5, 5])} if chance.random() < 0.25 else {})


def _texts(chance: random.Random) -> dict[str, Any]:
    lengths = {key: chance.randrange(4) for key in ("minLength", "maxLength") if chance.random() < 0.3}
    return lengths | ({"pattern": chance.choice(_PATTERNS)} if chance.random() < 0.5 else {})


def _arrays(chance: random.Random, depth: int) -> dict[str, Any]:
    schema: dict[str, Any] = {"items": _schema(chance, depth - 1)} if chance.random() < 0.7 else {}
    schema |= {key: chance.randrange(4) for key in ("minItems", "maxItems") if chance.random() < 0.3}
    if chance.random() < 0.1:
        schema["prefixItems"] = [_schema(chance, depth - 1) for _ in range(chance.randint(1, 2))]
    if chance.random() < 0.15:
        schema["contains"] = _schema(chance, depth - 1)
        schema |= {key: chance.randrange(3) for key in ("minContains", "maxContains") if chance.random() < 0.3}
    if chance.random() < 0.15:
        schema["uniqueItems"] = True
    return schema


def _objects(chance: random.Random, depth: int) -> dict[str, Any]:
    schema: dict[str, Any] = {}
    if chance.random() < 0.8:
        schema["properties"] = {key: _schema(chance, depth - 1) for key in chance.sample("abc", chance.randint(1, 2))}
    if chance.random() < 0.5:
        schema["required"] = chance.sample("abcd", chance.randint(1, 2))
    if chance.random() < 0.4:
        schema["additionalProperties"] = chance.choice([False, False, True, _schema(chance, depth - 1)])
    if chance.random() < 0.15:
        names = chance.sample(_NAME_PATTERNS, chance.randint(1, 2))
        schema["patternProperties"] = {name: _schema(chance, depth - 1) for name in names}
    if chance.random() < 0.1:
        schema["propertyNames"] = {"type": "string", **_texts(chance)}
    schema |= {key: chance.randrange(4) for key in ("minProperties", "maxProperties") if chance.random() < 0.1}
    if chance.random() < 0.05:
        schema["dependentRequired"] = {"a": ["b"]}
    if depth > 1 and chance.random() < 0.05:  # in a definition it might refer to itself in place
        schema["dependentSchemas"] = {"b": _schema(chance, depth - 1)}
    return schema


def _small(chance: random.Random) -> Any:
    return chance.choice(
        [
            {"type": chance.choice(["integer", "number"]), **_numbers(chance)},
            {"type": "string", **_texts(chance)},
            {"enum": chance.sample(_CONSTANTS, chance.randint(1, 4))},
            {"const": chance.choice(_CONSTANTS)},
            {"type": chance.choice(["null", "boolean", ["string", "null"]])},
            {"type": chance.sample(_KINDS, 2)},
            {"$ref": "#/$defs/" + chance.choice("XY")},
            chance.choice([{}, True, False]),
        ]
    )


def _schema(chance: random.Random, depth: int) -> Any:
    if depth <= 0 or chance.random() < 0.4:
        return _small(chance)
    kind = chance.choice(["array", "object", "object", "mixed", "combined", "not", "both", "if"])
    arms = [_schema(chance, depth - 1) for _ in range(chance.randint(2, 3))]
    match kind:
        case "array":
            return {"type": "array", **_arrays(chance, depth)}
        case "object":
            return {"type": "object", **_objects(chance, depth)}
        case "mixed":
            return {**_numbers(chance), **_texts(chance), **_arrays(chance, depth), **_objects(chance, depth)}
        case "combined":
            return {chance.choice(["anyOf", "oneOf", "allOf"]): arms}
        case "not":
            return {"not": arms[0]}
        case "if":
            return dict(zip(("if", "then", "else"), arms, strict=False))
        case _:
            return {**(arms[0] if isinstance(arms[0], dict) else {}), chance.choice(["anyOf", "oneOf"]): arms[1:]}
