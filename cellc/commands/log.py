"""`cellc log`: the history of one run, and keeping the log: checking, exporting, copying and compacting it."""

import json
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from cellc.command import Command, log_option
from cellc.exits import Exit, Refused, problem
from cellc.language.literals import duration_value
from cellc.language.values import to_json
from cellc.logs import exported, find_run, log_problem, reading, stored
from cellc.running import log_problems
from cellc.runtime.audit import Audit, audit
from cellc.runtime.backup import back_up
from cellc.runtime.compacting import compact as compact_log
from cellc.runtime.exporting import export as export_lines
from cellc.runtime.log_problems import LogProblem
from cellc.runtime.log_sqlite import open_log
from cellc.runtime.telling import Line
from cellc.runtime.views import history
from cellc.settings import log_path
from cellc.standing import LINE_STYLES, moment, to_text
from cellc.terminal import Paint, Terminal

HISTORY = "history"


class LogGroup(click.Group):
    """Takes what is no sub-command's name as the arguments of the history of a run."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the name of the command in front that was not written."""
        if args and args[0] not in {*self.commands, *ctx.help_option_names}:
            args = [HISTORY, *args]
        return super().parse_args(ctx, args)


class HistoryCommand(Command):
    """Is called without its name."""

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the usage as it is."""
        formatter.write_usage("cellc log", " ".join(self.collect_usage_pieces(ctx)))


@click.group(cls=LogGroup, subcommand_metavar="RUN | COMMAND [ARGS]...")
def command() -> None:
    """Tell what has happened in the run RUN, one line for each event; or check, export, copy or compact the log.

    With RUN: --format text|json, --log PATH.
    """


@command.command(HISTORY, cls=HistoryCommand, hidden=True)
@click.argument("run")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@log_option
@click.pass_obj
def history_(terminal: Terminal, run: str, form: str, log: str | None) -> None:
    """Tell what has happened in the run with the id RUN, or the only one that begins so."""
    with reading(log_path(log)) as found:
        lines = list(history(found, find_run(found, run)))
    if form == "json":
        terminal.write(to_text([_line_data(seq, line) for seq, line in lines]))
    else:
        terminal.write("\n".join(_table(lines, terminal.paint)))


@command.command(cls=Command)
@click.option("--heads", metavar="FILE", help="Also compare with what `cellc log export` wrote to FILE earlier.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@log_option
@click.pass_obj
def verify(terminal: Terminal, heads: str | None, form: str, log: str | None) -> int:
    """Find rows that are not as they were written, or missing.

    A run whose last events have been cut off is found only with --heads.
    """
    with stored(log_path(log)) as found:
        done = audit(found, exported(Path(heads), found.identity) if heads else ())
    if form == "json":
        terminal.write(to_text(_audit_data(done)))
        return Exit.NO if done.findings else Exit.DONE
    _refuse(done)
    runs = f"{done.runs} run{'' if done.runs == 1 else 's'}"
    terminal.write(f"{runs}, {done.events} events: all are as they were written")
    if not heads:
        terminal.say("that no run's end is missing shows only against exported heads: --heads FILE")
    return Exit.DONE


@command.command(cls=Command)
@click.argument("run", required=False)
@click.option("--heads", is_flag=True, help="Only how far each run is: enough to find later what is missing.")
@log_option
@click.pass_obj
def export(terminal: Terminal, run: str | None, log: str | None, *, heads: bool) -> None:
    """Write the log, or the run RUN, as lines of JSON. The process that owns the log goes on meanwhile."""
    with stored(log_path(log)) as found:
        runs = None if run is None else [find_run(found, run)]
        for line in export_lines(found, datetime.now(UTC), runs, heads_only=heads):
            terminal.write_bytes(line + b"\n")


@command.command(cls=Command)
@click.argument("file", type=click.Path())
@log_option
@click.pass_obj
def backup(terminal: Terminal, file: str, log: str | None) -> None:
    """Copy the log to FILE, and check the copy. The process that owns the log goes on meanwhile."""
    try:
        done = back_up(log_path(log), Path(file))
    except LogProblem as reason:
        raise log_problem(reason) from None
    terminal.write(json.dumps({"file": file, "bytes": Path(file).stat().st_size, **_audit_data(done)}))
    _refuse(done)


def _age(_: click.Context, __: click.Parameter, value: str | None) -> timedelta | None:
    """Return the duration that `value` is, as the language writes one."""
    found = None if value is None else duration_value(value)
    if value is not None and found is None:
        raise click.BadParameter(f"`{value}` is no duration like 30d or 12h")
    return found


@command.command(cls=Command)
@click.option(
    "--keep", metavar="AGE", callback=_age, help="Also remove runs that ended longer ago than this: 30d, 12h."
)
@log_option
@click.pass_obj
def compact(terminal: Terminal, keep: timedelta | None, log: str | None) -> None:
    """Replace the history of runs that go on by where they stand. What is dropped is gone for good.

    No other process may own the log. Runs that have ended stay as they are, unless --keep says for how long.
    """
    path = log_path(log)
    with reading(path):
        before = path.stat().st_size
    now = datetime.now(UTC)
    with log_problems(), closing(open_log(path, now)) as owned:
        done = compact_log(owned, now, keep)
    for run, reason in done.left:
        terminal.say(f"the history of run {run} stays: {reason}")
    told = {"runs_removed": done.removed, "runs_compacted": done.compacted, "events_dropped": done.events}
    terminal.write(json.dumps({**told, "bytes_before": before, "bytes": path.stat().st_size}))


def _refuse(done: Audit) -> None:
    """Raise Refused where a check has found something."""
    if done.findings:
        raise Refused(
            [
                told
                for each in done.findings
                for told in problem("E840", where=_where(each.run, each.seq), what=each.what)
            ]
        )


def _where(run: str | None, seq: int | None) -> str:
    if run is None:
        return ""
    return f"run {run}: " if seq is None else f"run {run}, event {seq}: "


def _audit_data(done: Audit) -> dict[str, Any]:
    findings = [{"run": each.run, "seq": each.seq, "what": each.what} for each in done.findings]
    return {"runs": done.runs, "events": done.events, "findings": findings}


def _table(lines: Sequence[tuple[int, Line]], paint: Paint) -> Iterator[str]:
    width = len(str(lines[-1][0])) if lines else 1
    before = 0
    for seq, line in lines:
        number = f"{seq:>{width}}" if seq != before else " " * width
        before = seq
        kind = paint(f"{line.kind:<10}", LINE_STYLES.get(line.kind, "dim"))
        words = [number, paint(moment(line.at), "dim"), kind, line.place, line.effect, line.detail, _value(line)]
        yield "  ".join(word for word in words if word).rstrip()


def _value(line: Line) -> str:
    return "" if line.value is None else json.dumps(to_json(line.value), ensure_ascii=False)


def _line_data(seq: int, line: Line) -> dict[str, Any]:
    return {
        "seq": seq,
        "at": line.at.isoformat(),
        "kind": line.kind,
        "place": line.place or None,
        "effect": line.effect or None,
        "detail": line.detail or None,
        "value": to_json(line.value),
    }
