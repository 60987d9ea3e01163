"""What every log promises. Each test runs on the memory log and on a real SQLite file."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cellc.runtime.log_memory import MemoryLog
from cellc.runtime.log_sqlite import open_log
from cellc.runtime.ports import Append, Log, RunHead

AT = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)


@pytest.fixture(params=["memory", "sqlite"])
def log(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Log]:
    opened: Log = MemoryLog() if request.param == "memory" else open_log(tmp_path / "log.db", AT)
    yield opened
    opened.close()


def head_of(number: int, status: str = "running") -> RunHead:
    return RunHead(number=number, id=f"id-{number}", graph="g", cell="m.c", status=status, started_at=AT)


def test_what_was_appended_is_read_back_in_order(log: Log):
    run = log.next_run()
    log.append([Append(run, [b"one", b"two"], head_of(run))])
    log.append([Append(run, [b"three"])])
    assert list(log.events(run)) == [b"one", b"two", b"three"]


def test_bodies_of_every_size_come_back_as_they_were(log: Log):
    run = log.next_run()
    bodies = [b"x" * size for size in (0, 1, 1023, 1024, 1025, 100_000)]
    log.append([Append(run, bodies, head_of(run))])
    assert list(log.events(run)) == bodies


def test_a_large_body_may_occur_again(log: Log):
    run = log.next_run()
    log.append([Append(run, [b"y" * 5000, b"y" * 5000], head_of(run))])
    log.append([Append(run, [b"y" * 5000])])
    assert list(log.events(run)) == [b"y" * 5000] * 3


def test_one_batch_may_add_to_a_run_twice(log: Log):
    run = log.next_run()
    log.append([Append(run, [b"a"], head_of(run)), Append(run, [b"b"])])
    assert list(log.events(run)) == [b"a", b"b"]


def test_run_numbers_are_never_given_twice(log: Log):
    numbers = [log.next_run() for _ in range(3)]
    log.append([Append(numbers[-1], [b"a"], head_of(numbers[-1]))])
    assert len({*numbers, log.next_run()}) == 4


def test_a_head_is_replaced_as_a_whole(log: Log):
    run = log.next_run()
    first = head_of(run)
    later = replace(first, status="waiting", wake_at=AT + timedelta(hours=6))
    log.append([Append(run, [b"a"], first)])
    log.append([Append(run, [b"b"], later)])
    assert log.head(run) == later


def test_live_heads_are_those_that_have_not_ended(log: Log):
    running, ended, stalled = (log.next_run() for _ in range(3))
    done = replace(head_of(ended, "completed"), ended_at=AT)
    log.append([Append(running, [b"a"], head_of(running)), Append(ended, [b"a"], done)])
    log.append([Append(stalled, [b"a"], head_of(stalled, "stalled"))])
    assert [head.number for head in log.heads(live=True)] == [running, stalled]
    assert [head.number for head in log.heads()] == [running, ended, stalled]


def test_an_unknown_run_is_a_key_error_and_has_no_events(log: Log):
    with pytest.raises(KeyError):
        log.head(77)
    assert list(log.events(77)) == []


def test_a_graph_is_kept_under_its_hash(log: Log):
    log.put_graph("hash", b"text")
    log.put_graph("hash", b"text")
    run = log.next_run()
    log.append([Append(run, [b"a"], head_of(run))])
    assert log.graph("hash") == b"text"
    with pytest.raises(KeyError):
        log.graph("other")
