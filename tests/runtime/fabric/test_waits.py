"""Events and people: who gets what, what is kept, what is refused, and that all of it is one commit."""

import asyncio
import json
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any

import pytest

from cellc.language.graph import Program, dump
from cellc.runtime.commands import CancelRun, Complete, KillRun, Signal, Verdict
from cellc.runtime.core.events import EventReceived, decode
from cellc.runtime.door import KEPT_LIMIT
from cellc.runtime.fabric import Fabric
from cellc.runtime.ports import LogFailed, Request, Result
from cellc.runtime.views import RunView
from tests.runtime.core.compiled import compiled
from tests.runtime.fabric.worlds import World

PARCELS = """
events:
  scanned: {data: {tracking: string, n: int}, key: data.tracking, keep: 1d}
  closed: {data: {price: decimal}}
effects:
  scan: {in: {t: string}, out: {n: int}, via: event.wait, with: {event: scanned, key: "${t}"}}
  large:
    in: {t: string, least: int}
    out: {n: int}
    via: event.wait
    with: {event: scanned, key: "${t}", where: "${data.n >= least}"}
  close: {out: {price: decimal}, via: event.wait, with: {event: closed}}
  tell: {in: {t: string, n: int}, via: event.emit, with: {event: scanned, data: {tracking: "${t}", n: "${n}"}}}
  ask:
    in: {n: int}
    out: {ok: bool, why?: string}
    via: human.task
    with: {title: "Is it ${n}?", assign: [ann, bob]}
cells:
  one:
    in: {t: string}
    out: int
    effects: [scan]
    do: |
      s = scan(t=t)
      return s.n
  two:
    in: {t: string}
    out: "[int]"
    effects: [scan]
    do: |
      a = scan(t=t)
      b = scan(t=t)
      return [a.n, b.n]
  picky:
    in: {t: string, least: int}
    out: int
    effects: [large]
    do: |
      s = large(t=t, least=least)
      return s.n
  closing:
    out: decimal
    effects: [close]
    do: |
      c = close()
      return c.price
  sends:
    in: {t: string, n: int}
    effects: [tell]
    do: tell(t=t, n=n)
  asks:
    in: {n: int}
    out: bool
    effects: [ask]
    do: |
      a = ask(n=n)
      return a.ok
main: one
"""


OTHER = """
events:
  scanned: {data: {tracking: string, n: int?}, key: data.tracking}
effects:
  scan: {in: {t: string}, out: {n: int?}, via: event.wait, with: {event: scanned, key: "${t}"}}
cells:
  one:
    in: {t: string}
    out: int
    effects: [scan]
    do: |
      s = scan(t=t)
      return s.n ?? 0
main: one
"""


def made() -> Program:
    return compiled(PARCELS)


def scanned(tracking: str, n: int, id_: str, key: str | None = None) -> Signal:
    return Signal("scanned", json.dumps({"tracking": tracking, "n": n}), id_, key)


def play(world: World, act: Callable[[Fabric], Coroutine[Any, Any, Any]]) -> Any:
    async def run() -> Any:
        async with world.fabric() as fabric:
            return await act(fabric)

    return asyncio.run(run())


def start(fabric: Fabric, cell: str, **inputs: Any) -> int:
    return fabric.start(made(), f"main.{cell}", inputs)


async def parked(fabric: Fabric, *runs: int) -> None:
    for run in runs:
        view = await fabric.settled(run)
        assert view.head.status == "waiting"


def test_an_event_wakes_the_parked_run_that_waits_for_its_key() -> None:
    async def act(fabric: Fabric) -> None:
        a, b = start(fabric, "one", t="A"), start(fabric, "one", t="B")
        await parked(fabric, a, b)
        assert fabric.look_at(a) is None  # parked: nothing of it is in memory
        verdict = await fabric.obey(scanned("B", 5, "e1"))
        assert verdict == Verdict("taken", "run-2")
        assert (await fabric.finished(b)).output == 5
        assert [wait.run for wait in world.log.waits("main.scanned", '"A"')] == [a]

    world = World()
    play(world, act)


