"""`cellc runs`: the runs of the log, the newest last."""

from collections.abc import Sequence

import click

from cellc.command import Command, log_option
from cellc.logs import reading
from cellc.runtime.ports import RunHead
from cellc.runtime.telling import said
from cellc.settings import log_path
from cellc.standing import STATUS_STYLES, head_data, moment, to_text
from cellc.terminal import Paint, Terminal


@click.command(cls=Command)
@click.option("--live", is_flag=True, help="Only runs that have not ended.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@log_option
@click.pass_obj
def command(terminal: Terminal, form: str, log: str | None, *, live: bool) -> None:
    """List the runs of the log, the newest last."""
    with reading(log_path(log)) as found:
        heads = list(found.heads(live=live))
    if form == "json":
        terminal.write(to_text([head_data(head) for head in heads]))
    elif heads:
        terminal.write("\n".join(_table(heads, terminal.paint)))
    else:
        terminal.say("no runs")


def _table(heads: Sequence[RunHead], paint: Paint) -> list[str]:
    width = max(len(head.cell) for head in heads)
    return [
        f"{head.id}  {paint(f'{head.status:<9}', STATUS_STYLES.get(head.status, 'strong'))}  {head.cell:<{width}}"
        f"  {moment(head.started_at)}{_ended(head)}"
        for head in heads
    ]


def _ended(head: RunHead) -> str:
    if head.ended_at is None:
        due = f"  due {moment(head.wake_at)}" if head.wake_at else ""
        progress = said(head.progress, head.percent)
        return f"{due}  {progress}" if progress else due
    return f"  took {(head.ended_at - head.started_at).total_seconds():.1f} s"
