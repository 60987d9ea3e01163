"""For people: each problem with its lines, carets under what is meant, and what to do; then how many there are."""

from collections.abc import Iterator

from cellc.formats.findings import Findings, Look
from cellc.render import render, summary


def tell(findings: Findings, look: Look) -> Iterator[str]:
    """Give one block for each problem and one for their number."""
    for diagnostic in findings.diagnostics:
        yield render(diagnostic, findings.sources, look.paint, look.width) + "\n"
    number = len(findings.files)
    count = f"{number} file{'s' if number != 1 else ''}"
    if findings.diagnostics:
        yield f"{summary(findings.diagnostics)} in {count}; `cellc explain CODE` says more"
    else:
        yield look.paint(f"{count} checked: all is well", "good")
