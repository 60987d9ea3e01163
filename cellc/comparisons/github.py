"""Workflow commands of GitHub Actions: each change is an annotation beside the line where it stands in NEW."""

from collections.abc import Iterator, Mapping

from cellc.comparisons.verdicts import Verdicts
from cellc.compiler.compat.changes import Verdict
from cellc.exits import NOWHERE
from cellc.formats.findings import Look
from cellc.formats.github import annotation
from cellc.formats.github import tell as tell_findings
from cellc.language.span import Span

_COMMANDS: Mapping[Verdict, str] = {
    Verdict.BREAKING: "warning",
    Verdict.KEPT: "notice",
    Verdict.COMPATIBLE: "notice",
}
"""A breaking change is an error only where `--deny` says so, and that is a problem of its own."""


def tell(verdicts: Verdicts, look: Look) -> Iterator[str]:
    """Give one command for each change and each problem."""
    for change in verdicts.comparison.changes:
        known = change.new.at is not None and change.new.at[0] in verdicts.sources
        span = Span(*change.new.at[:3]) if known and change.new.at is not None else NOWHERE
        title = f"{change.verdict} for {change.audience}: {change.kind}"
        text = f"{change.place}: {change.reason}"
        yield annotation(_COMMANDS[change.verdict], title, text, span, verdicts.findings)
    yield from tell_findings(verdicts.findings, look)
    if verdicts.fleet is not None:
        title, text = f"runs in {verdicts.fleet.log}", verdicts.fleet.summary
        yield annotation("notice", title, text, NOWHERE, verdicts.findings)
