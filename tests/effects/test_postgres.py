"""`sql.*` on a real PostgreSQL server."""

import asyncio
import re
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cellc.runtime.clock import SystemClock
from cellc.runtime.ports import Outcome, Permanent, Raised, Request, Result, Transient
from cellc.stdlib_effects.postgres_text import first_word, numbered
from cellc.stdlib_effects.registry import StandardHandlers
from cellc.stdlib_effects.surroundings import Surroundings
from tests.postgres_server import PASSWORD, QUOTED, Database

Perform = Callable[..., Outcome]

TAKE = "UPDATE stock SET qty = qty - :qty WHERE sku = :sku AND qty >= :qty"


@pytest.fixture
def stock(postgres_database: Database) -> Database:
    postgres_database.change(
        "CREATE TABLE stock (sku text PRIMARY KEY, qty int CHECK (qty >= 0), extra bytea)",
        "INSERT INTO stock VALUES ('A', 10, NULL), ('B', 0, '\\x0102')",
    )
    return postgres_database


@pytest.fixture
def perform(stock: Database) -> Iterator[Perform]:
    """Give what performs an effect in the database, by the handlers of one process."""
    handlers = StandardHandlers(Surroundings(SystemClock(), print))

    def call(
        effect: str,
        statement: str,
        *,
        key: str = "k",
        timeout: float | None = None,
        url: str = stock.url,
        **params: Any,
    ) -> Outcome:
        handler = handlers.get(effect)
        assert handler
        asked = {"database": url, "statement": statement, "params": params}
        return asyncio.run(handler.perform(Request(effect, asked, key, 1, timeout)))

    yield call
    asyncio.run(handlers.close())


def test_a_query_gives_its_rows(perform: Perform):
    outcome = perform("sql.query", "SELECT sku, qty, extra FROM stock WHERE qty >= :least ORDER BY sku", least=0)
    rows = [{"sku": "A", "qty": 10, "extra": None}, {"sku": "B", "qty": 0, "extra": "AQI="}]
    assert outcome == Result({"rows": rows})
    assert perform("sql.query", "SELECT sku FROM stock WHERE qty > 100") == Result({"rows": []})


def test_a_statement_is_executed_once_under_its_key(perform: Perform, stock: Database):
    for _ in range(3):
        assert perform("sql.execute", TAKE, key="one", sku="A", qty=3) == Result({"rows": 1})
    assert perform("sql.execute", TAKE, key="two", sku="A", qty=3) == Result({"rows": 1})
    assert stock.read("SELECT qty FROM stock WHERE sku = 'A'") == [(4,)]


def test_a_statement_that_changes_nothing_is_recorded_too(perform: Perform, stock: Database):
    assert perform("sql.execute", TAKE, key="one", sku="B", qty=3) == Result({"rows": 0})
    stock.change("UPDATE stock SET qty = 100")
    assert perform("sql.execute", TAKE, key="one", sku="B", qty=3) == Result({"rows": 0})


def test_a_statement_that_fails_leaves_no_trace_and_may_be_repeated(perform: Perform, stock: Database):
    outcome = perform("sql.execute", "UPDATE stock SET qty = -1", key="one")
    assert isinstance(outcome, Permanent)
    assert "violates check constraint" in outcome.reason
    assert stock.read("SELECT to_regclass('cellc_effects')") == [(None,)]
    assert perform("sql.execute", TAKE, key="one", sku="A", qty=1) == Result({"rows": 1})


@pytest.mark.parametrize(
    ("statement", "rows"),
    [
        ("UPDATE stock SET qty = qty + 1 RETURNING qty", 2),
        ("INSERT INTO stock VALUES ('C', 1), ('D', 1), ('E', 1)", 3),
        ("DELETE FROM stock", 2),
        ("SELECT * FROM stock", 0),
        ("CREATE INDEX ON stock (qty)", 0),
    ],
)
def test_rows_are_those_that_were_changed(perform: Perform, statement: str, rows: int):
    assert perform("sql.execute", statement) == Result({"rows": rows})


