"""`random.uuid`: drawn anew for each attempt; the recorded result is the truth, so nothing is derived from the key."""

import uuid
from collections.abc import Mapping

from cellc.runtime.ports import Handler, Outcome, Request, Result
from cellc.stdlib_effects.plain import Direct
from cellc.stdlib_effects.surroundings import Surroundings


def handlers(_surroundings: Surroundings) -> Mapping[str, Handler]:
    """Return the handlers of this module."""
    return {"random.uuid": Direct(_uuid)}


def _uuid(_request: Request) -> Outcome:
    return Result(uuid.uuid4())
