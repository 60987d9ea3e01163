"""Looking at a log without taking part in it: what the commands about runs share."""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import cast

from cellc.exits import NOWHERE, CannotDo, problem
from cellc.runtime.audit import ExportedHead
from cellc.runtime.exporting import HeadsUnreadable, exported_heads
from cellc.runtime.instances import RunUnreadable
from cellc.runtime.log_problems import LogProblem
from cellc.runtime.log_reading import LogReader, read_log
from cellc.runtime.ports import Log, RunHead
from cellc.runtime.views import Ambiguous, RunView, find, look_up

SHOWN = 5


@contextmanager
def reading(path: Path) -> Iterator[Log]:
    """Open the log at `path` for reading. Raises CannotDo where it, or a run in it, cannot be read."""
    with stored(path) as log:
        yield cast("Log", log)  # all that the views ask of a log is the reading half


@contextmanager
def stored(path: Path) -> Iterator[LogReader]:
    """Open the log at `path` to look at its rows. Raises as `reading` does."""
    try:
        log = read_log(path)
        with closing(log):
            yield log
    except LogProblem as reason:
        raise log_problem(reason) from None
    except RunUnreadable as reason:
        raise run_unreadable(reason) from None


def exported(path: Path, identity: str) -> Sequence[ExportedHead]:
    """Return the heads that an export of the log with this identity has. Raises CannotDo."""
    try:
        with path.open(encoding="utf-8") as lines:
            return [*exported_heads(lines, identity)]
    except (OSError, UnicodeDecodeError, HeadsUnreadable) as reason:
        said = (isinstance(reason, OSError) and reason.strerror) or str(reason)
        raise CannotDo(problem("E844", path=str(path), reason=said)) from None


def looked_up(path: Path, run: str) -> RunView:
    """Return how a run stands in the log at `path`. Raises CannotDo."""
    with reading(path) as log:
        return look_up(log, find_run(log, run))


def log_problem(reason: LogProblem) -> CannotDo:
    """Return what a log that cannot be used means to a command."""
    return CannotDo(problem(reason.code, NOWHERE, **reason.fields))


def run_unreadable(reason: RunUnreadable) -> CannotDo:
    """Return what a run that cannot be read means to a command."""
    return CannotDo(problem("E817", reason=str(reason)))


def find_run(log: Log | LogReader, prefix: str) -> RunHead:
    """Return the run whose id begins with `prefix`. Raises CannotDo when none or several do."""
    try:
        return find(log, prefix.lower())
    except KeyError:
        raise CannotDo(problem("E806", name=prefix)) from None
    except Ambiguous as several:
        runs = ", ".join(several.ids[:SHOWN]) + (", ..." if len(several.ids) > SHOWN else "")
        raise CannotDo(problem("E807", name=prefix, count=str(len(several.ids)), runs=runs)) from None
