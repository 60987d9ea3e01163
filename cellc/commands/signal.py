"""`cellc signal NAME`: tell runs that an event has happened."""

import json
import uuid

import click

from cellc.asking import ask
from cellc.command import Command, log_option
from cellc.inputs import json_option
from cellc.running import real_world
from cellc.runtime.commands import Signal
from cellc.settings import log_path
from cellc.terminal import Terminal

TOLD = {
    "taken": "the run {run} has got it",
    "kept": "nothing waits for it yet; it is kept",
    "dropped": "nothing waits for it, and its declaration has no `keep`: it is dropped",
    "repeated": "an event with this id has come before: nothing has changed",
}


@click.command(cls=Command)
@click.argument("name")
@click.option("--key", metavar="K", help="The event's key, which its payload has to say too.")
@click.option("--data", metavar="JSON", default="{}", help="The payload; `-` is stdin. Default: an empty object.")
@click.option("--id", "event_id", metavar="ID", help="What makes it the same event when it is told again.")
@log_option
@click.pass_obj
def command(terminal: Terminal, name: str, key: str | None, data: str, event_id: str | None, log: str | None) -> int:
    """Tell that the event NAME has happened. It goes to the oldest wait that it fits, in whatever run that is.

    Prints what became of it as JSON. The exit code is 1 when it was refused, or dropped because nothing waits for it.
    """
    path = log_path(log)
    signal = Signal(name, json_option(data), event_id or str(uuid.uuid4()), key)
    verdict = ask(path, real_world(path, terminal), signal)
    terminal.write(json.dumps({"event": name, "id": signal.id, "outcome": verdict.outcome, "run": verdict.run or None}))
    terminal.say(TOLD[verdict.outcome].format(run=verdict.run))
    return 1 if verdict.outcome == "dropped" else 0
