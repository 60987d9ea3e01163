"""Programs that keep values of every type in a database of either kind, and get them back as they declare them."""

import json
import os
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.processes import Cellc
from tests.postgres_server import Database

PROGRAM = """\
cellc: 1
types:
  Part: {sku: string, qty: int}
  Row:
    id: uuid
    price: decimal
    weight: float
    photo: bytes
    day: date
    at: datetime
    hour: time
    lasts: duration
    parts: [Part]
    paid: bool
    note: string?
errors:
  Taken: {why: string}
effects:
  keep:
    in: {row: Row}
    errors: [sql.Conflict]
    delivery: idempotent
    via: sql.execute
    with:
      database: ${secret.DATABASE_URL}
      statement: >-
        INSERT INTO kept (id, price, weight, photo, day, at, hour, lasts, parts, paid, note)
        VALUES (:id, :price, :weight, :photo, :day, :at, :hour, :lasts, :parts, :paid, :note)
      params:
        id: ${row.id}
        price: ${row.price}
        weight: ${row.weight}
        photo: ${row.photo}
        day: ${row.day}
        at: ${row.at}
        hour: ${row.hour}
        lasts: ${row.lasts}
        parts: ${row.parts}
        paid: ${row.paid}
        note: ${row.note}
  found:
    in: {id: uuid}
    out: [Row]
    delivery: read
    via: sql.query
    with: {database: "${secret.DATABASE_URL}", statement: SELECT * FROM kept WHERE id = :id, params: {id: "${id}"}}
cells:
  work:
    in: {row: Row}
    out: Row?
    errors: [Taken]
    effects: [keep, found]
    do: |
      try:
        keep(row)
      except sql.Conflict as e:
        raise Taken(why=e.reason)
      rows = found(id=row.id)
      return rows[0]
"""

ROW = {
    "id": "00000000-0000-4000-8000-000000000001",
    "price": "12345678901234567890.50",
    "weight": 0.1,
    "photo": "AAH/Jw==",
    "day": "2026-03-01",
    "at": "2026-03-01T12:00:00.250000Z",
    "hour": "07:30:00",
    "lasts": "90s",
    "parts": [{"sku": "MUG-0001", "qty": 2}],
    "paid": True,
    "note": None,
}

SQLITE = """\
CREATE TABLE kept (
  id TEXT PRIMARY KEY, price TEXT, weight REAL, photo BLOB, day DATE, at DATETIME, hour TIME, lasts TEXT, parts JSON,
  paid BOOLEAN, note TEXT
)
"""


POSTGRES = """\
CREATE TABLE kept (
  id uuid PRIMARY KEY, price numeric, weight float8, photo bytea, day date, at timestamptz, hour time, lasts interval,
  parts jsonb, paid bool, note text
)
"""


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest, folder: Path) -> str:
    (folder / "kept.cell.yaml").write_text(PROGRAM)
    if request.param == "postgres":
        made: Database = request.getfixturevalue("postgres_database")
        made.change(POSTGRES)
        return made.url
    with closing(sqlite3.connect(folder / "kept.db")) as db:
        db.execute(SQLITE)
    return "sqlite:///kept.db"


def test_values_of_every_type_come_back_as_they_were_kept(database: str, cellc: Cellc) -> None:
    for row in (ROW, {**ROW, "id": "00000000-0000-4000-8000-000000000002", "note": "it's", "paid": False}):
        done = cellc("run", "kept.cell.yaml", f"row={json.dumps(row)}", env={"DATABASE_URL": database})
        assert (done.code, done.err.count("stalled")) == (0, 0), done.err
        assert json.loads(done.out) == row


def test_a_conflict_is_an_error_that_a_program_can_handle(database: str, cellc: Cellc) -> None:
    words = ("run", "kept.cell.yaml", f"row={json.dumps(ROW)}")
    assert cellc(*words, env={"DATABASE_URL": database}).code == 0
    done = cellc(*words, env={"DATABASE_URL": database})
    assert done.code == 1
    assert "Taken" in done.err
    assert re.search("UNIQUE constraint failed: kept.id|duplicate key value violates unique constraint", done.out)


