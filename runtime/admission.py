"""Admission: which calls may begin. What is in the way of one is a call under the same key, or a line that is full.

A call waits in the line of what is in its way, and holds nothing meanwhile; so no two calls wait for each other. Every
line that has a place and lets a call begin has nobody waiting: that is looked after whenever something is given back.
"""

from collections.abc import Callable, Iterator, Mapping
from itertools import count
from typing import TYPE_CHECKING

from cellc.language.graph import Limits
from cellc.runtime.core.events import from_micros
from cellc.runtime.job import Job
from cellc.runtime.lines import Line
from cellc.runtime.scheduler import Places

if TYPE_CHECKING:
    from cellc.runtime.binding import BoundEffect


class Admission:
    """The lines of all effects, targets and keys.

    `now` is the time in microseconds since 1970. `begin` gets each job that had to wait, once it holds what it needs;
    not before `stands` has said that it may still begin. `alarm` is called when `due` has become another. `targets` are
    the limits of targets.
    """

    def __init__(
        self,
        places: Places,
        targets: Mapping[str, Limits],
        now: Callable[[], int],
        begin: Callable[[Job], None],
        stands: Callable[[Job], bool],
        alarm: Callable[[], None],
    ) -> None:
        self._places = places
        self._limits = targets
        self._now = now
        self._begin = begin
        self._stands = stands
        self._alarm = alarm
        self._since = now()
        self._tickets = count()
        self._effects: dict[str, Line] = {}
        self._of_bound: dict[BoundEffect, Line] = {}
        self._targets: dict[str, Line] = {}
        self._keys: set[str] = set()
        self._key_lines: dict[str, Line] = {}
        self._paced: dict[Line, int] = {}
        self._waiting: dict[tuple[int, int], Job] = {}

    def take(self, job: Job) -> bool:
        """Return whether `job` holds all that it needs now; else it waits, and begins by itself when it does."""
        obstacle = self._obstacle(job, new=True)
        if obstacle is None:
            self._hold(job)
            return True
        job.ticket = next(self._tickets)
        self._waiting[job.run, job.call] = job
        obstacle.put(job)
        return False

    def release(self, job: Job) -> None:
        """Give back what `job` holds: those whose turn it is get it."""
        line = self._of_bound[job.bound]
        line.busy -= 1
        self._keys.discard(job.key)
        if self._key_lines and job.key in self._key_lines:
            self._serve_key(job.key)
        if job.target is not None and job.target in self._targets:
            target = self._targets[job.target]
            target.busy -= 1
            self._serve(target)
        if line.count:
            self._serve(line)

    def drop(self, run: int, call: int) -> bool:
        """Let a call wait no more; return whether it did."""
        job = self._waiting.pop((run, call), None)
        if job is None or job.line is None:
            return False
        job.line.drop(job)
        return True

    def clear(self) -> None:
        """Let nobody wait any more."""
        for run, call in list(self._waiting):
            self.drop(run, call)

    def due(self) -> int | None:
        """Return when `go_on` is to be called next; None: never, as it stands."""
        return min(self._paced.values()) if self._paced else None

    def go_on(self) -> None:
        """Let those begin that only waited for time to pass."""
        if self._paced:
            now = self._now()
            for line in [line for line, due in self._paced.items() if due <= now]:
                del self._paced[line]
                self._serve(line)

    def reasons(self, run: int) -> Iterator[tuple[int, str]]:
        """Yield each call of a run that waits, by its number, with what it waits for, in words."""
        for (of_run, call), job in self._waiting.items():
            if of_run == run and job.line is not None:
                yield call, self._reason(job, job.line)

    def _reason(self, job: Job, line: Line) -> str:
        if line is self._key_lines.get(job.key):
            return "waits for a call under the same key, which has not ended"
        told = f"{_ordinal(line.position(job))} in line for `{line.name}`: "
        if line.busy >= line.places:
            return f"{told}{line.places} at once"
        slowest = max(line.paces, key=lambda pace: pace.due(self._now()))
        return f"{told}rate {slowest.shown}, next at {from_micros(slowest.due(self._now())):%Y-%m-%d %H:%M:%S}Z"

    # --- what is in the way -------------------------------------------------------------------------------------------

    def _obstacle(self, job: Job, *, new: bool) -> Line | None:
        """Return the line in which a job has to wait; a new one does not overtake those that wait there."""
        if job.key in self._keys:
            return self._key_lines.setdefault(job.key, Line(job.key))
        line = self._of_bound.get(job.bound) or self._line(job)
        if line.busy >= line.places or (new and line.count) or (line.paces and not self._is_time(line)):
            return line
        if job.target is None or job.target not in self._limits:
            return None
        line = self._target(job.target)
        if line.busy >= line.places or (new and line.count) or (line.paces and not self._is_time(line)):
            return line
        return None

    def _is_time(self, line: Line) -> bool:
        """Return whether a line's paces let a call begin now; else see to it that the line is served when they do."""
        now = self._now()
        due = line.due(now)
        if due > now and self._paced.get(line) != due:
            self._paced[line] = due
            self._alarm()
        return due <= now

    def _line(self, job: Job) -> Line:
        """Return the line of an effect: all programs that have an effect of this name share it, with all limits."""
        line = self._effects.setdefault(job.effect, Line(job.effect))
        self._limit(line, job.bound.limits)
        self._of_bound[job.bound] = line
        return line

    def _target(self, name: str) -> Line:
        line = self._targets.get(name)
        if line is None:
            line = self._targets[name] = Line(name)
            self._limit(line, self._limits[name])
        return line

    def _limit(self, line: Line, limits: Limits | None) -> None:
        line.limit(limits, self._since)
        line.places = self._places.of(line.name, line.declared)

    # --- going on -----------------------------------------------------------------------------------------------------

    def _hold(self, job: Job) -> None:
        self._keys.add(job.key)
        line = self._of_bound[job.bound]
        line.busy += 1
        if line.paces:
            line.begin(self._now())
        if job.target is not None and job.target in self._targets:
            line = self._targets[job.target]
            line.busy += 1
            line.begin(self._now())

    def _serve(self, line: Line) -> None:
        while line.count and line.busy < line.places and (not line.paces or self._is_time(line)):
            self._try(line.take())

    def _serve_key(self, key: str) -> None:
        line = self._key_lines[key]
        while line.count and key not in self._keys:
            self._try(line.take())
        if not line.count:
            del self._key_lines[key]

    def _try(self, job: Job) -> None:
        """Let a job begin whose turn has come in one line, or wait in the next."""
        if not self._stands(job):
            del self._waiting[job.run, job.call]
            return
        obstacle = self._obstacle(job, new=False)
        if obstacle is not None:
            obstacle.put(job)
            return
        self._hold(job)
        del self._waiting[job.run, job.call]
        self._begin(job)


def _ordinal(number: int) -> str:
    ending = "th" if number % 100 in {11, 12, 13} else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"
