"""`cellc migrate OLD NEW`: what changed between two versions of a program, for whom; and its runs, judged and moved."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import click

from cellc.command import Command
from cellc.comparing import Named, load_side
from cellc.comparisons import FORMATS, form
from cellc.comparisons.fleet import FleetReport, report
from cellc.comparisons.verdicts import Verdicts
from cellc.compiler.compat.changes import Verdict
from cellc.compiler.compat.compare import compare
from cellc.compiler.compat.moving import judge
from cellc.compiler.compat.numbering import number
from cellc.compiler.compat.plan_text import plan_text
from cellc.compiler.compat.plans import Plan
from cellc.exits import CannotDo, Exit, Refused, problem
from cellc.formats.findings import Look
from cellc.language.codes import Severity
from cellc.language.diagnostics import Diagnostic
from cellc.language.moving import Moving
from cellc.moving import Move, judged, moved
from cellc.planning import going_back, load_plan, write_plan
from cellc.render import counted
from cellc.settings import log_path
from cellc.terminal import Terminal


@click.command(cls=Command)
@click.argument("old")
@click.argument("new")
@click.option("--format", "name", type=click.Choice(FORMATS), default="full", show_default=True)
@click.option("--deny", type=click.Choice(["breaking"]), help="Exit with 1 where anything breaks, for CI.")
@click.option("--plan", metavar="FILE", help="What people say of how runs go on; see --write-plan.")
@click.option(
    "--write-plan", "written", metavar="FILE", help="Write the plan that NEW asks for, with what is open in it."
)
@click.option("--log", metavar="PATH", help="Judge the runs of OLD in this log, too, each on what it has.")
@click.option("--apply", "applied", is_flag=True, help="Move the runs in the log that go on in NEW.")
@click.option("--rollback", is_flag=True, help="NEW is the version before: runs are to go back to it.")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Move at most N runs.")
@click.option("--only", metavar="RUN", multiple=True, help="Only this run, by how its id begins. May be repeated.")
@click.option("--reason", metavar="TEXT", help="Why they are moved; kept with each run.")
@click.pass_obj
def command(  # noqa: PLR0913 -- the options, each by its name
    terminal: Terminal,
    old: str,
    new: str,
    name: str,
    *,
    deny: str | None,
    plan: str | None,
    written: str | None,
    log: str | None,
    limit: int | None,
    only: Sequence[str],
    reason: str | None,
    applied: bool,
    rollback: bool,
) -> Exit:
    """Compare two versions of a program: who calls it, reads its results, performs its effects; and its version number.

    OLD and NEW are `.cell.yaml` files, `git:REV:path`, or compiled graphs (`cellc graph --format json`).

    With --log the runs of OLD in that log are judged, and with --apply those that go on in NEW are moved.
    """
    _check_options(log, {"--apply": applied, "--only": only}, "--log")
    _check_options(applied, {"--limit": limit, "--reason": reason}, "--apply")
    sides = load_side(old), load_side(new)
    said = None if plan is None else load_plan(plan, sides[0].program, sides[1].program)
    moving = judge(sides[0].program, sides[1].program, said or Plan())
    verdicts = _compared(*sides, moving, deny=deny is not None, rollback=rollback)
    if said is not None:
        verdicts = replace(verdicts, back=going_back(sides[0].program, sides[1].program, said))
    if written is not None:
        write_plan(written, plan_text(sides[0].program, sides[1].program, moving))
        terminal.say(f"the plan is in {written}")
    wrong = any(d.severity is Severity.ERROR for d in verdicts.findings.diagnostics)
    if log is not None and not (wrong and applied):
        move = Move(log_path(log), sides[0], sides[1].program, moving, only, limit, reason or "")
        verdicts = replace(verdicts, fleet=_fleet(move, applied=applied))
    for block in form(name)(verdicts, Look(terminal.paint, terminal.width)):
        terminal.write(block)
    if wrong and applied:
        raise Refused(problem("E718"))
    return Exit.NO if wrong else Exit.DONE


def _check_options(given: object, options: Mapping[str, object], needs: str) -> None:
    for option, value in options.items():
        if value and not given:
            raise CannotDo(problem("E715", option=option, needs=needs))


def _fleet(move: Move, *, applied: bool) -> FleetReport:
    return report(str(move.log), (moved if applied else judged)(move), applied=applied)


def _compared(old: Named, new: Named, moving: Moving, *, deny: bool, rollback: bool) -> Verdicts:
    if old.program.module != new.program.module:
        raise CannotDo(problem("E700", old=old.program.module, new=new.program.module))
    comparison = compare(old.program, new.program, moving)
    numbering = number(comparison)
    if rollback:
        numbering = replace(numbering, findings=tuple(d for d in numbering.findings if d.code != _LOWERED))
    breaking = sum(change.verdict is Verdict.BREAKING for change in comparison.changes)
    denied = _denied(breaking, numbering.least) if deny and breaking else ()
    return Verdicts(old.path, new.path, comparison, numbering, denied, sources={**old.sources, **new.sources})


_LOWERED = "E703"
"""That NEW comes before OLD, which is meant where runs are to go back."""


def _denied(breaking: int, least: str | None) -> tuple[Diagnostic, ...]:
    return problem("E704", count=counted(breaking, "breaking change"), least=least or "another version")
