"""`cellc check`: everything that is wrong in programs, in one of several forms."""

from typing import NoReturn

import click

from cellc.checking import Request, check_all, exit_of, read_stdin
from cellc.command import Command, handlers_option
from cellc.exits import Exit
from cellc.formats import FORMATS, form
from cellc.formats.findings import Findings, Look
from cellc.line_cells import safe
from cellc.project import check, normalised
from cellc.render import counted
from cellc.terminal import Terminal


@click.command(cls=Command)
@click.argument("paths", nargs=-1, required=True, type=click.Path())
@click.option("--format", "name", type=click.Choice(FORMATS), default="full", show_default=True)
@click.option("--strict", is_flag=True, help="Warnings and checks that are left to the run count as errors.")
@click.option("--verbose", is_flag=True, help="Also tell which values are checked only when the program runs.")
@click.option("--fix", is_flag=True, help="First change in the files what is certain to mend a problem.")
@click.option("--watch", is_flag=True, help="Check again whenever one of the files changes, until Ctrl-C.")
@click.option("--effects", is_flag=True, help="Print what right programs may touch, as text or `--format json`.")
@handlers_option
@click.pass_obj
def command(  # noqa: PLR0913 -- one for each option
    terminal: Terminal,
    paths: tuple[str, ...],
    name: str,
    handlers: str | None,
    *,
    strict: bool,
    verbose: bool,
    fix: bool,
    watch: bool,
    effects: bool,
) -> Exit:
    """Find everything that is wrong in the programs PATHS: `.cell.yaml` files, folders of them, or `-` for stdin."""
    request = Request(paths, strict, verbose, None if handlers is None else normalised(handlers))
    if fix and "-" in paths:
        raise click.UsageError("--fix changes files, so it cannot work on stdin")
    if watch and (fix or "-" in paths):
        raise click.UsageError("--watch waits for you to change files, so it goes neither with --fix nor with stdin")
    if effects and (fix or watch or "-" in paths or name not in {"full", "json"}):
        raise click.UsageError("--effects goes with files and folders, and alone or with --format json")
    if watch:
        _watch(request, name, terminal)
    findings = _fixed(request, terminal) if fix else check_all(request, read_stdin() if "-" in paths else {})
    if effects and exit_of(findings) is Exit.DONE:
        _tell_effects(findings, name, request.handlers, terminal)
    else:
        tell(findings, name, terminal)
    return exit_of(findings)


def _tell_effects(findings: Findings, name: str, handlers: str | None, terminal: Terminal) -> None:
    """Write what programs without errors may touch to stdout; what else was found to stderr."""
    from cellc.touching import as_json, as_text  # noqa: PLC0415 -- as above

    terminal.say_blocks(form("full")(findings, Look(terminal.paint_aside)) if findings.diagnostics else ())
    programs = {
        file: program for file in findings.files if (program := check(file, handlers=handlers).program) is not None
    }
    for block in [as_json(programs)] if name == "json" else as_text(programs):
        terminal.write(block)


def _watch(request: Request, name: str, terminal: Terminal) -> NoReturn:
    """Tell what is found, each time on an empty screen where there is one, until a signal ends it."""
    from cellc.watching import each_change  # noqa: PLC0415 -- only `--watch` pays for it

    for findings, changed in each_change(request):
        if terminal.redraws:
            click.clear()
        elif changed:
            terminal.say(f"changed: {', '.join(map(safe, changed))}")
        tell(findings, name, terminal)
        terminal.say(f"watching {counted(len(findings.stamps), 'file')}; Ctrl-C ends it")
    raise AssertionError("watching has no end of its own")


def _fixed(request: Request, terminal: Terminal) -> Findings:
    """Mend what can be mended, say so on stderr, and return what is left."""
    from cellc.fixing import fix_all  # noqa: PLC0415 -- only `--fix` pays for it

    fixed = fix_all(request)
    for line in fixed.done:
        terminal.say(line)
    if fixed.done:
        terminal.say(f"{counted(len(fixed.done), 'problem')} fixed in {counted(len(fixed.written), 'file')}")
    return fixed.left


def tell(findings: Findings, name: str, terminal: Terminal) -> None:
    """Write what was found to stdout, in the form of that name."""
    for block in form(name)(findings, Look(terminal.paint, terminal.width)):
        terminal.write(block)
