"""How cases are told."""

from datetime import timedelta

import pytest

from cellc.runtime.telling import Line
from cellc.testing.reporting import moment
from cellc.testing.virtual_time import START


@pytest.mark.parametrize(
    ("since", "told"),
    [
        (timedelta(), "+0s"),
        (timedelta(hours=50), "+50h"),
        (timedelta(milliseconds=20), "+20ms"),
        (timedelta(days=30, milliseconds=20), "+30d 00:00:00.020"),
        (timedelta(days=2, hours=3, milliseconds=1500), "+2d 03:00:01.500"),
    ],
)
def test_a_moment_can_be_read(since: timedelta, told: str) -> None:
    assert moment(Line(START + since, "ready")) == told
