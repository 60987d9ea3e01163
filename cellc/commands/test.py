"""`cellc test`: the cases of `*.test.yaml` files, in scripted worlds and virtual time."""

from pathlib import Path

import click

from cellc.command import Command
from cellc.exits import Exit
from cellc.formats.findings import Look
from cellc.terminal import Terminal
from cellc.testing.choosing import BadChoice, Choice
from cellc.testing.covering import coverage, share
from cellc.testing.reporting import FORMATS, Tested, junit, tell
from cellc.testing.running import test_all
from cellc.testing.telling_coverage import coverage_data, coverage_lines, percent


@click.command(cls=Command)
@click.argument("paths", nargs=-1, required=True, type=click.Path())
@click.option("-k", "words", metavar="EXPR", help="Only cases with these words in their name or file: `a and not b`.")
@click.option("--junit", "xml", metavar="FILE", type=click.Path(dir_okay=False), help="Also write JUnit's XML to FILE.")
@click.option("--format", "form", type=click.Choice(FORMATS), default="full", show_default=True)
@click.option("--coverage", "covering", is_flag=True, help="Also tell what of the programs no case has reached.")
@click.option(
    "--fail-under", "least", metavar="PERCENT", type=click.FloatRange(0, 100), help="Fail if less is reached."
)
@click.pass_obj
def command(
    terminal: Terminal,
    paths: tuple[str, ...],
    words: str | None,
    xml: str | None,
    form: str,
    *,
    covering: bool,
    least: float | None,
) -> Exit:
    """Run the cases of PATHS: `.test.yaml` files, and folders of them.

    Nothing outside is touched, and no time is waited. The exit code is 1 when a case fails, and 2 when there is none.
    """
    try:
        choice = None if words is None else Choice(words)
    except BadChoice as reason:
        raise click.UsageError(f"-k: {reason}") from None
    tested = test_all(paths, choice)
    covered = coverage(tested) if covering or least is not None else None
    more = {} if covered is None else {"coverage": coverage_data(covered)}
    for block in tell(tested, form, Look(terminal.paint, terminal.width), more):
        terminal.write(block)
    if covered is not None and form != "json":
        for line in coverage_lines(covered):
            terminal.write(line)
    if xml is not None:
        try:
            Path(xml).write_text(junit(tested), encoding="utf-8")
        except OSError as reason:
            raise click.FileError(xml, reason.strerror or str(reason)) from None
    done = exit_of(tested)
    if done is Exit.DONE and covered is not None and least is not None and share(covered) < least:
        terminal.say(f"{percent(share(covered))} is reached, and --fail-under asks for {least:g}%")
        return Exit.NO
    return done


def exit_of(tested: list[Tested]) -> Exit:
    """Return 2 where a file was not there or no case was chosen, 1 where something is wrong, else 0."""
    unread = any(problem.code in {"E100", "E900"} for each in tested for problem in each.problems)
    nothing = not any(each.judged or each.problems for each in tested)
    if unread or nothing:
        return Exit.CANNOT
    return Exit.NO if any(each.problems for each in tested) else Exit.DONE
