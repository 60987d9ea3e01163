"""The event loop of one piece of code: it runs what is ready, and has no clock, no threads and no sockets.

So tasks and `gather` go the same way in every replay, and a replay costs no turn of the process's own loop. Whatever
would depend on time or on the world is refused, and says what to ask for instead.
"""

import asyncio
import contextvars
from asyncio.events import _get_running_loop, _set_running_loop
from asyncio.tasks import _enter_task, _leave_task
from collections import deque
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from typing import Any, NoReturn, cast

MOST_TURNS = 1_000_000
"""Callbacks of one move: code that never waits for a request must not hold up all other runs."""


class NotRecordedError(RuntimeError):
    """Code of a cell wants something that no replay would give it again."""


class Endless(Exception):  # noqa: N818 -- named for what it says of the code
    """Code goes on and on without waiting for a request."""


class CodeLoop:
    """Runs what is ready, in order. To tasks and futures it is an `asyncio.AbstractEventLoop`."""

    def __init__(self) -> None:
        self._self = cast("asyncio.AbstractEventLoop", self)
        self._ready: deque[asyncio.Handle] = deque()
        self._tasks: list[asyncio.Task[Any]] = []

    def run_ready(self) -> None:
        """Run everything until all of it waits. Raises Endless."""
        turns = 0
        with self._in_place_of_the_running_one():
            while self._ready:
                handle = self._ready.popleft()
                if not handle.cancelled():
                    handle._run()  # noqa: SLF001 -- what every event loop does
                turns += 1
                if turns > MOST_TURNS:
                    raise Endless(f"the code goes on {MOST_TURNS} times without waiting for a request")

    def close(self) -> None:
        """End all tasks where they are."""
        self._ready.clear()
        with self._in_place_of_the_running_one():
            for task in self._tasks:
                if not task.done():
                    task._log_destroy_pending = False  # type: ignore[attr-defined] # noqa: SLF001 -- left on purpose
                    with suppress(BaseException):  # whatever the code does on its way out
                        task.get_coro().close()
        self._tasks.clear()

    @contextmanager
    def _in_place_of_the_running_one(self) -> Iterator[None]:
        outer = _get_running_loop()
        task = None if outer is None else asyncio.current_task(outer)
        if outer is not None and task is not None:
            _leave_task(outer, task)
        _set_running_loop(self._self)
        try:
            yield
        finally:
            _set_running_loop(outer)
            if outer is not None and task is not None:
                _enter_task(outer, task)

    # --- what tasks and futures need of a loop ---

    def call_soon(
        self, callback: Callable[..., object], *args: Any, context: contextvars.Context | None = None
    ) -> asyncio.Handle:
        """Run a callback after those that are ready."""
        handle = asyncio.Handle(callback, args, self._self, context)
        self._ready.append(handle)
        return handle

    def create_future(self) -> "asyncio.Future[Any]":
        """Return a new future."""
        return asyncio.Future(loop=self._self)

    def create_task(self, coro: Any, *, name: str | None = None, context: Any = None) -> "asyncio.Task[Any]":
        """Return a new task."""
        made: Coroutine[Any, Any, Any] = coro
        task = asyncio.Task(made, loop=self._self, name=name, context=context)
        self._tasks.append(task)
        return task

    def get_debug(self) -> bool:
        """Return whether slow callbacks are told of."""
        return False

    def is_running(self) -> bool:
        """Return whether it runs."""
        return True

    def is_closed(self) -> bool:
        """Return whether it is closed."""
        return False

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """Do nothing: what code ends in is the run's business, not that of a task left behind."""

    def __getattr__(self, name: str) -> Any:
        """Refuse whatever else an event loop can do."""
        if name.startswith("__"):
            raise AttributeError(name)
        what, instead = _REFUSED.get(name, (f"`{name}` of the event loop", "let an effect do it"))

        def refuse(*_: Any, **__: Any) -> NoReturn:
            raise NotRecordedError(f"{what} is not recorded, and would be another one in a replay: {instead}")

        return refuse


_REFUSED = {
    "time": ("the loop's clock", "ask for `time.now`, or read `fabric.context.now`"),
    "call_later": ("a pause", "ask for `time.sleep`"),
    "call_at": ("a timer", "ask for `time.sleep`, or put `within` on the call of the cell"),
    "run_in_executor": ("a thread", "let an effect do it, or write the cell as a plain `def`"),
    "create_connection": ("a connection", "let an effect do it, `http.get` for example"),
    "getaddrinfo": ("a connection", "let an effect do it, `http.get` for example"),
}
"""What is refused, and what to do instead."""
