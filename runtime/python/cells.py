"""The code of all frames that are being run: loaded once, kept between its moves, dropped when its frame is left.

The core says when code is to move; what it does comes back as inputs: at once for code that is `async` or a class,
later for code in a thread. Nothing here is the truth: whatever is dropped is made again from the run.
"""

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from datetime import datetime

from cellc.language.graph import Program
from cellc.runtime.core.inputs import CodeFailed, Input
from cellc.runtime.core.python_frames import NextMove, code_history, next_move
from cellc.runtime.core.state import RunState
from cellc.runtime.environment import Missing, reached
from cellc.runtime.python.contract import Contract
from cellc.runtime.python.coroutine import CoroutineRun
from cellc.runtime.python.loading import Form, Loaded, Unusable, load_code
from cellc.runtime.python.machine import step
from cellc.runtime.python.thread import ThreadRun, Threads


class PythonCells:
    """Runs code. `put` takes what comes later, for a run by its number, given a function from the time to the input."""

    def __init__(self, put: Callable[[int, Callable[[datetime], Input]], None]) -> None:
        self._put = put
        self._code: dict[tuple[str, str], tuple[Loaded, Contract]] = {}
        self._running: dict[int, dict[int, CoroutineRun | ThreadRun]] = {}
        self._threads = Threads()

    @property
    def is_at_work(self) -> bool:
        """Whether code in a thread is about to come to something: then no time may be skipped."""
        running = (code for frames in self._running.values() for code in frames.values())
        return any(isinstance(code, ThreadRun) and code.is_at_work for code in running)

    def move(self, run: int, program: Program, state: RunState, frame: int, at: datetime) -> Iterator[Input]:
        """Let the code of a frame have its next move and yield what it comes to at once."""
        following = next_move(state, frame)
        if following is None:
            return
        known = self._running.get(run, {}).get(frame)
        if isinstance(known, ThreadRun):
            known.tell(following)
            return
        try:
            loaded, contract = self._loaded(program, following.cell)
        except Unusable as problem:
            reason = f"{following.python} cannot be run: {problem.reason}"
            yield CodeFailed(at, frame, following.move, reason)
            return
        if loaded.form is Form.MACHINE:
            yield from step(loaded, contract, following, code_history(state, frame), at)
        elif loaded.form is Form.COROUTINE:
            yield from self._coroutine(run, loaded, contract, following, state, known).moves(following, at)
        else:
            self._begin_thread(run, loaded, contract, following, state)

    def _coroutine(
        self,
        run: int,
        loaded: Loaded,
        contract: Contract,
        following: NextMove,
        state: RunState,
        known: CoroutineRun | None,
    ) -> CoroutineRun:
        if known is None:
            history = code_history(state, following.frame)
            known = CoroutineRun(loaded, contract, state.run, following, history)
            self._running.setdefault(run, {})[following.frame] = known
        return known

    def _begin_thread(self, run: int, loaded: Loaded, contract: Contract, following: NextMove, state: RunState) -> None:
        loop = asyncio.get_running_loop()

        def post(thread: ThreadRun, made: Callable[[datetime], Input] | None) -> None:
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody wants to know any more
                loop.call_soon_threadsafe(self._take, run, following.frame, thread, made)

        history = code_history(state, following.frame)
        thread = ThreadRun(loaded, contract, state.run, following, history, post)
        self._running.setdefault(run, {})[following.frame] = thread
        self._threads.start(thread)

    def _take(self, run: int, frame: int, thread: ThreadRun, made: Callable[[datetime], Input] | None) -> None:
        """Take what a thread has come to; it is wanted as long as the thread is the one of its frame."""
        is_wanted = self._running.get(run, {}).get(frame) is thread
        if made is None:
            if is_wanted:
                del self._running[run][frame]
            self._threads.ended()
        elif is_wanted:
            self._put(run, made)

    def stop(self, run: int, frame: int) -> None:
        """Drop the code of a frame that has been left, or stands."""
        running = self._running.get(run, {}).pop(frame, None)
        if running is not None:
            self._drop(running)
        if not self._running.get(run, True):
            del self._running[run]

    def forget(self, run: int) -> None:
        """Drop all code of a run."""
        for running in self._running.pop(run, {}).values():
            self._drop(running)

    def close(self) -> None:
        """Drop all code."""
        for run in list(self._running):
            self.forget(run)

    def _drop(self, running: CoroutineRun | ThreadRun) -> None:
        if isinstance(running, ThreadRun):
            self._threads.drop(running)
        running.close()

    def _loaded(self, program: Program, cell: str) -> tuple[Loaded, Contract]:
        found = self._code.get((program.sha256, cell))
        if found is None:
            contract = Contract(program, cell)
            found = self._code[program.sha256, cell] = (load_code(program, contract), contract)
        return found


def unusable(program: Program, cell: str) -> tuple[Missing, ...]:
    """Return the Python cells that a run of `cell` can come to and whose code cannot be used, in their order."""
    names = (name for name in sorted(reached(program, cell) & program.cells.keys()) if program.cells[name].graph.python)
    return tuple(found for name in names if (found := _unusable(program, name)) is not None)


def _unusable(program: Program, cell: str) -> Missing | None:
    try:
        load_code(program, Contract(program, cell))
    except Unusable as problem:
        return Missing(cell, problem.kind, program.cells[cell].graph.python, problem.reason)
    return None
