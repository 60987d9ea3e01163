"""A process that performs a statement and ends at any line of the handler's code: `python -m tests.effects.dying URL`.

For each line that a statement passes, in order, it forks a process that `kill -9` ends there, then one that looks what
is in the database, then one that asks again under the same key. It prints a line for each: how often the row was there
before, and what came back.
"""

import asyncio
import json
import os
import signal
import sys
import threading
from collections.abc import Callable
from itertools import count
from pathlib import Path
from types import FrameType
from typing import Any

from sqlalchemy.dialects.postgresql import psycopg as _dialect

from cellc.runtime.clock import SystemClock
from cellc.runtime.ports import Outcome, Request, Result
from cellc.stdlib_effects import plain, postgres, postgres_text, sql, sql_values, sqlite_files
from cellc.stdlib_effects.registry import StandardHandlers
from cellc.stdlib_effects.surroundings import Surroundings

LOADED = _dialect
"""What a first statement would import is here before the processes part."""

CODE = {str(Path(module.__file__)) for module in (plain, postgres, postgres_text, sql, sql_values, sqlite_files)}


class Killer:
    """A tracer that ends its process at the line of the handler with this number."""

    def __init__(self, number: int) -> None:
        self._left = number

    def __call__(self, frame: FrameType, event: str, _argument: Any) -> Any:
        if frame.f_code.co_filename not in CODE:
            return None
        if event in {"line", "return"}:
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return self


def perform(effect: str, url: str, statement: str, number: int) -> Outcome:
    handler = StandardHandlers(Surroundings(SystemClock(), print)).get(effect)
    assert handler
    asked = {"database": url, "statement": statement, "params": {"n": number}}
    return asyncio.run(handler.perform(Request(effect, asked, f"key {number}", 1, 30.0)))


def forked(work: Callable[[], Outcome], number: int | None = None) -> Any:
    """Return what came of it in a process of its own, None where that was killed."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        if number is not None:
            threading.settrace(Killer(number))
        outcome = work()
        os.write(writing, json.dumps(outcome.value if isinstance(outcome, Result) else repr(outcome)).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        said = pipe.read()
    _, status = os.waitpid(child, 0)
    return json.loads(said) if os.waitstatus_to_exitcode(status) == 0 else None


def main(url: str) -> None:
    """Sweep."""
    for number in count(1):
        died = forked(lambda n=number: perform("sql.execute", url, "INSERT INTO sold VALUES (:n)", n), number) is None
        seen = forked(lambda n=number: perform("sql.query", url, "SELECT count(*) AS n FROM sold WHERE n = :n", n))
        again = forked(lambda n=number: perform("sql.execute", url, "INSERT INTO sold VALUES (:n)", n))
        print(json.dumps({"died": died, "seen": seen["rows"][0]["n"], "again": again}), flush=True)  # noqa: T201 -- read by the test
        if not died:
            break


if __name__ == "__main__":
    main(sys.argv[1])
