"""SARIF 2.1.0, the exchange format of static analysis: one run, with the rules that its results name.

Columns count code points. Files in or below the working directory have URIs relative to it; others are absolute. A
fingerprint is made of the code and the text of the line, and numbers equal ones, so it survives lines moving.
"""

import hashlib
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import msgspec

from cellc import __version__, explanations
from cellc.formats.findings import Findings, Look
from cellc.language.codes import CODES, Code
from cellc.language.diagnostics import Diagnostic, Fix
from cellc.language.span import Span

_SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_BASE: Final = "WORKING_DIRECTORY"


def tell(findings: Findings, _look: Look) -> Iterator[str]:
    """Give the document."""
    codes = sorted({d.code for d in findings.diagnostics})
    prints = _fingerprints(findings)
    run = {
        "tool": {"driver": _driver(codes)},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {_BASE: {"uri": f"{Path.cwd().as_uri().rstrip('/')}/"}},
        "invocations": [{"executionSuccessful": findings.complete}],
        "artifacts": [{"location": _artifact(file)} for file in findings.files_told],
        "results": [_result(d, codes, mark, findings) for d, mark in zip(findings.diagnostics, prints, strict=True)],
    }
    data = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    yield msgspec.json.format(msgspec.json.encode(data), indent=2).decode()


def _driver(codes: list[str]) -> dict[str, Any]:
    return {"name": "cellc", "version": __version__, "rules": [_rule(CODES[code]) for code in codes]}


def _rule(code: Code) -> dict[str, Any]:
    page = explanations.page(code.code)
    return {
        "id": code.code,
        "name": "".join(word.capitalize() for word in code.slug.split("-")),
        "shortDescription": {"text": explanations.title(code.code)},
        "help": {"text": f"`cellc explain {code.code}` says more.\n\n{page}", "markdown": page},
        "helpUri": explanations.page_path(code.code).as_uri(),
        "defaultConfiguration": {"level": code.severity.value},
    }


def _result(diagnostic: Diagnostic, codes: list[str], mark: str, findings: Findings) -> dict[str, Any]:
    hint = f"\nhelp: {diagnostic.hint}" if diagnostic.hint else ""
    result: dict[str, Any] = {
        "ruleId": diagnostic.code,
        "ruleIndex": codes.index(diagnostic.code),
        "level": diagnostic.severity.value,
        "message": {"text": f"{diagnostic.message}{hint}"},
        "locations": [_location(diagnostic.span, findings)] if diagnostic.span.file else [],
        "partialFingerprints": {"primaryLocationLineHash": mark},
    }
    if diagnostic.labels:
        result["relatedLocations"] = [
            {"id": number, **_location(label.span, findings), "message": {"text": label.text}}
            for number, label in enumerate(diagnostic.labels)
        ]
    if diagnostic.fix is not None:
        result["fixes"] = [_fix(diagnostic.fix, findings)]
    return result


def _fix(fix: Fix, findings: Findings) -> dict[str, Any]:
    replacement = {"deletedRegion": _region(fix.span, findings), "insertedContent": {"text": fix.text}}
    return {"artifactChanges": [{"artifactLocation": _artifact(fix.span.file), "replacements": [replacement]}]}


def _location(span: Span, findings: Findings) -> dict[str, Any]:
    physical: dict[str, Any] = {"artifactLocation": _artifact(span.file)}
    if span.file in findings.sources:
        physical["region"] = _region(span, findings)
    return {"physicalLocation": physical}


def _region(span: Span, findings: Findings) -> dict[str, int]:
    place = findings.place(span)
    return {
        "startLine": place.line,
        "startColumn": place.column,
        "endLine": place.end_line,
        "endColumn": place.end_column,
    }


def _artifact(file: str) -> dict[str, str]:
    path = os.path.relpath(file) if Path(file).is_absolute() else file
    inside = not path.startswith("..")
    if inside:
        return {"uri": quote(Path(path).as_posix()), "uriBaseId": _BASE}
    return {"uri": Path(os.path.abspath(file)).as_uri()}  # noqa: PTH100 -- resolve() would follow links


def _fingerprints(findings: Findings) -> list[str]:
    """Return a mark for each problem that stays when the file changes elsewhere; equal ones are numbered."""
    seen: Counter[str] = Counter()
    marks = []
    for diagnostic in findings.diagnostics:
        source = findings.sources.get(diagnostic.span.file)
        line = source.line(findings.place(diagnostic.span).line).strip() if source else ""
        digest = hashlib.sha256(f"{diagnostic.code}\0{line}".encode("utf-8", "surrogatepass")).hexdigest()[:16]
        key = f"{diagnostic.span.file}\0{digest}"
        seen[key] += 1
        marks.append(f"{digest}:{seen[key]}")
    return marks
