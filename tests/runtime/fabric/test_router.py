"""How calls are performed: within limits, and no place is lost on the way."""

import asyncio
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from cellc.compiler.pipeline import Compiled
from cellc.language.graph import Limits, Program
from cellc.runtime.commands import CancelRun, KillRun
from cellc.runtime.fabric import Fabric
from cellc.runtime.ports import LogFull, Outcome, Request, Result
from cellc.runtime.views import RunView
from cellc.stdlib_effects.plain import Threaded
from tests.runtime.fabric.shops import FAN, MIXED, ONE, PAY, Alone, Bound, Shop, limited, runs_of, turns, within
from tests.runtime.fabric.worlds import AT, World

# --- limits -----------------------------------------------------------------------------------------------------------


def test_an_effect_is_performed_so_often_at_once_as_it_declares():
    shop = Shop(World())
    (view,) = runs_of(shop, limited(FAN, "look", Limits(concurrency=3)), [20])
    assert (view.output, shop.most) == (sum(range(1, 21)), 3)


def test_an_effect_is_begun_so_often_in_a_time_as_it_declares():
    shop = Shop(World())
    (view,) = runs_of(shop, limited(FAN, "look", Limits(rate=5, per=1000)), [12])
    times = [(at - AT).total_seconds() for at, _ in shop.asked]
    assert times[:5] == [0.2, 0.4, 0.6, 0.8, 1.0]
    assert all(later - earlier >= 1 for earlier, later in zip(times, times[5:], strict=False))
    assert view.head.ended_at == AT + timedelta(seconds=times[-1])


def test_a_call_that_got_its_place_late_still_waits_for_its_time():
    """A place that is given back between two turns of the loop makes the next call due."""
    shop = Shop(World())
    (view,) = runs_of(shop, limited(FAN, "look", Limits(concurrency=1, rate=4, per=1000)), [6])
    assert (view.output, shop.most) == (21, 1)
    assert view.head.ended_at >= AT + timedelta(seconds=1.25)


@pytest.mark.parametrize("made", [MIXED, PAY])
def test_a_limit_is_common_to_all_runs_and_they_take_turns(made: Program):
    shop = Shop(World())
    effect = "look" if made is MIXED else "pay"
    views = runs_of(shop, limited(made, effect, Limits(concurrency=2)), range(10))
    assert {view.head.status for view in views} == {"completed"}
    asked = [request.input["x"] for _, request in shop.asked if request.effect == effect]
    assert asked == list(range(10))


def test_the_limits_of_a_target_are_for_all_effects_that_go_to_it():
    shop = Shop(World())
    runs_of(shop, MIXED, range(8), targets={"http://shop": Limits(concurrency=2)})
    assert (shop.most, len(shop.asked)) == (2, 16)


def test_calls_that_have_been_performed_before_a_crash_go_first():
    world = World()
    made = limited(ONE, "look", Limits(concurrency=1))
    shop = Shop(world, held=asyncio.Event())

    async def crash(fabric: Fabric) -> None:
        for n in (1, 2):
            fabric.start(made, "main", {"n": n})
        await shop.first.wait()

    within(shop, crash)
    shop.held = None

    async def come_back(fabric: Fabric) -> None:
        new = [fabric.start(made, "main", {"n": n}) for n in (3, 4)]
        heads = fabric.resume()
        await asyncio.gather(*map(fabric.finished, [*(head.number for head in heads), *new]))

    shop.asked.clear()
    within(shop, come_back)
    assert [request.input["x"] for _, request in shop.asked] == [3, 1, 2, 4]  # 3 had begun when they came


# --- no place is lost -------------------------------------------------------------------------------------------------


def test_a_call_that_is_cancelled_before_its_first_step_gives_back_its_place():
    async def run() -> None:
        alone = Alone(Shop(World()))
        first, second = alone.come(), alone.come()
        alone.router.abandon(first.run, first.call)
        await turns()
        assert [job for job, _ in alone.delivered] == [second]
        await alone.router.close()

    asyncio.run(run())


@pytest.mark.parametrize("end", ["timeout", "cancel"])
def test_a_thread_that_cannot_be_stopped_keeps_its_place_until_it_ends(end: str):
    go_on = threading.Event()
    calls: list[str] = []

    class Handlers:
        handler: Threaded

        def get(self, _effect: str) -> Threaded:
            return self.handler

        async def close(self) -> None:
            pass

    class Short(Bound):
        def request(self, inputs: Any, key: str, attempt: int) -> Request:
            return Request("look", inputs, key, attempt, 0.01 if end == "timeout" else None)

    async def run() -> None:
        loop, began = asyncio.get_running_loop(), asyncio.Event()

        def slow(request: Request) -> Outcome:
            calls.append(request.key)
            loop.call_soon_threadsafe(began.set)
            assert go_on.wait(20)
            return Result(None)

        Handlers.handler = Threaded(slow)
        alone = Alone(Handlers())
        first = alone.come("k", Short())
        await began.wait()
        if end == "cancel":
            alone.router.abandon(first.run, first.call)
        else:
            await alone.heard.wait()
        second = alone.come()
        await turns()
        assert second.line is not None
        alone.heard.clear()
        go_on.set()
        await alone.heard.wait()
        assert calls == ["k", second.key]
        assert alone.delivered[-1] == (second, Result(None))
        await alone.router.close()

    asyncio.run(run())


