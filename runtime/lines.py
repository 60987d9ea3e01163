"""Lines: who may begin now, of all the calls that share a limit, and who waits for that.

A line is for the calls of an effect, for those to a target, or for those under one key. So many of them may be in
progress at once (its places), and so many may begin in a time (its paces). Calls that wait go in a fair order: runs
take turns, and the calls of a run go in the order in which they became ready. So a run with one call is not behind the
thousand calls of another.

Times are microseconds since 1970, as in events. Nothing costs more than the logarithm of what waits.
"""

from collections import OrderedDict, deque
from collections.abc import Iterator
from heapq import heapify, heappop, heappush

from cellc.language.graph import Limits
from cellc.runtime.job import Job

_SLICES = 1_000
"""A pace remembers when calls began as exactly as this part of its time: so it keeps no more entries than this."""

_UNITS = {1_000_000: "s", 60_000_000: "m", 3_600_000_000: "h", 86_400_000_000: "d"}


class Pace:
    """At most `rate` calls begin in any time of the length `per`.

    What a process before this one has begun is not known. So it starts as if it were used up: `rate` calls, evenly
    spread over the time before `since`. After the clock has been set back it starts so again.
    """

    def __init__(self, rate: int, per: int, since: int) -> None:
        self.rate = rate
        self.per = per
        self._since = since
        self._slice = max(per // _SLICES, 1)
        self._begun: deque[list[int]] = deque()
        self._count = 0
        self._latest = since

    @property
    def shown(self) -> str:
        """The pace as programs write it."""
        return f"{self.rate}/{_UNITS.get(self.per, f'{self.per} us')}"

    def due(self, now: int) -> int:
        """Return when the next call may begin: not after `now` where it may at once."""
        if now < self._latest:
            self._since, self._count = now, 0
            self._begun.clear()
        self._latest = now
        while self._begun and self._begun[0][0] + self.per <= now:
            self._count -= self._begun.popleft()[1]
        gone = (now - self._since) * self.rate // self.per
        if max(self.rate - gone, 0) + self._count < self.rate:
            return now
        if gone < self.rate:
            return self._since - (-(gone + 1) * self.per // self.rate)
        return self._begun[0][0] + self.per

    def begin(self, now: int) -> None:
        """Count a call that begins now."""
        end = (now // self._slice + 1) * self._slice
        if self._begun and self._begun[-1][0] == end:
            self._begun[-1][1] += 1
        else:
            self._begun.append([end, 1])
        self._count += 1


class Line:
    """The calls that share a limit. Of its `places`, `busy` are taken; the `paces` say when one may begin.

    Calls that a process before this one may have begun go before all others: they may be in progress still, on the
    other side. `declared` is the number of places that programs or the environment want, if they do.
    """

    __slots__ = ("_others", "_returning", "busy", "count", "declared", "name", "paces", "places")

    def __init__(self, name: str) -> None:
        self.name = name
        self.declared: int | None = None
        self.places = 1
        self.paces: list[Pace] = []
        self.busy = 0
        self.count = 0
        self._returning = _Turns()
        self._others = _Turns()

    def limit(self, limits: Limits | None, since: int) -> None:
        """Hold these limits too, beside those that hold already."""
        if limits is None:
            return
        if limits.concurrency is not None:
            self.declared = min(self.declared or limits.concurrency, limits.concurrency)
        if limits.rate is not None and limits.per is not None:
            per = limits.per * 1_000
            if all((pace.rate, pace.per) != (limits.rate, per) for pace in self.paces):
                self.paces.append(Pace(limits.rate, per, since))

    def due(self, now: int) -> int:
        """Return when the paces let the next call begin: not after `now` where they do at once."""
        return max((pace.due(now) for pace in self.paces), default=now)

    def begin(self, now: int) -> None:
        """Count a call that begins now for the paces."""
        for pace in self.paces:
            pace.begin(now)

    def put(self, job: Job) -> None:
        """Let a call wait here."""
        job.line = self
        self.count += 1
        (self._returning if job.maybe_sent else self._others).put(job)

    def take(self) -> Job:
        """Return the call whose turn it is; it waits here no more."""
        self.count -= 1
        job = (self._returning if self._returning.count else self._others).take()
        job.line = None
        return job

    def drop(self, job: Job) -> None:
        """Let a call wait here no more."""
        self.count -= 1
        job.line = None
        (self._returning if job.maybe_sent else self._others).drop(job)

    def position(self, job: Job) -> int:
        """Return which one in line a call that waits here is. This costs the number of runs, and of the run's calls."""
        if job.maybe_sent:
            return self._returning.position(job)
        return self._returning.count + self._others.position(job)


class _Turns:
    """Calls in fair order: runs in the order of their turns, each with its only call or with several."""

    __slots__ = ("_runs", "count")

    def __init__(self) -> None:
        self.count = 0
        self._runs: OrderedDict[int, Job | _Several] = OrderedDict()

    def put(self, job: Job) -> None:
        self.count += 1
        before = self._runs.get(job.run)
        if before is None:
            self._runs[job.run] = job
        elif isinstance(before, Job):
            self._runs[job.run] = _Several(before, job)
        else:
            before.put(job)

    def take(self) -> Job:
        self.count -= 1
        run, waiting = self._runs.popitem(last=False)
        if isinstance(waiting, Job):
            return waiting
        job = waiting.take()
        if waiting.count:
            self._runs[run] = waiting
        return job

    def drop(self, job: Job) -> None:
        self.count -= 1
        waiting = self._runs[job.run]
        if isinstance(waiting, Job) or waiting.count == 1:
            del self._runs[job.run]
        else:
            waiting.drop()

    def position(self, job: Job) -> int:
        own = self._runs[job.run]
        before = 0 if isinstance(own, Job) else own.before(job)
        return before + 1 + sum(self._ahead(job.run, before))

    def _ahead(self, run: int, rounds: int) -> Iterator[int]:
        """Yield how many calls of each other run go first, when `rounds` calls of `run` do."""
        passed = False
        for other, waiting in self._runs.items():
            if other == run:
                passed = True
            else:
                calls = 1 if isinstance(waiting, Job) else waiting.count
                yield min(calls, rounds if passed else rounds + 1)


class _Several:
    """The calls of one run, the oldest first, of which `count` still wait.

    What is dropped stays until its turn comes, or until it is more than the rest.
    """

    __slots__ = ("_calls", "count")

    def __init__(self, *jobs: Job) -> None:
        self._calls = [(job.ticket, job) for job in jobs]
        heapify(self._calls)
        self.count = len(jobs)

    def put(self, job: Job) -> None:
        heappush(self._calls, (job.ticket, job))
        self.count += 1

    def take(self) -> Job:
        self.count -= 1
        while (job := heappop(self._calls)[1]).line is None:
            pass
        return job

    def drop(self) -> None:
        self.count -= 1
        if len(self._calls) > 2 * self.count:
            self._calls = [entry for entry in self._calls if entry[1].line is not None]
            heapify(self._calls)

    def before(self, job: Job) -> int:
        return sum(1 for ticket, other in self._calls if ticket < job.ticket and other.line is not None)
