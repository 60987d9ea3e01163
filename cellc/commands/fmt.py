"""`cellc fmt`: programs in their canonical form."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path

import click

from cellc import project
from cellc.checking import STDIN, Request, programs, read_stdin
from cellc.command import Command
from cellc.compiler.sources import Unreadable
from cellc.exits import Exit, problem
from cellc.formats.findings import is_barred
from cellc.language.diagnostics import Diagnostic, Report
from cellc.language.formatting.format_module import format_module
from cellc.language.span import Source, Span
from cellc.line_cells import safe
from cellc.render import counted, render
from cellc.replacing import replace_file
from cellc.terminal import Terminal

_LINE = re.compile(r"[^\n]*\n|[^\n]+")


@click.command(cls=Command)
@click.argument("paths", nargs=-1, required=True, type=click.Path())
@click.option("--check", is_flag=True, help="Write nothing; list the files that are not in this form.")
@click.option("--diff", is_flag=True, help="Write nothing; show what would change.")
@click.pass_obj
def command(terminal: Terminal, paths: tuple[str, ...], *, check: bool, diff: bool) -> Exit:
    """Write the programs PATHS in their canonical form: `.cell.yaml` files, or folders; `-` is stdin to stdout."""
    if "-" in paths and len(paths) > 1:
        raise click.UsageError("`-` is stdin alone: give either files or `-`")
    results = list(_format_all(paths))
    changed = [result for result in results if result.changed]
    if diff:
        terminal.write_bytes("".join(line for result in changed for line in _diff(result)).encode())
    if check:
        terminal.write_bytes("".join(f"{safe(result.source.path)}\n" for result in changed).encode())
    looking = check or diff
    problems = [d for result in results for d in result.problems]
    problems += [] if looking else [d for result in results for d in _write(result, terminal)]
    sources = {result.source.path: result.source for result in results}
    terminal.say_blocks(render(d, sources, terminal.paint_aside, terminal.width) for d in problems)
    if "-" not in paths:
        terminal.say(_summary(results, changed, "would be formatted" if looking else "formatted"))
    return _exit(problems, bool(changed) and looking)


@dataclass(frozen=True, slots=True)
class _Result:
    """A program and its canonical form; `after` is None where there is none, for the reasons in `problems`."""

    source: Source
    after: str | None
    problems: tuple[Diagnostic, ...] = ()

    @property
    def changed(self) -> bool:
        """Whether the program is not in its canonical form."""
        return self.after is not None and self.after != self.source.text


def _format_all(paths: tuple[str, ...]) -> Iterator[_Result]:
    request = Request(paths)
    sources = project.FileSources(read_stdin() if "-" in paths else {})
    project.prepare_parser()
    for path in paths:
        if not programs(Request((path,))):
            yield _Result(Source(path, ""), None, problem("E820", path=path))
    for path in programs(request):
        yield _format(path, sources)


def _format(path: str, sources: project.FileSources) -> _Result:
    try:
        source = sources.read(path)
    except Unreadable as reason:
        return _Result(Source(path, ""), None, problem("E100", Span(path, 0, 0), reason=str(reason)))
    report = Report()
    with project.without_collector():
        after = format_module(source, report)
    return _Result(source, after, tuple(report.diagnostics))


def _diff(result: _Result) -> Iterator[str]:
    path = safe(result.source.path)
    before, after = (_LINE.findall(text) for text in (result.source.text, result.after or ""))
    for line in unified_diff(before, after, path, path):
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _write(result: _Result, terminal: Terminal) -> tuple[Diagnostic, ...]:
    """Write the canonical form where the program came from, or return why not."""
    if result.after is not None and result.source.path == STDIN:
        terminal.write_bytes(result.after.encode())
    elif result.after is not None and result.changed:
        return replace_file(Path(result.source.path), result.source.text.encode(), result.after.encode())
    return ()


def _summary(results: list[_Result], changed: list[_Result], what: str) -> str:
    left = sum(result.after is not None and not result.changed for result in results)
    return f"{counted(len(changed), 'file')} {what}, {left} left unchanged"


def _exit(problems: list[Diagnostic], would_change: bool) -> Exit:
    if any(map(is_barred, problems)):
        return Exit.CANNOT
    return Exit.NO if problems or would_change else Exit.DONE