def test_an_event_goes_to_one_wait_of_all_the_oldest_that_it_fits() -> None:
    async def act(fabric: Fabric) -> list[Any]:
        runs = [start(fabric, "picky", t="A", least=10), start(fabric, "one", t="A"), start(fabric, "two", t="A")]
        await parked(fabric, *runs)
        verdicts = [await fabric.obey(scanned("A", n, f"e{n}")) for n in (1, 20, 2, 3)]
        assert [verdict.run for verdict in verdicts] == ["run-2", "run-1", "run-3", "run-3"]
        return [(await fabric.finished(run)).output for run in runs]

    assert play(World(), act) == [20, 1, [2, 3]]


def test_signals_in_one_turn_go_to_different_waits_and_to_those_that_open_in_it() -> None:
    async def act(fabric: Fabric) -> None:
        first, second = start(fabric, "two", t="A"), start(fabric, "one", t="A")
        verdicts = await asyncio.gather(*(fabric.obey(scanned("A", n, f"e{n}")) for n in (1, 2, 3)))
        assert [verdict.run for verdict in verdicts] == ["run-1", "run-2", "run-1"]
        assert (await fabric.finished(first)).output == [1, 3]
        assert (await fabric.finished(second)).output == 2
        assert world.commits == 2  # the starts, and everything that came after

    world = World()
    play(world, act)


def test_an_event_that_came_early_is_kept_and_goes_to_the_first_wait_that_opens() -> None:
    async def act(fabric: Fabric) -> None:
        await parked(fabric, start(fabric, "closing"))
        assert [await fabric.obey(scanned("A", n, f"e{n}")) for n in (1, 2, 3)] == [Verdict("kept")] * 3
        assert (await fabric.finished(start(fabric, "two", t="A"))).output == [1, 2]
        assert (await fabric.finished(start(fabric, "picky", t="A", least=3))).output == 3
        await parked(fabric, start(fabric, "one", t="A"))

    play(World(), act)


def test_a_thousand_kept_events_go_to_one_loop() -> None:
    loop = compiled(
        PARCELS.replace(
            "  closing:",
            "  loop:\n    out: int\n    effects: [scan]\n    do: |\n      n = 0\n      for i in range(900):\n"
            '        s = scan(t="A")\n        n = n + s.n\n      return n\n  closing:',
        )
    )

    async def act(fabric: Fabric) -> Any:
        fabric.start(loop, "main.closing", {})
        await asyncio.gather(*(fabric.obey(scanned("A", 1, f"e{n}")) for n in range(900)))
        return (await fabric.finished(fabric.start(loop, "main.loop", {}))).output

    assert play(World(), act) == 900


def test_a_kept_event_is_forgotten_after_its_time() -> None:
    async def act(fabric: Fabric) -> None:
        await parked(fabric, start(fabric, "closing"))
        await fabric.obey(scanned("A", 1, "e1"))
        world.clock.time += timedelta(days=1, seconds=1)
        await parked(fabric, start(fabric, "one", t="A"))

    world = World()
    play(world, act)


def test_an_event_without_keep_that_nothing_waits_for_is_dropped() -> None:
    async def act(fabric: Fabric) -> None:
        await parked(fabric, start(fabric, "one", t="A"))
        assert await fabric.obey(Signal("closed", '{"price": 1.10}', "e1")) == Verdict("dropped")
        run = start(fabric, "closing")
        await parked(fabric, run)
        assert (await fabric.obey(Signal("main.closed", '{"price": 1.10}', "e2"))).outcome == "taken"
        assert str((await fabric.finished(run)).output) == "1.10"

    play(World(), act)


def test_an_event_that_is_told_again_is_known_whatever_became_of_it() -> None:
    async def act(fabric: Fabric) -> None:
        run = start(fabric, "two", t="A")
        await parked(fabric, run)
        same = [scanned("A", 1, "e1")] * 2
        verdicts = await asyncio.gather(*map(fabric.obey, same))
        assert [verdict.outcome for verdict in verdicts] == ["taken", "repeated"]
        assert await fabric.obey(scanned("A", 2, "e1")) == Verdict("repeated", "run-1")
        assert (await fabric.obey(scanned("Z", 2, "e2"))).outcome == "kept"
        assert (await fabric.obey(scanned("Z", 2, "e2"))).outcome == "repeated"
        await parked(fabric, run)

    play(World(), act)


