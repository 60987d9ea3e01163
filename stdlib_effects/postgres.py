"""Statements in PostgreSQL databases, by psycopg, in connections that SQLAlchemy makes of a URL and keeps.

Each statement goes to the server by the extended protocol, which takes one statement and no more, and only those kinds
that `_KINDS` has. So none begins or ends a transaction: a procedure that tries to, inside the one here, is refused by
the server. Nothing of a statement stays in a connection for the next one.

The key of a call is claimed before its statement is performed. A process that was killed may have left its statement
at work in the server; the next one waits at the key until that has ended, and finds its result.
"""

import json
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from threading import Lock
from typing import Any

import psycopg
from psycopg.adapt import PyFormat, Transformer
from psycopg.pq import ExecStatus
from psycopg.types.json import set_json_loads
from sqlalchemy import URL, Engine, create_engine, make_url
from sqlalchemy.exc import ArgumentError

from cellc.language.values import parse_json, to_json
from cellc.runtime.ports import Outcome, Permanent, Raised, Request, Result, Transient
from cellc.stdlib_effects.postgres_text import first_word, numbered
from cellc.stdlib_effects.sql_values import answer

_FORM = (
    "the URL of the database cannot be read: it is written `postgresql+psycopg://user:password@host:5432/shop`; in a "
    "name or a password `@` is `%40`, `/` is `%2F` and `:` is `%3A`"
)
_KINDS = frozenset(
    {
        *("SELECT", "WITH", "VALUES", "TABLE", "INSERT", "UPDATE", "DELETE", "MERGE", "CALL", "EXPLAIN", "TRUNCATE"),
        *("CREATE", "ALTER", "DROP", "COMMENT", "GRANT", "REVOKE", "REFRESH", "REINDEX", "ANALYZE"),
    }
)
_COUNTED = ("INSERT", "UPDATE", "DELETE", "MERGE")
_CONFLICTS = frozenset({"23001", "23503", "23505", "23P01"})  # restricted, foreign key, unique, exclusion
_MAY_PASS = ("08", "40", "53", "55P03", "57", "58")
"""How SQLSTATEs begin: connections, serialization and deadlocks, resources, locks, cancelled or going down, disks."""

_KEEP = 5
"""Connections to one database that stay open. There are as many as statements at once."""

_DEFAULTS = {
    "connect_timeout": "10",
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
}
"""What a URL may say otherwise: a server that has gone is missed within a minute."""

_SETTINGS = """
SELECT set_config('TimeZone', 'UTC', true), set_config('statement_timeout', %s, true),
       to_regclass('cellc_effects') IS NULL
"""
_EFFECTS_TABLE = "CREATE TABLE IF NOT EXISTS cellc_effects (key text NOT NULL PRIMARY KEY, result text NOT NULL)"
_MAKING = 0x63656C6C
"""The advisory lock of those who make the table: to make it twice at once is an error in PostgreSQL."""

_CLAIM = """
INSERT INTO cellc_effects (key, result) VALUES (%s, '')
ON CONFLICT (key) DO UPDATE SET key = excluded.key RETURNING result
"""


class Postgres:
    """The PostgreSQL databases that programs name, each with the connections to it that are open."""

    def __init__(self) -> None:
        self._engines: dict[str, Engine] = {}
        self._lock = Lock()

    def query(self, request: Request) -> Outcome:
        """Return the rows of a statement that changes nothing."""
        return self._attempt(request, _query)

    def execute(self, request: Request) -> Outcome:
        """Perform a statement and record its key, or return what is recorded under it."""
        return self._attempt(request, _execute)

    def target(self, request: Request) -> str | None:
        """Return the server that a request goes to."""
        url = _url(request.input["database"])
        return None if url is None else f"postgresql://{_server(url)}"

    def close(self) -> None:
        """Close the connections that nobody uses."""
        for engine in self._engines.values():
            engine.dispose()
        self._engines.clear()

    def _attempt(self, request: Request, do: "Callable[[_Connection, Request], Outcome]") -> Outcome:
        kind = first_word(request.input["statement"])
        if kind not in _KINDS:
            return Permanent(f"`{kind}` is not among the statements that are performed: {', '.join(sorted(_KINDS))}")
        url = _url(request.input["database"])
        if url is None:
            return Permanent(_FORM)
        name = f"{_server(url)}/{url.database or ''}"
        try:
            with _connection(self._engine(url)) as connection:
                return do(connection, request)
        except psycopg.Error as problem:
            return _failure(problem, name)
        except ValueError as problem:
            return Permanent(f"{name}: {problem}")

    def _engine(self, url: URL) -> Engine:
        text = url.render_as_string(hide_password=False)
        with self._lock:
            if text not in self._engines:
                self._engines[text] = create_engine(
                    url, pool_size=_KEEP, max_overflow=-1, pool_pre_ping=True, pool_reset_on_return=None
                )
            return self._engines[text]


_Connection = psycopg.Connection[tuple[Any, ...]]
_Cursor = psycopg.RawCursor[tuple[Any, ...]]


