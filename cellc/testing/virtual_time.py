"""An event loop whose time passes only when nothing is under way: months of waiting cost nothing, and nothing sleeps.

All timers of asyncio follow it, the time limits of the router too. Where nothing is left that could happen, the loop
says that it is idle.
"""

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

T = TypeVar("T")

START = datetime(2026, 1, 1, tzinfo=UTC)
"""When every case begins."""

MOST_JUMPS = 100_000
"""Times that a case may let time pass: enough for years of days, and a second or so for a program without an end."""

_PATIENCE = 1_200
_NAP = 0.05


class Endless(Exception):  # noqa: N818 -- named for what it says of the case
    """A case does not come to an end."""


class _Selector(selectors.DefaultSelector):
    """Waits for nothing but code in threads; otherwise lets the time that was to be waited pass at once."""

    def __init__(self) -> None:
        super().__init__()
        self.passed = 0.0
        self.jumps = 0
        self.is_busy: Callable[[], bool] = lambda: False
        self.on_idle: Callable[[], None] = lambda: None

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        found = super().select(0)
        if found or (timeout is not None and timeout <= 0):
            return found
        for _ in range(_PATIENCE):
            busy = self.is_busy()
            found = super().select(_NAP if busy else 0)
            if found:
                return found
            if not busy:
                return self._pass(timeout)
        raise Endless("Python code works for a minute without asking for anything")

    def _pass(self, timeout: float | None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            self.on_idle()
        else:
            self.jumps += 1
            if self.jumps > MOST_JUMPS:
                raise Endless(f"it has waited {MOST_JUMPS} times, until {START + timedelta(seconds=self.passed)}")
            self.passed += timeout
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """`asyncio`'s loop in virtual time. `idle` is set when nothing is left that could happen."""

    def __init__(self) -> None:
        self._virtual = _Selector()
        super().__init__(self._virtual)
        self._clock_resolution = 1e-7  # a float of some years is no finer, and a timer must not miss its own time
        self.idle = asyncio.Event()
        self._virtual.on_idle = self._is_idle

    def time(self) -> float:
        """Return the seconds since the case began."""
        return self._virtual.passed

    def ask_whether_busy(self, is_busy: Callable[[], bool]) -> None:
        """Let no time pass while `is_busy` says that threads are at work."""
        self._virtual.is_busy = is_busy

    def _is_idle(self) -> None:
        if self.idle.is_set():
            raise Endless("nothing is left that could happen")
        self.call_soon(self.idle.set)


class VirtualClock:
    """`ports.Clock` over a virtual loop."""

    def __init__(self, loop: VirtualLoop) -> None:
        self._loop = loop

    def now(self) -> datetime:
        """Return the virtual time."""
        return START + timedelta(microseconds=round(self._loop.time() * 1_000_000))

    async def sleep_until(self, due: datetime) -> None:
        """Wait until `due`."""
        while (left := (due - self.now()).total_seconds()) > 0:  # noqa: ASYNC110 -- no event tells that time has passed
            await asyncio.sleep(left)

    def jump(self) -> timedelta:
        """Return that nobody sets this clock."""
        return timedelta()


def run_in(loop: VirtualLoop, work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end. Raises Endless."""
    try:
        return loop.run_until_complete(work)
    finally:
        tasks = asyncio.all_tasks(loop)
        for task in tasks:
            task.cancel()
        loop.call_soon(loop.stop)
        loop.run_forever()
        loop.close()
