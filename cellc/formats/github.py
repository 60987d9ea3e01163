"""Workflow commands of GitHub Actions, which become annotations beside the lines of a change.

A command is one line: `%`, line breaks and, in its properties, `:` and `,` are escaped. Columns are given only for what
stands in one line, because an annotation of several lines has none.
"""

from collections.abc import Iterator, Mapping

from cellc.formats.findings import Findings, Look
from cellc.language.codes import CODES, Severity
from cellc.language.span import Span
from cellc.line_cells import safe

_COMMANDS: Mapping[Severity, str] = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}
_IN_TEXT = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_IN_PROPERTY = {**_IN_TEXT, ":": "%3A", ",": "%2C"}


def tell(findings: Findings, _look: Look) -> Iterator[str]:
    """Give one command for each problem."""
    for diagnostic in findings.diagnostics:
        text = f"{diagnostic.message}\n{diagnostic.hint}".rstrip()
        title = f"{diagnostic.code} {CODES[diagnostic.code].slug}"
        yield annotation(_COMMANDS[diagnostic.severity], title, text, diagnostic.span, findings)


def annotation(command: str, title: str, text: str, span: Span, findings: Findings) -> str:
    """Return one workflow command: `error`, `warning` or `notice`, at a place of what was found."""
    properties = _place(span, findings) | {"title": title}
    told = ",".join(f"{name}={_escaped(value, _IN_PROPERTY)}" for name, value in properties.items())
    return f"::{command} {told}::{_escaped(safe(text), _IN_TEXT)}"


def _place(span: Span, findings: Findings) -> dict[str, str]:
    if not span.file:
        return {}
    place = findings.place(span)
    found = {"file": place.path, "line": str(place.line), "endLine": str(place.end_line)}
    if place.line == place.end_line:
        found |= {"col": str(place.column), "endColumn": str(max(place.column, place.end_column - 1))}
    return found


def _escaped(text: str, escapes: Mapping[str, str]) -> str:
    return "".join(escapes.get(character, character) for character in text)