def test_values_keep_their_types(perform: Perform, stock: Database):
    stock.change(
        "CREATE TABLE kept (a numeric, b uuid, c timestamptz, d date, e jsonb, f interval, g bytea, h bool, i float8,"
        " j time, k timestamp, l bigint, m text)"
    )
    values = {
        "a": Decimal("12345678901234567890.50"),
        "b": UUID(int=1),
        "c": datetime(2026, 3, 1, 14, tzinfo=UTC),
        "d": date(2026, 3, 1),
        "e": {"x": [1, "é", None]},
        "f": timedelta(seconds=90),
        "g": b"\x00\xff",
        "h": True,
        "i": 0.1,
        "j": time(7, 30),
        "k": datetime(2026, 3, 1, 12, tzinfo=UTC),
        "l": 2**40,
        "m": "it's % :m",
    }
    insert = "INSERT INTO kept VALUES (:a, :b, :c, :d, :e, :f, :g, :h, :i, :j, :k, :l, :m)"
    assert perform("sql.execute", insert, **values) == Result({"rows": 1})
    assert stock.read("SELECT a, b, d, e, f, g, h, i, j, l, m, k = '2026-03-01 12:00' FROM kept") == [
        (*(values[name] for name in "abdefghijlm"), True)
    ]
    given = {
        **values,
        "b": "00000000-0000-0000-0000-000000000001",
        "c": "2026-03-01T14:00:00Z",
        "d": "2026-03-01",
        "f": "90s",
        "g": "AP8=",
        "j": "07:30:00",
        "k": "2026-03-01T12:00:00Z",
    }
    assert perform("sql.query", "SELECT * FROM kept WHERE b = :b AND c = :c AND a = :a", **values) == Result(
        {"rows": [given]}
    )


@pytest.mark.parametrize(
    ("statement", "values", "rows"),
    [
        (
            "SELECT sku FROM stock WHERE sku = ANY(:x) ORDER BY sku",
            ["A", "B", 'o"th,er', None],
            [{"sku": "A"}, {"sku": "B"}],
        ),
        ("SELECT sku FROM stock WHERE sku = ANY(:x)", [], []),
        ("SELECT :x::date[] AS x", ["2026-03-01"], [{"x": ["2026-03-01"]}]),
        ("SELECT :x::int[] AS x", [1, 2, None], [{"x": [1, 2, None]}]),
        ("SELECT :x::mood[] AS x", ["glad"], [{"x": "{glad}"}]),
        ("SELECT :x::int[] AS x", [[1], [2]], [{"x": [[1], [2]]}]),
        ("SELECT :x::jsonb AS x", [1, "a", {"b": None}], [{"x": [1, "a", {"b": None}]}]),
    ],
)
def test_a_list_is_an_array_where_one_is_wanted_else_json(
    perform: Perform, stock: Database, statement: str, values: list[Any], rows: list[Any]
):
    stock.change("CREATE TYPE mood AS ENUM ('glad', 'sad')")
    assert perform("sql.query", statement, x=values) == Result({"rows": rows})


def test_a_list_that_is_no_array_of_the_wanted_type_is_told(perform: Perform):
    outcome = perform("sql.query", "SELECT :x::int[]", x=["A"])
    assert isinstance(outcome, Permanent)
    assert 'invalid input syntax for type integer: "A"' in outcome.reason
    broken = perform("sql.query", "SELECT FROM WHERE :x", x=["A"])
    assert isinstance(broken, Permanent)
    assert "syntax error" in broken.reason
    assert isinstance(perform("sql.query", "SELECT :x::int[]", x=[1, "A"]), Permanent)


def test_what_json_lacks_comes_back_as_text_or_lists(perform: Perform):
    statement = (
        "SELECT ARRAY[1, 2] AS a, ARRAY['2026-03-01'::date] AS b, '10.0.0.1'::inet AS c, '{\"x\": 1.50}'::json AS d"
    )
    row = {"a": [1, 2], "b": ["2026-03-01"], "c": "10.0.0.1", "d": {"x": Decimal("1.50")}}
    assert perform("sql.query", statement) == Result({"rows": [row]})


