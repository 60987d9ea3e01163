"""Code that is a plain `def`: it runs in a thread, which waits while a request is being performed.

One request is in flight at a time, so every move makes one. Where the thread is gone, the code is run again from its
history in another one.
"""

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from queue import SimpleQueue
from typing import Any, TypeAlias

from cellc.runtime.core.events import from_micros
from cellc.runtime.core.inputs import CodeFailed, Input, Moved, UndoSaid
from cellc.runtime.core.python_frames import CodeHistory, NextMove
from cellc.runtime.core.state import Told
from cellc.runtime.ports import Context
from cellc.runtime.python.contract import Contract, Unfit, copied
from cellc.runtime.python.failures import Stop, described
from cellc.runtime.python.loading import Loaded
from cellc.runtime.python.requests import Broken, Requests, end_in, json_state, output

SLOTS = 32
"""Threads at once; the others wait. A thread that nobody waits for keeps its slot until its code ends."""

Made: TypeAlias = Callable[[datetime], Input]
"""What code has come to, given the time."""

Post: TypeAlias = "Callable[[ThreadRun, Made | None], None]"
"""Takes what a thread has come to; None: it has ended. Called from the thread."""


class BlockingFabric:
    """What the code is given beside its inputs."""

    def __init__(self, running: "ThreadRun") -> None:
        self._running = running

    @property
    def context(self) -> Context:
        """Where the code runs."""
        return self._running.context

    def request(self, request: Any, inputs: Any = None, *, undo: Callable[[Any], Any] | None = None) -> Any:
        """Perform an effect: a model of its inputs, or its name and inputs. Raises what it ends in."""
        return self._running.ask(request, inputs, undo)

    def save_state(self, state: Any) -> None:
        """Keep `state` in the run, in place of what was kept before."""
        self._running.keep(state)

    def load_state(self) -> Any:
        """Return what was kept last, None when nothing was."""
        return copied(self._running.kept)


