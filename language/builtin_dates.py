"""What the built-in functions on dates and durations compute."""

import calendar
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from cellc.language.faults import Fault
from cellc.language.types import Int, Type

_DAY: Mapping[str, Type] = {"year": Int(1, 9999), "month": Int(1, 12), "day": Int(1, 31)}
_CLOCK: Mapping[str, Type] = {"hour": Int(0, 23), "minute": Int(0, 59), "second": Int(0, 59)}

PARTS: Mapping[str, Mapping[str, Type]] = {"date": _DAY, "time": _CLOCK, "datetime": {**_DAY, **_CLOCK}}
"""The parts of dates and times, which are read like fields, as in Python: `due.year`. A moment's are where it is."""

WITH_PARTS: frozenset[type] = frozenset({date, time, datetime})


def seconds(duration: timedelta) -> Decimal:
    """Return a duration in seconds, exactly."""
    return Decimal(duration // timedelta(microseconds=1)).scaleb(-6).normalize() + 0


def date_of(moment: datetime) -> date:
    """Return the date of a moment, where its offset says."""
    return moment.date()


def add_months(day: date, months: int) -> date:
    """Return the same day some months later (a moment keeps its time), or the last day of a month without that day."""
    if abs(months) > 12 * date.max.year:
        raise Fault("the result of `add_months` is out of range")
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    if not date.min.year <= year <= date.max.year:
        raise Fault("the result of `add_months` is out of range")
    last = calendar.monthrange(year, month + 1)[1]
    return day.replace(year=year, month=month + 1, day=min(day.day, last))
