"""`cellc check`: everything that is wrong in programs, in one of several forms."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click
import msgspec

from cellc import project
from cellc.command import Command
from cellc.exits import CannotDo, Exit, problem
from cellc.language.codes import CODES, Severity
from cellc.language.diagnostics import Diagnostic
from cellc.language.span import Source, Span
from cellc.render import render, render_line, summary
from cellc.terminal import Paint, Terminal

Format = Callable[[Sequence[Diagnostic], Mapping[str, Source], int, Paint], Iterable[str]]
"""Takes diagnostics, their texts, and the number of checked files; gives blocks of output."""


@click.command(cls=Command)
@click.argument("paths", nargs=-1, required=True, type=click.Path())
@click.option("--format", "form", type=click.Choice(["full", "concise", "json"]), default="full", show_default=True)
@click.option("--strict", is_flag=True, help="Warnings count as errors.")
@click.pass_obj
def command(terminal: Terminal, paths: tuple[str, ...], form: str, *, strict: bool) -> int:
    """Find everything that is wrong in the programs PATHS: `.cell.yaml` files, or folders of them."""
    files = list(dict.fromkeys(file for path in paths for file in _files(path)))
    checked = [project.check(file) for file in files]
    diagnostics = _unique(d for result in checked for d in result.diagnostics)
    sources = {path: source for result in checked for path, source in result.sources.items()}
    for block in FORMATS[form](diagnostics, sources, len(files), terminal.paint):
        terminal.write(block)
    return _status(diagnostics, strict=strict)


def _files(path: str) -> Iterable[str]:
    if not Path(path).is_dir():
        return [project.normalised(path)]
    found = list(project.programs_in(path))
    if not found:
        raise CannotDo(problem("E820", path=path))
    return found


def _unique(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Return each problem once: a module that several programs use is checked with each of them."""
    unique = {(d.span, d.code, d.message): d for d in diagnostics}
    return sorted(unique.values(), key=lambda d: (d.span, d.code, d.message))


def _status(diagnostics: Sequence[Diagnostic], *, strict: bool) -> Exit:
    if any(d.code == "E100" for d in diagnostics):
        return Exit.CANNOT
    bad = diagnostics if strict else [d for d in diagnostics if d.severity is Severity.ERROR]
    return Exit.NO if bad else Exit.DONE


# --- formats ---


def _full(diagnostics: Sequence[Diagnostic], sources: Mapping[str, Source], files: int, paint: Paint) -> Iterator[str]:
    for diagnostic in diagnostics:
        yield render(diagnostic, sources, paint) + "\n"
    count = f"{files} file{'s' if files != 1 else ''}"
    if diagnostics:
        yield f"{summary(diagnostics)} in {count}; `cellc explain CODE` says more"
    else:
        yield paint(f"{count} checked: all is well", "good")


def _concise(
    diagnostics: Sequence[Diagnostic], sources: Mapping[str, Source], _files: int, _paint: Paint
) -> Iterator[str]:
    for diagnostic in diagnostics:
        yield render_line(diagnostic, sources)


def _json(diagnostics: Sequence[Diagnostic], sources: Mapping[str, Source], files: int, _paint: Paint) -> Iterator[str]:
    data = {"files": files, "diagnostics": [_data(d, sources) for d in diagnostics]}
    yield msgspec.json.format(msgspec.json.encode(data), indent=2).decode()


def _data(diagnostic: Diagnostic, sources: Mapping[str, Source]) -> dict[str, Any]:
    return {
        "code": diagnostic.code,
        "name": CODES[diagnostic.code].slug,
        "severity": diagnostic.severity.value,
        "message": diagnostic.message,
        "hint": diagnostic.hint or None,
        "place": _place(diagnostic.span, sources),
        "labels": [{"place": _place(label.span, sources), "text": label.text} for label in diagnostic.labels],
        "fix": {"place": _place(fix.span, sources), "text": fix.text} if (fix := diagnostic.fix) else None,
    }


def _place(span: Span, sources: Mapping[str, Source]) -> dict[str, Any]:
    """Return a place as tools want it: lines and columns from 1, in characters, the end exclusive."""
    source = sources.get(span.file, Source(span.file, ""))
    start, end = source.position(span.start), source.position(span.end)
    return {
        "path": span.file,
        "start": {"line": start.line, "column": start.column},
        "end": {"line": end.line, "column": end.column},
    }


FORMATS: Mapping[str, Format] = {"full": _full, "concise": _concise, "json": _json}
