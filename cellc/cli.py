"""The command line: a table of commands that are imported when they are used, and how each of them may end.

Nothing here imports a room of cellc at the top: `cellc --help` loads click and this file.
"""

import os
import sys
import tempfile
import traceback
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

import click

from cellc import __version__

COMMANDS: Mapping[str, str] = {
    "check": "Find everything that is wrong in programs.",
    "fmt": "Write programs in their canonical form.",
    "test": "Run tests of programs: scripted worlds, virtual time, crashes.",
    "fuzz": "Find inputs and answers for which a program breaks a promise.",
    "run": "Check a program, run it, and print its result.",
    "serve": "Start runs for requests and by the clock, as the triggers of programs say.",
    "runs": "List the runs of the log.",
    "show": "Show one run: what it waits for, what failed, and its tree.",
    "log": "Tell the history of one run; verify, export, back up or compact the log.",
    "resume": "Go on with runs that a crash or a stop left unfinished.",
    "retry": "Try a stalled run's failed calls again.",
    "resolve": "Say how a call has ended that a run stands at.",
    "signal": "Tell runs that an event has happened.",
    "tasks": "List what runs ask of people.",
    "complete": "Answer a task.",
    "cancel": "Take a run back: what it has done is undone.",
    "kill": "End a run as it stands: nothing is undone.",
    "migrate": "Compare two versions of a program: for whom it changes, and which version number that needs.",
    "graph": "Print a program's compiled graph.",
    "gen": "Make what other tools read: JSON Schemas, Python.",
    "explain": "Explain a diagnostic code.",
}


class LazyGroup(click.Group):
    """Finds a command's module by its name, in `cellc.commands`, only when that command is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 -- click's signature
        """Return the names in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 -- click's signature
        """Import and return one command."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"cellc.commands.{cmd_name}").command
        return command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        """Find the command, or fail with the nearest name."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from cellc.language.suggest import hint  # noqa: PLC0415 -- only a mistyped command pays for it

            ctx.fail(f"there is no command `{args[0]}`; {hint(args[0], COMMANDS) or 'see `cellc --help`'}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 -- click's
        """Write the table, without importing the commands."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, message="cellc %(version)s")
def command() -> None:
    """Typed workflows in .cell.yaml files: checked before they run, durable while they run."""


def main() -> NoReturn:
    """Run the command line and exit with one of the codes of `exits.py`."""
    sys.exit(_guarded())


def _guarded() -> int:
    """Return the exit code; nothing but a click exit gets past this function."""
    try:
        outcome = command.main(prog_name="cellc", standalone_mode=False)
    except click.ClickException as problem:
        problem.show()
        return problem.exit_code
    except (KeyboardInterrupt, click.Abort):
        return 130
    except BrokenPipeError:
        return _reader_left()
    except Exception as problem:  # noqa: BLE001 -- the one door for what nobody expected
        _report_bug(problem)
        return 70
    return _flushed(outcome if isinstance(outcome, int) else 0)


def _flushed(status: int) -> int:
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        return _reader_left()
    return status


def _reader_left() -> int:
    """Whoever read our output has closed it (`| head`): nothing is left to say, and nothing may complain at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _report_bug(problem: Exception) -> None:
    if os.environ.get("CELLC_DEBUG"):
        traceback.print_exception(problem)
        return
    click.echo(f"cellc {__version__}: this is a bug in cellc: {type(problem).__name__}: {problem}", err=True)
    click.echo(f"while running: cellc {' '.join(sys.argv[1:])}", err=True)
    click.echo(f"a full report is in {_write_report(problem)}; runs are durable and stay as they were", err=True)


def _write_report(problem: Exception) -> str:
    trace = "".join(traceback.format_exception(problem))
    text = f"cellc {__version__}\npython {sys.version}\nargv {sys.argv!r}\n\n{trace}"
    try:
        descriptor, path = tempfile.mkstemp(prefix="cellc-report-", suffix=".txt")
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
    except OSError:
        return "the output of the same command with CELLC_DEBUG=1"
    return str(Path(path))


if __name__ == "__main__":
    main()
