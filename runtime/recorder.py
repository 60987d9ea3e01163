"""Committing the turns of a fabric as soon as there is room, with a word where time or space is not as it was.

Where the disk is full nothing of a commit has happened, so it is tried again, and whatever is to follow waits with it.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import TypeAlias

from cellc.runtime.ports import Append, Arrival, Clock, Log, LogFull, Schedule

Notify: TypeAlias = Callable[[str, Mapping[str, str]], None]
"""Is told what happens to the log itself: a code of `language/codes` with its fields. Must not block."""

JUMP = 60.0
"""Seconds by which a clock may be set without a word."""

ROOM = timedelta(seconds=1)
"""How long to wait before it is tried again whether a full disk has room."""


class Recorder:
    """Appends to the log. `is_full`: a turn waits for room, and memory is ahead of the log."""

    def __init__(self, log: Log, clock: Clock, notify: Notify) -> None:
        self._log = log
        self._clock = clock
        self._notify = notify
        self.is_full = False

    async def append(
        self,
        batch: Sequence[Append],
        arrivals: Sequence[Arrival],
        verdicts: Mapping[str, str],
        schedules: Sequence[Schedule],
    ) -> None:
        """Append a turn, as soon as there is room for it. Raises Fenced, LogFailed."""
        while True:
            try:
                self._log.append(batch, arrivals, verdicts, schedules)
            except LogFull as problem:
                if not self.is_full:
                    self._notify("W842", {"reason": str(problem)})
                self.is_full = True
                await self._clock.sleep_until(self._clock.now() + ROOM)
            else:
                if self.is_full:
                    self._notify("N845", {})
                self.is_full = False
                return

    def note_jump(self) -> None:
        """Record that the clock has jumped: times in the log are not what they seem around it."""
        seconds = self._clock.jump().total_seconds()
        if abs(seconds) > JUMP:
            self._log.note(self._clock.now(), "clock", f"it has jumped by {seconds:+.0f} s")
            self._notify("W846", {"seconds": f"{seconds:+.0f}"})
