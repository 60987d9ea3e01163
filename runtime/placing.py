"""Where a log belongs: what tells the log that has always been here from a copy, or from one that was restored.

Two logs that go on from the same events would perform the same calls. So the log keeps the inode of its own file, which
a move keeps and a copy does not; a backup says that it is one; and the owner's side file keeps the highest epoch, so
that an older content in the same file shows. Whoever goes on with a copy says so, once.

Known weakness: a whole disk or machine that is put back, and a file that is overwritten with a copy of the same epoch,
look as if nothing had happened.
"""

import json
from pathlib import Path

from cellc.runtime.sqlite_library import sqlite3

_PUT = "INSERT INTO meta (key, value) VALUES ('place', ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value"


def came_from(connection: sqlite3.Connection, path: Path, epoch_before: int) -> str | None:
    """Return what the log at `path` is a copy of, in words; None when it belongs here, or nowhere yet.

    `epoch_before` is the epoch of the last owner of a log with this identity here, 0 where there was none.
    """
    if _last_epoch(connection) < epoch_before:
        return f"an earlier state of {path}"
    rows = connection.execute("SELECT value FROM meta WHERE key = 'place'").fetchall()
    if not rows:
        return None
    place = json.loads(rows[0][0])
    if place["inode"] is None:
        return f"a backup of {place['path']}"
    return None if place["inode"] == path.stat().st_ino else str(place["path"])


def bind(connection: sqlite3.Connection, path: Path) -> None:
    """Let the log belong to `path`."""
    _put(connection, path, path.stat().st_ino)


def mark_as_copy(connection: sqlite3.Connection, path: Path) -> None:
    """Let a copy of the log at `path` belong nowhere."""
    _put(connection, path, None)


def _put(connection: sqlite3.Connection, path: Path, inode: int | None) -> None:
    connection.execute(_PUT, (json.dumps({"path": str(path.absolute()), "inode": inode}),))


def _last_epoch(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT coalesce(max(epoch), 0) FROM epochs").fetchone()[0])