class ThreadRun:
    """The code of one frame. `tell` and `close` are for the loop's thread, all else is for its own."""

    def __init__(
        self, loaded: Loaded, contract: Contract, run: str, following: NextMove, history: CodeHistory, post: Post
    ) -> None:
        self._loaded = loaded
        self._contract = contract
        self._following = following
        self._history = history
        self._post = post
        self._requests = Requests(contract, loaded, following, history)
        self._answers: SimpleQueue[Told | None] = SimpleQueue()
        self._given = len(history.told)
        self._put = 0
        self._taken = 0
        self._waits_for: int | None = None
        self._move = 0
        self._keeps = False
        self._is_closed = False
        self._thread: int | None = None
        self.kept: Any = None
        self.context = Context(run, contract.cell, history.at, following.attempt)

    # --- for the loop's thread ---

    def tell(self, following: NextMove) -> None:
        """Let the code have what it waits for, unless it knows already."""
        if following.told is not None and following.move > self._given:
            self._given += 1
            self._put += 1
            self._answers.put(following.told)

    def close(self) -> None:
        """Let the code end at its next request."""
        self._is_closed = True
        self._answers.put(None)

    @property
    def is_at_work(self) -> bool:
        """Whether the code does anything but wait for what it has not been told yet."""
        return self._waits_for != self._put

    # --- for its own thread ---

    def work(self) -> None:
        """Run the code."""
        self._thread = threading.get_ident()
        made = self._ended()
        if made is not None:
            self._post(self, made)
        self._post(self, None)

    def _ended(self) -> Made | None:
        frame, contract, loaded = self._following.frame, self._contract, self._loaded
        try:
            value = loaded.run(loaded.forms.input(self._history.inputs), BlockingFabric(self))
            if self._requests.problem is None:
                if self._move < self._following.move:
                    self._requests.check_move(self._move, is_over=True, places=[])
                return lambda at: output(value, at, frame, self._move, contract, loaded)
        except (Broken, Unfit) as problem:
            reason = str(problem)
            return lambda at: CodeFailed(at, frame, self._failed_move(), reason)
        except BaseException as problem:  # noqa: BLE001 -- whatever the code does; the thread ends with it
            if self._requests.problem is None and not isinstance(problem, Stop):
                return self._ending_in(problem)
        reason = self._requests.problem or ""
        return (lambda at: CodeFailed(at, frame, self._failed_move(), reason)) if reason else None

    def _ending_in(self, problem: BaseException) -> Made:
        frame, move = self._following.frame, self._failed_move()
        return lambda at: end_in(problem, at, frame, move, self._contract, self._loaded)

    def _failed_move(self) -> int:
        return max(self._move, self._following.move)

    def ask(self, request: Any, inputs: Any, undo: Callable[[Any], Any] | None) -> Any:
        """Make a request, wait for what it comes to, and return or raise that."""
        if threading.get_ident() != self._thread:
            raise RuntimeError("requests are for the thread in which the code was begun: their order is recorded")
        if self._is_closed or self._requests.problem is not None:
            raise Stop("the code is over")
        number = self._requests.add(self._move, request, inputs, undo)
        new = self._requests.take_new()
        if new:
            self._post(self, self._moved(new))
        self._move += 1
        told = self._told(number)
        if self._requests.has_undo(told) and (self._move >= self._following.move or self._is_undo(number)):
            self._say_undo(told)
        if self._is_undo(number):
            raise Stop("nothing more is asked of the code")
        self.context = replace(self.context, now=from_micros(told.at))
        what = self._requests.told(told)
        if isinstance(what, BaseException):
            raise what
        return what

    def _moved(self, new: Any) -> Made:
        frame, move, keeps, kept = self._following.frame, self._move, self._keeps, self.kept if self._keeps else None
        self._keeps = False
        return lambda at: Moved(at, frame, move, new, self._loaded.hash, keeps, kept)

    def _told(self, number: int) -> Told:
        if self._is_undo(number) and self._following.told is not None:
            return self._following.told
        if number < len(self._history.told):
            return self._history.told[number]
        self._waits_for = self._taken
        told = self._answers.get()
        self._taken += 1
        if told is None:
            raise Stop("the code is over")
        return told

    def _is_undo(self, number: int) -> bool:
        """Return whether code is only run to say how this request is undone."""
        return self._following.undo and self._following.told is not None and self._following.told.request == number

    def _say_undo(self, told: Told) -> None:
        try:
            made = self._requests.undo(told)
        except Exception as problem:  # noqa: BLE001 -- an `undo` is code of the user's
            self._requests.problem = described(problem)
            raise Stop("its undo cannot be said") from None
        frame, (effect, inputs) = self._following.frame, (made.effect, made.input) if made else (None, {})
        self._post(self, lambda at: UndoSaid(at, frame, told.request, effect, inputs))

    def keep(self, state: Any) -> None:
        """Keep a state. Raises Stop."""
        try:
            self.kept, self._keeps = json_state(state), True
        except Unfit as problem:
            raise self._requests.stop(str(problem)) from None


class Threads:
    """Starts threads for code, as many as there are slots. For the loop's thread."""

    def __init__(self, slots: int = SLOTS) -> None:
        self._free = slots
        self._waiting: deque[ThreadRun] = deque()

    def start(self, run: ThreadRun) -> None:
        """Run code as soon as there is a slot."""
        if self._free == 0:
            self._waiting.append(run)
            return
        self._free -= 1
        threading.Thread(target=run.work, name="cell", daemon=True).start()

    def drop(self, run: ThreadRun) -> None:
        """Forget code that may not have been started."""
        if run in self._waiting:
            self._waiting.remove(run)

    def ended(self) -> None:
        """Give the slot of a thread that has ended to the one that has waited longest."""
        self._free += 1
        if self._waiting:
            self.start(self._waiting.popleft())
