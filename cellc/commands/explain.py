"""`cellc explain CODE`: the page of a diagnostic code; `--list`: all codes."""

from pathlib import Path

import click

from cellc.command import Command
from cellc.exits import CannotDo, problem
from cellc.language.codes import CODES
from cellc.language.suggest import hint
from cellc.terminal import Terminal

PAGES = Path(__file__).parent.parent / "pages"
"""The pages, a mount of docs/diagnostics."""


@click.command(cls=Command)
@click.argument("code", required=False)
@click.option("--list", "list_all", is_flag=True, help="List all codes.")
@click.pass_obj
def command(terminal: Terminal, code: str | None, *, list_all: bool) -> None:
    """Explain a diagnostic CODE (such as E301): what is wrong, why it matters, and a program that is right."""
    if list_all:
        terminal.write("\n".join(f"{code}  {CODES[code].slug}" for code in sorted(CODES, key=lambda code: code[1:])))
    elif code is None:
        raise click.UsageError("give a code, or --list")
    else:
        terminal.write(_page(code).rstrip())


def _page(code: str) -> str:
    known = code.upper()
    if known not in CODES:
        by_slug = {c.slug: c.code for c in CODES.values()}
        known = by_slug.get(code.lower(), "")
    if not known:
        raise CannotDo(problem("E809", name=code, near=hint(code.upper(), CODES, "see `cellc explain --list`")))
    return (PAGES / f"{known}.md").read_text(encoding="utf-8")
