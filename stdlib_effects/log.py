"""`log.info`: one line for people. What could move a terminal's cursor is shown as an escape."""

from collections.abc import Mapping

from cellc.runtime.ports import Handler, Outcome, Request, Result
from cellc.stdlib_effects.plain import Direct
from cellc.stdlib_effects.surroundings import Surroundings


def handlers(surroundings: Surroundings) -> Mapping[str, Handler]:
    """Return the handlers of this module."""

    def info(request: Request) -> Outcome:
        surroundings.say(_one_line(request.input["message"]))
        return Result(None)

    return {"log.info": Direct(info)}


def _one_line(text: str) -> str:
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
