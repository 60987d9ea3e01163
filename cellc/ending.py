"""Ending a run by hand: what `cellc cancel` and `cellc kill` share."""

from cellc.asking import ask
from cellc.commands.resume import print_results
from cellc.exits import Exit
from cellc.logs import find_run, looked_up, reading
from cellc.running import real_world
from cellc.runtime.commands import CancelRun, KillRun
from cellc.settings import log_path
from cellc.terminal import Terminal


def end(terminal: Terminal, run: str, log: str | None, command: type[CancelRun] | type[KillRun]) -> Exit:
    """Ask for the end of a run, and print how it stands then."""
    path = log_path(log)
    with reading(path) as found:
        head = find_run(found, run)
    ask(path, real_world(path, terminal), command(head.id))
    view = looked_up(path, head.id)
    print_results([view], path, terminal)
    return Exit.UNFINISHED if view.head.ended_at is None else Exit.DONE
