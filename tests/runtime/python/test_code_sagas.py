"""What code has done is undone as in any cell, whatever cuts it short."""

import asyncio
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cellc import CellError
from cellc.runtime.commands import CancelRun, RetryRun
from cellc.runtime.core.events import UndoTaken
from cellc.runtime.ports import Outcome, Request, Transient
from cellc.runtime.views import RunView
from tests.runtime.fabric.worlds import World
from tests.runtime.python.code import Booking
from tests.runtime.python.worlds import answer, events, module, program, reached, run, view_of

Code = Callable[..., Any]


def undone(world: World) -> list[int]:
    return [int(bytes(e.input).split(b":")[1].rstrip(b"}")) for e in events(world) if isinstance(e, UndoTaken)]


class Watched:
    """Answers, and notes what is asked, in order."""

    def __init__(self, answering: Callable[[Request], Outcome] = answer) -> None:
        self.asked: list[tuple[str, Any]] = []
        self._answer = answering

    def __call__(self, request: Request) -> Outcome:
        self.asked.append((request.effect.removeprefix("main."), request.input.get("x")))
        return self._answer(request)


@pytest.mark.parametrize("is_async", [True, False])
def test_what_was_done_is_undone_the_last_first(is_async: bool) -> None:
    async def code(inputs: Any, fabric: Any) -> int:
        for x in (1, 2, 3):
            await fabric.request("work", {"x": x}, undo=lambda y: ("take_back", {"x": y}))
        raise CellError("Broke")

    def blocking(inputs: Any, fabric: Any) -> int:
        for x in (1, 2, 3):
            fabric.request("work", {"x": x}, undo=lambda y: ("take_back", {"x": y}))
        raise CellError("Broke")

    watched = Watched()
    view = view_of(code if is_async else blocking, answering=watched)
    assert view.head.status == "failed"
    assert watched.asked[3:] == [("take_back", 4), ("take_back", 3), ("take_back", 2)]


def test_a_cell_that_ends_well_hands_its_undos_up() -> None:
    async def code(inputs: Any, fabric: Any) -> int:
        return int(await fabric.request("work", {"x": 1}, undo=lambda y: ("take_back", {"x": y})))

    cells = """
  over:
    in: {n: int}
    out: int
    errors: [Bad, Broke, Unavailable]
    effects: [work, look, take_back, pay, time.sleep, status.set]
    do: |
      a = code(n)
      raise Broke()
"""
    watched = Watched()
    with module(code=code) as name:
        _, view = run(program(f"{name}:code", cells=cells, main="over"), 1, watched)
    assert view.head.status == "failed"
    assert watched.asked == [("work", 1), ("take_back", 2)]


def test_an_undo_may_say_that_there_is_none() -> None:
    async def code(inputs: Any, fabric: Any) -> int:
        await fabric.request("work", {"x": 1}, undo=lambda _: None)
        raise CellError("Broke")

    watched = Watched()
    assert view_of(code, answering=watched).head.status == "failed"
    assert watched.asked == [("work", 1)]


def test_what_is_in_flight_when_the_code_fails_is_awaited_and_undone() -> None:
    async def code(inputs: Any, fabric: Any) -> int:
        return sum(
            await asyncio.gather(
                fabric.request("work", {"x": 13}),
                fabric.request("work", {"x": 2}, undo=lambda y: ("take_back", {"x": y})),
                fabric.request("time.sleep", {"for": timedelta(days=900)}),
            )
        )

    with module(code=code) as name:
        made = program(f"{name}:code")
        quiet, view = run(made, 1)
        assert view.failure is not None
        assert view.failure.error == "main.Bad"
        assert undone(quiet) == [3]
        for seam in range(1, quiet.seams + 1):
            world, again = run(made, 1, crash_at=frozenset({seam}))
            assert (again.failure, undone(world)) == (view.failure, [3]), seam


def test_what_nobody_waits_for_any_more_is_taken_back_when_the_code_ends_well() -> None:
    async def code(inputs: Any, fabric: Any) -> int:
        lost = asyncio.ensure_future(fabric.request("work", {"x": 2}, undo=lambda y: ("take_back", {"x": y})))
        found: int = await fabric.request("look", {"x": 1})
        assert not lost.done()
        return found

    def late(request: Request) -> Outcome:
        if request.effect == "main.work" and request.attempt == 1:
            return Transient("not now", retry_after=60)
        return answer(request)

    watched = Watched(late)
    view = view_of(code, answering=watched)
    assert view.output == 2
    assert watched.asked == [("look", 1), ("work", 2), ("work", 2), ("take_back", 3)]


@pytest.mark.parametrize("is_async", [True, False])
def test_an_undo_that_cannot_be_said_stalls_until_it_can(is_async: bool) -> None:
    fixed: list[bool] = []

    def back(y: int) -> Any:
        if not fixed:
            raise LookupError("no such order")
        return "take_back", {"x": y}

    async def code(inputs: Any, fabric: Any) -> int:
        await fabric.request("work", {"x": 1}, undo=back)
        raise CellError("Broke")

    def blocking(inputs: Any, fabric: Any) -> int:
        fabric.request("work", {"x": 1}, undo=back)
        raise CellError("Broke")

    watched = Watched()

    async def twice(name: str) -> RunView | None:
        world = World(answer=watched)
        async with world.fabric() as fabric:
            number = fabric.start(program(f"{name}:code"), "main.code", {"n": 1})
            view = await fabric.finished(number)
            assert "LookupError: no such order" in view.open[0].reason
            fixed.append(True)
            await fabric.obey(RetryRun("run-1"))
            return await reached(world, fabric, number)

    with module(code=code if is_async else blocking) as name:
        view = asyncio.run(twice(name))
    assert view is not None
    assert view.head.status == "failed"
    assert watched.asked == [("work", 1), ("take_back", 2)]


