"""`sql.*` on real SQLite files."""

import asyncio
import re
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from cellc.runtime.clock import SystemClock
from cellc.runtime.log_reading import log_files
from cellc.runtime.log_sqlite import open_log
from cellc.runtime.ports import Outcome, Permanent, Raised, Request, Result, Transient
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
    asked = {"database": f"sqlite:///{database}", "statement": statement, "params": params}
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
    assert row[2:] == ("2026-03-01T12:00:00Z", "2026-03-01", '{"x": [1, "é"]}', "90s")


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
        ("VACUUM INTO 'copy.db'", "not authorized|authorization denied|cannot VACUUM"),
    ],
)
def test_a_bad_statement_is_permanent_and_changes_nothing(stock: Path, effect: str, statement: str, words: str):
    before = read(stock, "SELECT * FROM stock")
    outcome = perform(effect, stock, statement)
    assert isinstance(outcome, Permanent)
    assert re.search(words, outcome.reason)
    assert read(stock, "SELECT * FROM stock") == before
    assert not (stock.parent / "copy.db").exists()


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


TYPED = """\
CREATE TABLE typed (yes BOOLEAN, price DECIMAL(10, 2), count NUMERIC, day DATE, at DATETIME, seen TIMESTAMP, more JSON)
"""


def test_declared_types_of_columns_are_the_types_of_what_comes_back(stock: Path):
    change(stock, TYPED)
    moment = datetime(2026, 3, 1, 14, tzinfo=timezone(timedelta(hours=2)))
    given = {
        "yes": True,
        "price": Decimal("12.50"),
        "count": 3,
        "day": date(2026, 3, 1),
        "at": moment,
        "more": {"x": [1]},
    }
    insert = "INSERT INTO typed VALUES (:yes, :price, :count, :day, :at, '2026-03-01 12:00:00', :more)"
    assert perform("sql.execute", stock, insert, **given) == Result({"rows": 1})
    outcome = perform("sql.query", stock, "SELECT * FROM typed")
    row = {"yes": True, "price": Decimal("12.5"), "count": 3, "day": "2026-03-01", "more": {"x": [1]}}
    assert outcome == Result({"rows": [row | {"at": "2026-03-01T14:00:00+02:00", "seen": "2026-03-01T12:00:00Z"}]})


def test_what_is_not_of_its_column_s_type_comes_back_as_it_is(stock: Path):
    change(stock, TYPED)
    change(stock, "INSERT INTO typed VALUES ('maybe', 'dear', NULL, 'soon', '2026-13-01', 1772366400, '{')")
    outcome = perform("sql.query", stock, "SELECT * FROM typed")
    row = {"yes": "maybe", "price": "dear", "count": None, "day": "soon", "at": "2026-13-01", "seen": "1772366400"}
    assert outcome == Result({"rows": [row | {"more": "{"}]})


@pytest.mark.parametrize("statement", ["INSERT INTO stock (sku) VALUES ('A')", "UPDATE stock SET sku = 'A'"])
def test_a_key_that_is_taken_is_a_conflict_and_writes_nothing(stock: Path, statement: str):
    before = read(stock, "SELECT * FROM stock")
    outcome = perform("sql.execute", stock, statement, key="one")
    assert outcome == Raised("Conflict", {"reason": f"{stock}: UNIQUE constraint failed: stock.sku"})
    assert read(stock, "SELECT * FROM stock") == before
    assert perform("sql.execute", stock, TAKE, key="one", sku="A", qty=1) == Result({"rows": 1})


@pytest.mark.parametrize(
    "url", ["stock.db", "mysql://me:s3cret@host/shop", "sqlite://", "sqlite:///", "sqlite:///a.db?mode=ro"]
)
def test_what_is_no_url_of_a_database_is_told_without_being_shown(url: str):
    handler = StandardHandlers(Surroundings(SystemClock(), print)).get("sql.query")
    assert handler
    outcome = asyncio.run(handler.perform(Request("sql.query", {"database": url, "statement": "SELECT 1"}, "k", 1)))
    assert isinstance(outcome, Permanent)
    assert "sqlite:///shop.db" in outcome.reason
    assert "s3cret" not in outcome.reason


def test_a_name_in_a_url_is_percent_encoded(stock: Path):
    stock.rename(stock.parent / "what? 50%.db")
    assert perform("sql.query", stock.parent / "what%3F 50%25.db", "SELECT 1 AS n") == Result({"rows": [{"n": 1}]})


@pytest.mark.parametrize(
    "statement", ["SELECT * FROM stock", "CREATE TABLE t (a)", "CREATE TABLE t AS SELECT * FROM stock"]
)
def test_rows_are_those_that_were_changed(stock: Path, statement: str):
    assert perform("sql.execute", stock, statement) == Result({"rows": 0})
