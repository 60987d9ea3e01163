"""When which run is to be woken, and how many calls may be in progress at once.

One heap has the wake-ups of all runs, so that a waiting run costs an entry and no task. Times are wall-clock times, as
in the log. What is due is decided by the caller's `now`, so this file has no clock.
"""

import heapq
from datetime import datetime

SLOTS = 100
"""Calls of one effect in progress at once, where nothing is declared: below the sockets that a process may open."""


class Places:
    """How many calls of a line may be in progress at once: as many as are declared, else `most`.

    Here is where an adaptive scheduler comes in: admission asks for each line, and reads the line's `places` whenever a
    call may begin.
    """

    def __init__(self, most: int = SLOTS) -> None:
        self._most = most

    def of(self, line: str, declared: int | None) -> int:  # noqa: ARG002 -- whoever adapts to a line has to know it
        """Return the number for the line of this effect or target."""
        return self._most if declared is None else declared


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
