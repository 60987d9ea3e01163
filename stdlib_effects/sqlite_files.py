"""Statements on SQLite files, through the one SQLite library of the process, without SQLAlchemy.

Its dialect would open files by a URL of its own, and this one must not: a file of the log is refused by any name, one
that is not there is not made. What it may do is decided by SQLite's authorizer while a statement is prepared, on the
connection that runs it. So nothing but SQLite is needed for SQLite.

A statement may not begin or end transactions, nor attach another file: either would break the promise of
`sql.execute`, or reach the log.
"""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import unquote

from cellc.language.text_forms import BY_CLASS
from cellc.language.values import BadJson, parse_json, to_json
from cellc.runtime.ports import Outcome, Permanent, Raised, Request, Result, Transient
from cellc.runtime.sqlite_library import sqlite3
from cellc.stdlib_effects.sql_values import answer
from cellc.stdlib_effects.surroundings import Forbidden, Surroundings

_FORM = (
    "a file is written `sqlite:///shop.db`, or `sqlite:////var/lib/shop.db` with its whole path, and nothing after it"
)
_BUSY_SECONDS = 5.0
_STEPS_BETWEEN_LOOKS = 10_000
_DENIED = frozenset({22, 24, 25, 32})  # SQLITE_TRANSACTION, ATTACH, DETACH, SAVEPOINT
_MAY_PASS = frozenset({"SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_INTERRUPT", "SQLITE_FULL", "SQLITE_IOERR"})
_CONFLICTS = ("UNIQUE constraint failed", "FOREIGN KEY constraint failed")
"""How messages begin: not every SQLite library tells the extended code. Primary keys are told as unique ones."""

_EFFECTS_TABLE = "CREATE TABLE IF NOT EXISTS cellc_effects (key TEXT NOT NULL PRIMARY KEY, result TEXT NOT NULL)"


class SqliteFiles:
    """The SQLite files that programs name."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._surroundings = surroundings

    def query(self, request: Request) -> Outcome:
        """Return the rows of a statement that changes nothing."""
        return self._attempt(request, _query)

    def execute(self, request: Request) -> Outcome:
        """Perform a statement and record its key, or return what is recorded under it."""
        return self._attempt(request, _execute)

    def target(self, _request: Request) -> str | None:
        """Return None: there is no server."""
        return None

    def close(self) -> None:
        """Nothing is open between statements."""

    def _attempt(self, request: Request, do: Callable[[sqlite3.Connection, Request], Outcome]) -> Outcome:
        name = _file(request.input["database"])
        if name is None:
            return Permanent(_FORM)
        try:
            path = self._surroundings.resolve(name)
            if not path.is_file():
                return Permanent(f"there is no database at {name}")
            with _connection(path.absolute().as_uri(), request.timeout) as connection:
                return do(connection, request)
        except Forbidden as problem:
            return Permanent(str(problem))
        except sqlite3.Error as problem:
            return _failure(problem, f"{name}: {problem}")
        except (sqlite3.Warning, OverflowError, ValueError) as problem:
            return Permanent(f"{name}: {problem}")


def _file(url: str) -> str | None:
    """Return the path that a URL says, as SQLAlchemy reads it; None where it says none, or more than that."""
    path = url.removeprefix("sqlite:///")
    return None if path in {"", url} or "?" in path else unquote(path)


@contextmanager
def _connection(uri: str, timeout: float | None) -> Iterator[sqlite3.Connection]:
    """Open the database for one statement; one that runs past `timeout` seconds is interrupted."""
    wait = _BUSY_SECONDS if timeout is None else min(_BUSY_SECONDS, timeout)
    connection = sqlite3.connect(
        f"{uri}?mode=rw", uri=True, timeout=wait, isolation_level=None, detect_types=sqlite3.PARSE_DECLTYPES
    )
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
    return answer([column[0] for column in cursor.description or ()], cursor)


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


def _failure(problem: sqlite3.Error, reason: str) -> Outcome:
    if isinstance(problem, sqlite3.IntegrityError) and str(problem).startswith(_CONFLICTS):
        return Raised("Conflict", {"reason": reason})
    return Transient(reason) if _may_pass(problem) else Permanent(reason)


def _may_pass(problem: sqlite3.Error) -> bool:
    """Return whether it may work later: extended codes such as SQLITE_BUSY_SNAPSHOT count as their family."""
    name = getattr(problem, "sqlite_errorname", None) or ""
    return any(name == family or name.startswith(f"{family}_") for family in _MAY_PASS)


# --- values ----------------------------------------------------------------------------------------------------------


def _to_sql(value: Any) -> Any:
    """Return a value as SQLite stores it: what it has no type for as the text that JSON has of it."""
    match value:
        case None | bool() | int() | float() | str() | bytes():
            return value
        case list() | dict():
            return json.dumps(to_json(value), ensure_ascii=False)
        case _:
            return BY_CLASS[type(value)].write(value)


def _bool(text: str) -> Any:
    return {"0": False, "1": True}.get(text, text)


def _number(text: str) -> Any:
    try:
        return int(text) if text.lstrip("-").isdigit() else Decimal(text)
    except InvalidOperation:
        return text


def _any(text: str) -> Any:
    try:
        return parse_json(text)
    except BadJson:
        return text


def _moment(text: str) -> Any:
    """Return a moment; SQLite's own functions write those in UTC without saying so."""
    try:
        return datetime.fromisoformat(text) if text[4:5] == "-" else text
    except ValueError:
        return text


_DECLARED: dict[str, Callable[[str], Any]] = {
    "BOOL": _bool,
    "BOOLEAN": _bool,
    "DATE": str,
    "DATETIME": _moment,
    "DECIMAL": _number,
    "JSON": _any,
    "NUMERIC": _number,
    "TIMESTAMP": _moment,
}
"""What a column's declared type says of its values, which SQLite itself has as numbers and texts."""


def _converter(read: Callable[[str], Any]) -> Callable[[bytes], Any]:
    return lambda stored: read(stored.decode())


for _type, _read in _DECLARED.items():  # for connections that ask for it, as the one above does
    sqlite3.register_converter(_type, _converter(_read))