# --- being left ------------------------------------------------------------------------------------------------------


async def _cancelled(code: Code, watched: Watched) -> tuple[World, RunView]:
    """Cancel a run that waits, from another process than the one that began it."""
    world = World(answer=watched)
    with module(code=code) as name:
        async with world.fabric() as fabric:
            number = fabric.start(program(f"{name}:code"), "main.code", {"n": 1})
            assert (await fabric.settled(number)).head.status == "waiting"
        async with world.fabric() as fabric:
            await fabric.obey(CancelRun("run-1"))
            return world, await fabric.finished(number)


@pytest.mark.parametrize("is_async", [True, False])
def test_a_run_that_is_cancelled_undoes_what_code_has_done(is_async: bool) -> None:
    async def code(inputs: Any, fabric: Any) -> int:
        await fabric.request("work", {"x": 1}, undo=lambda y: ("take_back", {"x": y}))
        await fabric.request("time.sleep", {"for": timedelta(days=900)})
        return 0

    def blocking(inputs: Any, fabric: Any) -> int:
        fabric.request("work", {"x": 1}, undo=lambda y: ("take_back", {"x": y}))
        fabric.request("time.sleep", {"for": timedelta(days=900)})
        return 0

    watched = Watched()
    _, view = asyncio.run(_cancelled(code if is_async else blocking, watched))
    assert view.head.status == "cancelled"
    assert watched.asked == [("work", 1), ("take_back", 2)]


WITHIN = """
  over:
    in: {n: int}
    out: string
    errors: [Bad, Broke, Unavailable]
    effects: [work, look, take_back, pay, time.sleep, status.set]
    do: |
      try:
        a = code(n) within 10m
      except Timeout as e:
        return e.name
      return "no"
"""


def test_a_deadline_leaves_code_with_what_it_did_undone() -> None:
    async def code(inputs: Any, fabric: Any) -> int:
        await fabric.request("work", {"x": 1}, undo=lambda y: ("take_back", {"x": y}))
        await fabric.request("time.sleep", {"for": timedelta(days=900)})
        return 0

    watched = Watched()
    with module(code=code) as name:
        world, view = run(program(f"{name}:code", cells=WITHIN, main="over"), 1, watched)
    assert view.output == "Timeout"
    assert watched.asked == [("work", 1), ("take_back", 2)]
    assert world.clock.now() == datetime(2026, 1, 1, 0, 10, tzinfo=UTC)


def test_a_once_request_is_asked_for_at_most_once_whatever_crashes() -> None:
    async def code(inputs: Any, fabric: Any) -> int:
        return int(await fabric.request("pay", {"x": await fabric.request("look", {"x": 1})}))

    with module(code=code) as name:
        made = program(f"{name}:code")
        quiet, view = run(made, 1)
        assert view.output == 3
        statuses = Counter[str]()
        for seam in range(1, quiet.seams + 1):
            world, view = run(made, 1, crash_at=frozenset({seam}))
            keys = Counter({key: n for key, n in world.asked.items() if n > 1})
            assert len(world.asked) <= 2
            assert sum(keys.values()) <= 2
            statuses[view.head.status] += 1
    assert statuses["stalled"] >= 2
    assert statuses["completed"] >= 5


def test_a_class_says_how_a_request_is_undone() -> None:
    watched = Watched()
    view = run(program("tests.runtime.python.code:Booking"), 60, watched)[1]
    assert view.head.status == "failed"
    assert watched.asked[-3:] == [("take_back", 63), ("take_back", 62), ("take_back", 61)]


@pytest.mark.parametrize("form", ["function", "thread", "class"])
def test_a_request_that_happens_after_its_code_has_been_left_is_taken_back(form: str) -> None:
    async def function(inputs: Any, fabric: Any) -> int:
        return int(await fabric.request("work", {"x": 1}, undo=lambda y: ("take_back", {"x": y})))

    def thread(inputs: Any, fabric: Any) -> int:
        return int(fabric.request("work", {"x": 1}, undo=lambda y: ("take_back", {"x": y})))

    def late(request: Request) -> Outcome:
        if request.effect == "main.work" and request.attempt == 1:
            return Transient("no answer", retry_after=3600)
        return answer(request)

    watched = Watched(late)
    code: Code = {"function": function, "thread": thread, "class": Booking}[form]
    with module(code=code) as name:
        made = program(f"{name}:code", cells=WITHIN, main="over")
        quiet, view = run(made, 1, watched)
        assert view.output == "Timeout"
        assert watched.asked == [("work", 1), ("work", 1), ("take_back", 2)]
        for seam in range(1, quiet.seams + 1):
            world, again = run(made, 1, late, crash_at=frozenset({seam}))
            assert (again.output, undone(world)) == ("Timeout", [2]), seam
