"""From a path on the command line to a program that can be used, or to the end of the command."""

from collections.abc import Mapping

from cellc import project
from cellc.exits import CannotDo, Refused, problem
from cellc.language.graph import Program
from cellc.language.interface import Interface
from cellc.language.span import Source
from cellc.language.suggest import hint
from cellc.language.types import TypeTable
from cellc.render import render
from cellc.terminal import Terminal


def load_program(path: str, terminal: Terminal, handlers: str | None = None) -> tuple[Program, Mapping[str, Source]]:
    """Return the checked program at `path`, and its texts; warnings are told on stderr. Raises Refused, CannotDo.

    Its effects are bound as the file at `handlers` says.
    """
    bound = None if handlers is None else project.normalised(handlers)
    checked = project.check(project.normalised(path), handlers=bound)
    return _program_of(checked, terminal), checked.sources


def load_interface(path: str, terminal: Terminal) -> Interface:
    """Return what the module at `path` declares. Raises as `load_program` does."""
    checked = project.check_anew(project.normalised(path))
    _program_of(checked, terminal)
    return checked.interface


def load_types(path: str, terminal: Terminal) -> tuple[str, TypeTable]:
    """Return the module at `path` and all types that it can name, by qualified name.

    A cell's input and output are among them, as `CELL.in` and `CELL.out`. Raises as `load_program` does.
    """
    interface = load_interface(path, terminal)
    ends = {
        f"{name}.{end}": type_
        for name, cell in interface.cells.items()
        for end, type_ in (("in", cell.input), ("out", cell.output))
        if type_ is not None
    }
    return interface.module, {**interface.types, **ends}


def _program_of(checked: project.Checked, terminal: Terminal) -> Program:
    if checked.program is None:
        unread = any(d.code == "E100" for d in checked.diagnostics)
        raise (CannotDo if unread else Refused)(checked.diagnostics, checked.sources)
    terminal.say_blocks(render(d, checked.sources, terminal.paint_aside) for d in checked.diagnostics)
    return checked.program


def pick_cell(program: Program, name: str | None) -> str:
    """Return the qualified name of the cell that the user means; the main cell when `name` is None. Raises Refused."""
    if name is None:
        return program.main
    qualified = name if name in program.cells else f"{program.module}.{name}"
    if qualified not in program.cells:
        own = (cell.removeprefix(f"{program.module}.") for cell in program.cells)
        raise Refused(problem("E802", name=name, near=hint(name, own)))
    return qualified
