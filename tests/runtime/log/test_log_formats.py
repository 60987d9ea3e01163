"""Logs of every format that there has been: read as they are, migrated by their next owner, and their runs go on."""

import asyncio
import gzip
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cellc.runtime import migrations
from cellc.runtime.audit import audit
from cellc.runtime.backup import back_up
from cellc.runtime.compacting import compact
from cellc.runtime.exporting import export
from cellc.runtime.log_reading import read_log
from cellc.runtime.log_sqlite import SqliteLog, open_log
from cellc.runtime.views import RunView, history, look_up
from tests.runtime.fabric.worlds import AT, World

LOGS = sorted((Path(__file__).parents[2] / "fixtures" / "logs").glob("*.db.gz"))
NAMES = [path.name.removesuffix(".db.gz") for path in LOGS]
LATER = datetime(2140, 1, 1, tzinfo=UTC)


@pytest.fixture(params=LOGS, ids=NAMES)
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / "log.db"
    path.write_bytes(gzip.decompress(request.param.read_bytes()))
    return path


def test_there_is_one_of_each_earlier_format() -> None:
    earlier = {f"format-{number}" for number in range(1, len(migrations.migration_files()))}
    assert earlier <= set(NAMES)


def test_a_log_is_read_as_it_is(path: Path) -> None:
    before = path.read_bytes()
    log = read_log(path)
    heads = [*log.heads()]
    assert [head.status for head in heads] in (["completed", "waiting"], ["waiting"])
    assert audit(log).findings == []
    for head in heads:
        assert look_up(log, head).open or look_up(log, head).output  # type: ignore[arg-type]
        assert [*history(log, head)]  # type: ignore[arg-type]
    assert len([*export(log, AT, heads_only=False)]) > len(heads)
    assert back_up(path, path.with_name("backup.db")).findings == []
    assert path.read_bytes() == before


def going_on(log: SqliteLog) -> RunView:
    world = World(log=log)
    world.clock.time = LATER

    async def run() -> RunView:
        async with world.fabric() as fabric:
            (head,) = fabric.resume()
            return await fabric.finished(head.number)

    return asyncio.run(run())


@pytest.mark.parametrize("compacted", [False, True])
def test_its_runs_go_on_after_its_migration(compacted: bool, path: Path) -> None:
    log = open_log(path, AT, adopt=True)
    assert log.query("PRAGMA user_version") == [(len(migrations.migration_files()),)]
    log.close()
    log = open_log(path, AT)
    if compacted:
        compact(log, AT, None)
    assert going_on(log).output == 42
    assert audit(log).findings == []
    log.close()
