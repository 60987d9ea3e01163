"""The one alarm of a fabric: rings when the next thing of all is due, by the fabric's clock."""

import asyncio
from collections.abc import Callable
from datetime import datetime

from cellc.runtime.ports import Clock


class Alarm:
    """Calls `ring` once at the time that it is set to."""

    def __init__(self, clock: Clock, ring: Callable[[], None]) -> None:
        self._clock = clock
        self._ring = ring
        self._set: tuple[datetime, asyncio.Task[None]] | None = None

    def set(self, *dues: datetime | None) -> None:
        """Ring at the first of these times instead of any other; None is no time."""
        due = min((due for due in dues if due is not None), default=None)
        if self._set is not None:
            if self._set[0] == due:
                return
            self._set[1].cancel()
        self._set = None if due is None else (due, asyncio.get_running_loop().create_task(self._wait(due)))

    async def _wait(self, due: datetime) -> None:
        await self._clock.sleep_until(due)
        self._set = None
        self._ring()

    async def close(self) -> None:
        """Ring no more."""
        if self._set is not None:
            self._set[1].cancel()
            await asyncio.gather(self._set[1], return_exceptions=True)
