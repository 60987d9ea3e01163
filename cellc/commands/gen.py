"""`cellc gen`: what other tools read, made from a module's declarations."""

import json
import shlex
from pathlib import Path

import click

from cellc import generated
from cellc.command import Command
from cellc.exits import Refused, problem
from cellc.language.json_schema import schema_of_all, to_json_schema
from cellc.language.suggest import hint
from cellc.language.types import Named
from cellc.line_cells import safe
from cellc.loading import load_interface, load_types
from cellc.stubs import python_module
from cellc.terminal import Terminal


@click.group()
def command() -> None:
    """Make what other tools read from a module's types."""


@command.command(cls=Command)
@click.argument("file", type=click.Path())
@click.argument("name", metavar="[TYPE]", required=False)
@click.pass_obj
def schema(terminal: Terminal, file: str, name: str | None) -> None:
    """Print the types of the module FILE, and its cells' inputs and outputs, as JSON Schema (draft 2020-12).

    With TYPE, only that one: a type (`Order`), or a cell's input or output (`price.in`, `price.out`).
    """
    module, types = load_types(file, terminal)
    if name is None:
        document = schema_of_all(types)
    else:
        qualified = name if name in types else f"{module}.{name}"
        if qualified not in types:
            own = [known.removeprefix(f"{module}.") for known in types]
            raise Refused(problem("E822", name=name, near=hint(name, own)))
        document = to_json_schema(Named(qualified), types)
    terminal.write(json.dumps(document, indent=2, ensure_ascii=False))


@command.command(cls=Command)
@click.argument("file", type=click.Path())
@click.option("-o", "--output", metavar="OUT", help="Write to OUT, unless a file is there that cellc did not write.")
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 when OUT is not what would be written.")
@click.pass_obj
def python(terminal: Terminal, file: str, output: str | None, check: bool) -> None:
    """Write a Python module with the types, errors, effects and cells of the module FILE.

    Types are pydantic models; handlers and cells written in Python get types to be checked against.
    """
    if check and output is None:
        raise click.UsageError("`--check` compares with a file: name it with `-o`")
    text = generated.sealed(
        python_module(load_interface(file, terminal)), "cellc gen python", safe(Path(file).name.replace("\n", " "))
    )
    if output is None:
        terminal.write(text.removesuffix("\n"))
    elif check:
        generated.compare(output, text, f"cellc gen python {shlex.quote(file)} -o {shlex.quote(output)}")
    elif generated.write(output, text):
        terminal.say(f"{output} written")
