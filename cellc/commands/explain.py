"""`cellc explain CODE`: the page of a diagnostic code; `--list`: all codes."""

from typing import Any

import click
import msgspec

from cellc import explanations
from cellc.command import Command
from cellc.exits import CannotDo, problem
from cellc.language.codes import CODES
from cellc.language.suggest import hint
from cellc.terminal import Terminal


@click.command(cls=Command)
@click.argument("code", required=False)
@click.option("--list", "list_all", is_flag=True, help="List all codes with their severity and name.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.pass_obj
def command(terminal: Terminal, code: str | None, form: str, *, list_all: bool) -> None:
    """Explain a diagnostic CODE (such as E301 or type-mismatch): what is wrong, why, and a program that is right."""
    if list_all == (code is not None):
        raise click.UsageError("give a code, or --list")
    if code is None:
        terminal.write(_json([_entry(known) for known in _in_order()]) if form == "json" else _list(terminal))
    else:
        known = _known(code)
        entry = {**_entry(known), "page": explanations.page(known)}
        terminal.write(_json(entry) if form == "json" else explanations.page(known).rstrip())


def _known(given: str) -> str:
    found = explanations.find_code(given)
    if found is None:
        number = given[1:].upper().translate(str.maketrans("OIL", "011"))
        meant = [code for code in CODES if code[1:] == number]
        names = meant or [*CODES, *(code.slug for code in CODES.values())]
        written = meant[0] if meant else given.lower()
        raise CannotDo(problem("E809", name=given, near=hint(written, names, "see `cellc explain --list`")))
    return found


def _in_order() -> list[str]:
    return sorted(CODES, key=lambda code: code[1:])


def _list(terminal: Terminal) -> str:
    codes = (CODES[code] for code in _in_order())
    return "\n".join(f"{c.code}  {terminal.paint(f'{c.severity:7}', c.severity)}  {c.slug}" for c in codes)


def _entry(code: str) -> dict[str, Any]:
    known = CODES[code]
    return {
        "code": code,
        "name": known.slug,
        "severity": known.severity.value,
        "title": explanations.title(code),
        "since": known.since,
    }


def _json(data: Any) -> str:
    return msgspec.json.format(msgspec.json.encode(data), indent=2).decode()
