"""A target that does not answer is left alone, and the runs that need it go on when it is back."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

from cellc.language.graph import Limits
from cellc.runtime.breaker import COOL_DOWN, FAILURES, LONGEST, PATIENCE, Breaker
from cellc.runtime.core.events import CallDeferred, CallRetrying, CallSent
from cellc.runtime.fabric import Fabric
from cellc.runtime.ports import Outcome, Request, Result, Transient
from cellc.runtime.router import BREAKERS
from cellc.runtime.views import RunView
from tests.runtime.fabric.shops import ONE, PAY, Alone, Shop, events, limited, runs_of, turns, within
from tests.runtime.fabric.worlds import AT, World


def away(until: datetime, world: World) -> Callable[[Request], Outcome]:
    def answer(request: Request) -> Outcome:
        return Transient("no connection") if world.clock.time < until else Result(request.input["x"] + 1)

    return answer


def test_a_target_that_is_away_is_left_alone_and_all_runs_go_on_when_it_is_back():
    world = World()
    shop = Shop(world, away(AT + timedelta(minutes=4), world))
    views = runs_of(shop, ONE, range(40))
    assert [view.output for view in views] == [n + 1 for n in range(40)]
    asked = [(int((at - AT).total_seconds()), request.input["x"]) for at, request in shop.asked][:43]
    assert asked[:40] == [(0, n) for n in range(40)]  # what had begun already
    assert asked[40:] == [(30, 0), (90, 1), (210, 2)]  # then one after each cool-down, never the same
    assert len(events(world, CallDeferred)) >= 37
    assert {event.reason for event in events(world, CallDeferred)} == {"the breaker of http://shop is open"}


def test_what_is_put_off_is_no_attempt_and_needs_no_memory():
    world = World()
    shop = Shop(world, lambda _: Transient("no connection"))

    async def act(fabric: Fabric) -> None:
        world.clock.sleep_until = asyncio.Event().wait  # type: ignore[method-assign,assignment] -- time stands still
        for n in range(FAILURES):
            fabric.start(ONE, "main", {"n": n})
        await turns()
        late = fabric.start(ONE, "main", {"n": 99})
        world.clock.time += timedelta(seconds=2)  # when the others are retried
        fabric._wake.set()
        await turns()
        head = world.log.head(late)
        assert (head.status, head.wake_at) == ("waiting", AT + COOL_DOWN)
        assert len(shop.asked) == FAILURES

    within(shop, act)
    assert {event.attempt for event in events(world, CallRetrying)} == {1}
    assert len(events(world, CallDeferred)) == FAILURES + 1


def test_a_once_call_that_is_put_off_is_not_marked_as_sent():
    world = World()
    shop = Shop(world, lambda _: Transient("refused", unknown=False))

    async def act(fabric: Fabric) -> list[RunView]:
        for n in range(FAILURES):
            await fabric.finished(fabric.start(PAY, "main", {"n": n}))
        shop.answer = lambda request: Result(request.input["x"])
        return [await fabric.finished(fabric.start(PAY, "main", {"n": n})) for n in (10, 11)]

    views = within(shop, act)
    assert [view.output for view in views] == [10, 11]
    assert len(events(world, CallDeferred)) == 1
    assert len(events(world, CallSent)) == FAILURES + 2
    assert shop.asked[-2][0] == AT + COOL_DOWN


def test_calls_that_wait_in_line_when_the_breaker_opens_are_put_off_too():
    world = World()
    shop = Shop(world, away(AT + timedelta(seconds=1), world))
    views = runs_of(shop, limited(ONE, "look", Limits(concurrency=1)), range(20))
    assert [view.output for view in views] == [n + 1 for n in range(20)]
    assert len([at for at, _ in shop.asked if at == AT]) == FAILURES


def test_failures_with_answers_between_them_open_nothing():
    world = World()
    shop = Shop(world, lambda request: Transient("busy") if request.attempt < 3 else Result(request.input["x"]))

    async def act(fabric: Fabric) -> None:
        for n in range(10):
            await fabric.finished(fabric.start(ONE, "main", {"n": n}))

    within(shop, act)
    assert events(world, CallDeferred) == []


def test_a_breaker_lets_one_call_through_after_each_cool_down_and_waits_longer_each_time():
    breaker, now, times = Breaker(), AT, []
    for _ in range(FAILURES):
        assert breaker.put_off(now, 1) is None
        breaker.failed(now)
    for _ in range(6):
        until = breaker.put_off(now, 1)
        assert until is not None
        times.append(until - now)
        now = until
        assert breaker.put_off(now, 1) is None
        assert breaker.put_off(now, 1) == now + PATIENCE
        breaker.failed(now)
        breaker.failed(now)  # of a call that had begun before
    assert times == [COOL_DOWN, *(COOL_DOWN * 2**n for n in (1, 2, 3, 4)), LONGEST]


def test_a_breaker_of_whose_trial_nothing_is_heard_lets_the_next_call_through():
    breaker = Breaker()
    for _ in range(FAILURES):
        breaker.failed(AT)
    assert breaker.put_off(AT + COOL_DOWN, 1) is None
    assert breaker.put_off(AT + COOL_DOWN + PATIENCE, 1) is None


def test_a_clock_that_is_set_back_does_not_keep_a_breaker_open():
    breaker = Breaker()
    for _ in range(FAILURES):
        breaker.failed(AT)
    assert breaker.put_off(AT - timedelta(days=1), 1) == AT - timedelta(days=1) + COOL_DOWN


def test_only_so_many_targets_are_remembered():
    async def run() -> None:
        class Many(Shop):
            def target(self, request: Request) -> str | None:
                return f"http://{request.key}"

        alone = Alone(Many(World(), lambda _: Transient("no")), places=10_000)
        for _ in range(BREAKERS + 5):
            alone.come()
        await turns()
        assert len(alone.delivered) == BREAKERS + 5
        assert len(alone.router._breakers) == BREAKERS
        await alone.router.close()

    asyncio.run(run())


def test_a_handler_that_cannot_say_its_target_is_a_bug_of_that_run_only():
    class Broken(Shop):
        def target(self, request: Request) -> str | None:
            if request.input["x"] == 13:
                raise ValueError("unlucky")
            return "http://shop"

    shop = Broken(World())
    views = runs_of(shop, ONE, [13, 1], targets={"http://shop": Limits(concurrency=1)})
    assert [view.output for view in views] == [14, 2]  # what is performed needs no target
