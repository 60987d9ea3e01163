"""The two plain shapes of a handler: a function that answers at once, and one that blocks and so runs in a thread."""

import asyncio
from collections.abc import Callable
from typing import Any

from cellc.runtime.ports import Outcome, Request, Result


class Direct:
    """Performs by calling a function that does not block."""

    def __init__(self, function: Callable[[Request], Outcome]) -> None:
        self._function = function

    async def perform(self, request: Request) -> Outcome:
        """Call the function."""
        return self._function(request)

    def payload(self, response: Any) -> Outcome:
        """Return the response as it is."""
        return Result(response)

    async def close(self) -> None:
        """Nothing is open."""


class Threaded(Direct):
    """Performs by calling a function that may block, in the event loop's thread pool.

    A thread cannot be stopped: after a timeout the function runs on to its end, and its outcome is dropped. One that
    has not begun by then never does.
    """

    def __init__(self, function: Callable[[Request], Outcome]) -> None:
        super().__init__(function)
        self._going_on: dict[int, asyncio.Future[Outcome | None]] = {}

    async def perform(self, request: Request) -> Outcome:
        """Call the function in a thread."""
        work = _Work(self._function, request)
        thread = asyncio.get_running_loop().run_in_executor(None, work.do)
        try:
            outcome = await asyncio.shield(thread)
        except asyncio.CancelledError:
            work.given_up = True
            self._going_on[id(request)] = thread
            thread.add_done_callback(lambda _: self._going_on.pop(id(request)))
            raise
        assert outcome is not None  # noqa: S101 -- for the type checker: it has not been given up
        return outcome

    def going_on(self, request: Request) -> "asyncio.Future[Outcome | None] | None":
        """Return the thread that still works on a request which has been given up."""
        return self._going_on.get(id(request))


class _Work:
    """A function to call, unless it has been given up by then."""

    def __init__(self, function: Callable[[Request], Outcome], request: Request) -> None:
        self._function = function
        self._request = request
        self.given_up = False

    def do(self) -> Outcome | None:
        return None if self.given_up else self._function(self._request)
