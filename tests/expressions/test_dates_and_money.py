"""Dates, durations, rounding and conversions: what business processes compute with."""

from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal

import pytest

from cellc.language.faults import Fault
from cellc.language.types import DECIMAL, DURATION, FLOAT, INT, STRING, List, Scalar, Union
from cellc.language.values import fits
from tests.expressions.checked import checked

PARIS = timezone(timedelta(hours=2))
TYPES = {
    "due": Scalar("date"),
    "now": Scalar("datetime"),
    "then": Scalar("datetime"),
    "at": Scalar("time"),
    "worked": List(DURATION),
    "price": DECIMAL,
    "score": FLOAT,
    "n": INT,
    "term": Union((Scalar("date"), Scalar("datetime"))),
    "s": STRING,
}
VALUES = {
    "due": date(2024, 2, 29),
    "now": datetime(2026, 3, 29, 1, 30, 5, tzinfo=PARIS),
    "then": datetime(2026, 3, 28, 23, 30, 5, tzinfo=UTC),
    "at": time(17, 30),
    "worked": [timedelta(hours=7), timedelta(minutes=45)],
    "price": Decimal("2.675"),
    "score": 0.1,
    "n": 25,
    "term": date(2026, 12, 31),
    "s": "?",
}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("due.year", 2024),
        ("[due.month, due.day]", [2, 29]),
        ("[now.hour, now.minute, now.second]", [1, 30, 5]),
        ("at.hour", 17),
        ("term.month", 12),
        ("now == then", True),
        ("now in [then]", True),
        ("unique([now, then]) == [now]", True),
        ("hash(now) == hash(then)", True),
        ("date_of(now) == date_of(then)", False),
        ("isoweekday(due)", 4),
        ("add_months(due, 12)", date(2025, 2, 28)),
        ("add_months(due, -1)", date(2024, 1, 29)),
        ("add_months(now, 1)", datetime(2026, 4, 29, 1, 30, 5, tzinfo=PARIS)),
        ("add_months(due, 10)", date(2024, 12, 29)),
        ("sum(worked, 0s)", timedelta(hours=7, minutes=45)),
        ("sum(worked, 0s) / 1h", 7.75),
        ("sum([w for w in worked if w > 1d], 0s)", timedelta(0)),
        ("(now - then) // 1d", 0),
        ("(due - (due - 3d)) / 1d", 3.0),
        ("n * 1s + 1.5m", timedelta(seconds=115)),
        ("90s % 1m", timedelta(seconds=30)),
        ("1d == 24h", True),
        ("str(25h)", "25h"),
        ("round(price, 2)", Decimal("2.68")),
        ("round(2.665 + price - price, 2)", Decimal("2.66")),
        ('round(price - 0.01, 2, mode="half_up")', Decimal("2.67")),
        ('round(price, 2, mode="down")', Decimal("2.67")),
        ('round(-price, 2, mode="up")', Decimal("-2.68")),
        ('round(-price, mode="ceiling")', -2),
        ('round(n, -1, mode="half_up")', 30),
        ("round(n, -1)", 20),
        ("price * to_decimal(score)", Decimal("0.2675")),
        ("to_float(price) * score", 2.675 * 0.1),
        ("to_decimal(n)", Decimal(25)),
        ('format(price, ",.1f")', "2.7"),
        ('format(due, "%d.%m.%Y, %j")', "29.02.2024, 060"),
        ('format(now, "%H:%M:%S.%f%z %%")', "01:30:05.000000+0200 %"),
        ('format(at, "%H%M")', "1730"),
        ('format("ab", "*^6")', "**ab**"),
        ('parse_time("09:05:00")', time(9, 5)),
        ("str(price * 1000000)", "2675000.000"),
    ],
)
def test_it_gives(text: str, value: object) -> None:
    found = checked(text, TYPES)
    result = found.value(**VALUES)
    assert (result, type(result)) == (value, type(value))
    assert fits(result, found.type, found.table) == []


@pytest.mark.parametrize(
    "text", ["add_months(due, 12 * 9000)", "add_months(due, -(10 ** 30))", "format(n, s)", "round(price, 2, mode=s)"]
)
def test_what_cannot_be_given_is_a_fault(text: str) -> None:
    with pytest.raises(Fault):
        checked(text, TYPES).value(**VALUES)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("due.hour", "E302"),
        ("at.year", "E302"),
        ("term.hour", "E302"),
        ("n.year", "E302"),
        ("price * score", "E309"),
        ("sum(worked)", "E312"),
        ("date_of(due)", "E312"),
        ('format(now, "%B")', "E312"),
        ('round(score, 1, mode="half_up")', "E312"),
    ],
)
def test_what_makes_no_sense_is_an_error(text: str, code: str) -> None:
    assert checked(text, TYPES).errors == (code,)


def test_a_year_is_written_with_four_digits_everywhere() -> None:
    assert checked('format(due, "%Y")', TYPES).value(due=date(33, 4, 3)) == "0033"


@pytest.mark.parametrize("price", ["0", "1"])
def test_what_is_divided_by_zero_is_told_as_that(price: str) -> None:
    with pytest.raises(Fault, match="division by zero in `/`"):
        checked("price / (price - price)", TYPES).value(price=Decimal(price))
