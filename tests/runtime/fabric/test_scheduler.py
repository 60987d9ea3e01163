from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from cellc.runtime.scheduler import Scheduler

START = datetime(2026, 3, 1, tzinfo=UTC)


def at(seconds: int) -> datetime:
    return START + timedelta(seconds=seconds)


def test_a_later_arrangement_replaces_an_earlier_one():
    scheduler = Scheduler()
    scheduler.set(1, at(5))
    scheduler.set(1, at(9))
    assert scheduler.take_due(at(5)) == []
    assert scheduler.next() == at(9)
    assert scheduler.take_due(at(9)) == [1]
    assert scheduler.next() is None


def test_none_cancels():
    scheduler = Scheduler()
    scheduler.set(1, at(5))
    scheduler.set(1, None)
    assert scheduler.next() is None
    assert scheduler.take_due(at(100)) == []


@given(st.lists(st.tuples(st.integers(1, 5), st.none() | st.integers(0, 20))), st.integers(0, 20))
def test_what_is_due_is_what_a_plain_table_says(arrangements: list[tuple[int, int | None]], now: int):
    scheduler, table = Scheduler(), dict[int, int]()
    for run, due in arrangements:
        scheduler.set(run, None if due is None else at(due))
        table.pop(run, None)
        if due is not None:
            table[run] = due
    taken = scheduler.take_due(at(now))
    assert sorted(taken) == sorted(run for run, due in table.items() if due <= now)
    left = [due for run, due in table.items() if due > now]
    assert scheduler.next() == (at(min(left)) if left else None)
