"""For people: each problem with its lines, carets under what is meant, and what to do; then how many there are."""

from collections.abc import Iterator

from cellc.formats.findings import Findings, Look
from cellc.render import counted, render, summary


def tell(findings: Findings, look: Look) -> Iterator[str]:
    """Give one block for each problem and one for their number."""
    for diagnostic in findings.diagnostics:
        yield render(diagnostic, findings.sources, look.paint, look.width) + "\n"
    count = counted(len(findings.files), "file")
    within = f" in {count}" if findings.files else ""
    if findings.diagnostics:
        fixable = sum(d.fix is not None for d in findings.diagnostics)
        fix = f", `cellc check --fix` mends {fixable}" if fixable else ""
        yield f"{summary(findings.diagnostics)}{within}; `cellc explain CODE` says more{fix}"
    else:
        yield look.paint(f"{count} checked: all is well", "good")
