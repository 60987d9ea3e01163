"""Schedules in cron's five fields, `minute hour day month weekday`, as crontab(5) has them; read strictly.

A field is `*` or a list of values and ranges, each range with a step if need be: `*/15`, `8-18/2`, `1,15`, `mon-fri`.
Weekdays count from 0 to 7, Sunday is both. Where both day and weekday are limited, a day that fits either one fits.
What other crons take without a word is refused here, because it does not mean what it seems to: a range that runs
backwards, a step that leaves its range at once, a date that never comes.
"""

import re
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Cron:
    """A schedule: the values that each field takes. `any_day` and `any_weekday`: that field is `*`."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    any_day: bool
    any_weekday: bool


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    low: int
    high: int
    words: tuple[str, ...] = ()

    @property
    def span(self) -> str:
        return f"{self.low} to {self.high}"


_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")

_FIELDS: Final = (
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day", 1, 31),
    _Field("month", 1, 12, _MONTHS),
    _Field("weekday", 0, 7, _WEEKDAYS),
)

_LONGEST: Final = {1: 31, 2: 29, 3: 31, 4: 30, 5: 31, 6: 30, 7: 31, 8: 31, 9: 30, 10: 31, 11: 30, 12: 31}
"""The last day that each month can have."""

_PART = re.compile(r"(?:(?P<all>\*)|(?P<low>\w+)(?:-(?P<high>\w+))?)(?:/(?P<step>\d{1,4}))?\Z")


class BadCron(ValueError):  # noqa: N818 -- named for what it is
    """Why a text is no schedule, in the user's words."""


def read_cron(text: str) -> Cron:
    """Return the schedule that `text` is. Raises BadCron."""
    parts = text.split()
    if len(parts) != len(_FIELDS):
        raise BadCron(f"it has {len(parts)} fields; five are needed: minute, hour, day, month, weekday")
    minutes, hours, days, months, weekdays = (_read(p, f) for p, f in zip(parts, _FIELDS, strict=True))
    weekdays = frozenset(w % 7 for w in weekdays)
    cron = Cron(minutes, hours, days, months, weekdays, parts[2][0] == "*", parts[4][0] == "*")
    if cron.any_weekday and all(min(days) > _LONGEST[month] for month in months):
        raise BadCron(f"the day {min(days)} never comes in the {_plural('month', months)} {_listed(months)}")
    return cron


def _read(text: str, field: _Field) -> frozenset[int]:
    values: set[int] = set()
    for part in text.split(","):
        values.update(_part(part, field))
    return frozenset(values)


def _part(text: str, field: _Field) -> range:
    found = _PART.match(text)
    if found is None:
        raise BadCron(f"`{text}` does not read as a {field.name}: write a value, `2-5`, `*/10` or a list of these")
    if found["all"]:
        low, high = field.low, min(field.high, 6) if field.words == _WEEKDAYS else field.high
    else:
        low = _value(found["low"], field)
        high = low if found["high"] is None else _value(found["high"], field)
    if found["high"] is not None and high == 0 and field.words == _WEEKDAYS:
        high = 7
    if low > high:
        raise BadCron(f"the range `{text}` of the {field.name} runs backwards: write both ends as a list of two ranges")
    return range(low, high + 1, _step(found["step"], text, low, high))


def _step(step: str | None, text: str, low: int, high: int) -> int:
    if step is None:
        return 1
    if low == high:
        raise BadCron(f"`{text}` has a step, but no range to go through")
    if not 1 <= int(step) <= high - low:
        raise BadCron(f"the step of `{text}` must be from 1 to {high - low}")
    return int(step)


def _value(text: str, field: _Field) -> int:
    if text.lower() in field.words:
        return field.words.index(text.lower()) + (field.words == _MONTHS)
    if not re.fullmatch(r"[0-9]{1,4}", text):
        words = f", or {field.words[0]} to {field.words[-1]}" if field.words else ""
        raise BadCron(f"`{text}` is no {field.name}: it is a number from {field.span}{words}")
    if not field.low <= int(text) <= field.high:
        raise BadCron(f"{text} is no {field.name}: it is a number from {field.span}")
    return int(text)


def _plural(word: str, values: frozenset[int]) -> str:
    return word if len(values) == 1 else f"{word}s"


def _listed(months: frozenset[int]) -> str:
    return ", ".join(_MONTHS[m - 1] for m in sorted(months))
