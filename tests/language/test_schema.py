"""Our reading of the document's schema is that of a full validator."""

from collections import Counter
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from cellc.language.core_schema import core_value
from cellc.language.diagnostics import Report
from cellc.language.reader import Mapping, Scalar, Sequence, YamlNode, read
from cellc.language.schema import KEYWORDS, Place, misses
from cellc.language.span import Source
from tests.language.test_grammar_files import SCHEMA, subschemas


def _mapping(entries: dict[str, str]) -> str:
    return "{" + ", ".join(f"{key}: {value}" for key, value in entries.items()) + "}"


KEYS = sorted({key for part in subschemas(SCHEMA) for key in part.get("properties", {})} | {"x"})
LEAVES = st.sampled_from([
    *("1", "0", "2.0", "1.5", "-3", "1e3", "true", "null", "''", "'1'", "text", "a.b", "3s", "50/s", "once", "^1.2"),
    *("'POST /orders'", "'0 2 * * 1-5'", "1.2.0", "0x1f", "~"),
])  # fmt: skip
NODES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]")
        | st.dictionaries(st.sampled_from(KEYS), inner, max_size=5).map(_mapping)
    ),
    max_leaves=20,
)


def plain(node: YamlNode) -> Any:
    match node:
        case Scalar():
            value = core_value(node)
            return float(value) if isinstance(value, Decimal) else value
        case Sequence():
            return [plain(item) for item in node.items]
        case Mapping():
            return {key.content: plain(value) for key, value in node.entries}


def found_by_jsonschema(root: YamlNode) -> Counter[tuple[str, int]]:
    errors = Draft202012Validator(SCHEMA).iter_errors(plain(root))
    return Counter(
        (str(error.validator), id(at(root, list(error.absolute_path))))
        for error in errors
        if "propertyNames" not in error.absolute_schema_path
    )


def at(node: YamlNode, path: list[str | int]) -> YamlNode:
    for step in path:
        if isinstance(node, Mapping):
            node = next(value for key, value in node.entries if key.content == step)
        elif isinstance(node, Sequence):
            node = node.items[int(step)]
    return node


@given(st.dictionaries(st.sampled_from(KEYS), NODES, max_size=6).map(_mapping) | NODES)
def test_what_misses_the_schema_is_what_jsonschema_finds(text: str) -> None:
    root = read(Source("f", text), Report())
    assert root is not None
    found = Counter((miss.keyword, id(miss.place.node)) for miss in misses(Place(root), SCHEMA, SCHEMA))
    assert found == found_by_jsonschema(root)


def test_every_keyword_of_the_schema_is_known() -> None:
    parts = [
        part for part in subschemas(SCHEMA) if isinstance(part.get("title"), str) and part != SCHEMA["$defs"]["name"]
    ]
    assert {keyword for part in parts for keyword in part} <= KEYWORDS
