"""The one SQLite library of the process.

Two copies of SQLite that open the same file in one process drop each other's POSIX locks, and acknowledged commits with
them. So this module is imported before anything else that wants `sqlite3` and makes that name mean `pysqlite3`
wherever it is installed (its SQLite is current; a distribution's often is not). Import `sqlite3` from here.

Libraries before 3.51.3 have a fault in write-ahead logging that can lose commits after a crash; with one of those the
log uses a rollback journal instead, which is slower and safe.
"""

import sys

try:
    import pysqlite3
except ImportError:  # no wheel for this platform: the standard library's own is then the only one
    pass
else:
    sys.modules["sqlite3"] = pysqlite3
    sys.modules["sqlite3.dbapi2"] = pysqlite3.dbapi2

import sqlite3  # the alias has to stand first

__all__ = ["DURABILITY", "JOURNAL_IS_WAL", "sqlite3"]

JOURNAL_IS_WAL = sqlite3.sqlite_version_info >= (3, 51, 3)

DURABILITY = (
    ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL")
    if JOURNAL_IS_WAL
    else ("PRAGMA journal_mode=TRUNCATE", "PRAGMA synchronous=EXTRA")
)
"""What makes a commit durable before it returns. WAL with synchronous=NORMAL loses commits at a power loss."""
