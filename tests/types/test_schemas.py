"""JSON Schemas compared, imported and exported; jsonschema is the judge."""

import itertools
import json
import random
from collections.abc import Callable
from typing import Any

import jsonschema
import pytest
from jsonschema.validators import validator_for

from cellc.language.type_text import show
from cellc.types import No, Unknown, Yes, from_json_schema, is_subtype, to_json_schema
from tests.types.schemas import a_document, a_value

Schema = Any


def _valid(schema: Schema, value: Any) -> bool:
    return bool(validator_for(schema, default=jsonschema.Draft202012Validator)(schema).is_valid(value))


def _judge(one: Schema, two: Schema) -> str:
    """Return yes, no or unknown; the witness of a no is confirmed."""
    answer = is_subtype(one, two)
    if isinstance(answer, No):
        assert _valid(one, answer.witness), answer
        assert not _valid(two, answer.witness), answer
    return type(answer).__name__.lower()


_KEYWORDS = {*jsonschema.Draft4Validator.VALIDATORS, *jsonschema.Draft202012Validator.VALIDATORS, "$id", "id"} | {
    "$schema", "$anchor", "$dynamicAnchor", "$defs", "definitions", "nullable", "additionalItems", "then", "else"
}  # fmt: skip
_INT = {"type": "integer"}
_NUM = {"type": "number"}
_TEXT = {"type": "string"}


def _object(properties: dict[str, Schema], **more: Any) -> Schema:
    return {"type": "object", "properties": properties, **more}


def _tree(leaf: Schema, **more: Any) -> Schema:
    kids = {"type": "array", "items": {"$ref": "#/$defs/Tree"}}
    return {"$ref": "#/$defs/Tree", "$defs": {"Tree": _object({"v": leaf, "kids": kids}, **more)}}


def _draft(number: int, schema: Schema) -> Schema:
    return {"$schema": f"http://json-schema.org/draft-0{number}/schema#", **schema}


def _named(target: Schema, **beside: Any) -> Schema:
    """Return an object whose field is a reference with something beside it, as old drafts spell it."""
    return {"definitions": {"T": target}, **_object({"a": {"$ref": "#/definitions/T", **beside}})}


_OLD_TUPLE = {"type": "array", "items": [_INT, _TEXT], "additionalItems": False}
_BITS = {f"b{number}": {"type": "boolean"} for number in range(8)}
_CUBE = [
    _object({f"b{number}": {"const": bit} for number, bit in enumerate(bits)})
    for bits in itertools.product([True, False], repeat=8)
]
_TAGGED = [
    _object({"k": {"const": f"k{number}"}, "v": {"type": "integer", "minimum": number}}, required=["k", "v"])
    for number in range(60)
]

