"""The log's schema: made at once from `sql/schema.sql` for a new file, migrated step by step for an older one.

A migration is a numbered file in `sql/migrations`; `PRAGMA user_version` counts those applied, `PRAGMA application_id`
says that the file is ours. Both stand in the file's header, so an up-to-date log is recognised without importing
sqlite-utils, which is slow to load and applies the migrations: each in its own transaction with its record.
A new file is made in one transaction: killed half-way it is an empty file, never half a log.
"""

import re
import secrets
from collections.abc import Callable
from datetime import datetime
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from cellc.runtime.log_problems import LogForeign, LogNewer
from cellc.runtime.sqlite_library import sqlite3

APPLICATION_ID = 0x63656C6C
"""The letters "cell", in the header of every log."""

_SET = "cellc.log"
_SQL = resources.files("cellc.runtime.sql")


@cache
def migration_files() -> tuple[Traversable, ...]:
    """Return the migrations in order; how many there are is the log format that this version writes."""
    found = (file for file in (_SQL / "migrations").iterdir() if re.fullmatch(r"\d{4}_\w+\.sql", file.name))
    return tuple(sorted(found, key=lambda file: file.name))


def recognise(connection: sqlite3.Connection, path: Path) -> int:
    """Return the log's format, 0 for an empty file. Raises LogForeign for other content, LogNewer for a later one."""
    try:
        mark, found = (
            connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version")
        )
        strangers = mark != APPLICATION_ID and connection.execute("SELECT name FROM sqlite_schema LIMIT 1").fetchone()
    except sqlite3.DatabaseError as problem:
        raise LogForeign(path=path, reason=str(problem)) from None
    if strangers or (mark not in {0, APPLICATION_ID}):
        raise LogForeign(path=path, reason="it is a database of something else")
    if mark == 0:
        return 0
    known = len(migration_files())
    if found > known:
        raise LogNewer(path=path, found=found, known=known)
    return int(found)


def bring_up_to_date(connection: sqlite3.Connection, path: Path, at: datetime) -> None:
    """Make the log in an empty file, or migrate an older one. The caller owns the log."""
    found = recognise(connection, path)
    if found == 0:
        create(connection, at)
    elif found < len(migration_files()):
        migrate(connection)


def create(connection: sqlite3.Connection, at: datetime) -> None:
    """Make a new log from `schema.sql`, in one transaction."""
    connection.execute("BEGIN IMMEDIATE")
    for statement in _statements((_SQL / "schema.sql").read_text()):
        connection.execute(statement)
    stamps = [(_SET, _name(file), str(at)) for file in migration_files()]
    connection.executemany("INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES (?, ?, ?)", stamps)
    identity = [("identity", secrets.token_hex(16)), ("created_at", at.isoformat())]
    connection.executemany("INSERT INTO meta (key, value) VALUES (?, ?)", identity)
    connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version={len(stamps)}")
    connection.execute("COMMIT")


def migrate(connection: sqlite3.Connection) -> None:
    """Apply the migrations that are missing."""
    from sqlite_utils import Database  # noqa: PLC0415 -- 100 ms, and hardly ever needed
    from sqlite_utils.migrations import Migrations  # noqa: PLC0415 -- as above

    migrations = Migrations(_SET)
    for number, file in enumerate(migration_files(), start=1):
        migrations()(_step(connection, file, number))
    migrations.apply(Database(connection))


def _step(connection: sqlite3.Connection, file: Traversable, number: int) -> Callable[[object], None]:
    def step(_database: object) -> None:
        for statement in (*_statements(file.read_text()), f"PRAGMA user_version={number}"):
            connection.execute(statement)

    step.__name__ = _name(file)
    return step


def _name(file: Traversable) -> str:
    return file.name.removesuffix(".sql")


def _statements(script: str) -> list[str]:
    """Return the statements of a script; `executescript` would commit an open transaction."""
    statements, rest = [], ""
    for line in script.splitlines(keepends=True):
        rest += line
        if sqlite3.complete_statement(rest):
            statements.append(rest)
            rest = ""
    return statements
