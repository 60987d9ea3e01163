"""The coordination log in one SQLite file: append-only, one owner, every commit durable before it returns.

What lives here: becoming the owner, and appending. What must not: what events mean. Nothing else may open the log's
files while an owner lives in this process (`sqlite_library.py` says why). The layout is described in `sql/schema.sql`.

Known weakness: large bodies are shared only when they are equal to the byte.
"""

import contextlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, TypeAlias

from cellc.runtime import migrations, placing
from cellc.runtime.log_problems import LogCopied, LogMissing, LogPlace
from cellc.runtime.log_reading import (
    BUSY_SECONDS,
    LogReader,
    Snapshot,
    chain_link,
    chain_seed,
    connect,
    stamp,
    value_key,
)
from cellc.runtime.ownership import Ownership, own
from cellc.runtime.ports import NO_VERDICTS, Append, Arrival, Fenced, LogFailed, LogFull, RunHead, Schedule, Wait
from cellc.runtime.sqlite_library import DURABILITY, sqlite3

INLINE_BYTES = 1024
"""Bodies up to this size stand in their row."""

_ADD_EVENT = "INSERT INTO events (run, seq, large, body, chain) VALUES (?, ?, ?, ?, ?)"
_ADD_VALUE = "INSERT OR IGNORE INTO vals (hash, bytes) VALUES (?, ?)"
_ADD_GRAPH = "INSERT OR IGNORE INTO graphs (hash, text) VALUES (?, ?)"
_ADD_EPOCH = """
    INSERT INTO epochs (epoch, pid, started_at, in_flight)
    SELECT 1 + max(coalesce(max(epoch), 0), ?), ?, ?,
        (SELECT json_group_array(number) FROM runs WHERE ended_at IS NULL AND status = 'running')
    FROM epochs RETURNING epoch
"""
_PUT_HEAD = """
    INSERT INTO runs (number, id, graph, cell, status, started_at, ended_at, wake_at, key, given, progress, percent)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (number) DO UPDATE SET graph = excluded.graph, cell = excluded.cell, status = excluded.status,
        ended_at = excluded.ended_at, wake_at = excluded.wake_at, progress = excluded.progress,
        percent = excluded.percent
"""
_ADOPT = """
    INSERT INTO meta (key, value) SELECT 'adopted_after', coalesce(max(id), 0) FROM events WHERE true
    ON CONFLICT (key) DO UPDATE SET value = excluded.value
"""
"""The last event that was not written here: a run whose last one is not after it has not gone on since."""
_KEEP = "INSERT OR REPLACE INTO snapshots (run, seq, head, form, body) VALUES (?, ?, ?, ?, ?)"
_REVIVE = """
    INSERT INTO revivals (run, seq, times) VALUES (?, ?, 1)
    ON CONFLICT (run) DO UPDATE SET times = iif(seq = excluded.seq, times + 1, 1), seq = excluded.seq
"""
_REVIVALS = """
    SELECT times FROM revivals WHERE run = ?1 AND seq = (SELECT max(seq) FROM events WHERE run = ?1)
"""
_NOTE = "INSERT INTO incidents (epoch, at, kind, detail) VALUES (?, ?, ?, ?)"
_ADD_WAIT = """
    INSERT INTO waits (run, call, effect, place, since, event, key, form) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (run, call) DO UPDATE SET place = excluded.place
"""
_DROP_WAIT = "DELETE FROM waits WHERE run = ? AND call = ?"
_PUT_ARRIVAL = """
    INSERT INTO arrivals (event, id, key, at, kept_until, data, run) VALUES (?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (event, id) DO UPDATE SET kept_until = excluded.kept_until, data = excluded.data, run = excluded.run
"""
_FORGET_EXPIRED = "UPDATE arrivals SET kept_until = NULL, data = NULL WHERE kept_until <= ?"
_PUT_SCHEDULE = """
    INSERT OR REPLACE INTO schedules ("trigger", rule, judged, previous, run, queued) VALUES (?, ?, ?, ?, ?, ?)
"""
_ADD_VERDICT = "INSERT INTO verdicts (inbox_id, verdict) VALUES (?, ?)"

_BUSY = f"PRAGMA busy_timeout={round(BUSY_SECONDS * 1000)}"

Row: TypeAlias = tuple[Any, ...]


def open_log(path: Path, at: datetime, *, adopt: bool = False) -> "SqliteLog":
    """Become the owner of the log at `path`, which is made where there is none; `adopt`: also of a copy.

    The order is: hold the lock, open, checkpoint, append the epoch; only then may anything be read and acted on.
    Raises LogOwned while another process is the owner; LogCopied where it is a copy and is not to be adopted; LogPlace,
    LogForeign, LogNewer or LogDamaged where `path` is no place for it.
    """
    is_new = _check_place(path)
    with contextlib.ExitStack() as undo:
        ownership = own(path)
        undo.callback(ownership.release)
        connection = connect(path, "rwc")
        undo.callback(connection.close)
        try:
            epoch = _start_up(path, connection, ownership, at, adopt)
        except sqlite3.Error as problem:
            raise LogPlace(path=path, reason=problem) from None
        if is_new:
            _sync_folder(path.parent)
        log = SqliteLog(path, connection, ownership, epoch)
        undo.pop_all()
    return log


