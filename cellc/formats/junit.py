"""JUnit's XML: a test case for each file, which fails by the problems in it.

Follows the schema that Jenkins publishes, so the problems of a file are one `failure`, whose text is what the full form
says. A file that could not be read is an `error`. Characters that XML cannot carry are shown as pictures.
"""

import re
from collections.abc import Iterator, Sequence
from xml.sax.saxutils import escape, quoteattr

from cellc.formats.findings import Findings, Look, is_barred
from cellc.language.codes import Severity
from cellc.language.diagnostics import Diagnostic
from cellc.render import render, render_line, summary
from cellc.terminal import painter

_NOT_XML = re.compile("[^\\t\\n\\r\\x20-\\x7e\\x85\\xa0-\\ud7ff\\ue000-\\ufdcf\\ufdf0-\\ufffd\\U00010000-\\U0010ffff]")
_PROGRAMS = "cellc check"


def tell(findings: Findings, _look: Look) -> Iterator[str]:
    """Give the document."""
    cases = [(file, [d for d in findings.diagnostics if d.span.file == file]) for file in findings.files_told]
    placeless = [d for d in findings.diagnostics if not d.span.file]
    if placeless:
        cases.append((_PROGRAMS, placeless))
    failures = sum(_tag(found) == "failure" for _, found in cases)
    errors = sum(_tag(found) == "error" for _, found in cases)
    counts = f'tests="{len(cases)}" failures="{failures}" errors="{errors}"'
    suite = [case for file, found in cases for case in _case(file, found, findings)]
    yield "\n".join(
        [
            '<?xml version="1.0" encoding="UTF-8"?>',
            f"<testsuites name={attribute(_PROGRAMS)} {counts}>",
            f'  <testsuite name={attribute(_PROGRAMS)} {counts} skipped="0">',
            *suite,
            "  </testsuite>",
            "</testsuites>",
        ]
    )


def _tag(found: Sequence[Diagnostic]) -> str:
    """Return what these problems make of their file's case: an `error`, a `failure`, or "" for a pass."""
    if any(map(is_barred, found)):
        return "error"
    return "failure" if any(d.severity is Severity.ERROR for d in found) else ""


def _case(file: str, found: Sequence[Diagnostic], findings: Findings) -> Iterator[str]:
    head = f"    <testcase name={attribute(file)} classname={attribute(_PROGRAMS)}"
    if not found:
        yield f"{head}/>"
        return
    plain = painter(color=False)
    told = carried("\n\n".join(render(d, findings.sources, plain) for d in found))
    yield f"{head}>"
    tag = _tag(found)
    if tag:
        worst = min(found, key=lambda d: list(Severity).index(d.severity))
        message = summary(found) if len(found) > 1 else render_line(worst, findings.sources)
        yield f"      <{tag} type={attribute(worst.code)} message={attribute(message)}>{told}</{tag}>"
    else:
        yield f"      <system-out>{told}</system-out>"
    yield "    </testcase>"


def attribute(text: str) -> str:
    """Return `text` as the value of an attribute, in quotes."""
    return quoteattr(_carriable(text))


def carried(text: str) -> str:
    """Return `text` as the content of an element."""
    return escape(_carriable(text))


def _carriable(text: str) -> str:
    """Return `text` as XML can carry it; control characters are pictures already where `render` made it."""
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)
