"""One line for each change and each problem: `path:line:column: verdict[kind] audience: place: reason`."""

from collections.abc import Iterator

from cellc.comparisons.verdicts import Verdicts, verdict_text
from cellc.formats.findings import Look
from cellc.line_cells import safe
from cellc.render import render_line


def tell(verdicts: Verdicts, _look: Look) -> Iterator[str]:
    """Give one block for each change and each problem."""
    for change in verdicts.comparison.changes:
        where = verdicts.where(change.new, column=True) or verdicts.where(change.old, column=True)
        head = f"{verdict_text(change.verdict)}[{change.kind}]"
        yield safe(f"{where}{': ' if where else ''}{head} {change.audience}: {change.place}: {change.reason}")
    for diagnostic in verdicts.findings.diagnostics:
        yield render_line(diagnostic, verdicts.sources)
    if verdicts.fleet is not None:
        yield safe(f"{verdicts.fleet.log}: {verdicts.fleet.summary}")