@pytest.mark.parametrize("effect", ["sql.query", "sql.execute"])
@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("SELECT * FROM nowhere", 'relation "nowhere" does not exist'),
        ("SELECT FROM WHERE", "syntax error"),
        ("SELECT :missing", "`params` has no `missing`"),
        ("SELECT $1", "write `:name` instead of `\\$1`"),
        ("SELECT 1; SELECT 2", "multiple commands"),
        ("SELECT 1; COMMIT", "multiple commands"),
        ("INSERT INTO stock VALUES ('Z', 1, NULL); COMMIT; SELECT 1", "multiple commands"),
        ("COMMIT", "`COMMIT` is not among the statements"),
        ("-- SELECT\rCOMMIT", "`COMMIT` is not among the statements"),
        ("/* /* */ SELECT */ commit and chain", "`COMMIT` is not among the statements"),
        ("; COMMIT", "`` is not among the statements"),
        ("", "`` is not among the statements"),
        *(
            (statement, "is not among the statements")
            for statement in (
                "ROLLBACK",
                "END",
                "ABORT",
                "BEGIN",
                "START TRANSACTION",
                "SAVEPOINT a",
                "RELEASE a",
                "PREPARE TRANSACTION 'a'",
                "COMMIT PREPARED 'a'",
                "SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE",
                "DO $$ BEGIN COMMIT; END $$",
                "COPY stock FROM PROGRAM 'echo Z'",
                "COPY stock TO STDOUT",
                "EXECUTE a",
                "PREPARE a AS SELECT 1",
                "DECLARE a CURSOR WITH HOLD FOR SELECT 1",
                "LISTEN a",
                "LOAD 'a'",
                "VACUUM",
            )
        ),
        ("CREATE DATABASE other", "cannot"),
    ],
)
def test_a_bad_statement_is_permanent_and_changes_nothing(
    perform: Perform, stock: Database, effect: str, statement: str, words: str
):
    before = stock.read("SELECT * FROM stock")
    outcome = perform(effect, statement)
    assert isinstance(outcome, Permanent)
    assert re.search(words, outcome.reason)
    assert stock.read("SELECT * FROM stock") == before
    assert stock.read("SELECT to_regclass('cellc_effects')") == [(None,)]


def test_a_procedure_cannot_end_the_transaction(perform: Perform, stock: Database):
    body = "BEGIN UPDATE stock SET qty = 99; COMMIT; END"
    stock.change(f"CREATE PROCEDURE sly() LANGUAGE plpgsql AS $$ {body} $$")
    outcome = perform("sql.execute", "CALL sly()")
    assert isinstance(outcome, Permanent)
    assert "invalid transaction termination" in outcome.reason
    assert stock.read("SELECT max(qty) FROM stock") == [(10,)]


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM stock",
        "WITH gone AS (DELETE FROM stock RETURNING sku) SELECT * FROM gone",
        "EXPLAIN ANALYZE DELETE FROM stock",
        "CREATE TABLE t (a int)",
        "SELECT set_config('transaction_read_only', 'off', false), count(*) FROM stock",
    ],
)
def test_a_query_cannot_write(perform: Perform, stock: Database, statement: str):
    outcome = perform("sql.query", statement)
    assert isinstance(outcome, Permanent)
    assert re.search("read-only|read-write", outcome.reason)
    assert len(stock.read("SELECT * FROM stock")) == 2


def test_nothing_of_a_statement_stays_for_the_next_one(perform: Perform):
    path = "SELECT set_config('search_path', 'public, elsewhere', false), pg_advisory_lock(1)::text"
    assert perform("sql.execute", path) == Result({"rows": 0})
    perform("sql.execute", "CREATE TEMPORARY TABLE stock (sku text)", key="temporary")
    assert perform("sql.query", "SELECT current_setting('search_path') AS path") == Result(
        {"rows": [{"path": '"$user", public'}]}
    )
    assert perform("sql.query", "SELECT count(*) AS n FROM stock WHERE qty IS NOT NULL") == Result({"rows": [{"n": 2}]})
    held = "SELECT count(*) AS n FROM pg_locks WHERE locktype = 'advisory'"
    assert perform("sql.query", held) == Result({"rows": [{"n": 0}]})


@pytest.mark.parametrize("deferred", ["", "DEFERRABLE INITIALLY DEFERRED"])
def test_what_stands_against_a_statement_is_a_conflict_and_nothing_is_written(
    perform: Perform, stock: Database, deferred: str
):
    stock.change(f"CREATE TABLE sold (id int UNIQUE {deferred}, sku text REFERENCES stock {deferred})")
    insert = "INSERT INTO sold VALUES (:id, :sku)"
    assert perform("sql.execute", insert, key="one", id=1, sku="A") == Result({"rows": 1})
    for key, sku, words in (("two", "A", "unique constraint"), ("three", "Z", "foreign key constraint")):
        outcome = perform("sql.execute", insert, key=key, id=1 if key == "two" else 2, sku=sku)
        assert isinstance(outcome, Raised)
        assert outcome.error == "Conflict"
        assert outcome.fields["reason"].startswith(f"{stock.place}: ")
        assert words in outcome.fields["reason"]
    assert stock.read("SELECT id, sku FROM sold") == [(1, "A")]
    assert stock.read("SELECT key FROM cellc_effects") == [("one",)]
    assert perform("sql.execute", insert, key="two", id=2, sku="A") == Result({"rows": 1})


