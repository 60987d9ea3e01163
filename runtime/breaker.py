"""The breaker of a target: while the other side does not answer, it is left alone.

It opens after `FAILURES` failures in a row that may pass. When its cool-down is over one call is let through; an answer
closes the breaker, another failure opens it for twice as long. Where nothing is heard of that call for `PATIENCE`, the
next one is let through. Any answer, of a call that began before too, shows that the other side is there.
"""

from datetime import datetime, timedelta

FAILURES = 5
"""So many failures in a row open a breaker."""

COOL_DOWN, LONGEST = timedelta(seconds=30), timedelta(minutes=8)
"""How long it is open at first, and at most."""

PATIENCE = timedelta(seconds=10)

STEP = timedelta(milliseconds=10)
"""How much later a call is due for each attempt that it has made: so the one let through is not the same each time."""


class Breaker:
    """The breaker of one target that has failed. One that answers needs none."""

    __slots__ = ("_cool_down", "_failures", "_trying", "until")

    def __init__(self) -> None:
        self.until: datetime | None = None
        self._failures = 0
        self._cool_down = COOL_DOWN
        self._trying = False

    def put_off(self, now: datetime, attempt: int) -> datetime | None:
        """Return until when an attempt has to wait; None: it may begin, as the trial where the breaker is open."""
        if self.until is None:
            return None
        if now < self.until:
            self.until = min(self.until, now + self._cool_down)  # the clock may have been set back
            return self.until + STEP * min(attempt - 1, 100)
        self._trying, self.until = True, now + PATIENCE
        return None

    def failed(self, now: datetime) -> None:
        """Count a failure that may pass."""
        self._failures += 1
        if self.until is None and self._failures >= FAILURES:
            self.until = now + self._cool_down
        elif self._trying:
            self._trying, self._cool_down = False, min(2 * self._cool_down, LONGEST)
            self.until = now + self._cool_down