CASES: list[tuple[str, Schema, Schema, str]] = [
    ("an integer is a number", _INT, _NUM, "yes"),
    ("a number need not be an integer", _NUM, _INT, "no"),
    ("a multiple of one is an integer", {"type": "number", "multipleOf": 1}, _INT, "yes"),
    ("tenths are multiples of hundredths", {"type": "number", "multipleOf": 0.1}, {"multipleOf": 0.01}, "yes"),
    ("hundredths are not all tenths", {"type": "number", "multipleOf": 0.01}, {"multipleOf": 0.1}, "no"),
    ("a witness that division in floats agrees about", {"type": "integer", "multipleOf": 0.07}, {"multipleOf": 1.1},
     "no"),
    ("6 is the step of 2 and 3", {"multipleOf": 6}, {"allOf": [{"multipleOf": 2}, {"multipleOf": 3}]}, "yes"),
    ("an excluded bound", {"exclusiveMinimum": 0, **_INT}, {"minimum": 1}, "yes"),
    ("an excluded bound of numbers", {"exclusiveMinimum": 0, **_NUM}, {"minimum": 1}, "no"),
    ("a range of integers covered by two", {"minimum": 0, "maximum": 9, **_INT},
     {"anyOf": [{"maximum": 4}, {"minimum": 5}]}, "yes"),
    ("a range of numbers not covered by the same two", {"minimum": 0, "maximum": 9, **_NUM},
     {"anyOf": [{"maximum": 4}, {"minimum": 5}]}, "no"),
    ("a schema without type says nothing of other kinds", {"minimum": 3}, _NUM, "no"),
    ("a required field", _object({}, required=["a"]), _object({}), "yes"),
    ("a field that may be absent", _object({}), _object({}, required=["a"]), "no"),
    ("open objects are not closed", _object({"a": _INT}), _object({"a": _INT}, additionalProperties=False), "no"),
    ("closed is within open", _object({"a": _INT}, additionalProperties=False), _object({"a": _NUM}), "yes"),
    ("a closed object is a map", _object({"a": _INT}, additionalProperties=False),
     {"additionalProperties": _INT}, "yes"),
    ("optional is absent or present", _object({"a": _INT}, additionalProperties=False),
     {"anyOf": [_object({}, additionalProperties=False), _object({"a": _INT}, required=["a"])]}, "yes"),
    ("a tag that covers its union", _object({"k": {"enum": ["a", "b"]}}, required=["k"]),
     {"oneOf": [_object({"k": {"const": k}}, required=["k"]) for k in "ab"]}, "yes"),
    ("lists of a union are no union of lists", {"type": "array", "items": {"type": ["integer", "string"]}},
     {"anyOf": [{"items": _INT}, {"items": _TEXT}]}, "no"),
    ("except for one item", {"type": "array", "items": {"type": ["integer", "string"]}, "maxItems": 1},
     {"anyOf": [{"items": _INT}, {"items": _TEXT}]}, "yes"),
    ("a constant list", {"const": [1, "a"]}, {"prefixItems": [_INT, _TEXT], "items": False}, "yes"),
    ("positions matter", {"prefixItems": [_INT], "items": _TEXT, "type": "array"}, {"items": _TEXT}, "no"),
    ("oneOf with arms that overlap", _INT, {"oneOf": [_INT, {"minimum": 5}]}, "no"),
    ("oneOf the other way", {"oneOf": [_INT, {"type": "number", "minimum": 5}]}, _NUM, "yes"),
    ("oneOf with an arm that holds all", _INT, {"oneOf": [True, _TEXT]}, "yes"),
    ("oneOf with an arm that holds all, and another", {"type": ["integer", "string"]}, {"oneOf": [True, _TEXT]}, "no"),
    ("oneOf is not of what all arms hold", {"oneOf": [True, {"const": 1}]}, {"not": {"const": 1}}, "yes"),
    ("oneOf with the same arm twice", {"oneOf": [_INT, _INT]}, False, "yes"),
    ("oneOf of empty arms", {"oneOf": [False, False, _INT]}, _INT, "yes"),
    ("oneOf of many tagged records", {"anyOf": _TAGGED}, {"oneOf": _TAGGED[::-1]}, "yes"),
    ("oneOf of many tagged records, less one", {"anyOf": _TAGGED}, {"oneOf": _TAGGED[:0:-1]}, "no"),
    ("a cube of booleans is covered by its corners", _object(_BITS, required=list(_BITS)), {"anyOf": _CUBE}, "yes"),
    ("but for one", _object(_BITS, required=list(_BITS)), {"anyOf": _CUBE[:-1]}, "no"),
    ("not of an object", {"not": _object({"a": _INT}, required=["a"])}, _object({}), "no"),
    ("De Morgan", {"not": {"anyOf": [_INT, _TEXT]}}, {"allOf": [{"not": _INT}, {"not": _TEXT}]}, "yes"),
    ("a key that a pattern names", _object({"ab": _INT}), _object({}, patternProperties={"^a": _NUM}), "no"),
    ("keys by pattern", {"patternProperties": {"^ab": _INT}, "type": "object"},
     {"patternProperties": {"^abc": _NUM}}, "yes"),
    ("a pattern that names two keys", _object({"ab": _INT, "ac": _INT}, additionalProperties=False),
     _object({}, patternProperties={"^a(b|c)$": _NUM}, additionalProperties=False), "yes"),
    ("additional beside patterns", _object({}, patternProperties={"^a": _INT}, additionalProperties=_TEXT),
     {"additionalProperties": {"type": ["integer", "string"]}}, "yes"),
    ("names of keys", {"propertyNames": {"maxLength": 2}, "type": "object"}, {"propertyNames": {"maxLength": 3}},
     "yes"),
    ("names of keys that cannot be", {"propertyNames": {"maxLength": 2}, "required": ["abc"], "type": "object"},
     False, "yes"),
    ("names make a number", {"propertyNames": {"enum": ["a", "b"]}, "type": "object"}, {"maxProperties": 2}, "yes"),
    ("required keys make a number", _object({}, required=["a", "b"]), {"minProperties": 2}, "yes"),
    ("numbers of keys", _object({}, minProperties=2), {"minProperties": 3}, "no"),
    ("no room for a key", _object({}, required=["a"], maxProperties=1), {"not": {"required": ["b"]}}, "yes"),
    ("unique by count", {"type": "array", "uniqueItems": True, "items": {"type": "boolean"}}, {"maxItems": 2}, "yes"),
    ("not unique", {"type": "array", "items": {"type": "boolean"}, "minItems": 3}, {"not": {"uniqueItems": True}},
     "yes"),
    ("unique is not all", {"type": "array"}, {"uniqueItems": True}, "no"),
    ("counted", {"type": "array", "contains": _INT, "minContains": 2}, {"contains": _NUM, "minContains": 1}, "yes"),
    ("counted, and too few", {"type": "array", "contains": _NUM, "minContains": 2},
     {"contains": _INT, "minContains": 2}, "no"),
    ("distinct items found at once", {"type": "array", "allOf": [{"contains": {"const": n}} for n in range(6)]},
     {"minItems": 6}, "yes"),
    ("a tuple as old drafts have it", _draft(7, {**_OLD_TUPLE, "minItems": 2}),
     _draft(7, {"items": {"type": ["integer", "string"]}, "maxItems": 2}), "yes"),
    ("dependencies", _draft(7, {"type": "object", "dependencies": {"a": ["b"]}, "required": ["a"]}),
     _draft(7, {"required": ["b"]}), "yes"),
    ("excluded bounds as flags", _draft(4, {"minimum": 0, "exclusiveMinimum": True, **_INT}),
     _draft(4, {"minimum": 1}), "yes"),
    ("a keyword that a draft does not have", _draft(4, {"const": 1}), _draft(4, _INT), "no"),
    ("beside a reference nothing counts in old drafts", _draft(7, _named(_NUM, **_INT)), _object({"a": _INT}), "no"),
    ("beside a reference all counts in new ones",
     {"$defs": {"T": _NUM}, **_object({"a": {"$ref": "#/$defs/T", **_INT}})}, _object({"a": _INT}), "yes"),
    ("where it can be either, both must agree", _named(_NUM, **_INT), _object({"a": _INT}), "unknown"),
    ("and they do", _named(_NUM, **_INT), _object({"a": _NUM}), "yes"),
    ("and refuse", _named(_TEXT, maxLength=3), _object({"a": _NUM}), "no"),
    ("a chain of references", {"$ref": "#/definitions/A", "definitions": {
        "A": {"$ref": "#/definitions/B"}, "B": {"allOf": [{"$ref": "#/definitions/C"}]}, "C": _INT}}, _NUM, "yes"),
    ("an identifier", {"$ref": "item", "$defs": {"I": {"$id": "item", **_INT}}}, _NUM, "yes"),
    ("an anchor", {"$ref": "#here", "$defs": {"I": {"$anchor": "here", **_INT}}}, _NUM, "yes"),
    ("the standard's own schema", {"type": "boolean"}, {"$ref": "http://json-schema.org/draft-07/schema#"}, "yes"),
    ("unevaluated beside allOf", {"allOf": [_object({"a": _INT})], "unevaluatedProperties": False, "type": "object"},
     _object({"a": _NUM}, additionalProperties=False), "yes"),
    ("unevaluated by what a value says, judged by a candidate",
     {"const": {"a": 1, "b": 2}}, {"anyOf": [_object({"a": _INT})], "unevaluatedProperties": False}, "no"),
    ("a found pattern", {"pattern": "^a"}, {"pattern": "a"}, "yes"),
    ("an anchored pattern bounds the length", {**_TEXT, "pattern": "^a{2,3}$"}, {"maxLength": 3}, "yes"),
    ("length makes the pattern", {**_TEXT, "pattern": "^a*$", "minLength": 2, "maxLength": 2}, {"const": "aa"}, "yes"),
    ("lookahead is intersection", {**_TEXT, "pattern": r"^(?=.*\d)(?=.*[a-z]).{8,}$"}, {"pattern": r"\d"}, "yes"),
    ("a dot is no newline", _TEXT, {"pattern": "^.*$"}, "no"),
    ("an enum within a pattern", {"enum": ["ab", "ac"]}, {**_TEXT, "pattern": "^a"}, "yes"),
    ("recursive, field by field", _tree(_INT, required=["v"]), _tree(_NUM), "yes"),
    ("recursive, and not", _tree(_NUM), _tree(_INT), "no"),
    ("what has no finite value is within all", {"$ref": "#/$defs/N", "$defs": {
        "N": _object({"next": {"$ref": "#/$defs/N"}}, required=["next"])}}, False, "yes"),
    ("nullable as OpenAPI has it", {**_TEXT, "nullable": False}, _TEXT, "yes"),
    ("old bounds", {**_INT, "minimum": 0, "exclusiveMinimum": True}, {"minimum": 0}, "yes"),
    ("what is not supported, but equal", {"uniqueItems": True}, {"uniqueItems": True}, "yes"),
    ("what is not supported, but irrelevant", {"type": "array", "uniqueItems": True}, {"type": "array"}, "yes"),
    ("what is evaluated here is known", {"type": "object"}, {"unevaluatedProperties": False}, "no"),
    ("a pattern beyond the regular", {**_TEXT, "pattern": r"(a)\1"}, {"pattern": "b"}, "unknown"),
]  # fmt: skip


