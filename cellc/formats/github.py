"""Workflow commands of GitHub Actions, which become annotations beside the lines of a change.

A command is one line: `%`, line breaks and, in its properties, `:` and `,` are escaped. Columns are given only for what
stands in one line, because an annotation of several lines has none.
"""

from collections.abc import Iterator, Mapping

from cellc.formats.findings import Findings, Look
from cellc.language.codes import CODES, Severity
from cellc.language.diagnostics import Diagnostic
from cellc.line_cells import safe

_COMMANDS: Mapping[Severity, str] = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}
_IN_TEXT = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_IN_PROPERTY = {**_IN_TEXT, ":": "%3A", ",": "%2C"}


def tell(findings: Findings, _look: Look) -> Iterator[str]:
    """Give one command for each problem."""
    for diagnostic in findings.diagnostics:
        properties = ",".join(f"{k}={_escaped(v, _IN_PROPERTY)}" for k, v in _properties(diagnostic, findings).items())
        text = f"{diagnostic.message}\n{diagnostic.hint}".rstrip()
        yield f"::{_COMMANDS[diagnostic.severity]} {properties}::{_escaped(safe(text), _IN_TEXT)}"


def _properties(diagnostic: Diagnostic, findings: Findings) -> dict[str, str]:
    title = {"title": f"{diagnostic.code} {CODES[diagnostic.code].slug}"}
    if not diagnostic.span.file:
        return title
    place = findings.place(diagnostic.span)
    found = {"file": place.path, "line": str(place.line), "endLine": str(place.end_line)}
    if place.line == place.end_line:
        found |= {"col": str(place.column), "endColumn": str(max(place.column, place.end_column - 1))}
    return found | title


def _escaped(text: str, escapes: Mapping[str, str]) -> str:
    return "".join(escapes.get(character, character) for character in text)
