"""`sql.*` against real SQLite files."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from cellc.runtime.clock import SystemClock
from cellc.runtime.log_reading import log_files
from cellc.runtime.log_sqlite import open_log
from cellc.runtime.ports import Outcome, Permanent, Request, Result, Transient
from cellc.runtime.sqlite_library import sqlite3
from cellc.stdlib_effects.registry import StandardHandlers
from cellc.stdlib_effects.surroundings import Surroundings


@pytest.fixture
def stock(tmp_path: Path) -> Path:
    path = tmp_path / "stock.db"
    change(path, "CREATE TABLE stock (sku TEXT PRIMARY KEY, qty INTEGER CHECK (qty >= 0), extra)")
    change(path, "INSERT INTO stock VALUES ('A', 10, NULL), ('B', 0, x'0102')")
    return path


def change(path: Path, statement: str) -> None:
    connection = sqlite3.connect(path)
    with connection:
        connection.execute(statement)
    connection.close()


def read(path: Path, statement: str) -> list[Any]:
    connection = sqlite3.connect(path)
    try:
        return connection.execute(statement).fetchall()
    finally:
        connection.close()


def perform(
    effect: str, database: Path | str, statement: str, *, key: str = "k", timeout: float | None = None, **params: Any
) -> Outcome:
    folder = Path(database).parent
    around = Surroundings(SystemClock(), print, folder, log_files(folder / "log.db"))
    handler = StandardHandlers(around).get(effect)
    assert handler
    asked = {"database": str(database), "statement": statement, "params": params}
    return asyncio.run(handler.perform(Request(effect, asked, key, 1, timeout)))


TAKE = "UPDATE stock SET qty = qty - :qty WHERE sku = :sku AND qty >= :qty"


def test_a_query_gives_its_rows_and_a_binding_gets_them(stock: Path):
    outcome = perform("sql.query", stock, "SELECT sku, qty, extra FROM stock WHERE qty >= :least ORDER BY sku", least=0)
    rows = [{"sku": "A", "qty": 10, "extra": None}, {"sku": "B", "qty": 0, "extra": "AQI="}]
    assert outcome == Result({"rows": rows})
    handler = StandardHandlers(Surroundings(SystemClock(), print)).get("sql.query")
    assert handler
    assert handler.payload({"rows": rows}) == Result(rows)


def test_a_statement_is_executed_once_under_its_key(stock: Path):
    for _ in range(3):
        assert perform("sql.execute", stock, TAKE, key="one", sku="A", qty=3) == Result({"rows": 1})
    assert perform("sql.execute", stock, TAKE, key="two", sku="A", qty=3) == Result({"rows": 1})
    assert read(stock, "SELECT qty FROM stock WHERE sku = 'A'") == [(4,)]


def test_a_statement_that_changes_nothing_is_recorded_too(stock: Path):
    assert perform("sql.execute", stock, TAKE, key="one", sku="B", qty=3) == Result({"rows": 0})
    change(stock, "UPDATE stock SET qty = 100")
    assert perform("sql.execute", stock, TAKE, key="one", sku="B", qty=3) == Result({"rows": 0})


def test_a_statement_that_fails_leaves_no_trace_and_may_be_repeated(stock: Path):
    outcome = perform("sql.execute", stock, "UPDATE stock SET qty = -1", key="one")
    assert isinstance(outcome, Permanent)
    assert "CHECK constraint failed" in outcome.reason
    assert read(stock, "SELECT name FROM sqlite_schema WHERE name = 'cellc_effects'") == []
    assert perform("sql.execute", stock, TAKE, key="one", sku="A", qty=1) == Result({"rows": 1})


def test_rows_of_a_returning_statement_are_all_written(stock: Path):
    assert perform("sql.execute", stock, "UPDATE stock SET qty = qty + 1 RETURNING qty") == Result({"rows": 2})
    assert read(stock, "SELECT qty FROM stock ORDER BY sku") == [(11,), (1,)]


def test_values_without_a_type_in_sqlite_are_stored_as_text(stock: Path):
    change(stock, "CREATE TABLE kept (a, b, c, d, e, f)")
    values = {
        "a": Decimal("12.50"),
        "b": UUID(int=1),
        "c": datetime(2026, 3, 1, 12, tzinfo=UTC),
        "d": date(2026, 3, 1),
        "e": {"x": [1, "é"]},
        "f": timedelta(seconds=90),
    }
    perform("sql.execute", stock, "INSERT INTO kept VALUES (:a, :b, :c, :d, :e, :f)", **values)
    (row,) = read(stock, "SELECT * FROM kept")
    assert row[0] == "12.50"
    assert row[1] == "00000000-0000-0000-0000-000000000001"
    assert row[2:] == ("2026-03-01T12:00:00+00:00", "2026-03-01", '{"x": [1, "é"]}', 90.0)


def test_a_locked_database_is_transient(stock: Path):
    other = sqlite3.connect(stock, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    for effect in ("sql.query", "sql.execute"):
        outcome = perform(effect, stock, "SELECT 1", timeout=0.02)
        assert isinstance(outcome, Transient)
        assert "locked" in outcome.reason
    other.close()


def test_a_statement_that_runs_too_long_is_interrupted(stock: Path):
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
    outcome = perform("sql.query", stock, endless, timeout=0.05)
    assert isinstance(outcome, Transient)
    assert "interrupted" in outcome.reason


@pytest.mark.parametrize("effect", ["sql.query", "sql.execute"])
@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("SELECT * FROM nowhere", "no such table: nowhere"),
        ("SELEC 1", "syntax error"),
        ("SELECT :missing", "binding"),
        ("SELECT 1; SELECT 2", "one statement at a time"),
        ("COMMIT", "not authorized"),
        ("SAVEPOINT a", "not authorized"),
        ("ATTACH 'log.db' AS log", "not authorized"),
    ],
)
def test_a_bad_statement_is_permanent_and_changes_nothing(stock: Path, effect: str, statement: str, words: str):
    before = read(stock, "SELECT * FROM stock")
    outcome = perform(effect, stock, statement)
    assert isinstance(outcome, Permanent)
    assert words in outcome.reason
    assert read(stock, "SELECT * FROM stock") == before


def test_a_query_cannot_write(stock: Path):
    outcome = perform("sql.query", stock, "DELETE FROM stock")
    assert isinstance(outcome, Permanent)
    assert "readonly" in outcome.reason
    assert len(read(stock, "SELECT * FROM stock")) == 2


def test_columns_of_the_same_name_are_not_lost_in_silence(stock: Path):
    outcome = perform("sql.query", stock, "SELECT a.sku, b.sku FROM stock a, stock b")
    assert outcome == Permanent("two columns of the answer have the same name; name them with AS")


def test_an_int_that_sqlite_cannot_hold_is_permanent(stock: Path):
    assert isinstance(perform("sql.execute", stock, TAKE, sku="A", qty=2**70), Permanent)


def test_a_database_that_is_not_there_is_not_made(tmp_path: Path):
    outcome = perform("sql.execute", tmp_path / "none.db", "CREATE TABLE t (a)")
    assert isinstance(outcome, Permanent)
    assert "there is no database at" in outcome.reason
    assert not (tmp_path / "none.db").exists()


def test_the_log_is_refused_under_any_name(tmp_path: Path):
    log = open_log(tmp_path / "log.db", datetime(2026, 3, 1, tzinfo=UTC))
    (tmp_path / "soft.db").symlink_to(tmp_path / "log.db")
    for name in ("log.db", "log.db-wal", "../" + tmp_path.name + "/log.db", "soft.db"):
        outcome = perform("sql.query", tmp_path / name, "SELECT 1")
        assert outcome == Permanent(f"{tmp_path / name} belongs to the log of this run")
    log.close()
