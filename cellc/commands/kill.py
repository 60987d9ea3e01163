"""`cellc kill RUN`: end a run as it stands."""

import click

from cellc.command import Command, log_option
from cellc.ending import end
from cellc.runtime.commands import KillRun
from cellc.terminal import Terminal


@click.command(cls=Command)
@click.argument("run")
@log_option
@click.pass_obj
def command(terminal: Terminal, run: str, log: str | None) -> int:
    """End the run RUN as it stands: nothing is awaited, and nothing is undone."""
    return end(terminal, run, log, KillRun)
