"""One line for each problem: `path:line:column: severity[CODE] message`."""

from collections.abc import Iterator

from cellc.formats.findings import Findings, Look
from cellc.render import render_line


def tell(findings: Findings, _look: Look) -> Iterator[str]:
    """Give one block for each problem."""
    for diagnostic in findings.diagnostics:
        yield render_line(diagnostic, findings.sources)
