"""Making a log smaller: the history of runs that go on is replaced by where they stand, and old ended runs are removed.

A compacted run begins with an event that holds its state and is chained to the event before it, which is gone with all
others: from then on that event is the truth. What was removed is removed for good, also from `cellc log export`.

Known weakness: values that were removed stay readable in the file's free pages until it has been written anew, which
needs as much room again; where a reader is in the way, that is left for the next time.
"""

from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import cast

import msgspec

from cellc.runtime.core.events import Compacted, encode
from cellc.runtime.environment import Environment
from cellc.runtime.inbox import inbox_path
from cellc.runtime.instances import Instance, RunUnreadable, load_run
from cellc.runtime.log_problems import LogPlace
from cellc.runtime.log_reading import StoredRow, connect, stamp
from cellc.runtime.log_sqlite import SqliteLog
from cellc.runtime.ports import Append, Log, LogFailed, RunHead
from cellc.runtime.sqlite_library import sqlite3
from cellc.runtime.topologies import Topologies

_OF_RUN = ("events", "snapshots", "waits", "revivals")
_OLD = "SELECT number FROM runs WHERE ended_at < ? ORDER BY number"
_UNUSED_VALUES = "DELETE FROM vals WHERE hash NOT IN (SELECT body FROM events WHERE large)"
_ROW_BYTES = 40
"""About what a row takes in the file beside the event: its chain, its numbers, and its place in the index."""

_ADOPTED = """
    UPDATE meta SET value = min(CAST(value AS INTEGER), (SELECT coalesce(max(id), 0) FROM events))
    WHERE key = 'adopted_after'
"""
"""Numbers of rows that are removed may be given again."""


@dataclass(slots=True)
class Dropped:
    """What a compaction has done. `left` are runs whose history it had to leave, with the reason."""

    removed: int = 0
    compacted: int = 0
    events: int = 0
    left: list[tuple[str, str]] = field(default_factory=list)


def compact(log: SqliteLog, at: datetime, keep: timedelta | None) -> Dropped:
    """Compact every run that goes on and has gained by it, remove what ended longer than `keep` ago (None: nothing).

    Raises Fenced, LogFailed.
    """
    try:
        return _compact(log, at, keep)
    except sqlite3.Error as problem:
        raise LogFailed(f"the log {log.path} could not be compacted: {problem}") from problem


def _compact(log: SqliteLog, at: datetime, keep: timedelta | None) -> Dropped:
    done = Dropped()
    topologies = Topologies(cast("Log", log), Environment({}))
    for head in [*log.heads(live=True)]:
        _compact_run(log, topologies, head, done)
    if keep is not None:
        _remove_old(log, _before(at, keep), done)
    with log.transaction() as connection:
        connection.execute(_UNUSED_VALUES)
        connection.execute(_ADOPTED)
        _forget_verdicts(log, connection)
    log.note(at, "compacted", f"{done.events} events dropped, {done.removed} runs removed")
    log.append([])
    _shrink(log)
    return done


def _compact_run(log: SqliteLog, topologies: Topologies, head: RunHead, done: Dropped) -> None:
    """Replace a run's history by its state, where that is smaller."""
    if log.is_adopted(head.number):
        done.left.append((head.id, "it has not gone on since the log was adopted"))
        return
    try:
        instance = load_run(cast("Log", log), topologies, head)
    except RunUnreadable as problem:
        done.left.append((head.id, str(problem)))
        return
    _, rows = log.stored_run(head.number)
    event = _event(instance, rows)
    if event is None or len(event) + _ROW_BYTES >= sum(len(row.event) + _ROW_BYTES for row in rows):
        return
    last = rows[-1].seq
    log.append([Append(head.number, [event])])
    with log.transaction() as connection:
        connection.execute("DELETE FROM events WHERE run = ? AND seq <= ?", (head.number, last))
        connection.execute("DELETE FROM snapshots WHERE run = ?", (head.number,))
    done.compacted += 1
    done.events += len(rows)


def _event(instance: Instance, rows: list[StoredRow]) -> bytes | None:
    """Return the event that holds a run's state; None for a run that differs from its log."""
    if instance.state.divergence is not None or not rows:
        return None
    state = msgspec.Raw(instance.topology.snapshots.take(instance.state))
    return encode(Compacted(instance.state.at, rows[-1].seq, rows[-1].chain.hex(), state))


def _before(at: datetime, keep: timedelta) -> datetime:
    try:
        return at - keep
    except OverflowError:
        return datetime.min.replace(tzinfo=at.tzinfo)


def _remove_old(log: SqliteLog, before: datetime, done: Dropped) -> None:
    """Remove the runs that ended before then, and what is known of events that came before then."""
    with log.transaction() as connection:
        old = connection.execute(_OLD, (stamp(before),)).fetchall()
        for table in _OF_RUN:
            removed = connection.executemany(f"DELETE FROM {table} WHERE run = ?", old).rowcount  # noqa: S608 -- a fixed name
            done.events += removed if table == "events" else 0
        connection.executemany("DELETE FROM runs WHERE number = ?", old)
        connection.executemany("UPDATE arrivals SET run = NULL WHERE run = ?", old)
        connection.execute("DELETE FROM arrivals WHERE kept_until IS NULL AND at < ?", (stamp(before),))
    done.removed = len(old)


def _forget_verdicts(log: SqliteLog, connection: sqlite3.Connection) -> None:
    """Forget the verdicts of commands that are in the inbox no more: their senders have read them."""
    with suppress(sqlite3.Error, LogPlace):  # one that is busy, or not there, is for the next time
        if not inbox_path(log.path).exists():
            return
        with closing(connect(inbox_path(log.path), "rw", wait=0)) as inbox:
            known = {row[0] for row in inbox.execute("SELECT inbox_id FROM commands")}
        gone = [row for row in connection.execute("SELECT inbox_id FROM verdicts").fetchall() if row[0] not in known]
        connection.executemany("DELETE FROM verdicts WHERE inbox_id = ?", gone)


def _shrink(log: SqliteLog) -> None:
    """Write the file anew without its free pages, where no reader is in the way."""
    with suppress(sqlite3.OperationalError):
        for statement in ("VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"):
            log.query(statement)
