"""Code that asks otherwise than it did stands at the first difference, with both and the place in the code."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from cellc.runtime.commands import RetryRun
from tests.runtime.fabric.worlds import World
from tests.runtime.python.worlds import answer, module, program, reached

Code = Callable[..., Any]


def told(before: Code, after: Code) -> tuple[str, Any]:
    """Return where a run stands whose code is replaced while it waits, and what it comes to when it is back."""

    async def processes() -> tuple[str, Any]:
        world = World(answer=answer)
        with module(code=before) as name:
            made = program(f"{name}:code")
            async with world.fabric() as fabric:
                number = fabric.start(made, "main.code", {"n": 1})
                assert (await fabric.settled(number)).head.status == "waiting"
            with module_as(name, after):
                async with world.fabric() as fabric:
                    found = await fabric.finished(number)
                    reason = found.open[0].reason if found.open else ""
            async with world.fabric() as fabric:
                if reason:
                    await fabric.obey(RetryRun("run-1"))
                ended = await reached(world, fabric, number)
        assert ended is not None
        return reason, ended.output

    return asyncio.run(processes())


class module_as:  # noqa: N801 -- reads as `module` does
    """Let a module of code have other code for a while."""

    def __init__(self, name: str, code: Code) -> None:
        import sys

        self._module, self._code = sys.modules[name], code

    def __enter__(self) -> None:
        self._before, self._module.code = self._module.code, self._code  # type: ignore[attr-defined]

    def __exit__(self, *_: object) -> None:
        self._module.code = self._before  # type: ignore[attr-defined]


async def first(inputs: Any, fabric: Any) -> int:
    a = await fabric.request("look", {"x": inputs["n"]})
    b = await fabric.request("work", {"x": a})
    await fabric.request("time.sleep", {"for": "90s"})
    return int(a + b)


async def other_input(inputs: Any, fabric: Any) -> int:
    a = await fabric.request("look", {"x": inputs["n"]})
    b = await fabric.request("work", {"x": a + 1})
    await fabric.request("time.sleep", {"for": "90s"})
    return int(a + b)


async def other_effect(inputs: Any, fabric: Any) -> int:
    a = await fabric.request("look", {"x": inputs["n"]})
    b = await fabric.request("look", {"x": a})
    await fabric.request("time.sleep", {"for": "90s"})
    return int(a + b)


async def with_undo(inputs: Any, fabric: Any) -> int:
    a = await fabric.request("look", {"x": inputs["n"]})
    b = await fabric.request("work", {"x": a}, undo=lambda y: ("take_back", {"x": y}))
    await fabric.request("time.sleep", {"for": "90s"})
    return int(a + b)


async def fewer(inputs: Any, fabric: Any) -> int:
    return int(await fabric.request("look", {"x": inputs["n"]}))


async def at_once(inputs: Any, fabric: Any) -> int:
    n = inputs["n"]
    a, b = await asyncio.gather(fabric.request("look", {"x": n}), fabric.request("work", {"x": n + 1}))
    await fabric.request("time.sleep", {"for": "90s"})
    return int(a + b)


async def one_more(inputs: Any, fabric: Any) -> int:
    return await two(inputs, fabric, 9)


async def two(inputs: Any, fabric: Any, *more: int) -> int:
    pauses = [fabric.request("time.sleep", {"for": "90s"}) for _ in range(2)]
    await asyncio.gather(*pauses, *(fabric.request("look", {"x": x}) for x in more))
    return 5


async def waits_first(inputs: Any, fabric: Any) -> int:
    await asyncio.Event().wait()
    return 1


def in_a_thread(inputs: Any, fabric: Any) -> int:
    a = fabric.request("look", {"x": inputs["n"]})
    b: int = fabric.request("work", {"x": a})
    fabric.request("time.sleep", {"for": "90s"})
    return int(a) + b


def in_a_thread_otherwise(inputs: Any, fabric: Any) -> int:
    a = fabric.request("look", {"x": inputs["n"]})
    b: int = fabric.request("work", {"x": a + 1})
    return int(a) + b


def in_a_thread_fewer(inputs: Any, fabric: Any) -> int:
    return int(fabric.request("look", {"x": inputs["n"]}))


CHANGED = "the code asks otherwise than before (it has been changed since it began)"


@pytest.mark.parametrize(
    ("before", "after", "line"),
    [
        (first, other_input, 'request 1 was main.work {"x":2}, and is main.work {"x":3} now'),
        (first, other_effect, 'request 1 was main.work {"x":2}, and is main.look {"x":2} now'),
        (first, with_undo, 'request 1 was main.work {"x":2}, and is main.work {"x":2} with an undo now'),
        (first, fewer, 'request 1 was main.work {"x":2}, and the code has ended now'),
        (first, at_once, 'request 1 was main.work {"x":2}, and is made earlier now'),
        (two, one_more, 'request 2 was not made, and is main.look {"x":9} now'),
        (first, waits_first, 'request 0 was main.look {"x":1}, and the code waits now without it'),
        (in_a_thread, in_a_thread_otherwise, 'request 1 was main.work {"x":2}, and is main.work {"x":3} now'),
        (in_a_thread, in_a_thread_fewer, 'request 1 was main.work {"x":2}, and the code has ended now'),
    ],
)
def test_the_first_difference_is_told_and_the_code_as_it_was_goes_on(before: Code, after: Code, line: str) -> None:
    reason, output = told(before, after)
    head, *places = reason.splitlines()
    assert head == f"{CHANGED}: {line}"
    assert all("test_divergence.py" in place for place in places)
    assert bool(places) == ("has ended" not in line)
    assert output == 5


def test_a_change_that_asks_for_the_same_is_no_difference() -> None:
    async def reworded(inputs: Any, fabric: Any) -> int:
        asked = inputs["n"]
        found = await fabric.request("look", {"x": asked})
        more = await fabric.request("work", {"x": found})
        await fabric.request("time.sleep", {"for": "90s"})
        return int(found + more) * 100

    assert told(first, reworded) == ("", 500)


def test_code_that_depends_on_chance_is_told_so() -> None:
    chance: list[int] = []

    async def code(inputs: Any, fabric: Any) -> int:
        await fabric.request("look", {"x": len(chance)})
        chance.append(1)
        await fabric.request("time.sleep", {"for": "90s"})
        return len(chance)

    reason, _ = told(code, code)
    assert reason.startswith(
        "the code asks otherwise than before (it has not been changed: it depends on something that is not recorded): "
        'request 0 was main.look {"x":0}, and is main.look {"x":1} now'
    )


def test_a_machine_is_not_replayed_so_its_next_step_may_be_another() -> None:
    class Machine:
        def __init__(self) -> None:
            self.seen: list[Any] = []

        def execute(self, inputs: Any) -> Any:
            return "look", {"x": inputs["n"]}

        def handle_effect_result(self, result: Any) -> Any:
            self.seen.append(result)
            return ("time.sleep", {"for": "90s"}) if len(self.seen) == 1 else self.seen[0]

        def state(self) -> Any:
            return self.seen

        def load_state(self, state: Any) -> None:
            self.seen = state

    class Another(Machine):
        def execute(self, inputs: Any) -> Any:
            raise AssertionError("it has been executed before")

        def handle_effect_result(self, result: Any) -> Any:
            return self.seen[0] * 10

    assert told(Machine, Another) == ("", 20)
