"""The document's shape: which keys may stand where, checked against `grammar/document.schema.json`.

Each error of the schema becomes one diagnostic at the node that is to blame. The wording is in the schema: every
sub-schema has a `title` that says in a few words what it wants. Names are left to `document`, which says why one cannot
be. The schema refers only to itself and uses no formats, so nothing is loaded for it but the one file.
"""

import json
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from cellc.language import suggest
from cellc.language.core_schema import core_value
from cellc.language.diagnostics import Report
from cellc.language.reader import Mapping, Scalar, Sequence, YamlNode
from cellc.language.span import Span


def check_shape(root: YamlNode, split: frozenset[Span], report: Report) -> None:
    """Report what in the document has the wrong shape, except inside collections whose text is `split`."""
    for error in _validator().iter_errors(_plain(root)):
        node, key, trail = _find(root, list(error.absolute_path))
        if not any(step.span in split for step in trail):
            _report(error, node, key, report)


@cache
def _validator() -> Any:
    schema = files("cellc.grammar").joinpath("document.schema.json").read_text(encoding="utf-8")
    return Draft202012Validator(json.loads(schema))


def _plain(node: YamlNode) -> Any:
    """Return the node as plain Python values, as a schema sees them."""
    match node:
        case Scalar():
            value = core_value(node)
            return float(value) if isinstance(value, Decimal) else value
        case Sequence():
            return [_plain(item) for item in node.items]
        case Mapping():
            return {key.content: _plain(value) for key, value in node.entries}


def _find(root: YamlNode, path: list[str | int]) -> tuple[YamlNode, Scalar | None, list[YamlNode]]:
    """Return the node at `path`, the last key on the way to it, and all nodes on the way."""
    node, key, trail = root, None, [root]
    for step in path:
        if isinstance(node, Mapping):
            key, node = next((k, v) for k, v in node.entries if k.content == step)
        elif isinstance(node, Sequence):
            node = node.items[int(step)]
        trail.append(node)
    return node, key, trail


def _report(error: ValidationError, node: YamlNode, key: Scalar | None, report: Report) -> None:
    schema: Any = error.schema
    title = schema.get("title", "this")
    place = key.span if key else Span(node.span.file, node.span.start, node.span.start)
    if "propertyNames" in error.absolute_schema_path:
        return
    if error.validator == "additionalProperties":
        _report_unknown_keys(node, title, schema["properties"], report)
    elif error.validator == "required":
        missing = _missing(error)
        report.add("E106", place, where=title, key=missing, hint=f"add `{missing}:`")
    elif error.validator == "oneOf":
        if isinstance(node, Mapping):  # else its type is wrong, which is an error of its own
            _report_choice(error, node, place, report)
    elif node.span.start == 0 and schema.get("$id"):
        found = _describe(node)
        report.add("E107", node.span, where="the file", expected="a mapping that starts with `cellc: 1`", found=found)
    elif error.validator == "const":
        report.add("E108", node.span, found=_describe(node))
    else:
        where = f"`{key.content}`" if key else "the file"
        report.add("E107", _visible(node, place), where=where, expected=title, found=_describe(node))


def _missing(error: ValidationError) -> str:
    """Return the key that this error of `required` is about: the schema reports each of them apart."""
    wanted: Any = error.validator_value
    return next(str(key) for key in wanted if error.message.startswith(repr(key)))


def _report_unknown_keys(node: YamlNode, title: str, known: Any, report: Report) -> None:
    for key, _ in node.entries if isinstance(node, Mapping) else ():
        if key.content not in known:
            hint = suggest.hint(key.content, known, "keys here: " + ", ".join(f"`{k}`" for k in known))
            report.add("E105", key.text.whole, where=title, key=key.content, hint=hint)


def _report_choice(error: ValidationError, node: Mapping, place: Span, report: Report) -> None:
    """Report a mapping that must have exactly one of some keys."""
    schema: Any = error.schema
    choices = [str(key) for arm in schema["oneOf"] for key in arm["required"]]
    there = [key.content for key, _ in node.entries if key.content in choices]
    if there:
        found = "written with " + " and ".join(f"`{key}`" for key in there)
        expected = "written with one of " + ", ".join(f"`{key}`" for key in choices)
        report.add("E107", place, where=schema["title"], expected=expected, found=found)
    else:
        keys = "`, `".join(choices[:-1]) + f"` or `{choices[-1]}"
        report.add("E106", place, where=schema["title"], key=keys)


def _visible(node: YamlNode, place: Span) -> Span:
    """Return where to point for a node of the wrong shape: its key, when it is empty or runs over many lines."""
    return node.span if isinstance(node, Scalar) and node.span.start < node.span.end else place


def _describe(node: YamlNode) -> str:
    if isinstance(node, Mapping):
        return "a mapping"
    if isinstance(node, Sequence):
        return f"a list of {len(node.items)}" if len(node.items) != 1 else "a list"
    value = core_value(node)
    if value is None:
        return "empty"
    if isinstance(value, str):
        return f"the text `{value[:40]}`" + ("..." if len(value) > 40 else "")
    return f"`{node.content}`" if isinstance(value, bool) else f"the number {node.content[:40]}"
