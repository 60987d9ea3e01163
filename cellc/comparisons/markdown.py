"""For pull requests: GitHub's Markdown, one table for all changes."""

import re
from collections.abc import Iterator, Mapping

from cellc.comparisons.verdicts import Verdicts, verdict_text
from cellc.compiler.compat.changes import Audience, Change, Verdict
from cellc.formats.findings import Look
from cellc.line_cells import safe

_SIGNS: Mapping[Verdict | None, str] = {
    Verdict.BREAKING: ":x:",
    Verdict.KEPT: ":pushpin:",
    Verdict.COMPATIBLE: ":white_check_mark:",
    None: ":heavy_minus_sign:",
}
_MARKUP = str.maketrans({character: f"\\{character}" for character in "\\*_[]<#|~"})


def tell(verdicts: Verdicts, _look: Look) -> Iterator[str]:
    """Give the page."""
    yield from _comparison(verdicts)
    if verdicts.fleet is not None:
        yield f"\nRuns in {_code(verdicts.fleet.log)}: {_text(verdicts.fleet.summary)}.\n"
        yield from (f"- {_text(f'{group.runs} at `{group.place}`: {group.reason}')}" for group in verdicts.fleet.stayed)


def _comparison(verdicts: Verdicts) -> Iterator[str]:
    comparison = verdicts.comparison
    yield f"### {_text(verdicts.title)}\n\n{_text(verdicts.summary)}.\n"
    for diagnostic in verdicts.findings.diagnostics:
        hint = f" {_text(diagnostic.hint)}." if diagnostic.hint else ""
        yield f"**{diagnostic.severity} {diagnostic.code}**: {_text(diagnostic.message)}.{hint}\n"
    if not comparison.changes:
        return
    words = [f"{_SIGNS[v]} {verdict_text(v)}" for v in map(comparison.verdict, Audience)]
    yield _row(*Audience) + "\n" + _row(*["---"] * len(words)) + "\n" + _row(*words) + "\n"
    yield _row("", "for", "change", "where", "old", "new", "why") + "\n" + _row(*["---"] * 7)
    for change in comparison.changes:
        yield _change(change)


def _change(change: Change) -> str:
    return _row(
        _SIGNS[change.verdict],
        change.audience,
        _code(change.kind),
        _code(change.place),
        _code(change.old.text),
        _code(change.new.text),
        _text(change.reason),
    )


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _code(text: str) -> str:
    """Return code in a cell of a table; a text that holds backticks stands between longer runs of them."""
    if not text:
        return ""
    line = " ".join(safe(text).split()).replace("|", "\\|")
    longest = max(map(len, re.findall("`+", line)), default=0)
    fence, pad = "`" * (longest + 1), " " if longest else ""
    return f"{fence}{pad}{line}{pad}{fence}"


def _text(text: str) -> str:
    """Return words, in which what stands between backticks is code."""
    parts = " ".join(safe(text).split()).split("`")
    if len(parts) % 2 == 0:  # a backtick without its second one
        return "\\`".join(part.translate(_MARKUP) for part in parts)
    return "".join(_code(part) if number % 2 else part.translate(_MARKUP) for number, part in enumerate(parts))
