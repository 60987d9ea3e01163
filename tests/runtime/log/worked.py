"""A log with real runs in it, for tests of what reads logs."""

import asyncio
from pathlib import Path

from cellc.runtime.log_sqlite import SqliteLog, open_log
from cellc.runtime.ports import Result
from cellc.runtime.sqlite_library import sqlite3
from tests.runtime.core.building import call, script
from tests.runtime.fabric.worlds import AT, World, program

TEXT = "x" * 3000
"""A value that does not fit in a row."""

CHAIN = program(
    "main",
    script("main", ["n"], [call("n", "work", x="n"), call("t", "look", x="n"), ("return", "n")]),
)


def answers(request: object) -> Result:
    """Answer `work` with the next number, `look` with a long text."""
    effect, given = request.effect, request.input["x"]  # type: ignore[attr-defined]
    return Result(TEXT if effect == "look" else given + 1)


def worked(path: Path, runs: int = 2) -> SqliteLog:
    """Return an open log in which this many runs have ended."""
    log = open_log(path, AT)
    world = World(log=log, answer=answers)

    async def act() -> None:
        async with world.fabric() as fabric:
            for _ in range(runs):
                await fabric.finished(fabric.start(CHAIN, "main", {"n": 1}))

    asyncio.run(act())
    return log


def edit(path: Path, statement: str, *parameters: object) -> None:
    """Change a log as nobody should."""
    connection = sqlite3.connect(path)
    with connection:
        connection.execute(statement, parameters)
    connection.close()
