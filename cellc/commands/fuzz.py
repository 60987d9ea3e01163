"""`cellc fuzz`: made-up inputs, answers, events and crashes, until one breaks a promise of the language."""

from pathlib import Path

import click

from cellc.command import Command
from cellc.exits import Exit, Refused, problem
from cellc.line_cells import safe
from cellc.loading import load_program, pick_cell
from cellc.render import counted, render
from cellc.terminal import Terminal
from cellc.testing.fuzzing import CannotFuzz, Fuzzed, fuzz
from cellc.testing.names import short
from cellc.testing.writing import CannotAppend, append


@click.command(cls=Command)
@click.argument("module", type=click.Path())
@click.option("--cell", metavar="NAME", help="Fuzz this cell; by default the module's main cell.")
@click.option("--runs", metavar="N", type=click.IntRange(1), default=200, show_default=True, help="Try N cases.")
@click.option(
    "--seed", metavar="N", type=int, default=0, show_default=True, help="Try other cases; the same for a seed."
)
@click.option(
    "--save", metavar="FILE", type=click.Path(dir_okay=False), help="Append what is found to FILE, a .test.yaml file."
)
@click.pass_obj
def command(terminal: Terminal, module: str, cell: str | None, runs: int, seed: int, save: str | None) -> Exit:
    """Run a cell of MODULE with made-up inputs, answers, errors, delays, events and crashes.

    All are of the types that the program declares, and nothing outside is touched; code in Python runs as it is. What
    breaks a promise is made small and printed as a case of a test. The exit code is 1 then.
    """
    program, _ = load_program(module, terminal)
    name = pick_cell(program, cell)
    if save is not None and not save.endswith(".test.yaml"):
        raise click.BadParameter("a file of tests is called NAME.test.yaml", param_hint="'--save'")
    try:
        result = fuzz(program, name, Path(module).name, runs, seed)
    except CannotFuzz as reason:
        raise Refused(problem("E922", cell=short(program, name), reason=str(reason))) from None
    found = result.found
    if found is None:
        terminal.write(terminal.paint(_summary(result), "good"))
        return Exit.DONE
    for each in found.judged.problems:
        terminal.write(render(each, found.file.sources, terminal.paint, terminal.width) + "\n")
    if save is None:
        terminal.write("as a file of tests:\n")
        terminal.write(found.file.sources[found.file.path].text)
    else:
        try:
            append(Path(save), Path(module), found.data)
        except (CannotAppend, OSError) as reason:
            said = reason.strerror if isinstance(reason, OSError) else str(reason)
            raise click.FileError(save, said or str(reason)) from None
        terminal.write(f"the case stands at the end of {safe(save)}")
    terminal.write(terminal.paint(_summary(result), "error"))
    return Exit.NO


def _summary(result: Fuzzed) -> str:
    ends = ", ".join(f"{number} {words}" for words, number in sorted(result.endings.items()))
    said = f"{counted(result.runs, 'run')}, with a crash at {counted(result.crashes, 'place')}: {ends}"
    return said if result.found is None else f"{said}; the last one breaks a promise"
