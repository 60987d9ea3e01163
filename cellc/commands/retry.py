"""`cellc retry RUN`: try again what a run has stalled at."""

import click

from cellc.asking import ask_and_follow
from cellc.command import Command, log_option
from cellc.commands.resume import print_results
from cellc.logs import find_run, reading
from cellc.running import exit_of, real_world
from cellc.runtime.commands import RetryRun
from cellc.settings import log_path
from cellc.terminal import Terminal


@click.command(cls=Command)
@click.argument("run")
@log_option
@click.pass_obj
def command(terminal: Terminal, run: str, log: str | None) -> int:
    """Try again everything at which the run RUN has stalled, and follow it.

    A call that may have happened and must not be repeated is not: `cellc resolve` says how it ended.
    """
    path = log_path(log)
    with reading(path) as found:
        head = find_run(found, run)
    views = ask_and_follow(path, real_world(path, terminal), RetryRun(head.id), [head.id])
    print_results(views, path, terminal)
    return exit_of(views)
