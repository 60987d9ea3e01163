"""`cellc retry RUN`: try again what a run has stalled at."""

from collections.abc import Sequence

import click

from cellc.command import Command, log_option
from cellc.commands.resume import print_results
from cellc.exits import Refused, problem
from cellc.logs import find_run, reading
from cellc.running import exit_of, follow, real_world
from cellc.runtime.fabric import Fabric
from cellc.settings import log_path
from cellc.terminal import Terminal


@click.command(cls=Command)
@click.argument("run")
@log_option
@click.pass_obj
def command(terminal: Terminal, run: str, log: str | None) -> int:
    """Try again everything at which the run RUN has stalled, and follow it."""
    path = log_path(log)
    with reading(path) as found:
        head = find_run(found, run)
    if head.status != "stalled":
        raise Refused(problem("E808", name=head.id, status=head.status))

    def begin(fabric: Fabric) -> Sequence[int]:
        fabric.retry(head.number)
        return [head.number]

    views = follow(path, real_world(path, terminal), begin)
    print_results(views, terminal)
    return exit_of(views)
