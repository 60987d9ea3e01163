"""`cellc resume [RUN]`: go on with what a crash, a stop or a signal left unfinished."""

import json
from collections.abc import Sequence
from pathlib import Path

import click

from cellc.asking import ask_and_follow
from cellc.command import Command, log_option, permission_options
from cellc.logs import find_run, reading
from cellc.running import exit_of, real_world
from cellc.runtime.commands import ResumeRuns
from cellc.runtime.views import RunView
from cellc.settings import log_path
from cellc.standing import result_data, say_open
from cellc.terminal import Terminal


@click.command(cls=Command)
@click.argument("run", required=False)
@click.option("--adopt", is_flag=True, help="The log is a copy or has been restored, and is to go on here.")
@permission_options
@log_option
@click.pass_obj
def command(
    terminal: Terminal, run: str | None, allow: tuple[str, ...], deny: tuple[str, ...], log: str | None, *, adopt: bool
) -> int:
    """Go on with all runs that have not ended, or with RUN, and print one line of JSON for each that ends."""
    path = log_path(log)
    with reading(path) as found:
        heads = [find_run(found, run)] if run else list(found.heads(live=True))
    if not heads and not adopt:
        terminal.say("no run is unfinished")
        return 0

    go_on = ResumeRuns(heads[0].id if run else None)
    world = real_world(path, terminal, allow, deny)
    views = ask_and_follow(path, world, go_on, [head.id for head in heads], adopt=adopt)
    print_results(views, path, terminal)
    return exit_of(views)


def print_results(views: Sequence[RunView], log: Path, terminal: Terminal) -> None:
    """Print one line of JSON for each run that has ended; say what the others stand at."""
    for view in views:
        if view.head.ended_at is None:
            say_open(view, log, terminal)
        else:
            terminal.write(json.dumps(result_data(view), ensure_ascii=False))
