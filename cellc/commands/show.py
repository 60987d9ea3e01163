"""`cellc show RUN`: one run as the log has it: what needs somebody first, then its tree, then its result."""

from collections.abc import Iterator
from pathlib import Path

import click

from cellc.command import Command, log_option
from cellc.language.values import to_json
from cellc.logs import find_run, reading
from cellc.runtime.live_status import ask
from cellc.runtime.telling import said
from cellc.runtime.views import RunView, look_up, with_live
from cellc.settings import log_path
from cellc.standing import failure_data, moment, moved_text, next_step, open_lines, status_text, to_text, view_data
from cellc.terminal import Paint, Terminal
from cellc.tree import tree_lines


@click.command(cls=Command)
@click.argument("run")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@log_option
@click.pass_obj
def command(terminal: Terminal, run: str, form: str, log: str | None) -> None:
    """Show how the run with the id RUN, or the only one that begins so, stands: as its owner has it, else the log."""
    path = log_path(log)
    with reading(path) as found:
        view = look_up(found, find_run(found, run))
    live = None if view.head.ended_at else ask(path, view.head.id)
    view = view if live is None else with_live(view, live)
    lines = _lines(view, path, terminal.paint, terminal.width)
    terminal.write(to_text(view_data(view)) if form == "json" else "\n".join(lines))


def _lines(view: RunView, log: Path, paint: Paint, width: int) -> Iterator[str]:
    head = view.head
    yield f"{head.id}  {head.cell}  {status_text(view, paint)}"
    ended = f", ended {moment(head.ended_at)}" if head.ended_at else ""
    key = f", key {head.key}" if head.key else ""
    yield paint(f"started {moment(head.started_at)}{ended}{key}{_told_by(view)}", "dim")
    if view.moved:
        yield paint(moved_text(view.moved, view.before), "dim")
    progress = "" if head.ended_at else said(head.progress, head.percent)
    if progress:
        yield progress
    yield from open_lines(view, log, paint)
    if view.tree:
        yield ""
        yield from tree_lines(view.tree, paint, width)
    if head.status in {"completed", "failed"}:
        yield to_text(failure_data(view) or to_json(view.output))
    elif head.ended_at is None:
        yield from (f"\n{line}" for line in next_step(view, log))


def _told_by(view: RunView) -> str:
    """Say whether a run that goes on is shown as its owner has it."""
    if view.head.ended_at:
        return ""
    return ", as of the log" if view.owner is None else f", live from the process {view.owner}"
