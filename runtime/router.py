"""Performs calls: admission, time limits, and the handler of each effect; what comes back is delivered as an outcome.

At most `SLOTS` calls of one effect are performed at once, first come, first served; the others wait here. A slot is
taken before a call is marked as sent and given back when its handler ends. Retries, and what an outcome means for the
run, are the core's business.

Known weakness: a thread cannot be stopped, so after a time limit a blocking handler runs on without a slot.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cellc.runtime.binding import BoundEffect
from cellc.runtime.ports import Handler, Handlers, Outcome, Permanent, Request, Transient

SLOTS = 100
"""Calls of one effect in progress at once: below the sockets and files that a process may open."""


@dataclass(frozen=True, slots=True)
class Job:
    """One attempt of one call of one run. A `once` job is started by the fabric, after its durable mark."""

    run: int
    call: int
    effect: str
    bound: BoundEffect
    inputs: Mapping[str, Any]
    key: str
    attempt: int
    once: bool


@dataclass(slots=True)
class _Lane:
    """One effect: how many slots are free, and who waits for one, by run and call, longest first."""

    free: int
    waiting: dict[tuple[int, int], Job] = field(default_factory=dict)


class Router:
    """Performs jobs. `deliver` takes each outcome; `admitted` a `once` job that had to wait and now holds its slot."""

    def __init__(
        self,
        handlers: Handlers,
        deliver: Callable[[Job, Outcome], None],
        admitted: Callable[[Job], None],
        slots: int = SLOTS,
    ) -> None:
        self._handlers = handlers
        self._deliver = deliver
        self._admitted = admitted
        self._slots = slots
        self._lanes: dict[str, _Lane] = {}
        self._tasks: dict[tuple[int, int], asyncio.Task[None]] = {}

    def take_slot(self, job: Job) -> bool:
        """Return whether `job` holds a slot now; else it waits for one, and goes on by itself when it has it."""
        lane = self._lanes.setdefault(job.effect, _Lane(self._slots))
        if lane.free == 0:
            lane.waiting[job.run, job.call] = job
            return False
        lane.free -= 1
        return True

    def release(self, job: Job) -> None:
        """Give back the slot of a job: the one that waits longest gets it."""
        lane = self._lanes[job.effect]
        if not lane.waiting:
            lane.free += 1
            return
        following = lane.waiting.pop(next(iter(lane.waiting)))
        if following.once:
            self._admitted(following)
        else:
            self.start(following)

    def start(self, job: Job) -> None:
        """Perform `job`, which holds a slot."""
        task = asyncio.get_running_loop().create_task(self._run(job))
        self._tasks[job.run, job.call] = task

    def is_waiting(self, run: int, call: int) -> bool:
        """Return whether a call waits for a slot, so that nobody has begun to perform it."""
        return any((run, call) in lane.waiting for lane in self._lanes.values())

    def abandon(self, run: int, call: int) -> None:
        """Stop performing a call whose outcome nobody waits for."""
        task = self._tasks.get((run, call))
        if task is not None:
            task.cancel()
        for lane in self._lanes.values():
            lane.waiting.pop((run, call), None)

    async def close(self) -> None:
        """Stop performing calls, and close the handlers."""
        for lane in self._lanes.values():
            lane.waiting.clear()
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._handlers.close()

    async def _run(self, job: Job) -> None:
        try:
            self._deliver(job, await self._perform(job))
        finally:
            del self._tasks[job.run, job.call]
            self.release(job)

    async def _perform(self, job: Job) -> Outcome:
        bound = job.bound
        handler = self._handlers.get(bound.handler)
        if handler is None:
            return Permanent(f"there is no handler for {bound.handler}")
        try:
            request = bound.request(job.inputs, job.key, job.attempt)
            if isinstance(request, Permanent):
                return request
            return bound.outcome(job.inputs, await _attempt(handler, request), handler)
        except Exception as bug:  # noqa: BLE001 -- a bug in one handler must not stop the other runs
            reason = f"bug in handler {bound.handler}: {type(bug).__name__}: {bug}"
            return Permanent(bound.without_secrets(reason), unknown=True)


async def _attempt(handler: Handler, request: Request) -> Outcome:
    limit = asyncio.timeout(request.timeout)
    try:
        async with limit:
            return await handler.perform(request)
    except TimeoutError:
        if limit.expired():
            return Transient(f"no answer within {request.timeout:g} s")
        raise
