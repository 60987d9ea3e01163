"""`cellc cancel RUN`: take a run back."""

import click

from cellc.command import Command, log_option
from cellc.ending import end
from cellc.runtime.commands import CancelRun
from cellc.terminal import Terminal


@click.command(cls=Command)
@click.argument("run")
@log_option
@click.pass_obj
def command(terminal: Terminal, run: str, log: str | None) -> int:
    """Cancel the run RUN: what is in flight is settled, what it has done is undone, then it ends.

    The exit code is 3 when that is not finished yet: undoing takes time, or stands until a person acts.
    """
    return end(terminal, run, log, CancelRun)
