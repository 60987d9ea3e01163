"""Types and JSON Schemas, for programs: convert one into the other, and ask whether one is within the other.

>>> from cellc.types import is_subtype
>>> is_subtype({"type": "integer", "minimum": 1}, {"type": "number"})
Yes()
>>> is_subtype({"type": "number"}, {"type": "integer"})
No(witness=0.1)
"""

from typing import Any, TypeAlias

from cellc.language.json_schema import Imported, from_json_schema, is_schema_subtype, to_json_schema
from cellc.language.subtype import Answer, No, Unknown, Yes
from cellc.language.types import Type, TypeTable

Subject: TypeAlias = Imported | Type | tuple[Type, TypeTable] | dict[str, Any] | bool
"""A schema as data, an imported one, or a type (with its table where it uses declared types)."""

__all__ = [
    "Answer",
    "Imported",
    "No",
    "Subject",
    "Unknown",
    "Yes",
    "from_json_schema",
    "is_subtype",
    "to_json_schema",
]


def is_subtype(one: Subject, two: Subject) -> Answer:
    """Return whether every JSON value of `one` is one of `two`; a No carries JSON data that is not.

    Types count as the schemas that they export to: `int` is within `float` here, since every JSON integer is a number.
    (Within the language they are different: there an int becomes a float by conversion.) Raises ValueError where data
    is no schema.
    """
    return is_schema_subtype(_schema(one), _schema(two))


def _schema(subject: Subject) -> Any:
    match subject:
        case Imported():
            return subject.schema
        case dict() | bool():
            return subject
        case (type_, table):
            return to_json_schema(type_, table)
        case _:
            return to_json_schema(subject, {})
