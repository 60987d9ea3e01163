"""Programs that keep values of every type in a database, and get them back as they declare them."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.processes import Cellc

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


@pytest.fixture
def database(folder: Path) -> str:
    with closing(sqlite3.connect(folder / "kept.db")) as db:
        db.execute(SQLITE)
    (folder / "kept.cell.yaml").write_text(PROGRAM)
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
    assert "UNIQUE constraint failed: kept.id" in done.err


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
    assert "sql.execute ended in Conflict(reason=kept.db: UNIQUE constraint failed: kept.id)" in done.err
