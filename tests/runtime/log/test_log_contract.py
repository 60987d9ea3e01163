"""What every log promises. Each test runs on the memory log and on a real SQLite file."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cellc.runtime.log_memory import MemoryLog
from cellc.runtime.log_sqlite import open_log
from cellc.runtime.ports import Append, Arrival, KeptState, Log, LogFailed, RunHead, Schedule, Wait

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


def wait_of(run: int, call: int, event: str | None = "m.e", key: str | None = None) -> Wait:
    return Wait(run, call, "m.effect", "main/a", AT, event, key, None if event else "{}")


def told(waits: Iterable[Wait]) -> list[tuple[int, int]]:
    return [(wait.run, wait.call) for wait in waits]


def test_waits_are_found_by_event_and_key_the_oldest_first(log: Log):
    log.append([Append(1, [b"a"], head_of(1), [wait_of(1, 0, key="1"), wait_of(1, 1), wait_of(1, 2, "m.other")])])
    log.append([Append(2, [b"a"], head_of(2), [wait_of(2, 0, key="2"), wait_of(2, 1, key="1")])])
    assert told(log.waits("m.e", "1")) == [(1, 0), (1, 1), (2, 1)]
    assert told(log.waits("m.e", None)) == [(1, 1)]
    assert told(log.waits("m.e", "3")) == [(1, 1)]
    assert told(log.waits_of(2)) == [(2, 0), (2, 1)]
    (first,) = (wait for wait in log.waits("m.e", "1") if wait.call == 0)
    assert replace(first, number=0) == wait_of(1, 0, key="1")


def test_many_waits_for_one_event_come_in_order(log: Log):
    for run in range(1, 351):
        log.append([Append(run, [b"a"], head_of(run), [wait_of(run, 0, key=None if run % 3 else "1")])])
    assert told(log.waits("m.e", "1")) == [(run, 0) for run in range(1, 351)]


def test_a_wait_that_is_unlisted_is_not_found_even_if_it_came_in_the_same_commit(log: Log):
    log.append([Append(1, [b"a"], head_of(1), [wait_of(1, 0), wait_of(1, 1)], [1])])
    assert told(log.waits("m.e", None)) == [(1, 0)]
    log.append([Append(1, [b"b"], None, [], [0])])
    assert told(log.waits("m.e", None)) == []


def test_a_wait_that_is_listed_again_keeps_its_place(log: Log):
    log.append([Append(1, [b"a"], head_of(1), [wait_of(1, 0)])])
    log.append([Append(2, [b"a"], head_of(2), [wait_of(2, 0)])])
    log.append([Append(1, [b"b"], None, [wait_of(1, 0)])])
    assert told(log.waits("m.e", None)) == [(1, 0), (2, 0)]


def test_tasks_are_the_waits_for_people(log: Log):
    log.append([Append(1, [b"a"], head_of(1), [wait_of(1, 0), wait_of(1, 1, None)])])
    assert told(log.tasks()) == [(1, 1)]
    assert log.tasks()[0].form == "{}"


def test_events_are_kept_until_their_time_and_known_for_ever(log: Log):
    hour = timedelta(hours=1)
    kept = [Arrival("m.e", f"{n}", key, AT, AT + n * hour, b"data") for n, key in ((1, "1"), (2, "2"), (3, "1"))]
    log.append([], kept)
    assert log.kept("m.e", "1", AT) == [kept[0], kept[2]]
    assert log.kept("m.e", None, AT) == kept
    assert log.kept("m.e", None, AT + hour) == kept[1:]
    assert log.kept("m.other", None, AT) == []
    taken = replace(kept[0], until=None, data=None, run=7)
    log.append([], [taken])
    assert log.kept("m.e", "1", AT) == [kept[2]]
    assert log.arrival("m.e", "1") == taken
    assert log.arrival("m.e", "9") is None


def test_a_verdict_is_kept_under_its_inbox_id(log: Log):
    log.append([], (), {"one": "yes"})
    assert (log.verdict("one"), log.verdict("two")) == ("yes", None)


def test_graphs_come_the_newest_first_and_runs_are_found_by_their_id(log: Log):
    for number, graph in ((1, "g1"), (2, "g2")):
        log.put_graph(graph, b"text")
        log.append([Append(number, [b"a"], head_of(number))])
    assert log.graphs() == ["g2", "g1"]
    assert log.number_of("id-2") == 2
    with pytest.raises(KeyError):
        log.number_of("id-3")


def test_the_last_kept_state_is_read_back_with_the_number_of_its_event(log: Log):
    run = log.next_run()
    assert log.kept_state(run) is None
    log.append([Append(run, [b"one", b"two"], head_of(run), kept=KeptState("f", b"after two"))])
    log.append([Append(run, [b"three"])])
    assert log.kept_state(run) == KeptState("f", b"after two", 2)
    assert list(log.events(run, 2)) == [b"three"]
    log.append([Append(run, [b"four"], kept=KeptState("f", b"after four"))])
    assert log.kept_state(run) == KeptState("f", b"after four", 4)
    assert list(log.events(run, 4)) == []


def test_a_key_is_held_until_its_run_has_failed_or_was_ended_by_hand(log: Log):
    first, second = (replace(head_of(number), key="k", given="{}") for number in (1, 2))
    log.append([Append(1, [b"a"], first)])
    assert (log.holder("k"), log.holder("other")) == (first, None)
    with pytest.raises(LogFailed):
        log.append([Append(2, [b"a"], second)])
    assert list(log.events(2)) == []
    for status in ("failed", "cancelled", "killed"):
        log.append([Append(1, [b"b"], replace(first, status=status, ended_at=AT))])
        assert log.holder("k") is None
    log.append([Append(2, [b"a"], second)])
    log.append([Append(2, [b"b"], replace(second, status="completed", ended_at=AT))])
    assert log.head(2) == log.holder("k")


def test_a_key_may_go_from_one_run_to_the_next_in_one_commit(log: Log):
    first, second = (replace(head_of(number), key="k", given="{}") for number in (1, 2))
    log.append([Append(1, [b"a"], first)])
    log.append([Append(1, [b"b"], replace(first, status="failed")), Append(2, [b"a"], second)])
    assert log.holder("k") == second


def test_a_schedule_is_replaced_as_a_whole(log: Log):
    first = Schedule("m.t", "0 2 * * * UTC", AT)
    later = Schedule("m.t", "0 3 * * * UTC", AT, AT - timedelta(days=1), 7, AT + timedelta(hours=1))
    assert log.schedule("m.t") is None
    log.append([], (), {}, [first])
    assert log.schedule("m.t") == first
    log.append([], (), {}, [later, replace(first, trigger="m.u")])
    assert log.schedule("m.t") == later


def test_the_place_of_a_wait_may_change(log: Log):
    run = log.next_run()
    asked = Wait(run, 1, "m.ask", "main/a", AT, form="{}")
    log.append([Append(run, [b"a"], head_of(run), [asked])])
    log.append([Append(run, [b"b"], None, [replace(asked, place="main/b", form="[]")])])
    assert [(wait.place, wait.form) for wait in log.tasks()] == [("main/b", "{}")]


def test_live_runs_of_a_graph_come_in_pages(log: Log):
    heads = [replace(head_of(log.next_run()), graph=graph) for graph in "abaaba"]
    heads[2] = replace(heads[2], status="completed", ended_at=AT)
    log.append([Append(head.number, [b"a"], head) for head in heads])
    assert log.heads_of("a", 0, 2) == [heads[0], heads[3]]
    assert log.heads_of("a", heads[3].number, 2) == [heads[5]]
    assert log.heads_of("a", heads[5].number, 2) == []


def test_a_run_may_come_to_another_graph_and_cell(log: Log):
    run = log.next_run()
    log.append([Append(run, [b"a"], head_of(run))])
    log.append([Append(run, [b"b"], replace(head_of(run), graph="h", cell="m.d"))])
    assert (log.head(run).graph, log.head(run).cell) == ("h", "m.d")