def test_a_locked_row_is_transient(perform: Perform, stock: Database):
    with stock.connect() as other, other.transaction():
        other.execute("UPDATE stock SET qty = 1")
        outcome = perform("sql.execute", TAKE, timeout=0.05, sku="A", qty=1)
    assert outcome == Transient(f"{stock.place}: canceling statement due to statement timeout")


def test_a_statement_that_runs_too_long_is_cancelled(perform: Perform, stock: Database):
    outcome = perform("sql.query", "SELECT count(*) FROM generate_series(1, 1000000000000)", timeout=0.05)
    assert outcome == Transient(f"{stock.place}: canceling statement due to statement timeout")


def test_a_serialization_failure_may_pass(perform: Perform, stock: Database):
    name = stock.place.rpartition("/")[2]
    stock.change(f"ALTER DATABASE {name} SET default_transaction_isolation = 'repeatable read'")
    outcomes: list[Outcome] = []
    with stock.connect() as other:
        other.execute("BEGIN")
        other.execute("UPDATE stock SET qty = 9 WHERE sku = 'A'")
        work = threading.Thread(target=lambda: outcomes.append(perform("sql.execute", TAKE, sku="A", qty=1)))
        work.start()
        waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        while stock.read(waits) == [(0,)]:
            pass
        other.execute("COMMIT")
        work.join()
    assert outcomes == [Transient(f"{stock.place}: could not serialize access due to concurrent update")]
    assert perform("sql.execute", TAKE, sku="A", qty=1) == Result({"rows": 1})
    assert stock.read("SELECT qty FROM stock WHERE sku = 'A'") == [(8,)]


def test_a_repeat_waits_for_the_first_attempt_and_has_its_result(perform: Perform, stock: Database):
    """As after a crash: what the killed process has sent goes on in the server."""
    perform("sql.execute", TAKE, key="other", sku="A", qty=1)
    outcomes: list[Outcome] = []
    insert = "INSERT INTO stock VALUES ('N', 1, NULL)"
    with stock.connect() as first:
        first.execute("BEGIN")
        first.execute("INSERT INTO cellc_effects VALUES ('one', '')")
        first.execute(insert)
        work = threading.Thread(target=lambda: outcomes.append(perform("sql.execute", insert, key="one")))
        work.start()
        waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        while stock.read(waits) == [(0,)]:
            pass
        first.execute("""UPDATE cellc_effects SET result = '{"rows": 1}' WHERE key = 'one'""")
        first.execute("COMMIT")
        work.join()
    assert outcomes == [Result({"rows": 1})]


