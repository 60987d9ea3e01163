"""`sql.query` and `sql.execute`: one statement on the database that a URL names.

`sql.execute` is exactly-once: its statement and a row of `cellc_effects` (key, result) commit in one transaction of the
user's database, so a repeat under the same key finds the row and returns its result.
"""

from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.util import find_spec
from threading import Lock
from typing import Any, Protocol

from cellc.runtime.ports import Handler, Outcome, Permanent, Request, Result
from cellc.stdlib_effects.declared import PACKAGES, POSTGRES
from cellc.stdlib_effects.plain import Threaded
from cellc.stdlib_effects.sqlite_files import SqliteFiles
from cellc.stdlib_effects.surroundings import Surroundings

_FORM = "`database` must be a URL: `sqlite:///shop.db`, or `postgresql+psycopg://user:password@host/shop`"


class Databases(Protocol):
    """The databases of one kind."""

    def query(self, request: Request) -> Outcome:
        """Return the rows of a statement that changes nothing."""
        ...

    def execute(self, request: Request) -> Outcome:
        """Perform a statement and record its key, or return what is recorded under it."""
        ...

    def target(self, request: Request) -> str | None:
        """Return the server that a request goes to, None where there is none."""
        ...

    def close(self) -> None:
        """Close what is open."""
        ...


class Sql(Threaded):
    """The handler of an effect; `do` names what databases do for it."""

    def __init__(self, kinds: "_Kinds", do: Callable[[Databases, Request], Outcome]) -> None:
        super().__init__(self._attempt)
        self._kinds = kinds
        self._do = do

    def _attempt(self, request: Request) -> Outcome:
        found = self._kinds.find(request.input["database"])
        return found if isinstance(found, Permanent) else self._do(found, request)

    def target(self, request: Request) -> str | None:
        """Return the server that a request goes to, None where there is none."""
        found = self._kinds.find(request.input["database"])
        return None if isinstance(found, Permanent) else found.target(request)

    async def close(self) -> None:
        """Close what is open."""
        self._kinds.close()


class Rows(Sql):
    """The handler of `sql.query`; what a binding gets are the rows."""

    def payload(self, response: Any) -> Outcome:
        """Return the rows."""
        return Result(response["rows"])


class _Kinds:
    """The kinds of databases, each there from its first statement on."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._sqlite = SqliteFiles(surroundings)
        self._postgres: Databases | None = None
        self._lock = Lock()

    def find(self, url: str) -> Databases | Permanent:
        if url.startswith("sqlite://"):
            return self._sqlite
        if not url.startswith(POSTGRES):
            return Permanent(_FORM)
        if find_spec(PACKAGES["postgres"]) is None:
            return Permanent("PostgreSQL needs another package: pip install 'cellc[postgres]'")
        with self._lock:
            if self._postgres is None:
                self._postgres = import_module(f"{__package__}.postgres").Postgres()
            return self._postgres

    def close(self) -> None:
        if self._postgres is not None:
            self._postgres.close()


def handlers(surroundings: Surroundings) -> Mapping[str, Handler]:
    """Return the handlers of this module."""
    kinds = _Kinds(surroundings)
    return {
        "sql.query": Rows(kinds, lambda databases, request: databases.query(request)),
        "sql.execute": Sql(kinds, lambda databases, request: databases.execute(request)),
    }