@pytest.mark.parametrize(("one", "two", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_one_schema_within_another(one: Schema, two: Schema, expected: str) -> None:
    if isinstance(one.get("exclusiveMinimum"), bool):  # draft 4: the judge of 2020-12 cannot read it
        assert type(is_subtype(one, two)).__name__.lower() == expected
    else:
        assert _judge(one, two) == expected


IMPORTS: list[tuple[Schema, str]] = [
    ({}, "json"),
    (False, "never"),
    (_NUM, "float"),
    ({"type": ["string", "null"], "maxLength": 3}, "string(..3)?"),
    ({"type": "integer", "exclusiveMinimum": 0}, "int(1..)"),
    ({"type": "number", "multipleOf": 0.5}, "float(step 0.5)"),
    ({"enum": ["a", "b", None]}, "enum(a | b)?"),
    ({"type": "object"}, "map(json)"),
    (_object({"b": _INT, "a": _TEXT}, required=["b"], additionalProperties=False), "{b: int, a?: string}"),
    (_object({"a": _INT}), "{a?: int, ...: json}"),
    ({"type": "string", "pattern": "^[A-Z]{3}-"}, r"string(/[A-Z]{3}-[\s\S]*/)"),
    (_object({"a": _INT}, anyOf=[{"required": ["a"]}, {"required": ["b"]}], additionalProperties=False),
     "{a: int}"),
    ({"allOf": [{"type": "string", "minLength": 2}, {"enum": ["a", "bb"]}]}, "enum(bb)"),
    ({"$ref": "#"}, "never"),
    ({"anyOf": [{"$ref": "#"}, _INT]}, "int"),
]  # fmt: skip


@pytest.mark.parametrize(("schema", "expected"), IMPORTS, ids=lambda part: part if isinstance(part, str) else "")
def test_a_schema_becomes_this_type_and_nothing_is_lost(schema: Schema, expected: str) -> None:
    type_, table, lost = from_json_schema(schema)
    assert show(type_) == expected
    assert not lost
    assert is_subtype((type_, table), schema) == is_subtype(schema, (type_, table)) == Yes()


@pytest.mark.parametrize(
    ("schema", "part"),
    [
        ({"type": "array", "uniqueItems": True}, "uniqueItems"),
        ({"oneOf": [_INT, {"type": "number", "minimum": 5}]}, "excluded"),
        ({"prefixItems": [_INT, _TEXT], "type": "array", "minItems": 2}, "items by position"),
        (_object({}, patternProperties={"^x": _INT}), "keys by pattern"),
        (_object({}, propertyNames={"maxLength": 3}), "keys by pattern"),
        (_object({}, minProperties=2), "the number of keys"),
        ({"type": "array", "contains": _INT, "maxContains": 2}, "all items together"),
        (_object({"a": {"$ref": "https://example.org/other"}}), "$ref"),
        ({"type": "string", "pattern": r"(a)\1"}, r"(a)\1"),
    ],
)
def test_what_cannot_be_carried_is_said_and_the_type_is_wider(schema: Schema, part: str) -> None:
    imported = from_json_schema(schema)
    assert part in " ".join(imported.lost)
    assert not isinstance(is_subtype(schema, (imported.type, imported.table)), No)


def test_references_become_declared_types() -> None:
    imported = from_json_schema(_tree(_INT, required=["v"]))
    assert show(imported.type) == "Tree"
    assert {name: show(type_) for name, type_ in imported.table.items()} == {
        "Tree": "{v: int, kids?: [Tree], ...: json}"
    }


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "strnig"},
        {"type": [{}]},
        {"type": "object", "properties": {"a": 3}},
        {"allOf": [3]},
        {"multipleOf": 0},
        {"multipleOf": -0.5},
        {"required": True},
        {"required": [[1]]},
        {"minLength": "1"},
        {"minimum": True},
        {"minimum": float("nan")},
        {"properties": []},
        {"dependencies": {"a": 1}},
        {"anyOf": {}},
        {"pattern": 1},
    ],
    ids=str,
)
def test_what_is_no_schema_is_refused_with_the_place(schema: Schema) -> None:
    for question in (
        lambda: from_json_schema(schema),
        lambda: is_subtype(schema, True),
        lambda: is_subtype({}, schema),
    ):
        with pytest.raises(ValueError, match=r"#|schema|Fraction"):
            question()


