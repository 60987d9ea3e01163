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

    A thread cannot be stopped: after a timeout the function runs on to its end, and its outcome is dropped.
    """

    async def perform(self, request: Request) -> Outcome:
        """Call the function in a thread."""
        return await asyncio.to_thread(self._function, request)
