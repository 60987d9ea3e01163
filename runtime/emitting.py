"""`event.emit`: an event that a run sends goes through the same door as one that comes from outside.

The call's key is the event's id. So however often the call is performed, the event has happened once.
"""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from cellc.language.values import to_json
from cellc.runtime.commands import Command, Signal, Verdict
from cellc.runtime.environment import EMIT
from cellc.runtime.ports import Handler, Handlers, Outcome, Permanent, Request, Result


class WithEmit:
    """`ports.Handlers` with `event.emit` among them."""

    def __init__(self, handlers: Handlers, obey: Callable[[Command], Awaitable[Verdict]]) -> None:
        self._handlers = handlers
        self._emit = _Emit(obey)

    def get(self, effect: str) -> Handler | None:
        """Return the handler of `effect`, or None when there is none."""
        return self._emit if effect == EMIT else self._handlers.get(effect)

    async def close(self) -> None:
        """Close every handler that was opened."""
        await self._handlers.close()


class _Emit:
    def __init__(self, obey: Callable[[Command], Awaitable[Verdict]]) -> None:
        self._obey = obey

    async def perform(self, request: Request) -> Outcome:
        data = json.dumps(to_json(request.input["data"]), ensure_ascii=False)
        verdict = await self._obey(Signal(request.input["event"], data, request.key))
        if verdict.accepted:
            return Result(None)
        (refusal, *_) = verdict.refusals
        return Permanent(f"the event was refused ({refusal.code}): {refusal.fields}")

    def payload(self, response: Any) -> Outcome:
        return Result(response)

    async def close(self) -> None:
        pass
