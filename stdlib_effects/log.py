"""`log.*`: one line for people, all but `info` with its level. What could move a terminal's cursor is an escape."""

from collections.abc import Mapping

from cellc.runtime.ports import Handler, Outcome, Request, Result
from cellc.stdlib_effects.plain import Direct
from cellc.stdlib_effects.surroundings import Surroundings

_MARKS = {"debug": "debug: ", "info": "", "warn": "warning: ", "error": "error: "}


def handlers(surroundings: Surroundings) -> Mapping[str, Handler]:
    """Return the handlers of this module."""

    def line(mark: str) -> Direct:
        def say(request: Request) -> Outcome:
            surroundings.say(mark + _one_line(request.input["message"]))
            return Result(None)

        return Direct(say)

    return {f"log.{level}": line(mark) for level, mark in _MARKS.items()}


def _one_line(text: str) -> str:
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
