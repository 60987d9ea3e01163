"""`sql.query` and `sql.execute`: one statement on the database that a URL names.

`sql.execute` is exactly-once: its statement and a row of `cellc_effects` (key, result) commit in one transaction of the
user's database, so a repeat under the same key finds the row and returns its result.
"""

from collections.abc import Mapping
from typing import Any

from cellc.runtime.ports import Handler, Outcome, Permanent, Request, Result
from cellc.stdlib_effects.plain import Threaded
from cellc.stdlib_effects.sqlite_files import SqliteFiles
from cellc.stdlib_effects.surroundings import Surroundings

_FORM = "`database` must be a URL: `sqlite:///shop.db`"


class Rows(Threaded):
    """The handler of `sql.query`; what a binding gets are the rows."""

    def payload(self, response: Any) -> Outcome:
        """Return the rows."""
        return Result(response["rows"])


def handlers(surroundings: Surroundings) -> Mapping[str, Handler]:
    """Return the handlers of this module."""
    databases = {"sqlite": SqliteFiles(surroundings)}

    def query(request: Request) -> Outcome:
        database = databases.get(_scheme(request))
        return Permanent(_FORM) if database is None else database.query(request)

    def execute(request: Request) -> Outcome:
        database = databases.get(_scheme(request))
        return Permanent(_FORM) if database is None else database.execute(request)

    return {"sql.query": Rows(query), "sql.execute": Threaded(execute)}


def _scheme(request: Request) -> str:
    scheme, colon, _ = request.input["database"].partition("://")
    return scheme if colon else ""
