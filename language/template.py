"""Templates, the values under `with:`: YAML in which `${expression}` stands for a value of the call.

A scalar that is exactly one `${e}` is that expression and keeps its type. Text with `${e}` inside is text; `$${` is
`${` as text. Plain scalars without either are read by YAML 1.2's core schema, so `5` is a number.
"""

import re

from cellc.language import ast
from cellc.language.build_expression import closing_brace
from cellc.language.core_schema import core_value
from cellc.language.diagnostics import Report
from cellc.language.parser import parse_expression
from cellc.language.reader import Mapping, Scalar, Sequence, YamlNode

_MARK = re.compile(r"\$\$\{|\$\{")


def read_template(node: YamlNode, report: Report) -> ast.Template:
    """Return the template that `node` is; what does not read in it is reported and left out."""
    match node:
        case Scalar():
            return _scalar(node, report)
        case Mapping():
            return read_template_record(node, report)
        case Sequence():
            return ast.TemplateList(tuple(read_template(item, report) for item in node.items), node.span)


def read_template_record(node: Mapping, report: Report) -> ast.TemplateRecord:
    """Return a mapping of templates."""
    entries = ((ast.Ident(key.content, key.text.whole), read_template(value, report)) for key, value in node.entries)
    return ast.TemplateRecord(tuple(entries), node.span)


def _scalar(node: Scalar, report: Report) -> ast.Expr:
    if not _MARK.search(node.content):
        return ast.Constant(core_value(node), node.span)
    parts = _parts(node, report)
    if len(parts) == 1 and not isinstance(parts[0], str):
        return parts[0]
    if all(isinstance(part, str) for part in parts):
        return ast.Constant("".join(str(part) for part in parts), node.span)
    return ast.Format(tuple(parts), node.span)


def _parts(node: Scalar, report: Report) -> list[str | ast.Expr]:
    content = node.content
    parts: list[str | ast.Expr] = []
    at = 0
    while (found := _MARK.search(content, at)) is not None:
        _append_text(parts, content[at : found.start()])
        at = found.end()
        if found.group() == "$${":
            _append_text(parts, "${")
            continue
        close = closing_brace(content, at, len(content))
        if close is None:
            place = node.text.span(found.start(), found.end())
            report.add("E111", place, reason="`${` is never closed", hint="`${` as text is written `$${`")
            return parts
        inner = parse_expression(node.text.part(at, close), report)
        if inner is not None:
            parts.append(inner)
        at = close + 1
    _append_text(parts, content[at:])
    return parts


def _append_text(parts: list[str | ast.Expr], text: str) -> None:
    if parts and isinstance(parts[-1], str):
        parts[-1] += text
    elif text:
        parts.append(text)
