"""Reading a log: what the owner and the read-only commands share, and opening a log without taking part in it.

`read_log` takes no lock that an owner could wait for and makes no file. Every query runs to its end before its rows are
returned, so no read transaction stays open. The chain is here too; `audit.py` sees by it that a row was changed.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from hashlib import blake2b
from heapq import merge
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from cellc.runtime import migrations
from cellc.runtime.log_problems import LogDamaged, LogForeign, LogMissing, LogPlace, LogUnmade
from cellc.runtime.ports import Arrival, KeptState, RunHead, Schedule, Wait
from cellc.runtime.sqlite_library import JOURNAL_IS_WAL, sqlite3

BUSY_SECONDS = 5.0
"""How long to wait for another process's short transaction."""

Query: TypeAlias = Callable[..., list[Any]]
"""Runs an SQL text with its parameters and returns all rows."""

_HEAD = "SELECT number, id, graph, cell, status, started_at, ended_at, wake_at, {} FROM runs"
_LATER = ("key", "given", "progress", "percent")
"""Columns that a log of an older format, which no owner has migrated yet, does not have."""

_HOLDER = " WHERE key = ? AND key IS NOT NULL AND status NOT IN ('failed', 'cancelled', 'killed')"
_WAIT = "SELECT number, run, call, effect, place, since, event, key, form FROM waits"
_ARRIVAL = "SELECT event, id, key, at, kept_until, data, run FROM arrivals"
_SCHEDULE = 'SELECT "trigger", rule, judged, previous, run, queued FROM schedules'
_PAGE = 100
"""Waits are read in pages: an event mostly goes to the first."""

_EVENTS = """
    SELECT e.seq, e.large, e.body, e.chain, v.bytes FROM events e
    LEFT JOIN vals v ON e.large AND v.hash = e.body WHERE e.run = ? AND e.seq > ? ORDER BY e.seq
"""
_KEPT = """
    SELECT s.form, s.body, s.seq FROM snapshots s JOIN events e ON e.run = s.run AND e.seq = s.seq AND e.chain = s.head
    WHERE s.run = ?
"""


def read_log(path: Path) -> "LogReader":
    """Open the log at `path` for reading only.

    Raises LogMissing, LogPlace, LogForeign, LogNewer or LogDamaged, which say so in words.
    """
    snapshot = Snapshot(path)
    return LogReader(path, snapshot.query, snapshot.close)


class StoredRow(NamedTuple):
    """A row of a run's events. `body` is the event, or with `large` the key of `value`: None where that is missing."""

    seq: int
    large: bool
    body: bytes
    chain: bytes
    value: bytes | None

    @property
    def event(self) -> bytes:
        """The encoded event; empty where its value is missing."""
        return (self.value or b"") if self.large else self.body