_VALUES: list[Any] = [None, True, 0, -1, 2, 0.5, "", "a", "#", "#/a", [], [1], ["a"], [[]], {}, {"a": 1}, {"a": {}}]


def test_any_data_at_all_is_compared_or_refused() -> None:
    keywords = sorted({*_KEYWORDS, "nonsense"})
    for seed in range(1500):
        chance = random.Random(seed)  # noqa: S311 -- a sample, no secret
        schemas = [{k: chance.choice(_VALUES) for k in chance.sample(keywords, chance.randint(1, 4))} for _ in "12"]
        try:
            answer = is_subtype(*schemas)
        except ValueError:
            continue
        assert isinstance(answer, Yes | No | Unknown)
        assert isinstance(from_json_schema(schemas[0]).lost, tuple)


@pytest.mark.parametrize("wrap", [lambda s: {"not": s}, lambda s: {"allOf": [s, {}]}, lambda s: _object({"a": s})])
def test_a_schema_of_any_depth_is_read(wrap: Callable[[Schema], Schema]) -> None:
    schema: Schema = {"type": "string", "minLength": 1}
    for _ in range(800):
        schema = wrap(schema)
    assert is_subtype(schema, schema) == Yes()
    assert not isinstance(is_subtype(schema, {"type": "integer"}), Yes)
    assert not isinstance(is_subtype(schema, (*from_json_schema(schema),)[:2]), No)


