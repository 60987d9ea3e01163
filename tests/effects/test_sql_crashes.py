"""`sql.execute` happens once, whenever its process ends: at any line of the handler, and at any seam of a run."""

import asyncio
import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cellc.compiler.pipeline import Compiled
from cellc.language.graph import Program
from cellc.runtime.clock import SystemClock
from cellc.runtime.ports import Outcome, Request, Result
from cellc.runtime.views import RunView
from cellc.stdlib_effects.registry import StandardHandlers
from cellc.stdlib_effects.surroundings import Surroundings
from tests.postgres_server import Database
from tests.runtime.fabric.worlds import World

ROOT = Path(__file__).parents[2]


@dataclass
class Sqlite:
    """A file, seen as `Database` is."""

    path: Path

    @property
    def url(self) -> str:
        return f"sqlite:///{self.path}"

    def change(self, *statements: str) -> None:
        with closing(sqlite3.connect(self.path)) as db, db:
            for statement in statements:
                db.execute(statement)

    def read(self, statement: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.path)) as db:
            return db.execute(statement).fetchall()


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Database | Sqlite:
    """Give an empty database of each kind, with a table that takes anything twice."""
    made = Sqlite(tmp_path / "shop.db") if request.param == "sqlite" else request.getfixturevalue("postgres_database")
    made.change("CREATE TABLE sold (n int)")
    return made


def test_a_statement_whose_process_is_killed_at_any_line_happens_once(database: Database | Sqlite) -> None:
    sweep = [sys.executable, "-m", "tests.effects.dying", database.url]
    done = subprocess.run(sweep, cwd=ROOT, capture_output=True, text=True, check=True)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["died"] for line in lines] == [True] * (len(lines) - 1) + [False]
    assert [line["again"] for line in lines] == [{"rows": 1}] * len(lines)
    before = sum(line["seen"] == 0 for line in lines)
    assert [line["seen"] for line in lines] == [0] * before + [1] * (len(lines) - before)
    assert before > 20
    assert len(lines) - before > 5
    assert database.read("SELECT n, count(*) FROM sold GROUP BY n ORDER BY n") == [
        (n, 1) for n in range(1, len(lines) + 1)
    ]
    assert len(database.read("SELECT * FROM cellc_effects")) == len(lines)


# --- runs ------------------------------------------------------------------------------------------------------------

PROGRAM = """\
cellc: 1
effects:
  sell:
    in: {n: int}
    out: int
    delivery: idempotent
    via: sql.execute
    with:
      database: ${env.DATABASE_URL}
      statement: INSERT INTO sold VALUES (:n), (:n)
      params: {n: "${n}"}
      result: ${response.rows}
  sold:
    out: [{n: int}]
    delivery: read
    via: sql.query
    with:
      database: ${env.DATABASE_URL}
      statement: SELECT count(*) AS n FROM sold
cells:
  day:
    out: {written: int, found: int}
    effects: [sell, sold]
    do: |
      written = 0
      for n in range(3):
        more = sell(n=n)
        written = written + more
      rows = sold()
      return {written, found: sum(row.n for row in rows)}
main: day
"""


@pytest.fixture
def program(compile_text: Callable[..., Compiled]) -> Program:
    compiled = compile_text(PROGRAM)
    assert compiled.program, [d.message for d in compiled.diagnostics]
    return compiled.program


def played(program: Program, url: str, crash_at: frozenset[int]) -> tuple[RunView, int]:
    """Play the day with processes that end at these seams; return how it ended, and how many seams there were."""
    handlers = StandardHandlers(Surroundings(SystemClock(), print))

    def answer(request: Request) -> Outcome:
        handler = handlers.get(request.effect)
        assert handler
        with ThreadPoolExecutor(1) as thread:  # a loop of its own: it answers before the world goes on
            return thread.submit(lambda: asyncio.run(handler.perform(request))).result()

    async def processes() -> RunView:
        for _ in range(len(crash_at) + 1):
            view = await _process(world, program)
            if view is not None:
                return view
        raise AssertionError("the run did not end in the process that was left alone")

    world = World(answer, lambda response: Result(response["rows"]), variables={"DATABASE_URL": url}, crash_at=crash_at)
    try:
        return asyncio.run(processes()), world.seams
    finally:
        asyncio.run(handlers.close())


async def _process(world: World, program: Program) -> RunView | None:
    """One process: until the run has ended, or the process has; None then."""
    async with world.fabric() as fabric:
        heads = list(world.log.heads())
        fabric.resume()
        if not heads:
            world.ids.made = 0  # the same id, and so the same keys
        work = asyncio.ensure_future(
            fabric.finished(heads[0].number if heads else fabric.start(program, program.main, {}))
        )
        dead = asyncio.ensure_future(world.dead.wait())
        await asyncio.wait({work, dead}, return_when=asyncio.FIRST_COMPLETED)
        for task in (work, dead):
            task.cancel()
        (found, _) = await asyncio.gather(work, dead, return_exceptions=True)
        if world.dead.is_set():
            return None
        if isinstance(found, Exception):
            raise found
        return found if isinstance(found, RunView) else None


def test_a_run_whose_process_ends_at_any_seam_writes_once(database: Database | Sqlite, program: Program) -> None:
    view, seams = played(program, database.url, frozenset())
    assert view.output == {"written": 6, "found": 6}
    assert seams >= 16  # before and after each of four effects and their commits
    for seam in range(1, seams + 1):
        database.change("DELETE FROM sold", "DELETE FROM cellc_effects")
        view, _ = played(program, database.url, frozenset({seam}))
        assert view.output == {"written": 6, "found": 6}, f"crash at {seam}"
        assert database.read("SELECT n, count(*) FROM sold GROUP BY n ORDER BY n") == [(0, 2), (1, 2), (2, 2)]
        assert len(database.read("SELECT * FROM cellc_effects")) == 3
