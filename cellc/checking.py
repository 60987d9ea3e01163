"""Checking what a user names: files, folders of them, and stdin, each once, to one list of problems."""

import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from cellc import project
from cellc.exits import Exit, problem
from cellc.formats.findings import Findings
from cellc.language.codes import Severity
from cellc.language.diagnostics import Diagnostic

STDIN = "<stdin>"
"""The path of the program that `-` names."""


@dataclass(frozen=True, slots=True)
class Request:
    """What to check, with effects bound as the file `handlers` says.

    `strict`: warnings and notes are errors; `verbose`: notes are told.
    """

    paths: tuple[str, ...]
    strict: bool = False
    verbose: bool = False
    handlers: str | None = None


def check_all(request: Request, given: Mapping[str, bytes] = project.NOTHING_GIVEN) -> Findings:
    """Check everything that is asked for; files that are `given` have that content, whatever is on disk."""
    files = programs(request)
    checked = [project.check(file, given, request.handlers) for file in files]
    found = _unique(d for result in checked for d in _told(result, request))
    nothing = [d for path in request.paths if not _programs(path) for d in problem("E820", path=path)]
    sources = {path: source for result in checked for path, source in result.sources.items()}
    stamps = {path: stamp for result in reversed(checked) for path, stamp in result.stamps.items()}
    return Findings(files, (*nothing, *found), sources, stamps)


def programs(request: Request) -> tuple[str, ...]:
    """Return the programs that are asked for, each once."""
    return tuple(dict.fromkeys(file for path in request.paths for file in _programs(path)))


def read_stdin() -> dict[str, bytes]:
    """Return what stdin holds as the content of the program `-`."""
    return {STDIN: sys.stdin.buffer.read(project.MAX_BYTES + 1)}


def exit_of(findings: Findings) -> Exit:
    """Return the exit code: could not, when something was not read; no, when there is an error; else done."""
    if not findings.complete:
        return Exit.CANNOT
    return Exit.NO if any(d.severity is Severity.ERROR for d in findings.diagnostics) else Exit.DONE


def _programs(path: str) -> list[str]:
    if path == "-":
        return [STDIN]
    return list(project.programs_in(path)) if Path(path).is_dir() else [project.normalised(path)]


def _told(result: project.Checked, request: Request) -> Iterator[Diagnostic]:
    for diagnostic in (*result.diagnostics, *(result.notes if request.strict or request.verbose else ())):
        yield replace(diagnostic, strict=True) if request.strict else diagnostic


def _unique(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Return each problem once: a module that several programs use is checked with each of them."""
    unique = {(d.span, d.code, d.message): d for d in diagnostics}
    return sorted(unique.values(), key=lambda d: (d.span, d.code, d.message))
