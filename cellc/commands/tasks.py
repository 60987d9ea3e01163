"""`cellc tasks`: what runs ask of people."""

import click

from cellc.command import Command, log_option
from cellc.logs import reading
from cellc.runtime.views import tasks
from cellc.settings import log_path
from cellc.standing import task_data, task_lines, to_text
from cellc.terminal import Terminal


@click.command(cls=Command)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@log_option
@click.pass_obj
def command(terminal: Terminal, form: str, log: str | None) -> None:
    """List the open tasks of all runs, the oldest first: what is asked, of whom, and the fields of the answer."""
    with reading(log_path(log)) as found:
        open_tasks = list(tasks(found))
    if form == "json":
        terminal.write(to_text([task_data(task) for task in open_tasks]))
    elif open_tasks:
        terminal.write("\n".join(line for task in open_tasks for line in task_lines(task, terminal.paint)))
    else:
        terminal.say("no tasks")
