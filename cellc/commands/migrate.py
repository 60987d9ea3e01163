"""`cellc migrate OLD NEW`: what changed between two versions of a program, and for whom."""

import click

from cellc.command import Command
from cellc.comparing import Named, load_side
from cellc.comparisons import FORMATS, form
from cellc.comparisons.verdicts import Verdicts
from cellc.compiler.compat.changes import Verdict
from cellc.compiler.compat.compare import compare
from cellc.compiler.compat.numbering import number
from cellc.exits import CannotDo, Exit, problem
from cellc.formats.findings import Look
from cellc.language.codes import Severity
from cellc.language.diagnostics import Diagnostic
from cellc.render import counted
from cellc.terminal import Terminal


@click.command(cls=Command)
@click.argument("old")
@click.argument("new")
@click.option("--format", "name", type=click.Choice(FORMATS), default="full", show_default=True)
@click.option("--deny", type=click.Choice(["breaking"]), help="Exit with 1 where anything breaks, for CI.")
@click.pass_obj
def command(terminal: Terminal, old: str, new: str, name: str, deny: str | None) -> Exit:
    """Compare two versions of a program: who calls it, reads its results, performs its effects; and its version number.

    OLD and NEW are `.cell.yaml` files, `git:REV:path`, or compiled graphs (`cellc graph --format json`).
    """
    verdicts = _compared(load_side(old), load_side(new), deny=deny is not None)
    for block in form(name)(verdicts, Look(terminal.paint, terminal.width)):
        terminal.write(block)
    wrong = any(d.severity is Severity.ERROR for d in verdicts.findings.diagnostics)
    return Exit.NO if wrong else Exit.DONE


def _compared(old: Named, new: Named, *, deny: bool) -> Verdicts:
    if old.program.module != new.program.module:
        raise CannotDo(problem("E700", old=old.program.module, new=new.program.module))
    comparison = compare(old.program, new.program)
    numbering = number(comparison)
    breaking = sum(change.verdict is Verdict.BREAKING for change in comparison.changes)
    denied = _denied(breaking, numbering.least) if deny and breaking else ()
    return Verdicts(old.path, new.path, comparison, numbering, denied, {**old.sources, **new.sources})


def _denied(breaking: int, least: str | None) -> tuple[Diagnostic, ...]:
    return problem("E704", count=counted(breaking, "breaking change"), least=least or "another version")
