"""Looking at a log without taking part in it: what the commands about runs share."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import cast

from cellc.exits import NOWHERE, CannotDo, problem
from cellc.runtime.instances import RunUnreadable
from cellc.runtime.log_problems import LogProblem
from cellc.runtime.log_reading import read_log
from cellc.runtime.ports import Log, RunHead
from cellc.runtime.views import Ambiguous, RunView, find, look_up

SHOWN = 5


@contextmanager
def reading(path: Path) -> Iterator[Log]:
    """Open the log at `path` for reading. Raises CannotDo where it, or a run in it, cannot be read."""
    try:
        log = read_log(path)
        with closing(log):
            yield cast("Log", log)  # all that the views ask of a log is the reading half
    except LogProblem as reason:
        raise log_problem(reason) from None
    except RunUnreadable as reason:
        raise run_unreadable(reason) from None


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


def find_run(log: Log, prefix: str) -> RunHead:
    """Return the run whose id begins with `prefix`. Raises CannotDo when none or several do."""
    try:
        return find(log, prefix.lower())
    except KeyError:
        raise CannotDo(problem("E806", name=prefix)) from None
    except Ambiguous as several:
        runs = ", ".join(several.ids[:SHOWN]) + (", ..." if len(several.ids) > SHOWN else "")
        raise CannotDo(problem("E807", name=prefix, count=str(len(several.ids)), runs=runs)) from None
