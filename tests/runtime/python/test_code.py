"""What code may do, what it gets, and where it stands when it does something else."""

import asyncio
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from cellc import CellError
from cellc.runtime.commands import RetryRun
from cellc.runtime.core.events import CodeFaulted, CodeMoved
from cellc.runtime.ports import Transient
from cellc.runtime.views import RunView
from tests.runtime.fabric.worlds import AT, World
from tests.runtime.python.worlds import answer, events, module, program, reached, run, view_of

Code = Callable[..., Any]


def reason_of(code: Code, n: int = 1, **options: Any) -> str:
    view = view_of(code, n, **options)
    assert view.head.status == "stalled"
    (row,) = [row for row in view.open if row.state == "fault"]
    assert row.place == "code"
    return row.reason


# --- what code gets --------------------------------------------------------------------------------------------------


def test_an_error_that_a_request_declares_reaches_the_code() -> None:
    async def code(inputs: Any, fabric: Any) -> int:
        try:
            await fabric.request("work", {"x": 13})
        except CellError as error:
            return len(error.fields["why"]) if error.name == "main.Bad" else 0
        return 1

    assert view_of(code).output == len("unlucky")


def test_an_error_that_nobody_catches_is_the_cells_where_it_declares_it() -> None:
    async def code(inputs: Any, fabric: Any) -> int:
        return int(await fabric.request("work", {"x": 13}))

    failure = view_of(code).failure
    assert failure is not None
    assert (failure.error, failure.fields) == ("main.Bad", {"why": "unlucky"})


def test_an_error_of_the_code_is_the_cells() -> None:
    def code(inputs: Any, fabric: Any) -> int:
        raise CellError("Broke")

    failure = view_of(code).failure
    assert failure is not None
    assert (failure.error, failure.place) == ("main.Broke", "code")


def test_a_standard_error_reaches_the_code() -> None:
    async def code(inputs: Any, fabric: Any) -> int:
        try:
            return int(await fabric.request("work", {"x": 1}))
        except CellError as error:
            return -1 if error.name == "Unavailable" else 0

    assert view_of(code, answering=lambda _: Transient("down", unknown=False)).output == -1


def test_code_says_how_far_it_is() -> None:
    async def code(inputs: Any, fabric: Any) -> int:
        await fabric.request("status.set", {"text": "begun", "percent": 10})
        found = int(await fabric.request("work", {"x": inputs["n"]}))
        await fabric.request("status.set", {"text": "worked"})
        return found

    for crash_at in (0, 3, 5, 7):
        view = view_of(code, crash_at=frozenset({crash_at}))
        assert (view.head.status, view.head.progress, view.head.percent) == ("completed", "worked", None)


def test_code_cannot_change_what_the_run_has() -> None:
    async def code(inputs: Any, fabric: Any) -> int:
        await fabric.request("look", {"x": inputs.pop("n")})
        return len(inputs)

    view = view_of(code, crash_at=frozenset({6}))
    assert view.output == 0


def test_the_context_is_the_same_in_every_replay() -> None:
    seen: dict[int, set[Any]] = {0: set(), 1: set()}

    async def code(inputs: Any, fabric: Any) -> int:
        seen[0].add(fabric.context)
        await fabric.request("time.sleep", {"for": timedelta(hours=3)})
        seen[1].add(fabric.context)
        await fabric.request("look", {"x": 1})
        return 0

    assert view_of(code, crash_at=frozenset({7, 9})).output == 0
    assert [len(found) for found in seen.values()] == [1, 1]
    before, after = (found.pop() for found in seen.values())
    assert (before.run, before.cell, before.now, before.attempt) == ("run-1", "main.code", AT, 1)
    assert after.now == AT + timedelta(hours=3)


def test_a_state_that_a_function_keeps_is_in_the_log() -> None:
    async def code(inputs: Any, fabric: Any) -> int:
        assert await fabric.load_state() is None
        await fabric.save_state({"so": ["far"]})
        await fabric.request("look", {"x": 1})
        return len((await fabric.load_state())["so"])

    with module(code=code) as name:
        world, view = run(program(f"{name}:code"), 1, crash_at=frozenset({5}))
    assert view.output == 1
    kept = [bytes(e.state) for e in events(world) if isinstance(e, CodeMoved) and e.keeps]
    assert kept == [b'{"so":["far"]}']


def test_groups_of_tasks_are_code_as_any_other() -> None:
    async def code(inputs: Any, fabric: Any) -> int:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(fabric.request("look", {"x": i})) for i in range(4)]
        await asyncio.sleep(0)
        return sum(task.result() for task in tasks)

    assert view_of(code, crash_at=frozenset({9})).output == 10


def test_what_code_asks_for_at_once_is_numbered_in_the_order_of_the_calls() -> None:
    async def code(inputs: Any, fabric: Any) -> int:
        return sum(await asyncio.gather(*(fabric.request("look", {"x": i}) for i in range(5))))

    with module(code=code) as name:
        world, _ = run(program(f"{name}:code"), 1)
    (first, *_) = [e for e in events(world) if isinstance(e, CodeMoved)]
    assert [bytes(r.input) for r in first.requests] == [b'{"x":%d}' % i for i in range(5)]
    assert [call.item for call in first.calls] == [0, 1, 2, 3, 4]


# --- where it stands -------------------------------------------------------------------------------------------------


