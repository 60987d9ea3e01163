"""`cellc run FILE`: check a program, start a run of it, follow it, print its result."""

from pathlib import Path
from typing import Any

import click

from cellc.asking import start_run
from cellc.command import Command, handlers_option, log_option, permission_options
from cellc.inputs import read_input
from cellc.language.values import to_json
from cellc.loading import load_program, pick_cell
from cellc.logs import looked_up
from cellc.readiness import refuse_unready
from cellc.running import exit_of, real_world
from cellc.runtime.start_keys import LONGEST, is_key
from cellc.runtime.views import RunView
from cellc.settings import log_path
from cellc.standing import failure_data, result_data, say_open, to_text
from cellc.terminal import Terminal


class _Key(click.ParamType[str]):
    """A key of starts: text that can be shown on a line, not too long."""

    name = "key"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the key. Ends the command where it is none."""
        if not is_key(value):
            self.fail(f"it must have 1 to {LONGEST} printable characters", param, ctx)
        return str(value)


@click.command(cls=Command)
@click.argument("file", type=click.Path())
@click.argument("inputs", nargs=-1, metavar="[NAME=VALUE]...")
@click.option("--cell", metavar="NAME", help="The cell to run, instead of the program's `main`.")
@click.option("--input", "input_file", metavar="FILE", help="A JSON object of inputs; `-` is stdin.")
@click.option(
    "--key",
    metavar="KEY",
    type=_Key(),
    help="Start only where no run holds KEY; else follow the run that was started with it.",
)
@click.option("--detach", is_flag=True, help="Come back as soon as the run only waits; it stays in the log.")
@handlers_option
@permission_options
@log_option
@click.pass_obj
def command(  # noqa: PLR0913 -- one for each option
    terminal: Terminal,
    file: str,
    inputs: tuple[str, ...],
    cell: str | None,
    input_file: str | None,
    key: str | None,
    handlers: str | None,
    log: str | None,
    *,
    allow: tuple[str, ...],
    deny: tuple[str, ...],
    detach: bool,
) -> int:
    """Check the program FILE, run it, and print its result as JSON.

    NAME=VALUE gives an input: as text where its type takes text, else as JSON. When the run ends in an error, that is
    printed as JSON and the exit code is 1; when it stands until a person acts, the exit code is 3, and 4 when it was
    cancelled. With --key, the same start again is the same run, and another start under that key ends in exit code 5.
    With --handlers, the run keeps those bindings, whoever goes on with it.
    """
    program, sources = load_program(file, terminal, handlers)
    name = pick_cell(program, cell)
    given = read_input(program, name, inputs, input_file)
    path = log_path(log)
    world = real_world(path, terminal, allow, deny)
    refuse_unready(program, name, world, sources)
    view = start_run(path, world, program, name, given, key=key, detach=detach)
    _print_result(view if view.head.ended_at else looked_up(path, view.head.id), path, terminal)
    return exit_of([view])


def _print_result(view: RunView, log: Path, terminal: Terminal) -> None:
    if view.head.ended_at is None:
        say_open(view, log, terminal)
    else:
        ended_otherwise = view.head.status in {"cancelled", "killed"}
        terminal.write(to_text(result_data(view) if ended_otherwise else failure_data(view) or to_json(view.output)))
