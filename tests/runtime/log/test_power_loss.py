"""What a disk may hold after a loss of power: whatever had not been synced is there in part, or not at all.

A commit writes to the write-ahead log and syncs it before it returns; a checkpoint then copies pages to the database,
syncs that, and only then the write-ahead log is begun anew, with a header that is synced before the rest. So every
image here is made of the files before and after a commit: a part of what was written in between is old, missing, or
zeros.
"""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import NamedTuple

import pytest

from cellc.runtime.audit import broken
from cellc.runtime.log_sqlite import open_log
from cellc.runtime.ports import Append, RunHead
from tests.runtime.fabric.worlds import AT

FRAME, HEADER, SECTOR = 4096 + 24, 32, 512
COMMITS = 14
LARGE = 5000


class Files(NamedTuple):
    """The database and its write-ahead log, when a commit has returned."""

    database: bytes
    journal: bytes


class Image(NamedTuple):
    """Files after a loss of power, and how many commits they may hold."""

    files: Files
    least: int
    most: int


def body(number: int) -> bytes:
    """Return an event, each third one too large for its row."""
    return b"%d" % number * (LARGE if number % 3 == 0 else 1)


def commits(path: Path) -> list[Files]:
    """Return the files as they were when each of some commits had returned."""
    log = open_log(path, AT)
    log._connection.execute("PRAGMA wal_autocheckpoint=12").fetchall()
    head = RunHead(number=1, id="id", graph="g", cell="c", status="running", started_at=AT)
    found = []
    for number in range(COMMITS):
        log.append([Append(1, [body(number), body(number)], head if number == 0 else None)])
        found.append(Files(path.read_bytes(), path.with_name("log.db-wal").read_bytes()))
    log.close()
    return found


def images(found: list[Files], chance: Random) -> Iterator[Image]:
    for number, (before, after) in enumerate(pairwise(found), start=1):
        for journal in anew(before.journal, after.journal):
            yield Image(Files(before.database, journal), number, number)
        for journal in partly(begun(before.journal, after.journal), after.journal, chance):
            yield Image(Files(before.database, journal), number, number + 1)
        for database in partly(before.database, after.database, chance):  # the checkpoint after the commit
            yield Image(Files(database, after.journal), number + 1, number + 1)


def begun(before: bytes, after: bytes) -> bytes:
    """Return a write-ahead log of which only the header is new: it is synced before anything follows it."""
    return after[:HEADER] + before[HEADER:]


def anew(before: bytes, after: bytes) -> Iterator[bytes]:
    """Yield what may be of a write-ahead log while its header is written."""
    if before[:HEADER] != after[:HEADER]:
        yield from (after[:cut] + before[cut:] for cut in range(0, HEADER, 5))


def partly(before: bytes, after: bytes, chance: Random) -> Iterator[bytes]:
    """Yield what may be of a file that was `before` while it becomes `after`."""
    first = next((at for at, pair in enumerate(zip(before, after, strict=False)) if pair[0] != pair[1]), len(before))
    if first >= len(after):
        return
    boundaries = [*range(HEADER + (first - HEADER) // FRAME * FRAME, len(after), FRAME)]
    cuts = [*boundaries, *(at + chance.randrange(1, FRAME) for at in boundaries)]
    for cut in (cut for cut in cuts if first <= cut <= len(after)):
        yield after[:cut] + before[cut:]  # the rest was not written
        old = after[:cut] + before[cut:]
        yield old + bytes(max(0, len(after) - len(old)))  # the file has grown, and its content was not written
    sectors = range(first // SECTOR, (len(after) + SECTOR - 1) // SECTOR)
    for _ in range(3):
        yield without({chance.choice(sectors)}, before, after)
        yield without({sector for sector in sectors if chance.random() < 0.5}, before, after)


def without(sectors: set[int], before: bytes, after: bytes) -> bytes:
    """Return `after` in which these sectors were not written."""
    image = bytearray(after)
    for sector in sectors:
        at, end = sector * SECTOR, min((sector + 1) * SECTOR, len(after))
        old = before[at:end]
        image[at:end] = old + bytes(end - at - len(old))
    return bytes(image)


@pytest.mark.parametrize("seed", [1, 2])
def test_no_acknowledged_event_is_lost_and_none_is_half_there(seed: int, tmp_path: Path) -> None:
    found = commits(tmp_path / "log.db")
    restarts = sum(after.journal[:HEADER] != before.journal[:HEADER] for before, after in pairwise(found))
    assert restarts > 1, "the write-ahead log was begun anew in between"
    copy = tmp_path / "after" / "log.db"
    copy.parent.mkdir()
    seen = set()
    for count, image in enumerate(images(found, Random(seed))):  # noqa: S311 -- images, no secrets
        for file in copy.parent.iterdir():
            file.unlink()
        copy.write_bytes(image.files.database)
        copy.with_name("log.db-wal").write_bytes(image.files.journal)
        log = open_log(copy, AT, adopt=True)
        events = [*log.events(1)]
        held = len(events) // 2
        assert image.least <= held <= image.most, f"image {count}"
        assert events == [body(number) for number in range(held) for _ in range(2)]
        assert [*broken(log.identity, 1, log.stored_run(1)[1])] == []
        log.append([Append(1, [b"it goes on"])])
        log.close()
        seen.add(held - image.least)
    assert seen == {0, 1}, "some images have the last commit, some do not"
    assert count > 150


def test_without_a_journal_that_was_synced_events_are_lost(tmp_path: Path) -> None:
    """The images matter: a write-ahead log that is not synced is one that may be missing."""
    found = commits(tmp_path / "log.db")
    copy = tmp_path / "after" / "log.db"
    copy.parent.mkdir()
    copy.write_bytes(found[10].database)
    log = open_log(copy, AT, adopt=True)
    assert len([*log.events(1)]) < 2 * 11
    log.close()
