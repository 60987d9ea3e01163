"""A clock that stands until a test moves it."""

import asyncio
from datetime import UTC, datetime, timedelta


class StillClock:
    def __init__(self, time: str) -> None:
        self.time = moment(time)
        self._moved = asyncio.Event()

    def now(self) -> datetime:
        return self.time

    async def sleep_until(self, due: datetime) -> None:
        while self.time < due:
            await self._moved.wait()

    def jump(self) -> timedelta:
        return timedelta()

    def set(self, time: str) -> None:
        self.time = moment(time)
        self._moved.set()
        self._moved = asyncio.Event()


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