def _attack(groups: range, size: int) -> dict[str, int]:
    """Compare all pairs of each group of random schemas, with values from every witness and from chance."""
    counts = {"pairs": 0, "attacks": 0, "lossless": 0}
    for group in groups:
        chance = random.Random(group)  # noqa: S311 -- samples, no secret
        documents = [a_document(chance) for _ in range(size)]
        answers = {pair: is_subtype(*pair_of) for pair, pair_of in _pairs(documents)}
        values = [answer.witness for answer in answers.values() if isinstance(answer, No)]
        values += [a_value(chance) for _ in range(60)]
        validators = [jsonschema.Draft202012Validator(document) for document in documents]
        valid = [[validator.is_valid(value) for value in values] for validator in validators]
        for (one, two), answer in answers.items():
            counts["pairs"] += 1
            about = json.dumps([documents[one], documents[two]])
            assert not isinstance(answer, Unknown), about
            assert one != two or answer == Yes(), about
            if isinstance(answer, No):
                assert validators[one].is_valid(answer.witness), (answer, about)
                assert not validators[two].is_valid(answer.witness), (answer, about)
            else:
                wrong = [v for v, p, q in zip(values, valid[one], valid[two], strict=True) if p and not q]
                assert not wrong, (wrong, about)
                counts["attacks"] += sum(valid[one])
        counts["lossless"] += sum(map(_round_trip, documents))
    return counts


def _pairs(documents: list[Schema]) -> Any:
    numbered = list(enumerate(documents))
    return (((i, j), (one, two)) for (i, one), (j, two) in itertools.product(numbered, repeat=2))


def _round_trip(document: Schema) -> bool:
    """Import and export again: never narrower, and the same where nothing is said to be lost."""
    imported = from_json_schema(document)
    back = to_json_schema(imported.type, imported.table)
    assert is_subtype(document, back) == Yes(), json.dumps(document)
    assert imported.lost or is_subtype(back, document) == Yes(), json.dumps(document)
    return not imported.lost


def test_random_schemas_are_compared_exactly_and_import_honestly() -> None:
    counts = _attack(range(60), 6)
    assert counts["attacks"] > counts["pairs"]
    assert counts["lossless"] > 200


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_sweep_of_random_schemas() -> None:
    assert _attack(range(10_000, 14_000), 8)["pairs"] > 200_000