class SqliteLog(LogReader):
    """The owner's log: `ports.Log`. Made by `open_log`."""

    def __init__(self, path: Path, connection: sqlite3.Connection, ownership: Ownership, epoch: int) -> None:
        self._connection = connection
        self._ownership = ownership
        self._tails: dict[int, tuple[int, bytes]] = {}
        self._new_graphs: dict[str, bytes] = {}
        self._notes: list[Row] = []
        self.epoch = epoch
        super().__init__(path, self._fetch, self._release)
        self._last_run = int(self._fetch("SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'runs'")[0][0])

    def put_graph(self, graph_hash: str, text: bytes) -> None:
        """Keep a compiled graph. It is durable with the next append, which is the first that can need it."""
        if not self._fetch("SELECT 1 FROM graphs WHERE hash = ?", graph_hash):
            self._new_graphs[graph_hash] = text

    def graph(self, graph_hash: str) -> bytes:
        """Return a kept graph. Raises KeyError."""
        return self._new_graphs.get(graph_hash) or super().graph(graph_hash)

    def revivals(self, run: int) -> int:
        """Return how many processes in a row have come back to a run, and ended before anything happened in it."""
        rows = self._fetch(_REVIVALS, run)
        return int(rows[0][0]) if rows else 0

    def note(self, at: datetime, kind: str, detail: str) -> None:
        """Keep what has happened to the log itself. It is durable with the next append."""
        self._notes.append((self.epoch, stamp(at), kind, detail))

    def next_run(self) -> int:
        """Return a run number that has never been used."""
        self._last_run += 1
        return self._last_run

    def append(
        self,
        batch: Sequence[Append],
        arrivals: Sequence[Arrival] = (),
        verdicts: Mapping[str, str] = NO_VERDICTS,
        schedules: Sequence[Schedule] = (),
    ) -> None:
        """Commit everything or nothing. Raises Fenced, LogFull, LogFailed."""
        beside = [
            (_PUT_ARRIVAL, [*map(_arrival_row, arrivals)]),
            (_ADD_VERDICT, [*verdicts.items()]),
            (_PUT_SCHEDULE, [*map(_schedule_row, schedules)]),
        ]
        written = _Written(self._tail, beside)
        for append in batch:
            written.add(append)
        try:
            self._commit(written)
        except sqlite3.Error as problem:
            self._tails.clear()
            is_full = getattr(problem, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL  # not all errors have a code
            failed = LogFull if is_full else LogFailed
            raise failed(f"the log {self.path} could not be written: {problem}") from problem
        self._new_graphs.clear()
        self._notes.clear()
        self._tails.update(written.tails)
        for append in batch:
            if append.head and append.head.status != "running":
                self._tails.pop(append.run, None)  # it may be long until its next event, or for ever

    def _commit(self, written: "_Written") -> None:
        with self.transaction() as connection:
            connection.executemany(_ADD_GRAPH, self._new_graphs.items())
            connection.executemany(_ADD_VALUE, written.values.items())
            connection.executemany(_ADD_EVENT, written.rows)
            connection.executemany(_PUT_HEAD, written.heads)
            for sql, rows in (*written.others(), (_NOTE, self._notes)):
                connection.executemany(sql, rows)

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Let the body change the log in one durable commit. Raises Fenced, and sqlite3.Error where it fails."""
        connection = self._usable()
        connection.execute("BEGIN IMMEDIATE")
        try:
            self._check_epoch()
            yield connection
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:  # some failures have rolled it back already
                connection.execute("ROLLBACK")
            raise

    def _check_epoch(self) -> None:
        """Raise Fenced unless this owner is the latest; within the transaction, which no other owner can then enter."""
        if self._fetch("SELECT max(epoch) FROM epochs") != [(self.epoch,)]:
            raise Fenced(f"another process has taken over the log {self.path}")

    def _tail(self, run: int) -> tuple[int, bytes]:
        """Return the sequence number and chain of a run's last event."""
        if run not in self._tails:
            rows = self._fetch("SELECT seq, chain FROM events WHERE run = ? ORDER BY seq DESC LIMIT 1", run)
            return rows[0] if rows else (0, chain_seed(self.identity, run))
        return self._tails[run]

    def _fetch(self, sql: str, *parameters: Any) -> list[Any]:
        return self._usable().execute(sql, parameters).fetchall()

    def _usable(self) -> sqlite3.Connection:
        if not self._ownership.usable:
            raise RuntimeError("the log was opened before a fork; open it in the process that uses it")
        return self._connection

    def _release(self) -> None:
        with contextlib.suppress(sqlite3.Error):  # it only keeps a run that many processes stopped at from suspicion
            self._usable().execute("DELETE FROM revivals WHERE ? = (SELECT max(epoch) FROM epochs)", (self.epoch,))
        self._usable().close()
        self._ownership.release()


class _Written:
    """What a batch puts into the tables, worked out before the transaction begins."""

    def __init__(self, tail: Callable[[int], tuple[int, bytes]], beside: list[tuple[str, list[Row]]]) -> None:
        self._tail = tail
        self._beside = beside
        self._waits: list[Row] = []
        self._kept: list[Row] = []
        self._unlisted: list[tuple[int, int]] = []
        self._revived: list[tuple[int, int]] = []
        self.tails: dict[int, tuple[int, bytes]] = {}
        self.rows: list[tuple[int, int, int, bytes, bytes]] = []
        self.values: dict[bytes, bytes] = {}
        self.heads: list[Row] = []

    def add(self, append: Append) -> None:
        """Take in what one step adds to one run."""
        run = append.run
        seq, chain = self.tails.get(run) or self._tail(run)
        for event in append.events:
            seq += 1
            large = len(event) > INLINE_BYTES
            body = value_key(event) if large else event
            if large:
                self.values[body] = event
            chain = chain_link(chain, body)
            self.rows.append((run, seq, large, body, chain))
        self.tails[run] = seq, chain
        if append.head:
            self.heads.append(_head_row(append.head))
        if append.revived:
            self._revived.append((run, seq))
        if append.kept:
            self._kept.append((run, seq, chain, append.kept.form, append.kept.body))
        self._waits += map(_wait_row, append.waits)
        self._unlisted += ((run, call) for call in append.unlisted)

    def others(self) -> list[tuple[str, list[Any]]]:
        """Return the statements, with their rows, that most batches do not need."""
        pairs: list[tuple[str, list[Any]]] = [
            (_KEEP, self._kept),
            (_REVIVE, self._revived),
            (_ADD_WAIT, self._waits),
            (_DROP_WAIT, self._unlisted),
            *self._beside,
        ]
        return [(sql, rows) for sql, rows in pairs if rows]


def _head_row(head: RunHead) -> Row:
    times = (head.started_at, head.ended_at, head.wake_at)
    return (
        head.number,
        head.id,
        head.graph,
        head.cell,
        head.status,
        *map(_stamp, times),
        head.key,
        head.given,
        head.progress,
        head.percent,
    )


def _wait_row(wait: Wait) -> Row:
    return (wait.run, wait.call, wait.effect, wait.place, stamp(wait.since), wait.event, wait.key, wait.form)


def _arrival_row(arrival: Arrival) -> Row:
    until = _stamp(arrival.until)
    return (arrival.event, arrival.id, arrival.key, stamp(arrival.at), until, arrival.data, arrival.run)


def _schedule_row(schedule: Schedule) -> Row:
    judged, previous, queued = map(_stamp, (schedule.judged, schedule.previous, schedule.queued))
    return (schedule.trigger, schedule.rule, judged, previous, schedule.run, queued)


def _stamp(time: datetime | None) -> str | None:
    return None if time is None else stamp(time)


def _check_place(path: Path) -> bool:
    """Return whether the log is still to be made. Raises LogPlace, LogForeign or LogNewer and changes nothing then."""
    try:
        Snapshot(path, empty_allowed=True).close()
    except LogMissing:
        _make_folder(path)
        return True
    return False


def _make_folder(path: Path) -> None:
    """Make the log's own folder, but not a whole path: that would hide a typing mistake."""
    try:
        path.parent.mkdir(exist_ok=True)
    except OSError as problem:
        raise LogPlace(path=path, reason=f"{path.parent}: {problem.strerror}") from None


def _start_up(path: Path, connection: sqlite3.Connection, ownership: Ownership, at: datetime, adopt: bool) -> int:
    is_old = migrations.recognise(connection, path) > 0
    origin = placing.came_from(connection, path, ownership.epoch_before(_identity(connection))) if is_old else None
    if origin is not None and not adopt:
        raise LogCopied(path=path, origin=origin)
    migrations.bring_up_to_date(connection, path, at)
    for pragma in DURABILITY:
        connection.execute(pragma)
    # A reader that keeps the checkpoint busy is not waited for: the epoch's own commit syncs all that the WAL holds.
    for statement in ("PRAGMA busy_timeout=0", "PRAGMA wal_checkpoint(TRUNCATE)", _BUSY):
        connection.execute(statement).fetchall()
    before = ownership.epoch_before(_identity(connection))
    connection.execute("BEGIN IMMEDIATE")
    connection.execute(_FORGET_EXPIRED, (stamp(at),))
    placing.bind(connection, path)
    ((epoch,),) = connection.execute(_ADD_EPOCH, (before, os.getpid(), at.isoformat())).fetchall()
    if origin is not None:
        connection.execute(_ADOPT)
        connection.execute(_NOTE, (epoch, stamp(at), "adopted", f"it was a copy of {origin}"))
    connection.execute("COMMIT")
    ownership.note(_identity(connection), epoch)
    return int(epoch)


def _identity(connection: sqlite3.Connection) -> str:
    return str(connection.execute("SELECT value FROM meta WHERE key = 'identity'").fetchone()[0])


def _sync_folder(folder: Path) -> None:
    """Make a new file's name durable; SQLite sees to that for its journals only."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
