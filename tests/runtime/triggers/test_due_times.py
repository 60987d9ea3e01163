"""When schedules are due, clocks set forward and back included."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cellc.runtime.due_times import DueTimes

PARIS = "Europe/Paris"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def dues(cron: str, zone: str, start: str, count: int) -> list[str]:
    times, moment, found = DueTimes(cron, zone), at(start), []
    for _ in range(count):
        due = times.after(moment)
        assert due is not None
        found.append(f"{due:%Y-%m-%d %H:%M}")
        moment = due
    return found


CASES = {
    "every quarter of an hour": (
        ("*/15 * * * *", "UTC", "2026-03-01 23:40", 3),
        ["2026-03-01 23:45", "2026-03-02 00:00", "2026-03-02 00:15"],
    ),
    "weekdays": (("0 2 * * mon-fri", "UTC", "2026-03-06 02:00", 2), ["2026-03-09 02:00", "2026-03-10 02:00"]),
    "a day or a weekday": (
        ("0 0 13 * fri", "UTC", "2026-03-01 00:00", 3),
        ["2026-03-06 00:00", "2026-03-13 00:00", "2026-03-20 00:00"],
    ),
    "the 29th of February": (("0 0 29 2 *", "UTC", "2096-02-29 00:00", 1), ["2104-02-29 00:00"]),
    "local time": (("0 2 * * *", PARIS, "2026-07-01 00:00", 1), ["2026-07-02 00:00"]),
    # On 2026-03-29 clocks go from 02:00 to 03:00, on 2026-10-25 from 03:00 to 02:00.
    "a time that is left out": (("30 2 * * *", PARIS, "2026-03-28 12:00", 2), ["2026-03-29 01:30", "2026-03-30 00:30"]),
    "a time that comes twice": (("30 2 * * *", PARIS, "2026-10-24 12:00", 2), ["2026-10-25 00:30", "2026-10-26 01:30"]),
    "every hour while clocks go back": (
        ("30 * * * *", PARIS, "2026-10-24 23:45", 4),
        ["2026-10-25 00:30", "2026-10-25 01:30", "2026-10-25 02:30", "2026-10-25 03:30"],
    ),
    "every hour while clocks go forward": (
        ("30 * * * *", PARIS, "2026-03-28 23:45", 3),
        ["2026-03-29 00:30", "2026-03-29 01:30", "2026-03-29 02:30"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("asked", "expected"), CASES.values(), ids=CASES)
def test_times_are_due_as_people_read_them(asked: tuple[str, str, str, int], expected: list[str]) -> None:
    assert dues(*asked) == expected


@given(
    st.sampled_from(["*/7 * * * *", "5 */3 * * *", "0 2 * * *", "30 2 1,15 * sun", "15 1-3 * 3,10 *"]),
    st.sampled_from([PARIS, "America/New_York", "Australia/Lord_Howe", "UTC", "Asia/Kathmandu"]),
    st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1)),  # noqa: DTZ001 -- the zone is put on below
    st.integers(0, 60 * 24 * 40),
)
def test_a_later_moment_has_no_earlier_due_time(cron: str, zone: str, moment: datetime, minutes: int) -> None:
    """What is due first after a moment is so for each moment before it: nothing is left out or comes twice."""
    times, moment = DueTimes(cron, zone), moment.replace(tzinfo=UTC)
    due = times.after(moment)
    assert due is not None
    assert due > moment
    between = moment + timedelta(minutes=minutes)
    assert times.after(between) == due if between < due else times.after(between) > between  # type: ignore[operator]


def test_the_end_of_the_calendar_is_no_fault() -> None:
    assert DueTimes("0 0 1 1 *", "UTC").after(datetime(9999, 12, 30, tzinfo=UTC)) is None
