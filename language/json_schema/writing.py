"""Types as JSON Schema, draft 2020-12: the schema describes the JSON that a value of the type may be written as.

A decimal may be a number or text; the scalars that are text carry their shape as `pattern` beside their `format`, so
that a validator which ignores formats still checks it. A secret is described as what it hides. Patterns are written in
what ECMA 262, Python and RE2 read alike, anchored; one that uses more than `regex` supports is written as it stands.
"""

from collections.abc import Iterable
from fractions import Fraction
from typing import assert_never

from cellc.language.json_schema.documents import Schema
from cellc.language.regex import NotRegular, parse, show_pattern
from cellc.language.subtype.intervals import find_number
from cellc.language.subtype.sets import Numbers
from cellc.language.text_forms import PATTERNS
from cellc.language.types import (
    Bool,
    Broken,
    Int,
    Json,
    List,
    Literal,
    Map,
    Named,
    Never,
    Null,
    Number,
    Record,
    Scalar,
    Secret,
    String,
    Type,
    TypeTable,
    Union,
)

DIALECT = "https://json-schema.org/draft/2020-12/schema"

_FORMATS = {"datetime": "date-time", "url": "uri"}
"""Our names where JSON Schema has another one."""


def schema_of_all(table: TypeTable) -> dict[str, Schema]:
    """Return one document with every type of `table` under `$defs`; by itself it accepts anything."""
    return {"$schema": DIALECT, "$defs": {name: schema_of(type_) for name, type_ in table.items()}}


def to_json_schema(type_: Type, table: TypeTable) -> dict[str, Schema]:
    """Return the schema of `type_`, with the declared types that it uses under `$defs`."""
    schema = schema_of(type_)
    definitions: dict[str, Schema] = {}
    open_ = [type_]
    while open_:
        for name in _names_in(open_.pop()):
            if name in table and name not in definitions:
                definitions[name] = schema_of(table[name])
                open_.append(table[name])
    whole = {"$schema": DIALECT, **(schema if isinstance(schema, dict) else {} if schema else {"not": {}})}
    return whole | ({"$defs": definitions} if definitions else {})


def _names_in(type_: Type) -> Iterable[str]:
    match type_:
        case Named(name):
            yield name
        case List(inner) | Map(inner) | Secret(inner):
            yield from _names_in(inner)
        case Record(fields, extra):
            for field in fields:
                yield from _names_in(field.type)
            if extra is not None:
                yield from _names_in(extra)
        case Union(arms):
            for arm in arms:
                yield from _names_in(arm)
        case _:
            pass


def schema_of(type_: Type) -> Schema:  # noqa: C901, PLR0911, PLR0912 -- one arm for each form of type
    """Return the schema of `type_`, with references to declared types."""
    match type_:
        case Null():
            return {"type": "null"}
        case Bool():
            return {"type": "boolean"}
        case Int() | Number():
            return _numeric(type_)
        case String():
            return _string(type_)
        case Scalar(name):
            return _text(name)
        case Literal():
            return _literal(type_)
        case List(item, low, high):
            return {"type": "array", "items": schema_of(item)} | _bounds("minItems", low or None, "maxItems", high)
        case Map(value):
            return {"type": "object", "additionalProperties": schema_of(value)}
        case Record():
            return _record(type_)
        case Union(arms):
            return _union(arms)
        case Named(name):
            return {"$ref": f"#/$defs/{name.replace('~', '~0').replace('/', '~1')}"}
        case Secret(inner):
            return schema_of(inner)
        case Json() | Broken():
            return True
        case Never():
            return False
        case _:
            assert_never(type_)


def _bounds(low_key: str, low: object, high_key: str, high: object) -> dict[str, Schema]:
    return {key: bound for key, bound in ((low_key, low), (high_key, high)) if bound is not None}


def _numeric(type_: Int | Number) -> Schema:
    if isinstance(type_, Int):
        schema: dict[str, Schema] = {"type": "integer"}
        low_key, high_key = "minimum", "maximum"
    else:
        schema = {"type": "number"}
        low_key = "exclusiveMinimum" if type_.low_open else "minimum"
        high_key = "exclusiveMaximum" if type_.high_open else "maximum"
    schema |= _bounds(low_key, _number(type_.low), high_key, _number(type_.high))
    if type_.step is not None:
        schema["multipleOf"] = _number(type_.step)
    if isinstance(type_, Number) and type_.name == "decimal":
        if find_number([_area(type_)], []) is None:
            return False  # the text beside the number cannot say the range, so it must not be there
        schema |= {"type": ["number", "string"], "format": "decimal", "pattern": exported_pattern(PATTERNS["decimal"])}
    return schema


def _area(type_: Number) -> Numbers:
    return Numbers("decimal", type_.low, type_.high, type_.low_open, type_.high_open, type_.step)


def _number(value: Fraction | int | None) -> int | float | None:
    """Return a bound as a JSON number: the nearest float where it is no integer."""
    if value is None:
        return None
    return int(value) if value == int(value) else float(value)


def _string(type_: String) -> Schema:
    schema: dict[str, Schema] = {"type": "string"} | _bounds("minLength", type_.low or None, "maxLength", type_.high)
    if type_.format is not None:
        schema |= _text(type_.format)
    if type_.pattern is not None:
        pattern = exported_pattern(type_.pattern)
        extra: Schema = {"allOf": [{"pattern": pattern}]} if "pattern" in schema else {"pattern": pattern}
        schema |= extra
    return schema


def _text(name: str) -> dict[str, Schema]:
    return {"type": "string", "format": _FORMATS.get(name, name), "pattern": exported_pattern(PATTERNS[name])}


def exported_pattern(pattern: str) -> str:
    """Return an RE2 pattern for whole texts as the anchored pattern that JSON Schema searches for."""
    try:
        return f"^(?:{show_pattern(parse(pattern, 're2'))})$"
    except NotRegular:
        return f"^(?:{pattern})$"


def _literal(type_: Literal) -> Schema:
    match type_.kind, type_.value:
        case "decimal", value:
            return _numeric(Number("decimal", Fraction(value), Fraction(value)))
        case "float", value:
            return {"const": _number(Fraction(value))}
        case _, value:
            return {"const": value}


def _record(type_: Record) -> Schema:
    schema: dict[str, Schema] = {"type": "object"}
    if type_.fields:
        schema["properties"] = {field.name: schema_of(field.type) for field in type_.fields}
    required = [field.name for field in type_.fields if not field.optional]
    if required:
        schema["required"] = required
    extra = False if type_.extra is None else schema_of(type_.extra)
    return schema if extra is True else schema | {"additionalProperties": extra}


def _union(arms: tuple[Type, ...]) -> Schema:
    words = [arm.value for arm in arms if isinstance(arm, Literal) and arm.kind == "string"]
    schemas = [schema_of(arm) for arm in arms if not (isinstance(arm, Literal) and arm.kind == "string")]
    if words:
        schemas.insert(0, {"enum": words})
    return schemas[0] if len(schemas) == 1 else {"anyOf": schemas}
