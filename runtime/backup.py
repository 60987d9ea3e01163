"""A copy of a log that is being written to: one file, as of one moment, checked before it has its name.

SQLite's own backup reads in one transaction, so an owner goes on meanwhile. The copy says of itself that it is one
(`placing.py`): whoever goes on with it has to say so.
"""

import os
import shutil
import tempfile
from contextlib import closing
from pathlib import Path

from cellc.runtime.audit import Audit, audit
from cellc.runtime.log_problems import BackupNotMade
from cellc.runtime.log_reading import Snapshot, connect, read_log
from cellc.runtime.placing import mark_as_copy
from cellc.runtime.sqlite_library import sqlite3


def back_up(path: Path, target: Path) -> Audit:
    """Copy the log at `path` to `target`, which must not be there, and return what a check of the copy finds.

    A copy in which something is found is kept: it has what the log has. Raises BackupNotMade, and as `read_log` does.
    """
    if target.exists() or target.is_symlink():
        raise BackupNotMade(path=target, reason="there is a file of that name already")
    with closing(Snapshot(path)) as snapshot:
        try:
            descriptor, name = tempfile.mkstemp(prefix=f"{target.name}-", dir=target.parent)
        except OSError as problem:
            raise BackupNotMade(path=target, reason=problem.strerror) from None
        os.close(descriptor)
        part = Path(name)
        try:
            shutil.copymode(path, part)
            _copy(snapshot, part)
            found = _checked(part)
            _sync(part)
            part.rename(target)
            _sync(target.parent)
        except sqlite3.Error as problem:
            raise BackupNotMade(path=target, reason=problem) from None
        except OSError as problem:
            raise BackupNotMade(path=target, reason=problem.strerror) from None
        finally:
            part.unlink(missing_ok=True)
    return found


def _copy(snapshot: Snapshot, part: Path) -> None:
    with closing(connect(part, "rw")) as copy:
        snapshot.copy_into(copy)
        copy.execute("PRAGMA journal_mode=DELETE").fetchall()  # one file, and none beside it
        mark_as_copy(copy, snapshot.path)


def _checked(part: Path) -> Audit:
    with closing(read_log(part)) as log:
        return audit(log)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
