"""Handlers whose requests go to one target, programs for them, and a router without a fabric."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any

import msgspec

from cellc.language.graph import Limits, Program, canonical
from cellc.runtime.core.events import decode
from cellc.runtime.environment import Environment
from cellc.runtime.fabric import Fabric
from cellc.runtime.job import Job
from cellc.runtime.ports import Handler, Outcome, Request, Result
from cellc.runtime.router import Hooks, Router
from cellc.runtime.scheduler import Places
from cellc.runtime.views import RunView
from tests.runtime.core.building import call, each, script
from tests.runtime.fabric.worlds import World, program

ONE = program("main", script("main", ["n"], [call("n", "look", x="n"), ("return", "n")]))
PAY = program("main", script("main", ["n"], [call("n", "pay", x="n"), ("return", "n")]))
FAN = program("main", script("main", ["n"], [each("ns", "i", "range(n)", "look", x="i"), ("return", "sum(ns)")]))
MIXED = program("main", script("main", ["n"], [call("n", "look", x="n"), call("n", "work", x="n"), ("return", "n")]))


def limited(made: Program, effect: str, limits: Limits) -> Program:
    effects = {**made.effects, effect: msgspec.structs.replace(made.effects[effect], limits=limits)}
    changed = msgspec.structs.replace(made, effects=effects)
    return msgspec.structs.replace(changed, sha256=sha256(canonical(changed)).hexdigest())


@dataclass
class Shop:
    """A handler of every effect whose requests go to one target. It notes when it was asked, and for what."""

    world: World
    answer: Callable[[Request], Outcome] = lambda request: Result(request.input["x"] + 1)
    asked: list[tuple[datetime, Request]] = field(default_factory=list)
    at_once: int = 0
    most: int = 0
    held: asyncio.Event | None = None
    first: asyncio.Event = field(default_factory=asyncio.Event)

    def get(self, _effect: str) -> Handler:
        return self

    async def perform(self, request: Request) -> Outcome:
        self.asked.append((self.world.clock.time, request))
        self.first.set()
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        try:
            await (asyncio.sleep(0) if self.held is None else self.held.wait())
        finally:
            self.at_once -= 1
        return self.answer(request)

    def target(self, _request: Request) -> str | None:
        return "http://shop"

    def payload(self, response: Any) -> Outcome:
        return Result(response)

    async def close(self) -> None:
        pass


def within(
    shop: Shop, act: Callable[[Fabric], Coroutine[Any, Any, Any]], targets: Mapping[str, Limits] | None = None
) -> Any:
    async def run() -> Any:
        world = shop.world
        async with Fabric(world.log, shop, Environment({}, targets or {}), world.clock, world.ids) as fabric:
            return await act(fabric)

    return asyncio.run(run())


def runs_of(shop: Shop, made: Program, inputs: Sequence[int], **options: Any) -> list[RunView]:
    async def act(fabric: Fabric) -> list[RunView]:
        runs = [fabric.start(made, "main", {"n": n}) for n in inputs]
        return list(await asyncio.gather(*map(fabric.finished, runs)))

    found: list[RunView] = within(shop, act, **options)
    return found


def events(world: World, kind: type) -> list[Any]:
    rows = (row for head in world.log.heads() for row in world.log.events(head.number))
    return [event for event in map(decode, rows) if isinstance(event, kind)]


async def turns(number: int = 10) -> None:
    for _ in range(number):
        await asyncio.sleep(0)


@dataclass
class Bound:
    """A binding of a router's own tests: every input is the request."""

    limits: Limits | None = None
    handler: str = "look"

    def request(self, inputs: Any, key: str, attempt: int) -> Request:
        return Request(self.handler, inputs, key, attempt, None)

    def outcome(self, _inputs: Any, came: Outcome, _handler: Any) -> Outcome:
        return came

    def without_secrets(self, value: Any) -> Any:
        return value

    __hash__ = object.__hash__


class Alone:
    """A router without a fabric."""

    def __init__(self, handlers: Any, places: int = 1) -> None:
        self.delivered: list[tuple[Job, Outcome]] = []
        self.put_off: list[Job] = []
        self.heard = asyncio.Event()
        hooks = Hooks(
            self._deliver,
            self._start,
            lambda job, _: self.put_off.append(job),
            lambda: None,
        )
        self.world = World()
        self.router = Router(handlers, self.world.clock, hooks, Places(places), {})
        self.bound: Any = Bound()
        self.made = 0

    def _start(self, job: Job) -> None:
        self.router.start(job)

    def _deliver(self, job: Job, outcome: Outcome) -> None:
        self.delivered.append((job, outcome))
        self.heard.set()

    def come(self, key: str = "", bound: Any = None) -> Job:
        self.made += 1
        job = Job(1, self.made, "look", bound or self.bound, {"x": 1}, key or f"{self.made}", 1, once=False)
        if self.router.admit(job) is True:
            self.router.start(job)
        return job
