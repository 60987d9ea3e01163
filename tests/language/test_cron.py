"""Schedules: what a field means, and what is refused because it does not mean what it seems to."""

import re
import zoneinfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cellc.language.cron import BadCron, read_cron
from cellc.language.timezones import timezones


@pytest.mark.parametrize(
    ("text", "field", "values"),
    [
        ("* * * * *", "minutes", range(60)),
        ("*/15 * * * *", "minutes", (0, 15, 30, 45)),
        ("8-18/5 * * * *", "minutes", (8, 13, 18)),
        ("1,15,30-32 * * * *", "minutes", (1, 15, 30, 31, 32)),
        ("0 * * JAN,jul-Sep *", "months", (1, 7, 8, 9)),
        ("0 0 * * 7", "weekdays", (0,)),
        ("0 0 * * fri-sun", "weekdays", (5, 6, 0)),
        ("0 0 * * mon-fri", "weekdays", range(1, 6)),
        ("0 0 * * */2", "weekdays", (0, 2, 4, 6)),
        ("0 0 * * *", "weekdays", range(7)),
        ("0 0 29 2 *", "days", (29,)),
        ("0 0 31 1,2 *", "days", (31,)),
        ("0 0 31 2 mon", "days", (31,)),
    ],
)
def test_a_field_means_these_values(text: str, field: str, values: range) -> None:
    assert getattr(read_cron(text), field) == frozenset(values)


def test_a_field_that_is_not_limited_says_so() -> None:
    both = read_cron("0 0 */2 * 1")
    assert (both.any_day, both.any_weekday) == (True, False)
    assert (read_cron("0 0 1 * *").any_day, read_cron("0 0 1 * *").any_weekday) == (False, True)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("* * * *", "4 fields"),
        ("60 * * * *", "60 is no minute: it is a number from 0 to 59"),
        ("* 24 * * *", "24 is no hour"),
        ("* * 0 * *", "0 is no day"),
        ("* * * 13 *", "13 is no month"),
        ("* * * * 8", "8 is no weekday: it is a number from 0 to 7"),
        ("* * * foo *", "`foo` is no month: it is a number from 1 to 12, or jan to dec"),
        ("* * mon * *", "`mon` is no day"),
        ("* 22-6 * * *", "`22-6` of the hour runs backwards"),
        ("*/0 * * * *", "the step of `*/0` must be from 1 to 59"),
        ("*/60 * * * *", "the step of `*/60` must be from 1 to 59"),
        ("5/10 * * * *", "`5/10` has a step, but no range"),
        ("1, * * * *", "`` does not read as a minute"),
        ("-5 * * * *", "`-5` does not read"),
        ("0 0 30 2 *", "the day 30 never comes in the month feb"),
        ("0 0 31 4,jun *", "the day 31 never comes in the months apr, jun"),
        ("@daily * * * *", "`@daily` does not read"),
    ],
)
def test_what_is_no_schedule_is_refused_with_its_reason(text: str, words: str) -> None:
    with pytest.raises(BadCron, match=re.escape(words)):
        read_cron(text)


@given(st.text(alphabet="0123456789*/,- \tjanmo@?LW#", max_size=30))
def test_any_text_is_a_schedule_or_a_reason(text: str) -> None:
    try:
        cron = read_cron(text)
    except BadCron:
        return
    assert cron.minutes <= frozenset(range(60))
    assert cron.weekdays <= frozenset(range(7))
    assert all((cron.minutes, cron.hours, cron.days, cron.months, cron.weekdays))


def test_every_time_zone_of_the_table_is_known_to_python() -> None:
    assert {"UTC", "Europe/Paris", "America/Argentina/Buenos_Aires"} <= timezones() <= zoneinfo.available_timezones()
