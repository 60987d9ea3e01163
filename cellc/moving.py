"""The runs of a log that `cellc migrate` judges, and moves: as the log's owner, or by asking the process that is it."""

import getpass
import os
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import cast

import msgspec

from cellc.asking import ask_owner
from cellc.comparing import Named
from cellc.exits import CannotDo, Refused, problem
from cellc.language.graph import Program, dump
from cellc.language.moving import Moving
from cellc.logs import find_run, reading
from cellc.permitting import variables
from cellc.running import log_problems
from cellc.runtime.commands import MoveRuns
from cellc.runtime.core.events import to_micros
from cellc.runtime.core.moving import Who
from cellc.runtime.environment import Environment
from cellc.runtime.fleet import PAGE, Fleet, Judged, Pages
from cellc.runtime.log_problems import LogOwned
from cellc.runtime.log_sqlite import open_log
from cellc.runtime.ports import Log, RunHead
from cellc.runtime.topologies import GraphUnreadable, Topologies


@dataclass(frozen=True, slots=True)
class Move:
    """What is asked: the runs of `old` in the log at `log` are to go on under `new`, as `moving` says.

    `only` are the ids of some of them, or how these begin; `limit` is how many may be moved. `reason` is kept with
    each that is.
    """

    log: Path
    old: Named
    new: Program
    moving: Moving
    only: Sequence[str] = ()
    limit: int | None = None
    reason: str = ""

    @property
    def who(self) -> Who:
        """Who asks for it now."""
        return Who(_user(), self.reason, to_micros(datetime.now(UTC)))


def judged(move: Move) -> Iterator[Judged]:
    """Yield how each run would move. The log is only read. Raises CannotDo, Refused."""
    with reading(move.log) as log:
        fleet = _fleet(move, log)
        yield from fleet.judge(_pages(move, log, fleet), move.who)


def moved(move: Move) -> Iterator[Judged]:
    """Move the runs that go, and yield what became of each. Raises CannotDo, Refused."""
    with log_problems():
        try:
            owned = open_log(move.log, datetime.now(UTC)) if move.log.exists() else None
        except LogOwned:
            yield from _by_owner(move)
            return
        if owned is None:
            with reading(move.log):  # says what is wrong with it
                return
        log = cast("Log", owned)
        with closing(log):
            fleet = _fleet(move, log)
            yield from fleet.move(_pages(move, log, fleet), move.who, move.limit)


def _by_owner(move: Move) -> Iterator[Judged]:
    """Let the process that owns the log move those that go, page by page, and see in the log what became of them."""
    left = move.limit
    going = (each for each in judged(move))
    while page := [*islice(going, PAGE)]:
        going_ = [each.head.id for each in page if each.stays is None or each.cancelled]
        runs = going_[: PAGE if left is None else left]
        if runs:
            who = move.who
            text = msgspec.json.encode(move.moving).decode()
            command = MoveRuns(dump(move.new).decode(), text, tuple(runs), who.by, who.reason)
            if ask_owner(move.log, command) is None:
                reason = "the process that owned the log has ended; the same command goes on with the rest"
                raise CannotDo(problem("E816", reason=reason))
        yield from _seen(move, [each for each in page if each.head.id in runs or each.head.id not in going_])
        left = None if left is None else left - len(runs)
        if left == 0:
            return


def _seen(move: Move, page: Sequence[Judged]) -> Iterator[Judged]:
    with reading(move.log) as log:
        fleet = _fleet(move, log)
        for each in page:
            now = log.head(each.head.number)
            if now.graph == move.new.sha256 or each.cancelled:
                yield Judged(now, each.stays, each.cancelled)
            elif now.ended_at is None:
                yield from fleet.judge(iter([[now]]), move.who)


def _fleet(move: Move, log: Log) -> Fleet:
    topologies = Topologies(log, Environment(variables(os.environ)))
    try:
        return Fleet(log, topologies, move.old.program.sha256, move.new, move.moving)
    except GraphUnreadable:
        old = move.old
        raise CannotDo(problem("E716", path=str(move.log), old=old.path)) from None


def _pages(move: Move, log: Log, fleet: Fleet) -> Pages:
    return iter([_named(move, log)]) if move.only else fleet.all()


def _named(move: Move, log: Log) -> list[RunHead]:
    """Return the runs of `only`, each once. Raises Refused for one that is not to be moved."""
    heads = {head.number: head for head in (find_run(log, run) for run in move.only)}
    for head in heads.values():
        if head.ended_at is not None:
            raise Refused(problem("E717", name=head.id, reason=f"it is {head.status}"))
        if head.graph != move.old.program.sha256:
            raise Refused(problem("E717", name=head.id, reason="it is of another version than OLD"))
    return [heads[number] for number in sorted(heads)]


def _user() -> str:
    """Return the name of who runs this, as far as the system knows one."""
    with suppress(OSError, KeyError):
        return getpass.getuser()
    return str(os.getuid())
