"""Questions about two schemas, over all JSON values."""

from cellc.language.json_schema.documents import Schema
from cellc.language.json_schema.reading import schema_set
from cellc.language.subtype.search import Answer, decide
from cellc.language.subtype.sets import JSON, Set

_FIRST, _SECOND = "1 ", "2 "


def is_schema_subtype(one: Schema, two: Schema) -> Answer:
    """Return whether every JSON value that `one` accepts is accepted by `two`; a No carries one that is not.

    Raises ValueError where one of them is no schema.
    """
    first, second = schema_set(one, _FIRST), schema_set(two, _SECOND)

    def define(name: str) -> Set:
        return (first if name.startswith(_FIRST) else second).define(name)

    return decide(first.whole, second.whole, define, JSON)
