"""Performs calls: time limits, and the handler of each effect; what comes back is delivered as an outcome.

Which calls may begin is decided in `admission.py`. A place is taken before a call is marked as sent, and given back
when its handler has ended: what cannot be stopped, a thread, keeps the place beyond its time limit, and the key too. A
call to a target whose breaker is open is put off (`breaker.py`). Retries, and what an outcome means for the run, are
the core's business.

Lines, paces and breakers are this process's own: the next one begins with empty hands, and with all paces used up.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from cellc.language.graph import Limits
from cellc.runtime.admission import Admission
from cellc.runtime.breaker import Breaker
from cellc.runtime.core.events import from_micros, to_micros
from cellc.runtime.job import Job, PutOff
from cellc.runtime.ports import Clock, Handler, Handlers, Outcome, Permanent, Request, Transient
from cellc.runtime.scheduler import Places

BREAKERS = 1_000
"""Targets whose failures are remembered at once; those that failed first are forgotten first."""


@dataclass(frozen=True, slots=True)
class Hooks:
    """What the router tells.

    `deliver` takes each outcome, `admitted` a `once` job that had to wait and now holds its place, `put_off` a job that
    had to wait and is not to be made now. `alarm`: `next_due` has become earlier.
    """

    deliver: Callable[[Job, Outcome], None]
    admitted: Callable[[Job], None]
    put_off: Callable[[Job, PutOff], None]
    alarm: Callable[[], None]


class Router:
    """Performs jobs. `targets` has the limits of targets."""

    def __init__(
        self, handlers: Handlers, clock: Clock, hooks: Hooks, places: Places, targets: Mapping[str, Limits]
    ) -> None:
        self._handlers = handlers
        self._clock = clock
        self._hooks = hooks
        self._targets = targets
        self._admission = Admission(
            places, targets, lambda: to_micros(clock.now()), self._begin, self._stands, hooks.alarm
        )
        self._breakers: dict[str, Breaker] = {}
        self._performed: dict[tuple[int, int], Job] = {}

    # --- before -------------------------------------------------------------------------------------------------------

    def admit(self, job: Job) -> PutOff | bool:
        """Return whether a new job holds a place now; else it waits for one, and goes on by itself when it has it.

        Where its target does not answer it does neither: it is put off.
        """
        if self._breakers or self._targets:
            job.target = self._target(job)
            later = self._put_off(job)
            if later is not None:
                return later
        return self._admission.take(job)

    def release(self, job: Job) -> None:
        """Give back the place of a job: whoever's turn it is gets it."""
        self._admission.release(job)

    def withdraw(self, run: int, call: int) -> bool:
        """Let a call wait no more; return whether it did, so that nobody has begun to perform it, nor ever will."""
        return self._admission.drop(run, call)

    def next_due(self) -> datetime | None:
        """Return when `go_on` is to be called next, because time lets another call begin then."""
        due = self._admission.due()
        return None if due is None else from_micros(due)

    def go_on(self) -> None:
        """Let calls begin that only waited for time to pass."""
        self._admission.go_on()

    def _begin(self, job: Job) -> None:
        (self._hooks.admitted if job.once else self.start)(job)

    def _stands(self, job: Job) -> bool:
        """Return whether a job that has waited may begin; else it is put off."""
        later = self._put_off(job) if self._breakers else None
        if later is not None:
            self._hooks.put_off(job, later)
        return later is None

    def _put_off(self, job: Job) -> PutOff | None:
        if job.target is None:
            job.target = self._target(job)
        breaker = self._breakers.get(job.target or "")
        if breaker is None or job.trial:
            return None
        until = breaker.put_off(self._clock.now(), job.attempt)
        if until is None:
            job.trial = breaker.until is not None
            return None
        return PutOff(until, job.bound.without_secrets(f"the breaker of {job.target} is open"))

    def _target(self, job: Job) -> str | None:
        """Return what a job goes to, where its handler can tell."""
        handler = self._handlers.get(job.bound.handler)
        find = getattr(handler, "target", None)
        if find is None:
            return None
        try:
            if job.asked is None:
                job.asked = job.bound.request(job.inputs, job.key, job.attempt)
            return None if isinstance(job.asked, Permanent) else find(job.asked)
        except Exception:  # noqa: BLE001 -- what is wrong there shows when the job is performed, and stops that run only
            return None

    # --- while --------------------------------------------------------------------------------------------------------

    def start(self, job: Job) -> None:
        """Perform `job`, which holds a place."""
        job.task = asyncio.get_running_loop().create_task(self._run(job))
        self._performed[job.run, job.call] = job

    def abandon(self, run: int, call: int) -> None:
        """Stop performing a call whose outcome nobody waits for."""
        self._admission.drop(run, call)
        job = self._performed.get((run, call))
        if job is not None and job.task is not None:
            job.task.cancel()
            job.task.add_done_callback(lambda _: self._end(job))  # before its first step it would not come to `_run`

    async def close(self) -> None:
        """Stop performing calls, and close the handlers."""
        self._admission.clear()
        tasks = [job.task for job in self._performed.values() if job.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._handlers.close()

    async def _run(self, job: Job) -> None:
        try:
            self._hooks.deliver(job, await self._perform(job))
        finally:
            self._end(job)

    def _end(self, job: Job) -> None:
        """Give back the place of a job, once."""
        if job.over:
            return
        job.over = True
        if self._performed.get((job.run, job.call)) is job:
            del self._performed[job.run, job.call]
        if job.going_on is None:
            self.release(job)
        else:
            job.going_on.add_done_callback(lambda _: self.release(job))

    async def _perform(self, job: Job) -> Outcome:
        bound = job.bound
        handler = self._handlers.get(bound.handler)
        if handler is None:
            return Permanent(f"there is no handler for {bound.handler}")
        try:
            request = job.asked or bound.request(job.inputs, job.key, job.attempt)
            if isinstance(request, Permanent):
                return request
            came = await _attempt(job, handler, request)
            if self._breakers or isinstance(came, Transient):
                self._note(handler, request, came)
            return bound.outcome(job.inputs, came, handler)
        except Exception as bug:  # noqa: BLE001 -- a bug in one handler must not stop the other runs
            reason = f"bug in handler {bound.handler}: {type(bug).__name__}: {bug}"
            return Permanent(bound.without_secrets(reason), unknown=True)

    # --- after --------------------------------------------------------------------------------------------------------

    def _note(self, handler: Handler, request: Request, came: Outcome) -> None:
        """Let the target's breaker know whether it has answered."""
        find = getattr(handler, "target", None)
        target = None if find is None else find(request)
        if target is None:
            return
        if not isinstance(came, Transient):
            self._breakers.pop(target, None)
            return
        breaker = self._breakers.setdefault(target, Breaker())
        breaker.failed(self._clock.now())
        if len(self._breakers) > BREAKERS:
            del self._breakers[next(iter(self._breakers))]

    # --- for people ---------------------------------------------------------------------------------------------------

    def reasons(self, run: int) -> Iterator[tuple[int, str]]:
        """Yield each call of a run that waits for a place, by its number, with why, in words."""
        return self._admission.reasons(run)


async def _attempt(job: Job, handler: Handler, request: Request) -> Outcome:
    if request.timeout is None:
        return await _performed(job, handler, request)
    limit = asyncio.timeout(request.timeout)
    try:
        async with limit:
            return await _performed(job, handler, request)
    except TimeoutError:
        if limit.expired():
            return Transient(f"no answer within {request.timeout:g} s")
        raise


async def _performed(job: Job, handler: Handler, request: Request) -> Outcome:
    try:
        return await handler.perform(request)
    except asyncio.CancelledError:
        find = getattr(handler, "going_on", None)
        if find is not None:
            job.going_on = find(request)
        raise