def test_a_bug_stalls_the_run_with_the_places_in_the_code() -> None:
    def inner(n: int) -> int:
        return n // 0

    async def code(inputs: Any, fabric: Any) -> int:
        await fabric.request("look", {"x": 1})
        return inner(inputs["n"])

    lines = reason_of(code).splitlines()
    assert lines[0] == "ZeroDivisionError: integer division or modulo by zero"
    assert [line.split(" in ")[1] for line in lines[1:]] == ['code: return inner(inputs["n"])', "inner: return n // 0"]
    assert lines[1].startswith("  tests/runtime/python/test_code.py:")


@pytest.mark.parametrize(
    ("ask", "told"),
    [
        (("other", {"x": 1}), "the cell does not declare the effect other"),
        (("look", {"x": "one"}), "the request main.look does not fit its type: x must be int, and is "),
        (("look", {"x": 1, "y": 2}), "the request main.look does not fit its type: "),
        (("look", {}), "the request main.look does not fit its type: x must be "),
        ((object(), None), "builtins.object is no request"),
        (("look", {"x": {1}}), "the request main.look "),
    ],
)
@pytest.mark.parametrize("is_async", [True, False])
def test_a_request_that_the_cell_does_not_declare_stalls_it_whatever_it_catches(
    ask: Any, told: str, is_async: bool
) -> None:
    async def code(inputs: Any, fabric: Any) -> int:
        try:
            await fabric.request(*ask)
        except BaseException:  # noqa: BLE001, S110 -- what code can do
            pass
        return 1

    def blocking(inputs: Any, fabric: Any) -> int:
        try:
            fabric.request(*ask)
        except BaseException:  # noqa: BLE001, S110 -- what code can do
            pass
        return 1

    reason = reason_of(code if is_async else blocking)
    assert reason.startswith(told)
    assert "fabric.request(*ask)" in reason.splitlines()[-1]


@pytest.mark.parametrize("output", ["seven", None, 1.5, [1], float("nan"), object()])
def test_an_output_that_does_not_fit_stalls_with_its_place(output: Any) -> None:
    def code(inputs: Any, fabric: Any) -> Any:
        return output

    assert reason_of(code).startswith("the output ")


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (CellError("Other"), "it ends in Other, which the cell does not declare; its errors: Unavailable, main.Bad"),
        (CellError("Bad", {"reason": "x"}), "the error main.Bad does not fit its type: "),
        (CellError("Timeout"), "it ends in Timeout, which the cell does not declare"),
    ],
)
def test_an_error_that_the_cell_does_not_declare_stalls_it(error: CellError, told: str) -> None:
    async def code(inputs: Any, fabric: Any) -> int:
        raise error

    assert reason_of(code).startswith(told)


async def _sleeps(_: Any) -> None:
    await asyncio.sleep(5)


async def _waits_for_nobody(_: Any) -> None:
    await asyncio.Event().wait()


async def _times_out(fabric: Any) -> None:
    async with asyncio.timeout(5):
        await fabric.request("look", {"x": 1})


async def _in_a_thread(_: Any) -> None:
    await asyncio.to_thread(time.time)


async def _connects(_: Any) -> None:
    await asyncio.open_connection("127.0.0.1", 9)


async def _leaves(_: Any) -> None:
    raise SystemExit(3)


async def _cancels(_: Any) -> None:
    task = asyncio.current_task()
    assert task is not None
    task.cancel()
    await asyncio.sleep(0)


async def _goes_on_for_ever(_: Any) -> None:
    while True:  # noqa: ASYNC110 -- there is no event
        await asyncio.sleep(0)


@pytest.mark.parametrize(
    ("does", "told"),
    [
        (
            _sleeps,
            "NotRecordedError: a pause is not recorded, and would be another one in a replay: ask for `time.sleep`",
        ),
        (_times_out, "NotRecordedError: "),
        (_in_a_thread, "NotRecordedError: a thread is not recorded"),
        (_connects, "NotRecordedError: a connection is not recorded"),
        (_waits_for_nobody, "the code waits for something that is no request of the fabric"),
        (_leaves, "SystemExit: 3"),
        (_goes_on_for_ever, "the code goes on 1000000 times without waiting for a request"),
        (_cancels, "the code has cancelled itself"),
    ],
)
def test_whatever_a_replay_would_not_give_again_is_refused(does: Code, told: str) -> None:
    async def code(inputs: Any, fabric: Any) -> int:
        await does(fabric)
        return 1

    assert reason_of(code).startswith(told)


def test_a_retry_after_the_fix_goes_on_from_what_is_recorded() -> None:
    fixed: list[bool] = []
    attempts: list[int] = []

    async def code(inputs: Any, fabric: Any) -> int:
        attempts.append(fabric.context.attempt)
        found = await fabric.request("look", {"x": inputs["n"]})
        if not fixed:
            raise RuntimeError("not yet")
        return int(found + await fabric.request("look", {"x": found}))

    async def twice(name: str) -> tuple[World, RunView | None]:
        world = World(answer=answer)
        async with world.fabric() as fabric:
            number = fabric.start(program(f"{name}:code"), "main.code", {"n": 1})
            assert (await fabric.finished(number)).head.status == "stalled"
            fixed.append(True)
            await fabric.obey(RetryRun("run-1"))
            return world, await reached(world, fabric, number)

    with module(code=code) as name:
        world, view = asyncio.run(twice(name))
    assert view is not None
    assert view.output == 5
    assert attempts == [1, 2]
    assert max(world.asked.values()) == 1


def test_a_fault_in_the_log_is_told_once_for_each_attempt() -> None:
    def code(inputs: Any, fabric: Any) -> int:
        raise RuntimeError("always")

    with module(code=code) as name:
        world, _ = run(program(f"{name}:code"), 1)
    assert [type(e) for e in events(world)].count(CodeFaulted) == 1
