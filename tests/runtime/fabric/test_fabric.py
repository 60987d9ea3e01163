"""The loop around the core: what is durable when, what shares a commit, and how runs stand."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from cellc.runtime.audit import audit
from cellc.runtime.commands import RetryRun
from cellc.runtime.core.events import CallSent, decode
from cellc.runtime.environment import Environment
from cellc.runtime.fabric import Fabric, open_fabric
from cellc.runtime.instances import RunUnreadable
from cellc.runtime.log_problems import LogOwned
from cellc.runtime.log_reading import read_log
from cellc.runtime.log_sqlite import open_log
from cellc.runtime.ports import Append, LogFailed, Outcome, Permanent, Request, Result, RunHead, Transient
from cellc.runtime.telling import KINDS, Line
from cellc.runtime.views import Ambiguous, RunView, find, history, look_up
from tests.runtime.core.building import call, each, script, topology
from tests.runtime.fabric.worlds import AT, World, failing_first, program

SECOND = "(parse_datetime('2026-01-01T00:00:01Z') - parse_datetime('2026-01-01T00:00:00Z'))"

CHAIN = program("main", script("main", ["n"], [*[call("n", "work", x="n")] * 3, ("return", "n")]))
FAN = program("main", script("main", ["n"], [each("ns", "i", "range(n)", "look", x="i"), ("return", "sum(ns)")]))
SLEEP = program(
    "main",
    script(
        "main", ["n"], [call(None, "sleep", **{"for": f"{SECOND} * 3600"}), call("n", "work", x="n"), ("return", "n")]
    ),
)
SHAKY = program("main", script("main", ["n"], [call("n", "shaky", x="n"), ("return", "n")]))
PAY = program("main", script("main", ["n"], [call("n", "pay", x="n"), ("return", "n")]))
FAULTY = program("main", script("main", ["n"], [("bind", "m", "10 // n"), ("return", "m")]))
BAD = program("main", script("main", ["n"], [("raise", "Bad", {"why": "'so'"})]))


def in_world(world: World, act: Callable[[Fabric], Coroutine[Any, Any, Any]], **options: Any) -> Any:
    async def run() -> Any:
        async with world.fabric(**options) as fabric:
            return await act(fabric)

    return asyncio.run(run())


def run_one(world: World, made: Any, n: int = 1) -> RunView:
    async def act(fabric: Fabric) -> RunView:
        return await fabric.finished(fabric.start(made, "main", {"n": n}))

    view: RunView = in_world(world, act)
    return view


# --- ends -------------------------------------------------------------------------------------------------------------


def test_a_run_completes_with_its_output():
    view = run_one(World(), CHAIN)
    assert (view.head.status, view.output, view.head.ended_at) == ("completed", 4, AT)
    assert view.open == ()


def test_a_run_that_ends_in_an_error_has_failed():
    view = run_one(World(), BAD)
    assert view.head.status == "failed"
    assert view.failure is not None
    assert (view.failure.error, view.failure.fields) == ("Bad", {"why": "so"})


def test_a_fault_stalls_the_run_and_says_where():
    view = run_one(World(), FAULTY, n=0)
    assert view.head.status == "stalled"
    assert [(row.state, row.place) for row in view.open] == [("fault", "main/m#1")]
    assert "zero" in view.open[0].reason


def test_a_permanent_failure_stalls_until_a_person_retries():
    world = World(answer=lambda _: Permanent("the shop is closed"))

    async def act(fabric: Fabric) -> tuple[RunView, RunView]:
        run = fabric.start(CHAIN, "main", {"n": 1})
        stalled = await fabric.finished(run)
        world.answer = lambda request: Result(request.input["x"] + 1)
        assert (await fabric.obey(RetryRun(stalled.head.id))).accepted
        return stalled, await fabric.finished(run)

    stalled, ended = in_world(world, act)
    assert (stalled.head.status, stalled.open[0].reason) == ("stalled", "the shop is closed")
    assert (ended.head.status, ended.output) == ("completed", 4)


def test_an_exception_of_a_handler_is_its_bug_and_stalls_only_its_run():
    def answer(request: Request) -> Outcome:
        if request.input["x"] == 13:
            raise ZeroDivisionError("oops")
        return Result(request.input["x"] + 1)

    async def act(fabric: Fabric) -> list[RunView]:
        runs = [fabric.start(CHAIN, "main", {"n": n}) for n in (13, 1)]
        return [await fabric.finished(run) for run in runs]

    stalled, ended = in_world(World(answer=answer), act)
    assert stalled.open[0].reason == "bug in handler work: ZeroDivisionError: oops"
    assert ended.output == 4


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({1, 2}, "the result cannot be stored: set is not a type of the language"),
        ({"deep": [float("inf")]}, "deep[0]: expected a number in the range of float, found inf"),
        ("\ud800", "the result cannot be stored"),
    ],
)
def test_a_result_that_is_no_value_stalls_its_run_and_no_other(value: Any, words: str):
    def answer(request: Request) -> Outcome:
        return Result(value if request.input["x"] == 13 else request.input["x"] + 1)

    async def act(fabric: Fabric) -> list[RunView]:
        runs = [fabric.start(CHAIN, "main", {"n": n}) for n in (13, 1)]
        return [await fabric.finished(run) for run in runs]

    stalled, ended = in_world(World(answer=answer), act)
    assert stalled.head.status == "stalled"
    assert words in stalled.open[0].reason
    assert ended.output == 4


# --- commits ----------------------------------------------------------------------------------------------------------


def test_many_runs_share_a_commit():
    world = World()

    async def act(fabric: Fabric) -> list[RunView]:
        runs = [fabric.start(CHAIN, "main", {"n": n}) for n in range(50)]
        return list(await asyncio.gather(*map(fabric.finished, runs)))

    views = in_world(world, act)
    assert [view.output for view in views] == [n + 3 for n in range(50)]
    assert world.events == 50 * 5
    assert world.commits <= 8


def test_a_fan_out_shares_commits_too():
    world = World()
    assert run_one(world, FAN, n=90).output == sum(range(1, 91))
    assert world.commits <= 6


def test_nothing_is_performed_before_its_commit():
    world = World(crash_at=frozenset({1}))
    with pytest.raises(LogFailed):
        run_one(world, CHAIN)
    assert world.asked == {}


def test_after_a_failed_commit_the_fabric_does_nothing_more():
    world = World(crash_at=frozenset({1}))

    async def act(fabric: Fabric) -> None:
        first, second = (fabric.start(CHAIN, "main", {"n": n}) for n in (1, 2))
        waiting = asyncio.gather(fabric.finished(first), fabric.finished(second), return_exceptions=True)
        assert [type(problem).__name__ for problem in await waiting] == ["Crash", "Crash"]
        with pytest.raises(LogFailed):
            fabric.start(CHAIN, "main", {"n": 3})
        with pytest.raises(LogFailed):
            fabric.resume()

    in_world(world, act)
    assert list(world.log.heads()) == []


def test_observers_hear_of_durable_events_only():
    world = World()
    heard: list[Line] = []

    def observe(head: RunHead, lines: Any) -> None:
        assert world.log.head(head.number) == head
        heard.extend(lines)
        assert len([line for line in heard if line.kind != "ready"]) == world.events

    in_world(world, lambda fabric: fabric.finished(fabric.start(CHAIN, "main", {"n": 1})), observe=observe)
    kinds = [line.kind for line in heard]
    assert kinds == ["started", "ready", "completed", "ready", "completed", "ready", "completed", "ended"]
    assert set(kinds) <= KINDS.keys()
    assert heard[2].place == "main/work#1"


def test_the_head_is_written_when_the_status_changes_and_not_for_each_event():
    world = World(answer=failing_first)
    heads: list[RunHead] = []
    append = world.log.append

    def counting(batch: Any, *rest: Any) -> None:
        heads.extend(one.head for one in batch if one.head)
        append(batch, *rest)

    world.log.append = counting  # type: ignore[method-assign]
    run_one(world, SHAKY)
    assert [head.status for head in heads] == ["running", "waiting", "completed"]
    assert heads[1].wake_at == AT + timedelta(seconds=1)


# --- slots and once ---------------------------------------------------------------------------------------------------


def test_only_so_many_calls_of_an_effect_are_performed_at_once():
    world = World()
    at_once, most = 0, 0

    async def act(fabric: Fabric) -> RunView:
        return await fabric.finished(fabric.start(FAN, "main", {"n": 30}))

    class Slow:
        async def perform(self, request: Request) -> Outcome:
            nonlocal at_once, most
            at_once += 1
            most = max(most, at_once)
            await asyncio.sleep(0)
            at_once -= 1
            return Result(request.input["x"])

        def payload(self, response: Any) -> Outcome:
            return Result(response)

        async def close(self) -> None:
            pass

    class Handlers:
        def get(self, _effect: str) -> Slow:
            return Slow()

        async def close(self) -> None:
            pass

    async def run() -> RunView:
        async with Fabric(world.log, Handlers(), Environment({}), world.clock, world.ids, slots=4) as fabric:
            return await act(fabric)

    assert asyncio.run(run()).output == sum(range(30))
    assert most == 4


@pytest.mark.parametrize("slots", [1, 100])
def test_a_once_call_is_marked_as_sent_before_it_is_performed(slots: int):
    world = World()

    def answer(request: Request) -> Outcome:
        sent = [event for head in world.log.heads() for event in map(decode, world.log.events(head.number))]
        assert len([event for event in sent if isinstance(event, CallSent)]) >= len(world.asked)
        return Result(request.input["x"])

    world.answer = answer
    many = program("main", script("main", ["n"], [each("ns", "i", "range(n)", "pay", x="i"), ("return", "len(ns)")]))

    async def act(fabric: Fabric) -> RunView:
        return await fabric.finished(fabric.start(many, "main", {"n": 5}))

    assert in_world(world, act, slots=slots).output == 5
    assert set(world.asked.values()) == {1}


@pytest.mark.parametrize(
    ("outcome", "kind"),
    [
        (Transient("cut off"), "unknown"),
        (Transient("refused", unknown=False), "exhausted"),
        (Permanent("no"), "permanent"),
    ],
)
def test_a_once_call_is_not_tried_again_by_itself(outcome: Outcome, kind: str):
    world = World(answer=lambda _: outcome)
    view = run_one(world, PAY)
    assert (view.head.status, view.open[0].kind) == ("stalled", kind)
    assert sum(world.asked.values()) == 1


# --- time -------------------------------------------------------------------------------------------------------------


def test_a_timer_counts_from_its_event():
    world = World()
    view = run_one(world, SLEEP)
    assert view.output == 2
    assert view.head.ended_at == AT + timedelta(hours=1)


def test_a_failed_attempt_is_made_again_when_it_is_due_under_the_same_key():
    world = World(answer=failing_first)
    view = run_one(world, SHAKY)
    assert view.output == 2
    assert list(world.asked.values()) == [2]
    assert world.clock.time == AT + timedelta(seconds=1)


def test_exhausted_retries_stall_and_name_the_last_reason():
    broken = program("main", script("main", ["n"], [call("n", "work", x="n"), ("return", "n")]))
    view = run_one(World(answer=lambda _: Transient("no connection")), broken)
    assert (view.head.status, view.open[0].kind, view.open[0].reason) == ("stalled", "exhausted", "no connection")
    assert view.open[0].attempts == 3


def test_a_parked_run_is_not_in_memory():
    world = World()

    async def act(fabric: Fabric) -> tuple[int, RunView]:
        world.clock.sleep_until = asyncio.Event().wait  # type: ignore[method-assign,assignment] -- time stands still
        run = fabric.start(SLEEP, "main", {"n": 1})
        for _ in range(5):
            await asyncio.sleep(0)
        assert fabric.look_at(run) is None
        return run, look_up(world.log, world.log.head(run))

    _, view = in_world(world, act)
    assert view.head.status == "waiting"
    assert view.head.wake_at == AT + timedelta(hours=1)
    assert [(row.state, row.effect) for row in view.open] == [("timer", "sleep")]


# --- coming back ------------------------------------------------------------------------------------------------------


def test_resume_lets_what_waited_and_what_ran_go_on():
    world = World(crash_at=frozenset({6}))

    async def crash(fabric: Fabric) -> None:
        for made in (SLEEP, CHAIN, FAULTY):
            fabric.start(made, "main", {"n": 0})
        await world.dead.wait()

    in_world(world, crash)
    world.crash_at = frozenset()

    async def come_back(fabric: Fabric) -> list[RunView]:
        return [await fabric.finished(head.number) for head in fabric.resume()]

    views = in_world(world, come_back)
    assert [view.head.status for view in views] == ["completed", "completed", "stalled"]


def test_a_run_is_pinned_to_the_graph_that_the_log_keeps(tmp_path: Path):
    path = tmp_path / "log.db"
    world = World(log=open_log(path, AT), answer=lambda _: Permanent("later"))
    assert run_one(world, CHAIN).head.status == "stalled"
    world.log.close()
    again = World(log=open_log(path, AT))

    async def act(fabric: Fabric) -> RunView:
        (head,) = fabric.resume()
        assert (await fabric.obey(RetryRun(head.id))).accepted
        return await fabric.finished(head.number)

    assert in_world(again, act).output == 4
    with closing(read_log(path)) as reader:
        assert audit(reader).findings == []
    again.log.close()


def test_a_run_that_cannot_be_read_says_so_and_the_others_go_on():
    world = World()
    number = world.log.next_run()
    head = RunHead(number, "run-x", "no-such-graph", "main", "running", AT)
    world.log.append([Append(number, [], head)])

    async def act(fabric: Fabric) -> RunView:
        fabric.resume()
        with pytest.raises(RunUnreadable, match="the log has no graph no-such-graph"):
            await fabric.finished(number)
        return await fabric.finished(fabric.start(CHAIN, "main", {"n": 1}))

    assert in_world(world, act).output == 4


def test_an_unknown_run_is_a_key_error():
    async def act(fabric: Fabric) -> None:
        with pytest.raises(KeyError):
            fabric.resume(99)
        with pytest.raises(KeyError):
            await fabric.finished(99)

    in_world(World(), act)


def test_leaving_the_fabric_appends_nothing_and_leaves_the_run_live():
    world = World()

    async def act(fabric: Fabric) -> None:
        fabric.start(CHAIN, "main", {"n": 1})
        while world.commits < 2:  # noqa: ASYNC110 -- turns of the loop are what is counted here
            await asyncio.sleep(0)

    in_world(world, act)
    before = world.events
    assert [head.status for head in world.log.heads(live=True)] == ["running"]
    assert world.events == before

    async def come_back(fabric: Fabric) -> RunView:
        (head,) = fabric.resume()
        return await fabric.finished(head.number)

    assert in_world(world, come_back).output == 4


def test_a_second_fabric_on_a_file_is_refused_while_readers_are_not(tmp_path: Path):
    path = tmp_path / "log.db"
    world = World()

    class Handlers:
        def get(self, _effect: str) -> None:
            return None

        async def close(self) -> None:
            pass

    async def act() -> None:
        async with open_fabric(path, Handlers(), Environment({}), clock=world.clock, ids=world.ids) as fabric:
            view = await fabric.finished(fabric.start(CHAIN, "main", {"n": 1}))
            assert view.open[0].reason == "there is no handler for work"
            with pytest.raises(LogOwned):
                async with open_fabric(path, Handlers(), Environment({})):
                    pass
            reader = read_log(path)
            assert look_up(reader, find(reader, "run-")).head.status == "stalled"
            reader.close()

    asyncio.run(act())


# --- views ------------------------------------------------------------------------------------------------------------


def test_a_run_is_found_by_the_beginning_of_its_id():
    world = World()
    for _ in range(2):
        run_one(world, CHAIN)
    assert find(world.log, "run-2").number == 2
    with pytest.raises(Ambiguous, match="run-1, run-2"):
        find(world.log, "run")
    with pytest.raises(KeyError):
        find(world.log, "walk")


def test_the_history_of_a_run_is_what_observers_heard():
    world = World(answer=failing_first)
    heard: list[Line] = []
    mixed = program(
        "main",
        topology(
            "main",
            ["n"],
            {
                "a": call("a", "shaky", x="n"),
                "b": each("b", "i", "[1, 2, 3]", "work", x="i"),
                "c": (call("c", "look", x="a"), {"after": ["b"]}),
            },
            "a + c",
        ),
    )
    in_world(
        world,
        lambda fabric: fabric.finished(fabric.start(mixed, "main", {"n": 1})),
        observe=lambda _, lines: heard.extend(lines),
    )
    told = [line for _, line in history(world.log, world.log.head(1))]
    assert told == heard
    assert {line.place for line in told if line.kind == "completed"} == {
        "main/a", "main/b[0]", "main/b[1]", "main/b[2]", "main/c",
    }  # fmt: skip