@pytest.mark.parametrize(
    ("signal", "code", "words"),
    [
        (scanned("A", 1, "e", key="B"), "E831", "--key"),
        (Signal("scanned", '{"tracking": 5}', "e"), "E831", "tracking"),
        (Signal("scanned", '{"tracking": "A"}', "e"), "E831", "n"),
        (Signal("scanned", "{", "e"), "E831", "JSON"),
        (Signal("closed", '{"price": 1}', "e", "k"), "E831", "--key"),
        (Signal("scaned", "{}", "e"), "E830", "scanned"),
    ],
)
def test_what_is_no_event_is_refused_at_the_door(signal: Signal, code: str, words: str) -> None:
    async def act(fabric: Fabric) -> None:
        await parked(fabric, start(fabric, "one", t="A"))
        verdict = await fabric.obey(signal)
        assert {refusal.code for refusal in verdict.refusals} == {code}
        assert words in str(verdict.refusals)
        assert not verdict.accepted
        assert world.log.arrival("main.scanned", "e") is None

    world = World()
    play(world, act)


def test_no_more_than_a_number_of_events_is_kept_for_one_key() -> None:
    async def act(fabric: Fabric) -> None:
        await parked(fabric, start(fabric, "closing"))
        verdicts = await asyncio.gather(*(fabric.obey(scanned("A", n, f"e{n}")) for n in range(KEPT_LIMIT + 1)))
        assert [refusal.code for refusal in verdicts[-1].refusals] == ["E834"]
        assert all(verdict.outcome == "kept" for verdict in verdicts[:-1])
        assert (await fabric.obey(scanned("B", 1, "other"))).outcome == "kept"

    play(World(), act)


def test_a_run_of_an_older_program_takes_only_what_its_own_declaration_accepts() -> None:
    newer = compiled(PARCELS.replace("n: int}, key", "n: int, more?: string}, key"))
    other = compiled(OTHER)

    async def act(fabric: Fabric) -> None:
        old, new = fabric.start(made(), "main.one", {"t": "A"}), fabric.start(newer, "main.one", {"t": "B"})
        await parked(fabric, old, new)
        verdict = await fabric.obey(Signal("scanned", '{"tracking": "A", "n": 1, "more": "x"}', "e1"))
        assert verdict.run == "run-1"
        old, newest = fabric.start(made(), "main.one", {"t": "C"}), fabric.start(other, "main.one", {"t": "C"})
        await parked(fabric, old, newest)
        verdict = await fabric.obey(Signal("scanned", '{"tracking": "C", "n": null}', "e2"))
        assert (await fabric.finished(newest)).output == 0
        assert verdict.run == "run-4"

    play(World(), act)


# --- sending ----------------------------------------------------------------------------------------------------------


def test_an_event_that_a_run_sends_goes_through_the_same_door_once() -> None:
    async def act(fabric: Fabric) -> None:
        run = start(fabric, "one", t="A")
        await parked(fabric, run)
        assert (await fabric.finished(start(fabric, "sends", t="A", n=7))).head.status == "completed"
        assert (await fabric.finished(run)).output == 7

    play(World(), act)


# --- people -----------------------------------------------------------------------------------------------------------


def test_a_task_is_listed_with_what_it_asks_until_it_is_answered() -> None:
    async def act(fabric: Fabric) -> None:
        run = start(fabric, "asks", n=3)
        await parked(fabric, run)
        (task,) = world.log.tasks()
        assert (task.run, task.call, task.effect, task.place) == (run, 0, "main.ask", "asks/a")
        assert json.loads(task.form or "") == {"title": "Is it 3?", "assign": ["ann", "bob"]}
        assert await fabric.obey(Complete("run-1", 0, '{"ok": true}')) == Verdict("done", "run-1")
        assert (await fabric.finished(run)).output is True
        assert world.log.tasks() == []
        assert [r.code for r in (await fabric.obey(Complete("run-1", 0, '{"ok": true}'))).refusals] == ["E832"]

    world = World()
    play(world, act)


@pytest.mark.parametrize(
    ("data", "places"),
    [('{"ok": "yes"}', ["ok"]), ("{}", ["ok"]), ('{"ok": true, "wy": "x"}', ["wy"]), ('{"why": 1}', ["ok", "why"])],
)
def test_an_answer_that_does_not_fit_its_form_is_refused_unknown_fields_too(data: str, places: list[str]) -> None:
    async def act(fabric: Fabric) -> None:
        run = start(fabric, "asks", n=3)
        await parked(fabric, run)
        verdict = await fabric.obey(Complete("run-1", 0, data))
        assert {refusal.code for refusal in verdict.refusals} == {"E831"}
        assert sorted(refusal.fields["where"] for refusal in verdict.refusals) == [f" at `{place}`" for place in places]
        await parked(fabric, run)

    play(World(), act)


