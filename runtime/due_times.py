"""When a schedule is due: cron's fields, read in the local time of a time zone, as moments in UTC.

Where clocks are set forward, a local time that is left out is due as long after midnight as on any other day: 02:30 is
then 03:30 on the new clock. Where they are set back, a local time that comes twice is due the first time only, unless
the schedule is for every hour (`*`): then no hour is left out. So a daily schedule is due once each day, and one of
every quarter of an hour is due every quarter of an hour.
"""

from bisect import bisect_right
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import product
from zoneinfo import ZoneInfo

from cellc.language.cron import read_cron

_DAY = timedelta(days=1)

_FURTHEST = timedelta(days=366 * 9)
"""The 29th of February comes once in eight years at the least (2096, 2104)."""

_ALL_HOURS = frozenset(range(24))


class DueTimes:
    """The times of one schedule."""

    def __init__(self, cron: str, timezone: str) -> None:
        self._cron = read_cron(cron)
        self._zone = ZoneInfo(timezone)
        self._times = [time(*clock) for clock in product(sorted(self._cron.hours), sorted(self._cron.minutes))]
        self._folds = (0, 1) if self._cron.hours == _ALL_HOURS else (0,)
        self._on = lru_cache(maxsize=4)(self._times_on)  # a schedule of every minute asks 1,440 times for a day

    def after(self, moment: datetime) -> datetime | None:
        """Return the first time that is due after `moment`, in UTC; None where no calendar has one."""
        for day in self._days(moment):
            times = self._on(day)
            later = bisect_right(times, moment)
            if later < len(times):
                return times[later]
        return None

    def _days(self, moment: datetime) -> Iterator[date]:
        """Yield the days of the schedule on which a time after `moment` can be."""
        day = moment.astimezone(self._zone).date() - _DAY
        last = min(day, date.max - _FURTHEST) + _FURTHEST
        while day < last:
            if self._is_due(day):
                yield day
            day += _DAY

    def _is_due(self, day: date) -> bool:
        cron = self._cron
        if day.month not in cron.months:
            return False
        fits_day, fits_weekday = day.day in cron.days, day.isoweekday() % 7 in cron.weekdays
        either = not cron.any_day and not cron.any_weekday
        return fits_day or fits_weekday if either else fits_day and fits_weekday

    def _times_on(self, day: date) -> list[datetime]:
        """Return the times that are due on a day of the schedule, in order."""
        clocks = (datetime.combine(day, clock, self._zone) for clock in self._times)
        return sorted({clock.replace(fold=fold).astimezone(UTC) for clock in clocks for fold in self._folds})
