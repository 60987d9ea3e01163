"""`time.now`. `time.sleep` and `time.until` have no handler: the scheduler wakes the run."""

from collections.abc import Mapping

from cellc.runtime.ports import Handler, Outcome, Request, Result
from cellc.stdlib_effects.plain import Direct
from cellc.stdlib_effects.surroundings import Surroundings


def handlers(surroundings: Surroundings) -> Mapping[str, Handler]:
    """Return the handlers of this module."""

    def now(_request: Request) -> Outcome:
        return Result(surroundings.clock.now())

    return {"time.now": Direct(now)}
