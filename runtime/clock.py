"""The system's clock and identities: the real `Clock` and `Ids` of `ports.py`."""

import asyncio
import random
import secrets
import time
import uuid
from datetime import UTC, datetime, timedelta

_LONGEST_NAP = 3600.0
"""Waits are cut into pieces: a wall clock that jumps, or a machine that sleeps, is then noticed within the hour."""


class SystemClock:
    """`ports.Clock` over the machine's own clocks."""

    def __init__(self) -> None:
        self._offset = _offset()

    def now(self) -> datetime:
        """Return the time now, aware, in UTC."""
        return datetime.now(UTC)

    async def sleep_until(self, due: datetime) -> None:
        """Wait until `due`; return at once when it has passed."""
        while (left := (due - self.now()).total_seconds()) > 0:  # noqa: ASYNC110 -- no event tells that time has passed
            await asyncio.sleep(min(left, _LONGEST_NAP))

    def jump(self) -> timedelta:
        """Return by how much the wall clock has been set since this was asked last, against the monotonic one."""
        before, self._offset = self._offset, _offset()
        return timedelta(seconds=self._offset - before)


def _offset() -> float:
    return time.time() - time.monotonic()


class SystemIds:
    """`ports.Ids` from the operating system's randomness."""

    def run_id(self, at: datetime) -> str:
        """Return a new UUIDv7 as text: 48 bits of milliseconds, so ids sort by their time, then 74 random bits."""
        milliseconds = int(at.timestamp() * 1000) & (1 << 48) - 1
        value = milliseconds << 80 | 7 << 76 | secrets.randbits(12) << 64 | 0b10 << 62 | secrets.randbits(62)
        return str(uuid.UUID(int=value))

    def jitter(self) -> float:
        """Return a number from 0 to 1."""
        return random.random()  # noqa: S311 -- spreads retries, keeps no secret
