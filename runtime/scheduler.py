"""When which run is to be woken: one heap for all runs, so that a waiting run costs an entry and no task.

Times are wall-clock times, as in the log. What is due is decided by the caller's `now`, so this file has no clock.
"""

import heapq
from datetime import datetime


class Scheduler:
    """The next wake-up of each run."""

    def __init__(self) -> None:
        self._due: dict[int, datetime] = {}
        self._heap: list[tuple[datetime, int]] = []

    def set(self, run: int, due: datetime | None) -> None:
        """Wake `run` at `due` instead of any earlier arrangement; None: not at all."""
        if due is None:
            self._due.pop(run, None)
        elif self._due.get(run) != due:
            self._due[run] = due
            heapq.heappush(self._heap, (due, run))

    def next(self) -> datetime | None:
        """Return when the next run is due, None when none is."""
        while self._heap and self._due.get(self._heap[0][1]) != self._heap[0][0]:
            heapq.heappop(self._heap)  # arranged anew since
        return self._heap[0][0] if self._heap else None

    def take_due(self, now: datetime) -> list[int]:
        """Return the runs that are due, each once, and forget their arrangements."""
        taken = []
        while (due := self.next()) is not None and due <= now:
            _, run = heapq.heappop(self._heap)
            del self._due[run]
            taken.append(run)
        return taken