class LogReader:
    """The reading half of `ports.Log`. `query` runs an SQL text with its parameters and returns all rows."""

    def __init__(self, path: Path, query: Query, close: Callable[[], None]) -> None:
        self.path = path
        self.query = query
        self._close = close
        self.identity = str(query("SELECT value FROM meta WHERE key = 'identity'")[0][0])
        self._lists_waits = bool(query("SELECT 1 FROM sqlite_schema WHERE name = 'waits'"))
        columns = {row[1] for row in query("PRAGMA table_info(runs)")}
        self._head = _HEAD.format(", ".join(name if name in columns else f"NULL AS {name}" for name in _LATER))
        self._has_schedules = bool(query("SELECT 1 FROM sqlite_schema WHERE name = 'schedules'"))
        adopted = query("SELECT value FROM meta WHERE key = 'adopted_after'")
        self._adopted_after = int(adopted[0][0]) if adopted else 0
        self._keeps_states = bool(query("SELECT 1 FROM sqlite_schema WHERE name = 'snapshots'"))

    def graph(self, graph_hash: str) -> bytes:
        """Return a kept graph. Raises KeyError."""
        rows = self.query("SELECT text FROM graphs WHERE hash = ?", graph_hash)
        if not rows:
            raise KeyError(graph_hash)
        return bytes(rows[0][0])

    def heads(self, *, live: bool = False) -> Iterator[RunHead]:
        """Return the heads of all runs, oldest first; with `live`, only of those that have not ended."""
        return map(_head, self.query(self._head + (" WHERE ended_at IS NULL" if live else "") + " ORDER BY number"))

    def heads_of(self, graph: str, after: int, most: int) -> Sequence[RunHead]:
        """Return the heads of at most so many runs of a graph that have not ended, with numbers over `after`."""
        live = " WHERE ended_at IS NULL AND graph = ? AND number > ? ORDER BY number LIMIT ?"
        return [*map(_head, self.query(self._head + live, graph, after, most))]

    def head(self, run: int) -> RunHead:
        """Return one head. Raises KeyError."""
        rows = self.query(self._head + " WHERE number = ?", run)
        if not rows:
            raise KeyError(run)
        return _head(rows[0])

    def events(self, run: int, after: int = 0) -> Iterator[bytes]:
        """Return a run's encoded events after number `after` in order, with every stored value in place."""
        return (value if large else body for _, large, body, _, value in self.query(_EVENTS, run, after))

    def is_adopted(self, run: int) -> bool:
        """Return whether a run is as it was in the log that this one was copied from: it may have gone on there."""
        if not self._adopted_after:
            return False
        rows = self.query("SELECT id FROM events WHERE run = ? ORDER BY seq DESC LIMIT 1", run)
        return bool(rows) and rows[0][0] <= self._adopted_after

    def kept_state(self, run: int) -> KeptState | None:
        """Return the state that was kept last, unless the event that it follows is not the one that it was kept at."""
        rows = self.query(_KEPT, run) if self._keeps_states else []
        return KeptState(*rows[0]) if rows else None

    def graphs(self) -> Sequence[str]:
        """Return the hashes of all kept graphs, the newest first."""
        return [row[0] for row in self.query("SELECT hash FROM graphs ORDER BY rowid DESC")]

    def number_of(self, run_id: str) -> int:
        """Return the number of the run with this id. Raises KeyError."""
        rows = self.query("SELECT number FROM runs WHERE id = ?", run_id)
        if not rows:
            raise KeyError(run_id)
        return int(rows[0][0])

    def holder(self, key: str) -> RunHead | None:
        """Return the head of the run that holds this key of starts, None where it is free."""
        rows = self.query(self._head + _HOLDER, key)
        return _head(rows[0]) if rows else None

    def waits(self, event: str, key: str | None) -> Iterator[Wait]:
        """Return the waits for an event with this key, those that take any key among them, the oldest first."""
        keys = {None, key}
        return merge(*(self._pages(event, each) for each in keys), key=lambda wait: wait.number)

    def _listed(self, sql: str, *parameters: Any) -> list[Any]:
        """Run a query over the tables of format 2; a log of format 1, which no owner has migrated yet, has nothing."""
        return self.query(sql, *parameters) if self._lists_waits else []

    def _pages(self, event: str, key: str | None) -> Iterator[Wait]:
        after, sql = 0, f"{_WAIT} WHERE event = ? AND key IS ? AND number > ? ORDER BY number LIMIT {_PAGE}"
        while rows := self._listed(sql, event, key, after):
            yield from map(_wait, rows)
            after = rows[-1][0]

    def waits_of(self, run: int) -> Sequence[Wait]:
        """Return a run's waits, the oldest first."""
        return [*map(_wait, self._listed(f"{_WAIT} WHERE run = ? ORDER BY number", run))]

    def tasks(self) -> Sequence[Wait]:
        """Return the waits for people, the oldest first."""
        return [*map(_wait, self._listed(f"{_WAIT} WHERE event IS NULL ORDER BY number"))]

    def arrival(self, event: str, id_: str) -> Arrival | None:
        """Return the event that has come with this id."""
        rows = self._listed(f"{_ARRIVAL} WHERE event = ? AND id = ?", event, id_)
        return _arrival(rows[0]) if rows else None

    def kept(self, event: str, key: str | None, at: datetime) -> Sequence[Arrival]:
        """Return the events that are kept at this time, the oldest first; None: with any key."""
        named = "event = ?" if key is None else "event = ? AND key IS ?"
        sql = f"{_ARRIVAL} WHERE kept_until IS NOT NULL AND {named} AND kept_until > ? ORDER BY number"
        names = (event,) if key is None else (event, key)
        return [*map(_arrival, self._listed(sql, *names, stamp(at)))]

    def arrivals(self) -> Sequence[Arrival]:
        """Return all events that have come, the oldest first."""
        return [*map(_arrival, self._listed(f"{_ARRIVAL} ORDER BY number"))]

    def incidents(self) -> list[tuple[int, str, str, str]]:
        """Return what has happened to the log itself: the epoch, the time, the kind, and in words what it was."""
        if not self.query("SELECT 1 FROM sqlite_schema WHERE name = 'incidents'"):
            return []
        return self.query("SELECT epoch, at, kind, detail FROM incidents ORDER BY number")

    def schedule(self, trigger: str) -> Schedule | None:
        """Return how far the schedule of a trigger is, None where none of that name has been served."""
        if not self._has_schedules:
            return None
        rows = self.query(f'{_SCHEDULE} WHERE "trigger" = ?', trigger)
        return _schedule(rows[0]) if rows else None

    def verdict(self, inbox_id: str) -> str | None:
        """Return what became of the command with this inbox id, None where it has not been decided."""
        rows = self._listed("SELECT verdict FROM verdicts WHERE inbox_id = ?", inbox_id)
        return str(rows[0][0]) if rows else None

    def stored_run(self, run: int) -> "tuple[RunHead, list[StoredRow]]":
        """Return a run's head and rows as they are stored, both as of one moment. Raises KeyError."""
        after = self.head(run)
        while True:
            before, rows, after = after, [StoredRow(*row) for row in self.query(_EVENTS, run, 0)], self.head(run)
            if before == after:
                return after, rows

    def close(self) -> None:
        """Release the log."""
        self._close()


