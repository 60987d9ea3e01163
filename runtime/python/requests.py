"""What a piece of code has asked for, compared, where it is run again, with what it asked for before."""

import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from cellc.language.types import Json
from cellc.language.values import encode, fits
from cellc.runtime.core.inputs import CodeDone, CodeFailed, CodeRequest, Input
from cellc.runtime.core.python_frames import SHOWN, CodeHistory, NextMove, digest
from cellc.runtime.core.state import Asked, Told
from cellc.runtime.python.contract import Contract, Unfit, copied
from cellc.runtime.python.failures import Stop, described, places_of
from cellc.runtime.python.loading import Loaded


class Broken(Exception):  # noqa: N818 -- named for what it says of the code
    """Code stands; the text is the reason with its places."""


class Requests:
    """The requests of one frame's code. `new` are those that the run does not know yet.

    `waits_at` says where the code waits, for a request that a task has been made of.
    """

    def __init__(self, contract: Contract, loaded: Loaded, following: NextMove, history: CodeHistory) -> None:
        self._contract = contract
        self._loaded = loaded
        self._asked = history.asked
        self._moves = following.move
        self._began = following.hash
        self._effects: list[str] = []
        self._undos: dict[int, Callable[[Any], Any]] = {}
        self.waits_at: Callable[[], list[str]] = list
        self.new: list[CodeRequest] = []
        self.problem: str | None = None

    def add(self, move: int, request: Any, inputs: Any, undo: Callable[[Any], Any] | None) -> int:
        """Take in a request and return its number. Raises Stop where it cannot be made, or is another than before."""
        number = len(self._effects)
        try:
            made = self._contract.request(self._loaded.forms, request, inputs, undoable=undo is not None)
        except Unfit as problem:
            raise self.stop(str(problem)) from None
        self._effects.append(made.effect)
        if undo is not None:
            self._undos[number] = undo
        old = self._asked[number] if number < len(self._asked) else None
        new = _as_asked(made, move)
        if old != new and (old is not None or move < self._moves):
            raise self.stop(f"{self._differs(number, old)}, and is {_is_now(old, new)}")
        if old is None:
            self.new.append(made)
        return number

    def take_new(self) -> tuple[CodeRequest, ...]:
        """Return the new requests; they are known from here on."""
        new, self.new = tuple(self.new), []
        return new

    def check_move(self, move: int, *, is_over: bool, places: list[str]) -> None:
        """See that the code, after a move made again, has made the same requests and goes on. Raises Broken."""
        number = len(self._effects)
        if number < len(self._asked) and self._asked[number].move <= move:
            now = "the code has ended now" if is_over else "the code waits now without it"
            raise Broken("\n".join([f"{self._differs(number, self._asked[number])}, and {now}", *places]))
        if is_over:
            raise Broken(f"the code goes otherwise than before{self._why()}: it has ended now where it had waited")

    def stop(self, reason: str) -> Stop:
        """Return what ends the code where it is, for this reason."""
        places = places_of(sys._getframe(1)) or self.waits_at()  # noqa: SLF001 -- the code's place
        self.problem = self.problem or "\n".join([reason, *places])
        return Stop(reason)

    def undo(self, told: Told) -> CodeRequest | None:
        """Return how a request that is done is undone, as its `undo` says. Raises whatever that raises, and Unfit."""
        made = self._undos[told.request](self.told(told))
        return None if made is None else self._contract.request(self._loaded.forms, made, None, undoable=False)

    def has_undo(self, told: Told) -> bool:
        """Return whether a request that has been told of is done and can be undone."""
        return told.error is None and told.request in self._undos

    def told(self, told: Told) -> Any:
        """Return what a request came to as the code sees it. Raises Unfit, Broken."""
        if told.request >= len(self._effects):
            raise Broken(f"the log has an answer to request {told.request}, which the code does not make{self._why()}")
        return self._contract.told(self._loaded.forms, self._effects[told.request], told)

    def _differs(self, number: int, old: Asked | None) -> str:
        was = "was not made" if old is None else f"was {_shown(old)}"
        return f"the code asks otherwise than before{self._why()}: request {number} {was}"

    def _why(self) -> str:
        if self._began and self._began != self._loaded.hash:
            return " (it has been changed since it began)"
        return " (it has not been changed: it depends on something that is not recorded)"


def _as_asked(made: CodeRequest, move: int) -> Asked:
    raw = encode(dict(made.input))
    return Asked(made.effect, digest(raw), raw[:SHOWN].decode(errors="replace"), made.undoable, move)


def _is_now(old: Asked | None, new: Asked) -> str:
    if old is not None and replace(old, move=new.move) == new:
        return f"made {'earlier' if new.move < old.move else 'later'} now"
    return f"{_shown(new)} now"


def _shown(asked: Asked) -> str:
    return f"{asked.effect} {asked.shown}" + (" with an undo" if asked.undoable else "")


def output(value: Any, at: datetime, frame: int, move: int, contract: Contract, loaded: Loaded) -> Input:
    """Return what it means that code has given an output."""
    try:
        return CodeDone(at, frame, move, contract.output(loaded.forms, value), loaded.hash)
    except Unfit as problem:
        return CodeFailed(at, frame, move, str(problem))


def end_in(
    problem: BaseException, at: datetime, frame: int, move: int, contract: Contract, loaded: Loaded
) -> CodeDone | CodeFailed:
    """Return what it means that code has ended in an exception: a declared error, or a bug."""
    try:
        error = contract.error(loaded.forms, problem)
    except Unfit as unfit:
        return CodeFailed(at, frame, move, described(problem, str(unfit)))
    if error is None:
        return CodeFailed(at, frame, move, described(problem))
    return CodeDone(at, frame, move, error[1], loaded.hash, error[0])


def json_state(state: Any) -> Any:
    """Return a state that can be kept. Raises Unfit."""
    try:
        found = fits(state, Json(), {})
    except RecursionError:
        raise Unfit("the state has itself in it") from None
    if found:
        raise Unfit(f"the state must be JSON: {found[0].path or 'it'} is {found[0].found}")
    return copied(state)
