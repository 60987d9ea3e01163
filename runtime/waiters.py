"""Who waits in this process for runs to end, or to come to stand."""

import asyncio
from collections.abc import Sequence

from cellc.runtime.instances import Instance, RunUnreadable
from cellc.runtime.turn import is_reached
from cellc.runtime.views import RunView, view


class Waiters:
    """A future for each one who waits for a run: to end or stall, or with `settled` also only to wait."""

    def __init__(self) -> None:
        self._waiters: dict[int, list[tuple[asyncio.Future[RunView], bool]]] = {}

    def add(self, run: int, *, settled: bool) -> asyncio.Future[RunView]:
        """Return a future that gets the view of a run as soon as it is so far."""
        waiter: asyncio.Future[RunView] = asyncio.get_running_loop().create_future()
        self._waiters.setdefault(run, []).append((waiter, settled))
        return waiter

    def answer(self, run: int, found: Instance | RunUnreadable) -> None:
        """Answer those who have waited for what a run has come to."""
        waiters = self._waiters.pop(run, [])
        left = [(waiter, settled) for waiter, settled in waiters if not is_reached(found, settled=settled)]
        if left:
            self._waiters[run] = left
        for waiter, settled in waiters:
            if waiter.done() or (waiter, settled) in left:
                continue
            if isinstance(found, RunUnreadable):
                waiter.set_exception(found)
            else:
                waiter.set_result(view(found))

    def take_all(self) -> Sequence[asyncio.Future[RunView]]:
        """Return all who wait, and forget them."""
        taken = [waiter for pair in self._waiters.values() for waiter, _ in pair]
        self._waiters.clear()
        return taken
