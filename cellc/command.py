"""What all commands share: `--color`, the terminal that they are given, and how they end early."""

from typing import Any

import click

from cellc.exits import Ended
from cellc.render import render
from cellc.terminal import Terminal


class Command(click.Command):
    """A command of cellc. Its function gets a `Terminal` first (`click.pass_obj`)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params.append(
            click.Option(
                ["--color"],
                type=click.Choice(["auto", "always", "never"]),
                default="auto",
                help="Colour; `auto` also heeds NO_COLOR, FORCE_COLOR and TERM=dumb.",
            )
        )

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; an early end is told on stderr and becomes an exit code."""
        ctx.obj = terminal = Terminal(ctx.params.pop("color"))
        try:
            return super().invoke(ctx)
        except Ended as end:
            paint = terminal.paint_aside
            terminal.say_blocks(render(diagnostic, end.sources, paint) for diagnostic in end.diagnostics)
            return int(end.status)


def permission_options(function: Any) -> Any:
    """Add `--allow` and `--deny`."""
    for name, text in (
        ("--deny", "Never perform the standard effects that PATTERN matches. May be repeated."),
        ("--allow", "Perform only what PATTERN matches, `http.*` for example. May be repeated."),
    ):
        function = click.option(name, metavar="PATTERN", multiple=True, help=text)(function)
    return function


def handlers_option(function: Any) -> Any:
    """Add `--handlers`, as `handlers`."""
    return click.option(
        "--handlers", metavar="FILE", help="Perform effects as this file says, instead of as the program says."
    )(function)


def log_option(function: Any) -> Any:
    """Add `--log`."""
    return click.option(
        "--log",
        metavar="PATH",
        help="The log. Default: CELLC_LOG, else .cellc/log.db beside the nearest cellc.toml, else here.",
    )(function)
