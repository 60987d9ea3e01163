"""What the loop around the core adds to delivery: calls that nobody has begun, retries that were parked, commands."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from cellc.runtime.commands import ResolveAgain, ResolveError, ResolveResult, RetryRun, Verdict
from cellc.runtime.environment import Environment
from cellc.runtime.fabric import Fabric
from cellc.runtime.ports import Outcome, Permanent, Raised, Request, Result, RunHead, Transient
from cellc.runtime.telling import Line
from cellc.runtime.views import RunView
from tests.runtime.core.compiled import compiled
from tests.runtime.fabric.worlds import World

BANK = """
errors:
  Busy: {}
  No: {why: string}
effects:
  hold: {in: {n: int}, out: string, errors: [No], delivery: idempotent}
  free: {in: {id: string}, delivery: idempotent}
  boom: {errors: [Busy], delivery: idempotent}
  pay: {in: {n: int}, out: string, delivery: once}
  book:
    in: {n: int}
    out: string
    errors: [Busy]
    delivery: idempotent
    retry: {attempts: 4, delay: 5m, max_delay: 5m, jitter: 0, on: [Busy]}
cells:
  many:
    errors: [Busy, No]
    effects: [hold, free, boom]
    do: |
      par(a=hold(n=1) undo free(it), b=hold(n=2) undo free(it), c=boom())
  buy:
    out: string
    effects: [pay]
    do: return pay(n=1)
  booked:
    out: string
    errors: [Busy]
    effects: [book]
    do: return book(n=1)
  undone:
    errors: [Busy, No]
    effects: [hold, free, boom]
    do: |
      hold(n=1) undo free(it)
      boom()
main: many
"""
PROGRAM = compiled(BANK)


class Gated:
    """Performs what is asked; `hold` is answered when the gate is open."""

    def __init__(self, answer: Callable[[Request], Outcome]) -> None:
        self.answer = answer
        self.gate = asyncio.Event()
        self.asked: list[tuple[str, Any]] = []

    def get(self, _effect: str) -> "Gated":
        return self

    async def perform(self, request: Request) -> Outcome:
        self.asked.append((request.effect, request.input.get("n", request.input.get("id"))))
        if request.effect == "main.hold":
            await self.gate.wait()
        return self.answer(request)

    def payload(self, response: Any) -> Outcome:
        return Result(response)

    async def close(self) -> None:
        pass


def test_a_call_that_waits_for_its_turn_is_dropped_when_its_scope_is_left() -> None:
    """One slot: the first call has it, the second waits, and then a third fails."""
    world = World()
    told: list[Line] = []

    async def run() -> tuple[RunView, Gated]:
        handlers = Gated(lambda r: Raised("Busy", {}) if r.effect == "main.boom" else Result(f"h{r.input.get('n')}"))

        def observe(_: RunHead, lines: Sequence[Line]) -> None:
            told.extend(lines)
            if any(line.kind == "raised" for line in lines):
                handlers.gate.set()

        async with Fabric(
            world.log, handlers, Environment({}), world.clock, world.ids, observe=observe, slots=1
        ) as fabric:
            return await fabric.finished(fabric.start(PROGRAM, "main.many", {})), handlers

    view, handlers = asyncio.run(run())
    assert view.failure
    assert view.failure.error == "main.Busy"
    assert handlers.asked == [("main.hold", 1), ("main.boom", None), ("main.free", "h1")]
    assert [line.place for line in told if line.kind == "dropped"] == ["many/par[1]"]


def in_world(world: World, act: Callable[[Fabric], Any]) -> Any:
    async def run() -> Any:
        async with world.fabric() as fabric:
            return await act(fabric)

    return asyncio.run(run())


def test_a_retry_that_was_parked_is_another_request_each_time() -> None:
    """Five minutes are long enough to leave memory; coming back in the same process puts nothing in doubt."""
    keys: list[str] = []

    def answer(request: Request) -> Outcome:
        keys.append(request.key)
        return Raised("Busy", {}) if len(keys) < 4 else Result("booked")

    async def act(fabric: Fabric) -> RunView:
        return await fabric.finished(fabric.start(PROGRAM, "main.booked", {}))

    assert in_world(World(answer=answer), act).output == "booked"
    assert len(set(keys)) == 4


async def stalled(fabric: Fabric, cell: str) -> RunView:
    view = await fabric.finished(fabric.start(PROGRAM, cell, {}))
    assert view.head.status == "stalled"
    return view


@pytest.mark.parametrize(
    ("said", "status"),
    [
        (lambda run: ResolveResult(run, "buy/pay", '"by hand"'), "completed"),
        (lambda run: ResolveAgain(run, "buy/pay"), "stalled"),
    ],
)
def test_what_a_person_says_is_durable_with_the_verdict(said: Any, status: str) -> None:
    world = World(answer=lambda _: Transient("cut off"))

    async def act(fabric: Fabric) -> tuple[Verdict, RunView]:
        view = await stalled(fabric, "main.buy")
        verdict = await fabric.obey(said(view.head.id))
        return verdict, await fabric.finished(view.head.number)

    verdict, view = in_world(world, act)
    assert verdict.accepted
    assert view.head.status == status
    assert view.output == ("by hand" if status == "completed" else None)
    assert sum(world.asked.values()) == (1 if status == "completed" else 2)


def test_an_undo_that_stands_is_done_or_made_again_and_ends_in_no_error() -> None:
    def answer(request: Request) -> Outcome:
        if request.effect == "main.boom":
            return Raised("Busy", {})
        return Permanent("the door is shut") if request.effect == "main.free" else Result("h1")

    async def act(fabric: Fabric) -> tuple[list[str], RunView]:
        view = await stalled(fabric, "main.undone")
        (stand,) = view.stands
        assert (stand.place, stand.result, stand.errors) == ("undone/hold/undo", "null", {})
        run, codes = view.head.id, []
        for command in (
            ResolveError(run, stand.place, "No", "{}"),
            ResolveResult(run, stand.place, "1"),
            ResolveResult(run, "undone/hold", "null"),
            ResolveResult(run, stand.place, "null"),
            ResolveResult(run, stand.place, "null"),
            RetryRun(run),
        ):
            verdict = await fabric.obey(command)
            codes.append("" if verdict.accepted else verdict.refusals[0].code)
        return codes, await fabric.finished(view.head.number)

    codes, view = in_world(World(answer=answer), act)
    assert codes == ["E836", "E831", "E835", "", "E833", "E808"]
    assert view.failure
    assert view.failure.error == "main.Busy"
