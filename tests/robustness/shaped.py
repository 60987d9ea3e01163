"""Documents of the right shape (`grammar/document.schema.json`), with any Cell text in them."""

import json
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from hypothesis import strategies as st

from tests.robustness.tearing import ODD, PROGRAMS, WORDS

SCHEMA: Mapping[str, Any] = json.loads(
    files("cellc.grammar").joinpath("document.schema.json").read_text(encoding="utf-8")
)
NAMES = st.sampled_from(["a", "b", "c", "x", "y", "T", "U", "V", "E", "go", "errors", "main", "http.get", "payments.x"])
FIELDS = st.sampled_from(["a", "b?", "x", "y", "T?", "if"])
PIECES = sorted({word for text in PROGRAMS for word in WORDS.findall(text)} | set(ODD) - {"\ud800"})
TEXTS = st.one_of(
    st.sampled_from(
        ["x", "x + 1", "a(x=x)", "b(a=1) when x > 0", "int", "[T]", "T?", "T | U", "enum(a | b)", "{a: int}"]
    ),
    st.sampled_from(
        ["E", "string(/a+/)", "x -> a -> b", "par(a(x=i) for i in xs)", "{a: x}", "a.b ?? 0", "not x", "1"]
    ),
    st.lists(st.sampled_from(PIECES), max_size=8).map(" ".join),
    st.text(max_size=8),
)
LINES = st.sampled_from(
    ["if x > 0:", "  return x", "y = a(x=x)", "for i in xs:", "  y = i", "try:", "  pass", "except E:", "while x > 0:",
     "  break", "match x:", "  case T:", "return {a: x}", "raise E()", "commit", "else:", "a(x=1) undo b(x=it)"]
)  # fmt: skip
SCRIPTS = st.lists(LINES | TEXTS, min_size=1, max_size=8).map("\n".join)


def _object(schema: Mapping[str, Any], depth: int) -> st.SearchStrategy[Any]:
    known = {key: _value(inner, depth + 1, key) for key, inner in schema.get("properties", {}).items()}
    needed = {key: known.get(key, TEXTS) for key in schema.get("required", ())}
    fixed = st.fixed_dictionaries(needed, optional={k: v for k, v in known.items() if k not in needed})
    others = schema.get("additionalProperties", True)
    if others is False:
        return fixed
    free = TEXTS if others is True else st.deferred(lambda: _value(others, depth + 1, ""))
    keys = FIELDS if depth > 2 else NAMES
    return st.builds(lambda one, two: {**two, **one}, fixed, st.dictionaries(keys, free, max_size=3))


def _value(schema: Mapping[str, Any], depth: int, key: str) -> st.SearchStrategy[Any]:
    while "$ref" in schema:
        schema = SCHEMA["$defs"][schema["$ref"].rsplit("/", 1)[-1]]
    if "const" in schema:
        return st.just(schema["const"])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    kinds = schema.get("type", "string")
    ways = [_of_kind(kind, schema, depth, key) for kind in ([kinds] if isinstance(kinds, str) else kinds)]
    return st.one_of(*ways)


def _of_kind(kind: str, schema: Mapping[str, Any], depth: int, key: str) -> st.SearchStrategy[Any]:
    match kind:
        case "object":
            return _object(schema, depth) if depth < 8 else st.just({})
        case "array":
            return st.lists(_value(schema["items"], depth + 1, ""), max_size=2) if depth < 8 else st.just([])
        case "integer" | "number":
            return st.integers(-1, 10)
        case "boolean":
            return st.booleans()
        case "null":
            return st.none()
        case _ if key == "do":
            return SCRIPTS
        case _ if schema.get("pattern", "").startswith("^[A-Za-z_]"):
            return NAMES
        case _ if "pattern" in schema:
            return st.sampled_from(["30s", "1.2.0", "50/s", "2h"])
        case _:
            return TEXTS


DOCUMENTS = _object(SCHEMA, 0).map(lambda d: {"cellc": 1, **d})


def written(node: Any, indent: str = "") -> str:
    """Return a document as YAML: blocks for collections, quotes around what is not a plain word, `|` for lines."""
    match node:
        case dict() if node:
            return "".join(f"\n{indent}{_scalar(k)}: {written(v, indent + '  ')}" for k, v in node.items())
        case list() if node:
            return "".join(f"\n{indent}- {written(v, indent + '  ')}" for v in node)
        case str() if (
            "\n" in node and node.isprintable() is False and all(line.isprintable() for line in node.split("\n"))
        ):
            return "|\n" + "\n".join(f"{indent}{line}" for line in node.split("\n"))
        case _:
            return _scalar(node)


def _scalar(node: Any) -> str:
    return node if isinstance(node, str) and node.replace(".", "").isidentifier() else json.dumps(node)