def test_a_conflict_that_an_effect_does_not_declare_stands_with_its_reason(
    database: str, folder: Path, cellc: Cellc
) -> None:
    text = PROGRAM.replace("    errors: [sql.Conflict]\n", "").replace("errors:\n  Taken: {why: string}\n", "")
    before, _, after = text.partition("    errors: [Taken]\n")
    script = (
        "    effects: [keep, found]\n    do: |\n      keep(row)\n      rows = found(id=row.id)\n      return rows[0]\n"
    )
    assert after
    (folder / "kept.cell.yaml").write_text(before + script)
    words = ("run", "kept.cell.yaml", f"row={json.dumps(ROW)}")
    assert cellc(*words, env={"DATABASE_URL": database}).code == 0
    done = cellc(*words, env={"DATABASE_URL": database})
    assert done.code == 3
    assert re.search("sql.execute ended in Conflict.reason=(kept.db: UNIQUE|127.*: duplicate key)", done.err)


def test_a_password_is_in_nothing_that_is_written(
    postgres_database: Database, folder: Path, tmp_path: Path, cellc: Cellc
) -> None:
    """Whatever goes wrong: no table, a wrong password, a URL that cannot be read."""
    (folder / "kept.cell.yaml").write_text(PROGRAM.replace("delivery:", "retry: {attempts: 1}\n    delivery:"))
    right = postgres_database.url
    urls = (
        right,
        right.replace("shop:", "other:"),
        right.replace("127.0.0.1:", "127.0.0.1:x"),
        right.replace("%40", "@"),
    )
    said = []
    for url in urls:
        said.append(cellc("run", "kept.cell.yaml", f"row={json.dumps(ROW)}", env={"DATABASE_URL": url}))
        assert said[-1].code == 3
    for run in [line.split()[0] for line in cellc("runs").out.splitlines()]:
        said += [cellc("show", run), cellc("log", run)]
    said += [cellc("log", "export"), cellc("check", "--effects", ".", env={"DATABASE_URL": right})]
    written = [*(f"{each.out}{each.err}".encode() for each in said)]
    written += [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert sum(b"127.0.0.1" in each for each in written) > 2
    assert [each[:200] for each in written for part in (b"s3cret", b"of:the", b"%3Athe") if part in each] == []


def test_postgres_needs_an_extra_and_sqlite_none(tmp_path: Path, folder: Path, cellc: Cellc) -> None:
    (tmp_path / "start").mkdir()
    (tmp_path / "start" / "sitecustomize.py").write_text(
        "import sys\nsys.modules.update(dict.fromkeys(('psycopg', 'sqlalchemy')))\n"
    )
    (folder / "kept.cell.yaml").write_text(PROGRAM)
    words = ("run", "kept.cell.yaml", f"row={json.dumps(ROW)}")
    found = os.pathsep.join((str(tmp_path / "start"), os.environ.get("PYTHONPATH", ""))).rstrip(os.pathsep)
    without = {"PYTHONPATH": found, "DATABASE_URL": "postgresql://shop@127.0.0.1:1/shop"}
    for program in (
        PROGRAM,
        PROGRAM.replace("${secret.DATABASE_URL}", "postgresql://${secret.DATABASE_URL}@127.0.0.1/x"),
    ):
        (folder / "kept.cell.yaml").write_text(program)
        done = cellc(*words, env=without)
        assert (done.code, done.out) == (1, "")
        assert "error[E887]: `keep` needs the package psycopg, which is not installed\n" in done.err
        assert "help: install it: pip install 'cellc[postgres]'\n" in done.err
    assert not (folder / ".cellc").exists(), "a run was started"
    (folder / "kept.cell.yaml").write_text(PROGRAM)
    with closing(sqlite3.connect(folder / "kept.db")) as db:
        db.execute(SQLITE)
    assert cellc(*words, env={**without, "DATABASE_URL": "sqlite:///kept.db"}).code == 0
