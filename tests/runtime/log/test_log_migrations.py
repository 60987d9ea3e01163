"""A migrated log is the same as a fresh one, and an interrupted creation is an empty file."""

import re
from datetime import UTC, datetime
from pathlib import Path

from sqlite_utils import Database

from cellc.runtime import migrations
from cellc.runtime.sqlite_library import sqlite3

AT = datetime(2026, 3, 1, tzinfo=UTC)


def described(connection: sqlite3.Connection) -> dict[str, str]:
    """Every table and index with its text, layout apart."""
    rows = connection.execute("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL")
    return {name: re.sub(r"\s*([(),]|\s)\s*", r"\1", " ".join(sql.split())) for name, sql in rows}


def fresh() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    migrations.create(connection, AT)
    return connection


def migrated() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    migrations.migrate(connection)
    return connection


def test_the_migrations_from_nothing_make_the_fresh_schema():
    assert described(migrated()) == described(fresh())


def test_a_fresh_log_counts_as_fully_migrated():
    connection = fresh()
    before = described(connection)
    migrations.migrate(connection)
    assert described(connection) == before
    names = [row["name"] for row in Database(connection)["_sqlite_migrations"].rows]
    assert names == [file.name.removesuffix(".sql") for file in migrations.migration_files()]


def test_the_format_is_the_number_of_migrations():
    for connection in (fresh(), migrated()):
        assert connection.execute("PRAGMA user_version").fetchone() == (len(migrations.migration_files()),)


def test_one_sqlite_library_serves_everyone():
    assert Database(memory=True).conn.__class__ is sqlite3.Connection
    assert sqlite3.sqlite_version_info >= (3, 51, 3)


def test_a_creation_that_was_interrupted_is_an_empty_file(tmp_path: Path):
    path = tmp_path / "log.db"
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("CREATE TABLE meta (key TEXT)")
    connection.close()
    assert migrations.recognise(sqlite3.connect(path), path) == 0