class Snapshot:
    """A connection that only reads, and follows an owner that comes, commits and goes.

    After a clean close there is no WAL, and SQLite would make its files even for a reader; `immutable` keeps it from
    that but sees no changes, so the file's stamp is compared after each query.
    """

    def __init__(self, path: Path, *, empty_allowed: bool = False) -> None:
        self.path = path
        self._open()
        if migrations.recognise(self._connection, path) == 0 and not empty_allowed:
            self.close()
            raise LogUnmade(path=path, reason="it is empty")

    def query(self, sql: str, *parameters: Any) -> list[Any]:
        """Run a query to its end; again where an owner has changed the file under it."""
        while True:
            try:
                rows = self._connection.execute(sql, parameters).fetchall()
            except sqlite3.DatabaseError as problem:
                if not self._moved():
                    raise LogDamaged(path=self.path, reason=problem) from None
            else:
                if not self._moved():
                    return rows
            self.close()
            self._open()

    def copy_into(self, target: sqlite3.Connection) -> None:
        """Copy the whole log, as of one moment. Raises sqlite3.Error where the target cannot be written."""
        while True:
            self._connection.backup(target)
            if not self._moved():
                return
            self.close()
            self._open()

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _open(self) -> None:
        check_file(self.path)
        self._stamp = _stamp(self.path)
        self._connection = connect(self.path, "ro" if self._stamp is None else "ro&immutable=1")

    def _moved(self) -> bool:
        return self._stamp is not None and _stamp(self.path) != self._stamp


_SUFFIXES = (
    "",
    "-wal",
    "-shm",
    "-journal",
    "-owner",
    "-bell",
    "-inbox",
    "-inbox-wal",
    "-inbox-shm",
    "-inbox-journal",
    "-status",
)


def log_files(path: Path) -> frozenset[Path]:
    """Return every file that belongs to the log at `path`, whether it is there or not."""
    return frozenset(path.with_name(path.name + suffix) for suffix in _SUFFIXES)


def connect(path: Path, mode: str, wait: float = BUSY_SECONDS) -> sqlite3.Connection:
    """Open a connection in autocommit mode; transactions are begun by name. Raises LogPlace."""
    uri = f"{path.absolute().as_uri()}?mode={mode}"
    try:
        connection = sqlite3.connect(uri, uri=True, timeout=wait, isolation_level=None)
        connection.execute("PRAGMA query_only" if "ro" in mode else "PRAGMA trusted_schema=OFF")
    except sqlite3.OperationalError as problem:
        raise LogPlace(path=path, reason=problem) from None
    return connection


def check_file(path: Path) -> None:
    """Refuse what cannot be a log by its look alone. Raises LogMissing, LogPlace or LogForeign."""
    try:
        if path.is_dir():
            raise LogPlace(path=path, reason="it is a folder")
        if path.is_symlink() or path.stat().st_nlink > 1:
            raise LogPlace(path=path, reason="it is a link, and the log's other files stand beside its own name")
        with path.open("rb") as file:
            start = file.read(16)
    except FileNotFoundError:
        raise LogMissing(path=path) from None
    except OSError as problem:
        raise LogPlace(path=path, reason=problem.strerror) from None
    if start not in {b"", b"SQLite format 3\0"}:
        raise LogForeign(path=path, reason="it is not an SQLite file")


def chain_seed(identity: str, run: int) -> bytes:
    """Return what a run's first row is chained to; so rows cannot move between runs or logs."""
    return blake2b(f"{identity}/{run}".encode(), digest_size=16).digest()


def chain_link(previous: bytes, body: bytes) -> bytes:
    """Return the chain of a row with this stored body."""
    return blake2b(previous + body, digest_size=16).digest()


def value_key(value: bytes) -> bytes:
    """Return the key of a stored value."""
    return blake2b(value, digest_size=32).digest()


def _stamp(path: Path) -> tuple[int, int, int] | None:
    """Return what changes when the file does; None while a WAL stands beside it, for then SQLite itself keeps watch."""
    if not JOURNAL_IS_WAL or path.with_name(path.name + "-wal").exists():
        return None
    found = path.stat()
    return found.st_ino, found.st_mtime_ns, found.st_size


def _head(row: tuple[Any, ...]) -> RunHead:
    number, id_, graph, cell, status, started, ended, wake, *more = row
    times = (datetime.fromisoformat(started), _time(ended), _time(wake))
    return RunHead(number, id_, graph, cell, status, *times, *more)


def _wait(row: tuple[Any, ...]) -> Wait:
    number, run, call, effect, place, since, event, key, form = row
    return Wait(run, call, effect, place, datetime.fromisoformat(since), event, key, form, number)


def _arrival(row: tuple[Any, ...]) -> Arrival:
    event, id_, key, at, until, data, run = row
    return Arrival(event, id_, key, datetime.fromisoformat(at), _time(until), data, run)


def _schedule(row: tuple[Any, ...]) -> Schedule:
    trigger, rule, judged, previous, run, queued = row
    return Schedule(trigger, rule, datetime.fromisoformat(judged), _time(previous), run, _time(queued))


def stamp(time: datetime) -> str:
    """Return a time as rows keep it: texts in the order of their times."""
    return time.isoformat(timespec="microseconds")


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
