"""`cellc complete TASK [NAME=VALUE ...]`: answer a task."""

from collections.abc import Sequence
from pathlib import Path

import click
import msgspec

from cellc.asking import ask
from cellc.command import Command, log_option
from cellc.exits import Refused, problem
from cellc.inputs import from_words, json_option
from cellc.logs import find_run, reading
from cellc.running import real_world
from cellc.runtime.commands import Complete
from cellc.runtime.views import answer_to
from cellc.settings import log_path
from cellc.terminal import Terminal

_encoder = msgspec.json.Encoder(decimal_format="number")


@click.command(cls=Command)
@click.argument("task")
@click.argument("fields", nargs=-1, metavar="[NAME=VALUE]...")
@click.option("--data", metavar="JSON", help="The whole answer as JSON, in place of NAME=VALUE; `-` is stdin.")
@log_option
@click.pass_obj
def command(terminal: Terminal, task: str, fields: tuple[str, ...], data: str | None, log: str | None) -> int:
    """Answer the task TASK (`cellc tasks` lists them) with NAME=VALUE for each field of its form."""
    if fields and data is not None:
        raise click.UsageError("give either NAME=VALUE or --data, not both")
    path = log_path(log)
    answer = _answer(path, task, fields, data)
    ask(path, real_world(path, terminal), answer)
    terminal.say(f"{answer.run}/{answer.call} is answered")
    return 0


def _answer(path: Path, task: str, fields: Sequence[str], data: str | None) -> Complete:
    prefix, _, number = task.rpartition("/")
    if not prefix or not number.isdecimal():
        raise Refused(problem("E832", name=task))
    with reading(path) as log:
        head = find_run(log, prefix)
        asked = answer_to(log, head, int(number))
    if asked is None:
        raise Refused(problem("E832", name=f"{head.id}/{number}"))
    text = _encoder.encode(from_words(fields, *asked)).decode() if data is None else json_option(data)
    return Complete(head.id, int(number), text)
