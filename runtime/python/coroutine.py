"""Code that is an `async def`: run until all of it waits, on a loop of its own, by what it has been told.

It is kept in memory between its moves. Where it is not there any more, it is run again from its history, which must
lead it to the same requests.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from cellc.runtime.core.events import from_micros
from cellc.runtime.core.inputs import CodeFailed, Input, Moved, UndoSaid
from cellc.runtime.core.python_frames import CodeHistory, NextMove
from cellc.runtime.core.state import Told
from cellc.runtime.ports import Context
from cellc.runtime.python.contract import Contract, Unfit, copied
from cellc.runtime.python.failures import Stop, described, waits_at
from cellc.runtime.python.loading import Loaded
from cellc.runtime.python.loop import CodeLoop, Endless
from cellc.runtime.python.requests import Broken, Requests, end_in, json_state, output

if TYPE_CHECKING:
    import asyncio


class AsyncFabric:
    """What the code is given beside its inputs."""

    def __init__(self, running: "CoroutineRun") -> None:
        self._running = running

    @property
    def context(self) -> Context:
        """Where the code runs."""
        return self._running.context

    async def request(self, request: Any, inputs: Any = None, *, undo: Callable[[Any], Any] | None = None) -> Any:
        """Perform an effect: a model of its inputs, or its name and inputs. Raises what it ends in."""
        return await self._running.ask(request, inputs, undo)

    async def save_state(self, state: Any) -> None:
        """Keep `state` in the run, in place of what was kept before."""
        self._running.keep(state)

    async def load_state(self) -> Any:
        """Return what was kept last, None when nothing was."""
        return copied(self._running.kept)


class CoroutineRun:
    """The code of one frame. `context` is as of its current move."""

    def __init__(self, loaded: Loaded, contract: Contract, run: str, following: NextMove, history: CodeHistory) -> None:
        self._loaded = loaded
        self._contract = contract
        self._frame = following.frame
        self._history = history
        self._requests = Requests(contract, loaded, following, history)
        self._requests.waits_at = self._waits
        self._loop = CodeLoop()
        self._task: asyncio.Task[Any] | None = None
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._move = 0
        self._keeps = False
        self._is_closed = False
        self.kept: Any = None
        self.context = Context(run, contract.cell, history.at, following.attempt)

    # --- for its fabric ---

    def ask(self, request: Any, inputs: Any, undo: Callable[[Any], Any] | None) -> "asyncio.Future[Any]":
        """Make a request and return what will have its result. Raises Stop."""
        if self._is_closed:
            raise Stop("the code is over")
        number = self._requests.add(self._move, request, inputs, undo)
        waiting = self._waiting[number] = self._loop.create_future()
        return waiting

    def keep(self, state: Any) -> None:
        """Keep a state. Raises Stop."""
        try:
            self.kept, self._keeps = json_state(state), True
        except Unfit as problem:
            raise self._requests.stop(str(problem)) from None

    # --- for whoever runs it ---

    def moves(self, following: NextMove, at: datetime) -> Iterator[Input]:
        """Make the next move, or only say an undo, and yield what that comes to."""
        try:
            self._catch_up(following.move)
            told = following.told
            if told is not None and self._requests.has_undo(told):
                made = self._requests.undo(told)
                effect, inputs = (made.effect, made.input) if made else (None, {})
                yield UndoSaid(at, self._frame, told.request, effect, inputs)
            if not following.undo:
                self._advance(told)
                yield self._come_to(following.move, at)
        except Broken as problem:
            yield CodeFailed(at, self._frame, following.move, str(problem))
        except Exception as problem:  # noqa: BLE001 -- an `undo` is code of the user's
            yield CodeFailed(at, self._frame, following.move, described(problem))

    def close(self) -> None:
        """Let go of the code. What it does on its way out counts for nothing."""
        self._is_closed = True
        self._loop.close()

    def _catch_up(self, moves: int) -> None:
        """Make again the moves that were made before. Raises Broken."""
        while self._move < moves:
            move = self._move
            self._advance(self._history.told[move - 1] if move else None)
            task = self._task
            is_over = task is not None and task.done()
            self._requests.check_move(move, is_over=is_over, places=self._waits())
            self._keeps = False

    def _advance(self, told: Told | None) -> None:
        """Run until all of it waits. Raises Broken."""
        try:
            if told is None:
                inputs = self._loaded.forms.input(self._history.inputs)
                self._task = self._loop.create_task(self._loaded.run(inputs, AsyncFabric(self)))
            else:
                self.context = replace(self.context, now=from_micros(told.at))
                self._tell(told)
            self._loop.run_ready()
        except (Unfit, Endless) as problem:
            raise Broken(str(problem)) from None
        except SystemExit as problem:
            raise Broken(described(problem)) from None
        if self._requests.problem is not None:
            raise Broken(self._requests.problem)
        self._move += 1

    def _tell(self, told: Told) -> None:
        what = self._requests.told(told)
        waiting = self._waiting.pop(told.request)
        if waiting.done():
            return  # the task that waited for it has been cancelled
        if isinstance(what, BaseException):
            waiting.set_exception(what)
        else:
            waiting.set_result(what)

    def _come_to(self, move: int, at: datetime) -> Input:
        """Return what a move has come to. Raises Broken."""
        task = self._task
        assert task is not None  # noqa: S101 -- for the type checker: it has been begun
        if not task.done():
            if not self._waiting:
                raise Broken(
                    "\n".join(["the code waits for something that is no request of the fabric", *self._waits()])
                )
            keeps, self._keeps = self._keeps, False
            state = self.kept if keeps else None
            return Moved(at, self._frame, move, self._requests.take_new(), self._loaded.hash, keeps, state)
        if task.cancelled():
            raise Broken("the code has cancelled itself")
        problem = task.exception()
        if problem is not None:
            return end_in(problem, at, self._frame, move, self._contract, self._loaded)
        return output(task.result(), at, self._frame, move, self._contract, self._loaded)

    def _waits(self) -> list[str]:
        return [] if self._task is None else waits_at(self._task.get_coro())
