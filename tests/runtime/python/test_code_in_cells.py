"""Code among other cells: in combinators and loops, and waiting for events and people."""

import asyncio
from collections.abc import Callable
from typing import Any

from cellc.runtime.commands import Complete, Signal
from cellc.runtime.views import RunView
from tests.runtime.core.compiled import compiled
from tests.runtime.fabric.worlds import World
from tests.runtime.python.worlds import answer, module, program, run

OVER = """
  over:
    in: {n: int}
    out: int
    errors: [Bad, Broke, Unavailable]
    effects: [work, look, take_back, pay, time.sleep, status.set]
    do: |
"""


def over(script: str) -> str:
    return OVER + "".join(f"      {line}\n" for line in script.splitlines())


async def adding(inputs: Any, fabric: Any) -> int:
    return int(await fabric.request("look", {"x": inputs["n"]}))


async def sleeping(inputs: Any, fabric: Any) -> int:
    await fabric.request("work", {"x": inputs["n"]}, undo=lambda y: ("take_back", {"x": y}))
    await fabric.request("time.sleep", {"for": "30d"})
    return 0


def of(code: Callable[..., Any], script: str) -> tuple[list[Any], RunView]:
    """Return what a script over `code` asks for, and how its run stands, crashed at every seam alike."""
    with module(code=code) as name:
        made = program(f"{name}:code", cells=over(script), main="over")
        asked: list[Any] = []

        def answering(request: Any) -> Any:
            asked.append((request.effect.removeprefix("main."), request.input.get("x")))
            return answer(request)

        quiet, view = run(made, 1, answering)
        for seam in range(1, quiet.seams + 1, 3):
            _, again = run(made, 1, crash_at=frozenset({seam}))
            assert (again.head.status, again.output) == (view.head.status, view.output), seam
        return asked, view


def test_in_a_loop_each_entry_is_code_of_its_own() -> None:
    asked, view = of(adding, "x: int = n\nfor i in range(4):\n  x = code(n=x)\nreturn x")
    assert view.output == 5
    assert asked == [("look", 1), ("look", 2), ("look", 3), ("look", 4)]


def test_the_loser_of_a_race_is_taken_back() -> None:
    asked, view = of(
        sleeping,
        "r = race(a=code(n=5), b=look(x=1))\nmatch r.winner:\n  case 'a':\n    return 0\n  case 'b':\n    return r.b",
    )
    assert view.output == 2
    assert ("work", 5) not in asked or ("take_back", 6) in asked


def test_a_member_that_is_out_of_time_is_taken_back_and_the_others_go_on() -> None:
    script = "q = quorum(2, code(n=i) within 1h for i in [5, 6])\nreturn len(q.values)"
    asked, view = of(sleeping, script)
    assert view.output == 0
    assert sorted(asked) == [("take_back", 6), ("take_back", 7), ("work", 5), ("work", 6)]


WAITING = """
events:
  paid: {data: {amount: int}, keep: 1d}
effects:
  payment: {out: {amount: int}, via: event.wait, with: {event: paid}}
  approve: {in: {amount: int}, out: {fine: bool}, via: human.task, with: {title: "may ${amount} be paid?"}}
cells:
  code:
    out: string
    effects: [payment, approve]
    python: TARGET
main: code
"""


def test_code_waits_for_an_event_and_a_person_in_other_processes() -> None:
    async def code(inputs: Any, fabric: Any) -> str:
        paid, approved = await asyncio.gather(fabric.request("payment", {}), fabric.request("approve", {"amount": 7}))
        return f"{paid['amount']} {approved['fine']}"

    def blocking(inputs: Any, fabric: Any) -> str:
        paid = fabric.request("payment")
        return f"{paid['amount']} {fabric.request('approve', {'amount': 7})['fine']}"

    async def processes(made: Any) -> Any:
        world = World(answer=answer)
        async with world.fabric() as fabric:
            number = fabric.start(made, made.main, {})
            assert (await fabric.settled(number)).head.status == "waiting"
        async with world.fabric() as fabric:
            assert (await fabric.obey(Signal("paid", '{"amount": 3}', "one"))).outcome == "taken"
            assert (await fabric.settled(number)).head.status == "waiting"
        async with world.fabric() as fabric:
            assert (await fabric.obey(Complete("run-1", 1, '{"fine": true}'))).accepted
            return (await fabric.finished(number)).output

    for form in (code, blocking):
        with module(code=form) as name:
            made = compiled(WAITING.replace("TARGET", f"{name}:code"))
            assert asyncio.run(processes(made)) == "3 True"