def test_a_thread_that_has_not_begun_when_it_is_given_up_never_does():
    release = threading.Event()
    done: list[str] = []

    def work(request: Request) -> Outcome:
        release.wait(20)
        done.append(request.key)
        return Result(None)

    async def run() -> None:
        loop = asyncio.get_running_loop()
        handler = Threaded(work)
        requests = [Request("look", {}, f"{n}", 1) for n in range(100)]  # more than the pool has threads
        tasks = [loop.create_task(handler.perform(request)) for request in requests]
        await turns()
        tasks[-1].cancel()
        await asyncio.wait(tasks[-1:])
        going_on = handler.going_on(requests[-1])
        assert going_on is not None
        release.set()
        await asyncio.gather(*tasks[:-1])
        await going_on
        assert handler.going_on(requests[-1]) is None

    asyncio.run(run())
    assert sorted(done, key=int) == [f"{n}" for n in range(99)]


@pytest.mark.parametrize("made", [PAY, ONE])
def test_a_run_that_is_killed_when_its_call_has_just_got_a_place_gives_it_back(made: Program):
    """The disk is full when the kill is to be recorded, and meanwhile another call ends."""
    world = World()
    shop = Shop(world, held=asyncio.Event())
    effect = "pay" if made is PAY else "look"
    append = world.log.append

    def full(*_: Any) -> None:
        world.log.append = append  # type: ignore[method-assign]
        assert shop.held
        shop.held.set()
        raise LogFull("no room")

    async def act(fabric: Fabric) -> list[RunView]:
        limited_one = limited(made, effect, Limits(concurrency=1))
        runs = [fabric.start(limited_one, "main", {"n": n}) for n in range(3)]
        await shop.first.wait()
        world.log.append = full  # type: ignore[method-assign]
        assert (await fabric.obey(KillRun(world.log.head(runs[1]).id))).accepted
        return [await fabric.finished(run) for run in runs]

    views = within(shop, act)
    assert [view.head.status for view in views] == ["completed", "killed", "completed"]
    assert (1 in [request.input["x"] for _, request in shop.asked]) == (made is ONE)  # it was not dead yet


HOLD = """
cellc: 1
effects:
  hold: {in: {x: int}, out: int, delivery: idempotent, limits: {concurrency: 1}}
  free: {in: {x: int}, delivery: idempotent}
cells:
  main:
    in: {n: int}
    effects: [hold, free]
    do: hold(x=n) undo free(x=n)
"""


@pytest.mark.parametrize("disk", ["full", "not full"])
def test_a_call_that_waits_in_line_when_its_run_is_cancelled_never_begins(
    disk: str, compile_text: Callable[..., Compiled]
):
    """Also not while that is recorded: the disk is full for a while, and the place gets free."""
    made = compile_text(HOLD).program
    assert made is not None
    world = World()
    shop = Shop(world, held=asyncio.Event())
    append = world.log.append

    def full(*given: Any) -> None:
        world.log.append = append  # type: ignore[method-assign]
        assert shop.held
        shop.held.set()
        if disk == "full":
            raise LogFull("no room")
        append(*given)

    async def act(fabric: Fabric) -> list[RunView]:
        runs = [fabric.start(made, "main.main", {"n": n}) for n in range(3)]
        await shop.first.wait()
        world.log.append = full  # type: ignore[method-assign]
        assert (await fabric.obey(CancelRun(world.log.head(runs[1]).id))).accepted
        return [await fabric.finished(run) for run in runs]

    views = within(shop, act)
    assert [view.head.status for view in views] == ["completed", "cancelled", "completed"]
    assert [(request.effect, request.input["x"]) for _, request in shop.asked] == [("main.hold", 0), ("main.hold", 2)]


def test_a_run_that_is_killed_while_it_waits_for_a_place_takes_none():
    shop = Shop(World(), held=asyncio.Event())
    made = limited(ONE, "look", Limits(concurrency=1))

    async def act(fabric: Fabric) -> list[RunView]:
        runs = [fabric.start(made, "main", {"n": n}) for n in range(4)]
        await shop.first.wait()
        for run, command in ((runs[1], KillRun), (runs[2], CancelRun)):
            assert (await fabric.obey(command(shop.world.log.head(run).id))).accepted
        assert shop.held
        shop.held.set()
        return [await fabric.finished(run) for run in runs]

    views = within(shop, act)
    assert [view.head.status for view in views] == ["completed", "killed", "cancelled", "completed"]
    assert [request.input["x"] for _, request in shop.asked] == [0, 3]
