"""`cellc check --fix`: making the changes that are certain to mend what was found.

All changes are made in memory first: those that do not overlap, then again after a new check, until none is left. Then
each file is written once, whole or not at all (`replacing`). Line endings stay those of the file. Only files that were
named, or that lie in named folders, are written, and none that somebody has changed meanwhile.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from cellc.checking import STDIN, Request, check_all
from cellc.formats.findings import Findings
from cellc.language.diagnostics import Diagnostic, Fix
from cellc.line_cells import safe
from cellc.replacing import replace_file

ROUNDS = 100
"""A change may uncover another problem that can be mended: at most so many times."""


@dataclass(frozen=True, slots=True)
class Fixed:
    """What was done: a line for each problem that was mended, the files that were written, and what is left.

    Where a file could not be written, `left` says so, and tells what would be left of it.
    """

    done: tuple[str, ...]
    written: tuple[str, ...]
    left: Findings


def fix_all(request: Request) -> Fixed:
    """Mend what can be mended in the files that are asked for."""
    given: dict[str, bytes] = {}
    done: list[tuple[str, str]] = []
    before: dict[str, bytes] = {}
    findings = check_all(request)
    for _ in range(ROUNDS):
        chosen = {path: fixes for path, fixes in chosen_changes(findings).items() if _is_ours(path, request)}
        if not chosen:
            break
        for path, found in chosen.items():
            text = findings.sources[path].text
            before.setdefault(path, text.encode())
            given[path] = apply(text, [d.fix for d in found if d.fix]).encode()
            done += [(path, _line(d, findings)) for d in found]
        findings = check_all(request, given)
    problems = {path: replace_file(Path(path), before[path], given[path]) for path in given}
    unwritten = tuple(p for found in problems.values() for p in found)
    written = tuple(path for path, found in problems.items() if not found)
    told = tuple(line for path, line in done if path in written)
    return Fixed(told, written, replace(findings, diagnostics=(*unwritten, *findings.diagnostics)))


def apply(text: str, fixes: Iterable[Fix]) -> str:
    """Return `text` with changes that do not overlap; line breaks in them become those of the text."""
    line_break = found[0] if (found := re.search(r"\r\n|\r|\n", text)) else "\n"
    for fix in sorted(fixes, key=lambda fix: fix.span, reverse=True):
        text = text[: fix.span.start] + fix.text.replace("\n", line_break) + text[fix.span.end :]
    return text


def chosen_changes(findings: Findings) -> Mapping[str, list[Diagnostic]]:
    """Return by file those problems whose changes do not touch each other; the first of two wins."""
    chosen: dict[str, list[Diagnostic]] = defaultdict(list)
    ends: dict[str, tuple[int, Fix]] = {}
    with_fix = [(d.fix, d) for d in findings.diagnostics if d.fix]
    for fix, diagnostic in sorted(with_fix, key=lambda pair: pair[0].span):
        end, last = ends.get(fix.span.file, (-1, None))
        if fix.span.start > end:
            ends[fix.span.file] = fix.span.end, fix
            chosen[fix.span.file].append(diagnostic)
        elif fix == last:
            chosen[fix.span.file].append(replace(diagnostic, fix=None))  # the same change mends both
    return chosen


def _is_ours(path: str, request: Request) -> bool:
    """Return whether a file was named or lies in a named folder, links followed."""
    real = Path(path).resolve()
    return path != STDIN and any(real.is_relative_to(Path(named).resolve()) for named in request.paths)


def _line(diagnostic: Diagnostic, findings: Findings) -> str:
    place = findings.place(diagnostic.span)
    return f"{safe(place.path)}:{place.line}:{place.column}: fixed[{diagnostic.code}] {safe(diagnostic.message)}"
