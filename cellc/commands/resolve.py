"""`cellc resolve RUN PLACE`: say how a call has ended that a run stands at."""

import click

from cellc.asking import ask_and_follow
from cellc.command import Command, log_option
from cellc.commands.resume import print_results
from cellc.inputs import json_option
from cellc.logs import find_run, reading
from cellc.running import exit_of, real_world
from cellc.runtime.commands import Resolve, ResolveAgain, ResolveError, ResolveResult
from cellc.settings import log_path
from cellc.terminal import Terminal


@click.command(cls=Command)
@click.argument("run")
@click.argument("place")
@click.option("--result", metavar="JSON", help="It has happened, and this is its result; `-` is stdin.")
@click.option("--error", metavar="NAME", help="It has ended in this error, which its effect declares.")
@click.option("--with", "fields", metavar="JSON", help="The error's fields; `-` is stdin. Default: an empty object.")
@click.option("--again", is_flag=True, help="It has not happened: make it, under another key.")
@log_option
@click.pass_obj
def command(
    terminal: Terminal,
    run: str,
    place: str,
    result: str | None,
    error: str | None,
    fields: str | None,
    log: str | None,
    *,
    again: bool,
) -> int:
    """Say how the call has ended that the run RUN stands at, at PLACE as `cellc show RUN` names it, and follow the run.

    The run takes your word for it. What you give is held to what the effect declares.
    """
    if sum((result is not None, error is not None, again)) != 1:
        raise click.UsageError("give one of --result, --error and --again")
    if fields is not None and error is None:
        raise click.UsageError("--with gives the fields of an --error")
    path = log_path(log)
    with reading(path) as found:
        head = find_run(found, run)
    said: Resolve = ResolveAgain(head.id, place)
    if result is not None:
        said = ResolveResult(head.id, place, json_option(result))
    elif error is not None:
        said = ResolveError(head.id, place, error, json_option(fields or "{}"))
    views = ask_and_follow(path, real_world(path, terminal), said, [head.id])
    print_results(views, path, terminal)
    return exit_of(views)
