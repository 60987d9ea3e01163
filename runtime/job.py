"""One attempt of one call, on its way from the run that wants it to the handler that performs it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from cellc.runtime.binding import BoundEffect
from cellc.runtime.ports import Permanent, Request

if TYPE_CHECKING:
    import asyncio

    from cellc.runtime.lines import Line


@dataclass(slots=True, eq=False)
class Job:
    """What is to be performed. `once`: the fabric starts it, after its durable mark.

    The rest is the router's. `ticket` tells how old a job that waits is, `line` is where it waits. `asked` is the
    request and `target` what it goes to, where that had to be known early. `trial`: an open breaker has let it through.
    `task` performs it; `going_on` is what is left of it, where it could not be stopped; `over`: it has ended.
    """

    run: int
    call: int
    effect: str
    bound: BoundEffect
    inputs: Mapping[str, Any]
    key: str
    attempt: int
    once: bool
    maybe_sent: bool = False
    ticket: int = 0
    line: "Line | None" = None
    asked: Request | Permanent | None = None
    target: str | None = None
    trial: bool = False
    task: "asyncio.Task[None] | None" = None
    going_on: "asyncio.Future[Any] | None" = None
    over: bool = False


@dataclass(frozen=True, slots=True)
class PutOff:
    """A call is not to be made before `until`."""

    until: datetime
    reason: str
