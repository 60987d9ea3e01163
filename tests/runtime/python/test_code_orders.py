"""Random code with requests at once, in every order of answers, crashed anywhere: the same end, nothing left done."""

import asyncio
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from cellc import CellError
from cellc.language.graph import Program
from cellc.runtime.core.inputs import Completed, Input, Raised
from cellc.runtime.core.prepare import prepare
from cellc.runtime.core.step import ReadyCall, Step, fold, pending
from cellc.runtime.python.cells import PythonCells
from tests.runtime.core import driving
from tests.runtime.core.driving import Crash, Driver
from tests.runtime.core.test_snapshots import check_every_prefix
from tests.runtime.python.worlds import events_of, module, program

Tree = Any
"""An int: a request. A pair: "all" or "then" of trees, "caught" of one, "raise" when the number is odd."""

TREES = st.recursive(
    st.integers(0, 11),
    lambda trees: st.one_of(
        st.tuples(st.just("all"), st.lists(trees, min_size=1, max_size=3)),
        st.tuples(st.just("then"), st.lists(trees, min_size=1, max_size=3)),
        st.tuples(st.just("caught"), trees),
        st.tuples(st.just("raise"), st.integers(0, 9)),
    ),
    max_leaves=8,
)


def code_of(tree: Tree) -> Callable[..., Any]:
    async def walk(part: Tree, fabric: Any) -> int:
        match part:
            case int():
                if part % 3 == 0:
                    return int(await fabric.request("look", {"x": part}))
                undo = (lambda y: ("take_back", {"x": y})) if part % 3 == 1 else None
                return int(await fabric.request("work", {"x": part}, undo=undo))
            case "all", parts:
                return sum(await asyncio.gather(*(walk(each, fabric) for each in parts)))
            case "then", parts:
                return sum([await walk(each, fabric) for each in parts])
            case "caught", inside:
                try:
                    return await walk(inside, fabric)
                except CellError:
                    return -1
            case _, number:
                if number % 2:
                    raise CellError("Broke")
                return int(number)

    async def code(inputs: Any, fabric: Any) -> int:
        return await walk(tree, fabric)

    return code


def answer(at: datetime, call: ReadyCall) -> Input:
    x = call.input["x"]
    if call.effect == "main.work" and x in (2, 5, 10):
        return Raised(at, call.call, "main.Bad", {"why": str(x)})
    return Completed(at, call.call, None if call.effect == "main.take_back" else x + 1)


class Coding(Driver):
    """A life of a process that has code: it moves at once, and is gone with the process."""

    def __init__(self, world: "World") -> None:
        super().__init__(world)
        self.cells = PythonCells(lambda *_: None)

    def give(self, given: Input) -> Step:
        result = super().give(given)
        for frame in result.delta.stopped:
            self.cells.stop(1, frame)
        for frame in result.delta.think:
            for made in self.cells.move(1, self.world.program, self.state, frame, self.world.now):
                self.give(made)
        return result


class World(driving.World):
    program: Program


def run(made: Program, order: Callable[[int], int], crash_at: frozenset[int] = frozenset()) -> tuple[World, Coding]:
    world = World(prepare(made), {"n": 1}, answer=answer, order=order, crash_at=crash_at)
    world.program = made
    while True:
        driver = Coding(world)
        try:
            driver.live()
        except Crash:
            driver.cells.close()
            continue
        driver.cells.close()
        return world, driver


def left_done(world: World) -> Counter[int]:
    """Return what undoable work has been done and not taken back, by its input."""
    balance = Counter[int]()
    for effect, x, happened in events_of(world.events()):
        if effect == "main.work" and x % 3 == 1 and happened:
            balance[x] += 1
        if effect == "main.take_back" and happened:
            balance[x - 1] -= 1
    return balance


@settings(max_examples=400, deadline=None)
@given(TREES, st.randoms(use_true_random=False), st.sets(st.integers(1, 40), max_size=3))
def test_whatever_the_order_and_the_crashes_nothing_is_left_done_and_histories_fold(
    tree: Tree, random: Any, crash_at: set[int]
) -> None:
    with module(code=code_of(tree)) as name:
        made = program(f"{name}:code")
        world, driver = run(made, random.randrange, frozenset(crash_at))
    state = driver.state
    assert state.status in {"completed", "failed"}
    again = fold(world.plan, driving.RUN, world.events())
    assert (again.status, again.outcome, again.divergence) == (state.status, state.outcome, None)
    balance = left_done(world)
    assert min(balance.values(), default=0) >= 0
    if state.status == "failed":
        assert balance.total() == 0


@settings(max_examples=60, deadline=None)
@given(TREES, st.sets(st.integers(1, 60), min_size=1, max_size=2))
def test_a_crash_changes_neither_the_end_nor_the_keys(tree: Tree, crash_at: set[int]) -> None:
    with module(code=code_of(tree)) as name:
        made = program(f"{name}:code")
        calm, quiet = run(made, lambda _: 0)
        world, driver = run(made, lambda _: 0, frozenset(crash_at))
    assert driver.state.outcome == quiet.state.outcome
    assert set(world.performed) == set(calm.performed)


@settings(max_examples=40, deadline=None)
@given(TREES, st.randoms(use_true_random=False))
def test_a_snapshot_at_any_prefix_is_as_good_as_the_events_before_it(tree: Tree, random: Any) -> None:
    with module(code=code_of(tree)) as name:
        world, driver = run(program(f"{name}:code"), random.randrange)
    check_every_prefix(world.plan, world.events())
    assert pending(world.plan, driver.state).think == ()
