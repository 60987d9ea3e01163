"""For tools: everything that is known of each problem, as one JSON document."""

from collections.abc import Iterator
from typing import Any

import msgspec

from cellc.formats.findings import Findings, Look
from cellc.language.codes import CODES
from cellc.language.diagnostics import Diagnostic, Fix
from cellc.language.span import Span


def tell(findings: Findings, _look: Look) -> Iterator[str]:
    """Give the document."""
    data = {"files": len(findings.files), "diagnostics": [problem(d, findings) for d in findings.diagnostics]}
    yield msgspec.json.format(msgspec.json.encode(data), indent=2).decode()


def problem(diagnostic: Diagnostic, findings: Findings) -> dict[str, Any]:
    """Return what is known of one problem."""
    return {
        "code": diagnostic.code,
        "name": CODES[diagnostic.code].slug,
        "severity": diagnostic.severity.value,
        "message": diagnostic.message,
        "hint": diagnostic.hint or None,
        "place": place(diagnostic.span, findings),
        "labels": [{"place": place(label.span, findings), "text": label.text} for label in diagnostic.labels],
        "fix": _fix(diagnostic.fix, findings) if diagnostic.fix else None,
    }


def _fix(fix: Fix, findings: Findings) -> dict[str, Any]:
    return {"place": place(fix.span, findings), "text": fix.text}


def place(span: Span, findings: Findings) -> dict[str, Any]:
    """Return a stretch of a file."""
    found = findings.place(span)
    return {
        "path": found.path,
        "start": {"line": found.line, "column": found.column},
        "end": {"line": found.end_line, "column": found.end_column},
    }
