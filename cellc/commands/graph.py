"""`cellc graph FILE`: the compiled graph, as a picture in Mermaid's language or as JSON."""

import click
import msgspec

from cellc.command import Command, handlers_option
from cellc.language.graph import dump
from cellc.loading import load_program, pick_cell
from cellc.mermaid import diagram
from cellc.terminal import Terminal


@click.command(cls=Command)
@click.argument("file", type=click.Path())
@click.option("--format", "form", type=click.Choice(["mermaid", "json"]), default="mermaid", show_default=True)
@click.option("--cell", metavar="NAME", help="Only this cell.")
@handlers_option
@click.pass_obj
def command(terminal: Terminal, file: str, form: str, cell: str | None, handlers: str | None) -> None:
    """Print the compiled graph of the program FILE."""
    program, _ = load_program(file, terminal, handlers)
    name = pick_cell(program, cell) if cell else None
    if form == "mermaid":
        terminal.write(diagram(program, name))
    elif name:
        terminal.write(msgspec.json.encode(program.cells[name], order="sorted").decode())
    else:
        terminal.write(dump(program).decode())
