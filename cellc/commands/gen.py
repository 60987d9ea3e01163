"""`cellc gen`: what other tools read, made from a module's declarations."""

import json

import click

from cellc.command import Command
from cellc.exits import Refused, problem
from cellc.language.json_schema import schema_of_all, to_json_schema
from cellc.language.suggest import hint
from cellc.language.types import Named
from cellc.loading import load_types
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