def test_many_at_once_make_the_table_for_keys_once(perform: Perform, stock: Database):
    outcomes: list[Outcome] = []
    add = "UPDATE stock SET qty = qty + 1 WHERE sku = 'A'"
    threads = [
        threading.Thread(target=lambda key=key: outcomes.append(perform("sql.execute", add, key=f"{key % 4}")))
        for key in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes == [Result({"rows": 1})] * 12
    assert stock.read("SELECT qty FROM stock WHERE sku = 'A'") == [(14,)]


def test_connections_that_have_ended_are_made_anew(perform: Perform, stock: Database):
    assert perform("sql.query", "SELECT 1 AS n") == Result({"rows": [{"n": 1}]})
    others = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    end = f"SELECT pg_terminate_backend(pid, 5000) {others}"
    assert stock.read(end) == [(True,)]
    assert perform("sql.query", "SELECT 1 AS n") == Result({"rows": [{"n": 1}]})


def test_a_connection_that_ends_within_a_statement_is_transient(perform: Perform, stock: Database):
    outcome = perform("sql.execute", "SELECT pg_terminate_backend(pg_backend_pid())")
    assert isinstance(outcome, Transient)
    assert perform("sql.execute", TAKE, sku="A", qty=1) == Result({"rows": 1})
    assert stock.read("SELECT qty FROM stock WHERE sku = 'A'") == [(9,)]


def test_columns_of_the_same_name_are_not_lost_in_silence(perform: Perform):
    outcome = perform("sql.query", "SELECT a.sku, b.sku FROM stock a, stock b")
    assert outcome == Permanent("two columns of the answer have the same name; name them with AS")


def test_an_answer_with_too_many_rows_ends_early(perform: Perform):
    outcome = perform("sql.query", "SELECT generate_series(1, 1000000000) AS n")
    assert outcome == Permanent("the answer has more than 100000 rows; use LIMIT")
    assert perform("sql.query", "SELECT 1 AS n") == Result({"rows": [{"n": 1}]})


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (lambda url: url.replace(QUOTED, "not-the-password"), Transient),
        (lambda url: url.replace(QUOTED, PASSWORD), Permanent),
        (lambda url: url.replace("127.0.0.1:", "127.0.0.1:x"), Permanent),
        (lambda url: f"{url}_not_there", Transient),
        (lambda url: f"{url}?sslmode=s3cret", Transient),
        (lambda url: f"{url}?nothing=s3cret", Permanent),
        (lambda url: url.replace("postgresql+psycopg", "postgresql+other"), Permanent),
    ],
)
def test_no_part_of_a_password_is_in_what_is_told(
    perform: Perform, stock: Database, change: Callable[[str], str], kind: type[Outcome]
):
    outcome = perform("sql.query", "SELECT 1", url=change(stock.url))
    assert isinstance(outcome, kind)
    assert isinstance(outcome, Transient | Permanent)
    for part in ("s3cret/", "s3cret%", "of:the", "the@", "not-the-password", "of%3A"):
        assert part not in outcome.reason


@given(st.text(st.sampled_from("s3cret/?#:[]%&=;,+ @'\"\\\n"), min_size=1), st.sampled_from(["h", "h:5", ""]))
def test_no_part_of_a_password_that_is_not_encoded_is_taken_for_the_server(password: str, host: str):
    handler = StandardHandlers(Surroundings(SystemClock(), print)).get("sql.query")
    url = f"postgresql://user:{password}@{host}/shop"
    target = handler.target(Request("sql.query", {"database": url, "statement": ""}, "k", 1))  # type: ignore[union-attr]
    assert target in {None, f"postgresql://{host or 'localhost'}{'' if ':' in host else ':5432'}"}


def test_a_server_that_is_not_there_is_transient(perform: Perform):
    outcome = perform("sql.query", "SELECT 1", url="postgresql://shop:s3cret@127.0.0.1:1/shop")
    assert isinstance(outcome, Transient)
    assert outcome.reason.startswith("127.0.0.1:1/shop: connection failed")
    assert "s3cret" not in outcome.reason


def test_a_breaker_is_for_the_server(stock: Database):
    handler = StandardHandlers(Surroundings(SystemClock(), print)).get("sql.query")
    asked = [
        Request("sql.query", {"database": url, "statement": ""}, "k", 1)
        for url in (stock.url, "postgresql:///shop", "postgresql://a@b@c/d", "sqlite:///shop.db", "shop.db")
    ]
    server = stock.place.partition("/")[0]
    assert [handler.target(request) for request in asked] == [  # type: ignore[union-attr]
        f"postgresql://{server}",
        "postgresql://localhost:5432",
        None,
        None,
        None,
    ]


# --- texts of statements ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "SELECT ':a', '''' || ':a'",
        r"SELECT E'\' :a', 'x'",
        'SELECT 1 AS ":a"',
        "SELECT 1::int",
        "SELECT $$ :a ' $$, $t$ :a $$ :a $t$",
        "SELECT 1 -- :a ' $$",
        "SELECT /* :a /* ' */ :a */ 1",
        "SELECT (ARRAY[1, 2])[1:1]",
    ],
)
def test_what_only_looks_like_a_parameter_is_none(text: str, stock: Database):
    assert numbered(text, {}) == (text, [])
    assert stock.read(text)


def test_parameters_are_numbered_once_each():
    assert numbered("SELECT :b, :a::int, f(:b,:c)", {"a": 1, "b": 2, "c": 3, "d": 4}) == (
        "SELECT $1, $2::int, f($1,$3)",
        [2, 1, 3],
    )


@pytest.mark.parametrize("text", ["select 1", " \t(( select 1", "--x\n--y\r\nSELECT", "/* a /* b */ c */-- d\nSelect"])
def test_the_first_word_says_what_a_statement_is(text: str):
    assert first_word(text) == "SELECT"