def _server(url: URL) -> str:
    """Return what people may see of where a URL leads."""
    return f"{url.host or 'localhost'}:{url.port or 5432}"


def _url(text: str) -> URL | None:
    """Return the URL that a text says; None where it says none, or a part of a password could be taken for the host.

    Why is not told: it would show a part of the text, which holds a password.
    """
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        return None
    if text.count("@") > 1:
        return None
    return url.set(drivername="postgresql+psycopg", query={**_DEFAULTS, **url.query})


@contextmanager
def _connection(engine: Engine) -> Iterator[_Connection]:
    """Lend a connection for one statement. What the statement leaves open or set in it is gone afterwards."""
    lent = engine.raw_connection()
    connection = lent.driver_connection
    assert isinstance(connection, psycopg.Connection)  # noqa: S101 -- for the type checker: it is the driver's own
    try:
        connection.rollback()
        connection.autocommit = True  # transactions are begun by name below
        connection.prepare_threshold = None  # nor is a statement prepared for the next one
        set_json_loads(parse_json, connection)
        yield connection
    finally:
        try:
            connection.rollback()
            connection.execute("DISCARD ALL")
        except psycopg.Error:
            lent.invalidate()
        finally:
            lent.close()


def _begin(connection: _Connection, request: Request, how: str) -> bool:
    """Begin a transaction; return whether there is no table for keys yet."""
    connection.execute(f"BEGIN {how}".encode())
    limit = 0 if request.timeout is None else max(1, round(request.timeout * 1000))
    row = connection.execute(_SETTINGS, (str(limit),)).fetchone()
    return row is not None and row[2] is True


def _query(connection: _Connection, request: Request) -> Outcome:
    _begin(connection, request, "READ ONLY")
    text, values = _numbered(connection, request)
    with psycopg.RawCursor(connection) as cursor, closing(_streamed(cursor, text, values)) as rows:
        first = next(rows, None)
        names = [column.name for column in cursor.description or ()]
        return answer(names, () if first is None else _all(first, rows))


def _streamed(cursor: _Cursor, text: bytes, values: list[Any]) -> Generator[tuple[Any, ...], None, None]:
    yield from cursor.stream(text, values)


def _all(first: tuple[Any, ...], rows: Iterator[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    yield first
    yield from rows


def _execute(connection: _Connection, request: Request) -> Outcome:
    if _begin(connection, request, ""):
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (_MAKING,))
        connection.execute(_EFFECTS_TABLE)
    done = connection.execute(_CLAIM, (request.key,)).fetchone()
    if done is not None and done[0]:
        return Result(json.loads(done[0]))
    text, values = _numbered(connection, request)
    with psycopg.RawCursor(connection) as cursor:
        cursor.execute(text, values, binary=True)  # only so is the extended protocol used where there are no parameters
        counts = (cursor.statusmessage or "").startswith(_COUNTED)
        result = {"rows": cursor.rowcount if counts else 0}
    connection.execute("UPDATE cellc_effects SET result = %s WHERE key = %s", (json.dumps(result), request.key))
    connection.execute("COMMIT")
    return Result(result)


def _failure(problem: psycopg.Error, name: str) -> Outcome:
    reason = f"{name}: {' '.join((problem.diag.message_primary or str(problem)).split())}"
    state = problem.sqlstate or ""
    if state in _CONFLICTS:
        return Raised("Conflict", {"reason": reason})
    no_answer = not state and isinstance(problem, psycopg.OperationalError | psycopg.InterfaceError)
    return Transient(reason) if no_answer or state.startswith(_MAY_PASS) else Permanent(reason)


def _numbered(connection: _Connection, request: Request) -> tuple[bytes, list[Any]]:
    numbers, values = numbered(request.input["statement"], request.input.get("params", {}))
    text = numbers.encode()
    arrays = _arrays(connection, text) if any(isinstance(value, list) for value in values) else ()
    return text, [_to_sql(value, array=place in arrays) for place, value in enumerate(values)]


def _arrays(connection: _Connection, text: bytes) -> set[int]:
    """Return which parameters the statement wants as arrays: the server says so when it has read it."""
    driver = connection.pgconn
    for done in (driver.prepare(b"", text), driver.describe_prepared(b"")):
        if done.status not in {ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK}:
            raise psycopg.errors.error_from_result(done)
    types = [done.param_type(place) for place in range(done.nparams)]
    found = connection.execute("SELECT oid FROM pg_type WHERE typcategory = 'A' AND oid = ANY(%s)", (types,)).fetchall()
    return {place for place, type_ in enumerate(types) if (type_,) in found}


def _to_sql(value: Any, *, array: bool) -> Any:
    """Return a value as psycopg takes it: lists and records as JSON text where no array is wanted, moments in UTC."""
    match value:
        case list() if array:
            dumped = Transformer().get_dumper(value, PyFormat.TEXT).dump(value)
            return (
                None if dumped is None else bytes(dumped).decode()
            )  # as text, its items are of the type that is wanted
        case list() | dict():
            return json.dumps(to_json(value), ensure_ascii=False)
        case datetime():
            return value.astimezone(UTC)
        case _:
            return value
