"""The document's shape: which keys may stand where, checked against `grammar/document.schema.json`.

Each error of the schema becomes one diagnostic at the node that is to blame. The wording is in the schema: every
sub-schema has a `title` that says in a few words what it wants. Names are left to `document`, which says why one cannot
be. The schema refers only to itself and uses no formats, so nothing is loaded for it but the one file.
"""

import json
from functools import cache

from cellc.language import suggest
from cellc.language.core_schema import core_value
from cellc.language.diagnostics import Report
from cellc.language.grammar_files import grammar_file
from cellc.language.reader import Mapping, Scalar, Sequence, YamlNode
from cellc.language.schema import Miss, Place, Schema, misses
from cellc.language.span import Span

DOCUMENT = "document.schema.json"
TEST = "test.schema.json"
HANDLERS = "handlers.schema.json"
PLAN = "plan.schema.json"

_STARTS = {DOCUMENT: "`cellc: 1`", TEST: "`test: FILE`", HANDLERS: "`handlers:`", PLAN: "`plan: 1`"}
"""What files begin with, by their schema."""


def check_shape(root: YamlNode, split: frozenset[Span], report: Report, kind: str = DOCUMENT) -> None:
    """Report what in a file has the wrong shape, except inside collections whose text is `split`.

    `kind` is the schema: of programs, of tests, of handlers, or of plans.
    """
    schema = _schema(kind)
    for miss in misses(Place(root), schema, schema):
        if not any(node.span in split for node in miss.place.way()):
            _report(miss, report, _STARTS[kind])


@cache
def _schema(kind: str) -> Schema:
    schema: Schema = json.loads(grammar_file(kind))
    return schema


def _report(miss: Miss, report: Report, start: str) -> None:
    node, key, schema = miss.place.node, miss.place.key, miss.schema
    title = schema.get("title", "this")
    place = _place(miss.place)
    if miss.keyword == "additionalProperties":
        _report_unknown_keys(node, title, schema["properties"], report)
    elif miss.keyword == "required":
        report.add("E106", place, where=title, key=miss.missing, hint=_how_to_add(miss.missing))
    elif miss.keyword == "oneOf":
        if isinstance(node, Mapping):  # else its type is wrong, which is an error of its own
            _report_choice(schema, node, place, report)
    elif node.span.start == 0 and schema.get("$id"):
        found = _describe(node)
        report.add("E107", node.span, where="the file", expected=f"a mapping that starts with {start}", found=found)
    elif miss.keyword == "const":
        report.add("E108", node.span, found=_describe(node))
    else:
        where = f"`{key.content}`" if key else "the file"
        report.add("E107", _visible(node, place), where=where, expected=title, found=_describe(node))


def _place(place: Place) -> Span:
    """Return where to point for a mapping that is not as it should be: its key; in a list, its own first key."""
    node, in_list = place.node, place.above is not None and isinstance(place.above.node, Sequence)
    if in_list and isinstance(node, Mapping) and node.entries:
        return node.entries[0][0].span
    return place.key.span if place.key else Span(node.span.file, node.span.start, node.span.start)


def _how_to_add(key: str) -> str:
    return "start the file with `cellc: 1`" if key == "cellc" else f"add `{key}:`"


def _report_unknown_keys(node: YamlNode, title: str, known: Schema, report: Report) -> None:
    for key, _ in node.entries if isinstance(node, Mapping) else ():
        if key.content not in known:
            hint = suggest.hint(key.content, known, "keys here: " + ", ".join(f"`{k}`" for k in known))
            report.add("E105", key.text.whole, where=title, key=key.content, hint=hint)


def _report_choice(schema: Schema, node: Mapping, place: Span, report: Report) -> None:
    """Report a mapping that must have exactly one of some keys."""
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
