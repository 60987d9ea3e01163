"""`sql.query` and `sql.execute` on SQLite files, through the one SQLite library of the process.

`sql.execute` is exactly-once: its statement and a row of `cellc_effects` (key, result) commit in one transaction of the
user's database, so a repeat under the same key finds the row and returns its result. A statement may not begin or end
transactions, nor attach another file: either would break that promise, or reach the log.
"""

import base64
import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from datetime import time as time_of_day
from decimal import Decimal
from typing import Any
from uuid import UUID

from cellc.runtime.ports import Handler, Outcome, Permanent, Request, Result, Transient
from cellc.runtime.sqlite_library import sqlite3
from cellc.stdlib_effects.plain import Threaded
from cellc.stdlib_effects.surroundings import Forbidden, Surroundings

MAX_ROWS = 100_000
"""A longer answer does not belong in a run's log."""

_BUSY_SECONDS = 5.0
_STEPS_BETWEEN_LOOKS = 10_000
_DENIED = frozenset({22, 24, 25, 32})  # SQLITE_TRANSACTION, ATTACH, DETACH, SAVEPOINT
_MAY_PASS = frozenset({"SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_INTERRUPT", "SQLITE_FULL", "SQLITE_IOERR"})
_EFFECTS_TABLE = "CREATE TABLE IF NOT EXISTS cellc_effects (key TEXT NOT NULL PRIMARY KEY, result TEXT NOT NULL)"


class Rows(Threaded):
    """The handler of `sql.query`; what a binding gets are the rows."""

    def payload(self, response: Any) -> Outcome:
        """Return the rows."""
        return Result(response["rows"])


def handlers(surroundings: Surroundings) -> Mapping[str, Handler]:
    """Return the handlers of this module."""

    def query(request: Request) -> Outcome:
        return _attempt(request, surroundings, _query)

    def execute(request: Request) -> Outcome:
        return _attempt(request, surroundings, _execute)

    return {"sql.query": Rows(query), "sql.execute": Threaded(execute)}


def _attempt(
    request: Request, surroundings: Surroundings, do: Callable[[sqlite3.Connection, Request], Outcome]
) -> Outcome:
    name = request.input["database"]
    try:
        path = surroundings.resolve(name)
        if not path.is_file():
            return Permanent(f"there is no database at {name}")
        with _connection(path.absolute().as_uri(), request.timeout) as connection:
            return do(connection, request)
    except Forbidden as problem:
        return Permanent(str(problem))
    except sqlite3.Error as problem:
        kind = Transient if _may_pass(problem) else Permanent
        return kind(f"{name}: {problem}")
    except (sqlite3.Warning, OverflowError, ValueError) as problem:
        return Permanent(f"{name}: {problem}")


@contextmanager
def _connection(uri: str, timeout: float | None) -> Iterator[sqlite3.Connection]:
    """Open the database for one statement; one that runs past `timeout` seconds is interrupted."""
    wait = _BUSY_SECONDS if timeout is None else min(_BUSY_SECONDS, timeout)
    connection = sqlite3.connect(f"{uri}?mode=rw", uri=True, timeout=wait, isolation_level=None)
    try:
        if timeout is not None:
            end = time.monotonic() + timeout
            connection.set_progress_handler(lambda: time.monotonic() > end, _STEPS_BETWEEN_LOOKS)
        yield connection
    finally:
        connection.close()


def _query(connection: sqlite3.Connection, request: Request) -> Outcome:
    connection.execute("PRAGMA query_only=ON")
    cursor = _user_statement(connection, request)
    names = [column[0] for column in cursor.description or ()]
    if len(set(names)) < len(names):
        return Permanent("two columns of the answer have the same name; name them with AS")
    found = cursor.fetchmany(MAX_ROWS + 1)
    if len(found) > MAX_ROWS:
        return Permanent(f"the answer has more than {MAX_ROWS} rows; use LIMIT")
    return Result({"rows": [dict(zip(names, map(_to_json, row), strict=True)) for row in found]})


def _execute(connection: sqlite3.Connection, request: Request) -> Outcome:
    connection.execute("BEGIN IMMEDIATE")
    connection.execute(_EFFECTS_TABLE)
    done = connection.execute("SELECT result FROM cellc_effects WHERE key = ?", (request.key,)).fetchone()
    if done is not None:
        return Result(json.loads(done[0]))
    _user_statement(connection, request).fetchall()  # a statement with RETURNING changes rows as they are read
    result = {"rows": connection.execute("SELECT changes()").fetchone()[0]}
    connection.execute("INSERT INTO cellc_effects (key, result) VALUES (?, ?)", (request.key, json.dumps(result)))
    connection.execute("COMMIT")
    return Result(result)


def _user_statement(connection: sqlite3.Connection, request: Request) -> sqlite3.Cursor:
    parameters = {name: _to_sql(value) for name, value in request.input.get("params", {}).items()}
    connection.set_authorizer(_authorize)
    try:
        return connection.execute(request.input["statement"], parameters)
    finally:
        connection.set_authorizer(None)


def _authorize(action: int, *_details: str | None) -> int:
    return sqlite3.SQLITE_DENY if action in _DENIED else sqlite3.SQLITE_OK


def _may_pass(problem: sqlite3.Error) -> bool:
    """Whether it may work later: extended codes such as SQLITE_BUSY_SNAPSHOT count as their family."""
    name = getattr(problem, "sqlite_errorname", None) or ""
    return any(name == family or name.startswith(f"{family}_") for family in _MAY_PASS)


def _to_sql(value: Any) -> Any:
    """Return a value as SQLite stores it: what it has no type for as text, lists and records as JSON text."""
    match value:
        case None | bool() | int() | float() | str() | bytes():
            return value
        case Decimal() | UUID():
            return str(value)
        case datetime() | date() | time_of_day():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
        case _:
            return json.dumps(value, ensure_ascii=False, default=str)


def _to_json(value: Any) -> Any:
    """Return a stored value as JSON has it: bytes as base64 text."""
    return base64.b64encode(value).decode("ascii") if isinstance(value, bytes) else value
