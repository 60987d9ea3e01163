"""`random.*`: drawn anew for each attempt; the recorded result is the truth, so nothing is derived from the key."""

import uuid
from collections.abc import Mapping
from random import SystemRandom

from cellc.runtime.ports import Handler, Outcome, Permanent, Request, Result
from cellc.stdlib_effects.plain import Direct
from cellc.stdlib_effects.surroundings import Surroundings

_DRAWN = SystemRandom()


def handlers(_surroundings: Surroundings) -> Mapping[str, Handler]:
    """Return the handlers of this module."""
    return {"random.uuid": Direct(_uuid), "random.int": Direct(_int), "random.float": Direct(_float)}


def _uuid(_request: Request) -> Outcome:
    return Result(uuid.uuid4())


def _int(request: Request) -> Outcome:
    low, high = request.input["low"], request.input["high"]
    if low > high:
        return Permanent(f"there is no number from {low} to {high}: `low` is above `high`")
    return Result(_DRAWN.randint(low, high))


def _float(_request: Request) -> Outcome:
    return Result(_DRAWN.random())