def test_runs_and_tasks_that_are_not_there_are_named() -> None:
    async def act(fabric: Fabric) -> None:
        await parked(fabric, start(fabric, "one", t="A"))
        asked = [Complete("run-1", 0, "{}"), Complete("run-1", 9, "{}"), Complete("run-9", 0, "{}"), CancelRun("run-9")]
        codes = [(await fabric.obey(command)).refusals[0].code for command in asked]
        assert codes == ["E832", "E832", "E806", "E806"]

    play(World(), act)


@pytest.mark.parametrize(("command", "status"), [(CancelRun("run-1"), "cancelled"), (KillRun("run-1"), "killed")])
def test_a_parked_run_is_cancelled_or_killed_once(command: CancelRun | KillRun, status: str) -> None:
    async def act(fabric: Fabric) -> None:
        run = start(fabric, "one", t="A")
        await parked(fabric, run)
        assert (await fabric.obey(command)).accepted
        assert (await fabric.finished(run)).head.status == status
        assert [*world.log.waits("main.scanned", '"A"')] == []
        (refusal,) = (await fabric.obey(command)).refusals
        assert (refusal.code, refusal.fields["status"]) == ("E833", status)
        assert (await fabric.obey(scanned("A", 1, "e1"))).outcome == "kept"

    world = World()
    play(world, act)


# --- crashes ----------------------------------------------------------------------------------------------------------


async def tell(world: World, fabric: Fabric) -> list[RunView] | None:
    """Let the outside tell everything, as often as it takes; return the ends, None where the process has ended."""
    for signal in (scanned("A", 1, "e1"), scanned("B", 2, "e2"), scanned("A", 3, "e3")):
        await fabric.obey(signal)
    heads = list(world.log.heads())
    if not heads:
        world.ids.made = 0
        start(fabric, "two", t="A")
        start(fabric, "sends", t="C", n=9)
        start(fabric, "asks", n=1)
        start(fabric, "one", t="B")
        start(fabric, "one", t="C")
        await fabric.obey(scanned("nobody", 0, "e4"))
    for task in world.log.tasks():
        await fabric.obey(Complete(world.log.head(task.run).id, task.call, '{"ok": true}'))
    return [await fabric.finished(head.number) for head in world.log.heads()]


def outcomes(crash_at: frozenset[int]) -> tuple[World, list[Any]]:
    async def process(world: World) -> list[RunView] | None:
        async with world.fabric() as fabric:
            fabric.resume()
            telling = asyncio.ensure_future(tell(world, fabric))
            dead = asyncio.ensure_future(world.dead.wait())
            await asyncio.wait({telling, dead}, return_when=asyncio.FIRST_COMPLETED)
            for task in (telling, dead):
                task.cancel()
            try:
                return None if world.dead.is_set() else await telling
            except LogFailed:
                return None
            finally:
                await asyncio.gather(telling, dead, return_exceptions=True)

    async def run() -> tuple[World, list[Any]]:
        world = World(answer=answer, crash_at=crash_at)
        world.log.put_graph(made().sha256, dump(made()))
        for _ in range(len(crash_at) + 1):
            views = await process(world)
            if views is not None:
                return world, [(view.head.status, view.output) for view in views]
        raise AssertionError("the process that was left alone did not come to an end")

    return asyncio.run(run())


def answer(request: Request) -> Result:
    return Result(request.input)


def received(world: World) -> list[str]:
    rows = (row for head in world.log.heads() for row in world.log.events(head.number))
    return sorted(event.id for event in map(decode, rows) if isinstance(event, EventReceived))


def test_a_crash_at_any_seam_loses_no_event_and_gives_none_twice() -> None:
    quiet, expected = outcomes(frozenset())
    assert expected == [("completed", [1, 3]), ("completed", None), ("completed", True)] + [
        ("completed", n) for n in (2, 9)
    ]
    assert quiet.seams >= 12
    for seam in range(1, quiet.seams + 1):
        world, found = outcomes(frozenset({seam}))
        assert found == expected, f"crash at seam {seam}"
        assert received(world) == received(quiet), f"crash at seam {seam}"
