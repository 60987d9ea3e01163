"""Which calls may begin: limits are held, runs take turns, and no place is lost, whatever comes and goes."""

from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cellc.language.graph import Limits
from cellc.runtime.admission import Admission
from cellc.runtime.job import Job
from cellc.runtime.lines import Line
from cellc.runtime.scheduler import Places

SECOND = 1_000_000


@dataclass(eq=False)
class Bound:
    """All that admission asks of a binding."""

    limits: Limits | None


@dataclass
class World:
    """Calls that come and go, in a time that is set by hand. What has begun is in `begun`, in order."""

    limits: dict[str, Limits | None]
    targets: dict[str, Limits] = field(default_factory=dict)
    most: int = 100
    now: int = 100 * SECOND
    begun: list[Job] = field(default_factory=list)
    starts: list[tuple[int, Job]] = field(default_factory=list)
    refused: set[Job] = field(default_factory=set)
    alarms: int = 0
    made: int = 0

    def __post_init__(self) -> None:
        self.bounds: dict[str, Any] = {name: Bound(limits) for name, limits in self.limits.items()}
        self.admission = Admission(
            Places(self.most), self.targets, lambda: self.now, self._begin, lambda j: j not in self.refused, self._alarm
        )

    def _alarm(self) -> None:
        self.alarms += 1

    def _begin(self, job: Job) -> None:
        self.begun.append(job)
        self.starts.append((self.now, job))

    def come(self, run: int, effect: str = "a", key: str = "", target: str | None = None, **more: Any) -> Job:
        self.made += 1
        key = key or f"key {self.made}"
        job = Job(run, self.made, effect, self.bounds[effect], {}, key, 1, once=False, target=target, **more)
        if self.admission.take(job):
            self._begin(job)
        return job

    def end(self, job: Job) -> None:
        self.begun.remove(job)
        self.admission.release(job)

    def drop(self, job: Job) -> bool:
        return self.admission.drop(job.run, job.call)

    def waits(self, job: Job) -> bool:
        return (job.run, job.call) in self.admission._waiting

    def why(self, run: int) -> list[str]:
        return [words for _, words in self.admission.reasons(run)]

    def pass_time(self, until: int) -> None:
        """Let time pass as the fabric does: from one moment that something is due at to the next."""
        while (due := self.admission.due()) is not None and due <= until:
            self.now = max(self.now, due)
            self.admission.go_on()
        self.now = until


def at_once(number: int) -> dict[str, Limits | None]:
    return {"a": Limits(concurrency=number)}


# --- places -----------------------------------------------------------------------------------------------------------


def test_so_many_calls_of_an_effect_begin_as_are_declared_and_the_next_one_says_why_it_waits():
    world = World({"a": Limits(concurrency=2), "b": None})
    first, _, third, fourth = (world.come(1) for _ in range(4))
    other = world.come(1, "b")
    assert [world.waits(job) for job in (first, third, fourth, other)] == [False, True, True, False]
    assert world.why(1) == ["1st in line for `a`: 2 at once", "2nd in line for `a`: 2 at once"]
    world.end(first)
    assert (world.begun[-1], world.why(1)) == (third, ["1st in line for `a`: 2 at once"])


def test_an_effect_without_a_limit_has_a_hundred_places():
    world = World({"a": None})
    jobs = [world.come(1) for _ in range(101)]
    assert (len(world.begun), world.waits(jobs[-1])) == (100, True)


def test_programs_that_share_an_effect_share_its_line_and_the_lower_limit():
    world = World(at_once(5))
    world.bounds["other"] = Bound(Limits(concurrency=1))
    world.come(1)
    job = Job(2, 99, "a", world.bounds["other"], {}, "k", 1, once=False)
    assert not world.admission.take(job)
    assert world.why(2) == ["1st in line for `a`: 1 at once"]


def test_a_run_with_a_thousand_calls_does_not_keep_another_waiting():
    world = World(at_once(1))
    many = [world.come(1) for _ in range(1000)]
    late = [world.come(2), world.come(2)]
    assert world.why(2) == ["2nd in line for `a`: 1 at once", "4th in line for `a`: 1 at once"]
    order = []
    for _ in range(5):
        order.append(world.begun[0])
        world.end(world.begun[0])
    assert order == [many[0], many[1], late[0], many[2], late[1]]


def test_positions_are_those_in_which_calls_begin():
    world = World(at_once(1))
    for run, calls in ((1, 4), (2, 1), (3, 6), (4, 2)):
        for _ in range(calls):
            world.come(run)
    said = {
        world.admission._waiting[run, call]: words for run in range(5) for call, words in world.admission.reasons(run)
    }
    for place in range(1, 13):
        world.end(world.begun[0])
        assert int(said[world.begun[0]].split(" ")[0][:-2]) == place


def test_what_may_have_been_sent_before_a_restart_goes_before_what_is_new():
    world = World(at_once(1))
    world.come(1, maybe_sent=True)
    new = world.come(2)
    returning = world.come(3, maybe_sent=True)
    assert (world.why(3), world.why(2)) == (
        ["1st in line for `a`: 1 at once"],
        ["2nd in line for `a`: 1 at once"],
    )
    world.end(world.begun[0])
    assert world.begun == [returning]
    assert world.waits(new)


def test_a_call_that_is_dropped_leaves_the_line_and_its_place_to_the_others():
    world = World(at_once(1))
    first, *waiting = (world.come(1) for _ in range(6))
    for job in waiting[:4]:
        assert world.drop(job)
        assert not world.drop(job)  # it has left already
    assert not any(world.waits(job) for job in waiting[:4])
    world.end(first)
    assert world.begun == [waiting[4]]


def test_a_job_that_must_not_begin_any_more_takes_no_place():
    world = World(at_once(1))
    first, second, third = (world.come(1) for _ in range(3))
    world.refused.add(second)
    world.end(first)
    assert (world.begun, world.waits(second)) == ([third], False)


# --- keys -------------------------------------------------------------------------------------------------------------


def test_calls_with_the_same_key_follow_each_other_and_keep_nobody_else_waiting():
    world = World(at_once(2))
    first, second = world.come(1, key="k"), world.come(2, key="k")
    other = world.come(1)
    assert (world.begun, world.waits(second)) == ([first, other], True)
    assert world.why(2) == ["waits for a call under the same key, which has not ended"]
    world.end(first)
    assert world.begun == [other, second]


def test_a_call_that_had_to_wait_for_its_key_holds_no_place_meanwhile():
    world = World({"a": Limits(concurrency=2)})
    first, _ = world.come(1, key="k"), world.come(1, key="k")
    third, fourth = world.come(1), world.come(1)
    assert (world.begun, world.waits(fourth)) == ([first, third], True)


# --- paces ------------------------------------------------------------------------------------------------------------


def test_a_pace_begins_used_up_and_is_spread_evenly_at_first():
    world = World({"a": Limits(rate=4, per=1000)})
    jobs = [world.come(1) for _ in range(6)]
    assert world.begun == []
    assert world.why(1)[0] == "1st in line for `a`: rate 4/s, next at 1970-01-01 00:01:40Z"
    world.pass_time(world.now + SECOND)
    assert [moment - 100 * SECOND for moment, _ in world.starts] == [250_000, 500_000, 750_000, 1_000_000]
    assert [job for _, job in world.starts] == jobs[:4]


def test_a_pace_that_has_not_been_used_for_its_time_lets_all_of_it_begin_at_once():
    world = World({"a": Limits(rate=3, per=1000)})
    world.come(1)
    world.pass_time(world.now + 5 * SECOND)
    for _ in range(4):
        world.come(1)
    assert len(world.starts) == 4
    world.pass_time(world.now + SECOND - 1)
    assert len(world.starts) == 4
    world.pass_time(world.now + 1 + SECOND // 500)
    assert len(world.starts) == 5


def test_a_clock_that_is_set_back_does_not_stop_a_pace():
    world = World({"a": Limits(rate=2, per=1000)})
    world.pass_time(world.now + 3600 * SECOND)
    world.come(1)
    world.now -= 3600 * SECOND
    world.come(1)
    world.pass_time(world.now + SECOND)
    assert len(world.starts) == 2


def test_a_pace_remembers_no_more_than_its_slices():
    world = World({"a": Limits(rate=900_000, per=60_000, concurrency=1_000_000)})
    world.pass_time(world.now + 60 * SECOND)
    for _ in range(5_000):
        world.come(1)
        world.now += 20_000
    (pace,) = world.admission._effects["a"].paces
    assert len(world.starts) == 5_000
    assert pace._count <= 3_001  # those of the last minute
    assert len(pace._begun) <= 1_001


# --- targets ----------------------------------------------------------------------------------------------------------


def test_a_target_has_limits_of_its_own_across_effects():
    world = World({"a": None, "b": Limits(concurrency=1)}, {"shop": Limits(concurrency=1)})
    first = world.come(1, "a", target="shop")
    second = world.come(2, "b", target="shop")
    other = world.come(3, "b", target="bank")
    assert (world.begun, world.why(2)) == ([first, other], ["1st in line for `shop`: 1 at once"])
    world.end(first)
    assert (world.begun, world.why(2)) == ([other], ["1st in line for `b`: 1 at once"])
    world.end(other)
    assert world.begun == [second]


# --- laws -------------------------------------------------------------------------------------------------------------

concurrency = st.none() | st.integers(1, 3)
limits = st.builds(
    lambda most, rate: Limits(concurrency=most, rate=rate, per=rate and 1000),
    concurrency,
    st.none() | st.integers(1, 4),
)
operations = st.lists(
    st.one_of(
        st.tuples(
            st.just("come"), st.integers(1, 4), st.sampled_from("ab"), st.sampled_from(["", "", "k", "l"]),
            st.sampled_from([None, "x", "y"]), st.booleans(),
        ),
        st.tuples(st.just("end"), st.integers(0, 9)),
        st.tuples(st.just("drop"), st.integers(0, 9)),
        st.tuples(st.just("time"), st.integers(1, 2 * SECOND)),
    ),
    max_size=60,
)  # fmt: skip


class Law:
    """What has come to a world, held to the laws after every step."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.all: list[Job] = []
        self.dropped: set[Job] = set()

    def do(self, kind: str, *what: Any) -> None:
        world, waiting = self.world, [job for job in self.all if self.world.waits(job)]
        match kind:
            case "come":
                run, effect, key, target, maybe_sent = what
                self.all.append(world.come(run, effect, key and f"{effect} {key}", target, maybe_sent=maybe_sent))
            case "end" if world.begun:
                world.end(world.begun[what[0] % len(world.begun)])
            case "drop" if waiting:
                job = waiting[what[0] % len(waiting)]
                self.dropped.add(job)
                world.drop(job)
            case "time":
                world.pass_time(world.now + what[0])
        self.hold()

    def hold(self) -> None:
        world = self.world
        busy = Counter(job.effect for job in world.begun), Counter(job.target for job in world.begun if job.target)
        for names, counted in zip((world.limits, world.targets), busy, strict=True):
            for name, limit in names.items():
                assert counted[name] <= ((limit and limit.concurrency) or world.most)
        keys = Counter(job.key for job in world.begun)
        assert not keys or max(keys.values()) == 1
        for job in self.all:
            if world.waits(job):
                assert self.obstacle(job, busy, keys), f"{job} waits for nothing"

    def obstacle(self, job: Job, busy: Any, keys: Any) -> bool:
        """Return whether there is something in the way of a job, as a look at everything shows."""
        world = self.world
        if keys[job.key]:
            return True
        for name, limit, count in (
            (job.effect, world.limits[job.effect], busy[0]),
            (job.target or "", world.targets.get(job.target or ""), busy[1]),
        ):
            line = (world.admission._effects | world.admission._targets).get(name)
            if count[name] >= ((limit and limit.concurrency) or world.most):
                return True
            if line is not None and line.paces and line.due(world.now) > world.now:
                return world.admission.due() is not None  # and somebody will wake it
        return False

    def finish(self) -> None:
        """Let everything end: each call that was not dropped has begun once, and everything has been given back."""
        world = self.world
        while world.begun or world.admission._waiting:
            for job in list(world.begun):
                world.end(job)
            due = world.admission.due()
            if world.admission._waiting and not world.begun:
                assert due is not None
                world.pass_time(max(due, world.now))
        began = Counter(job for _, job in world.starts)
        assert began == Counter(job for job in self.all if job not in self.dropped)
        assert not world.admission._keys
        for line in (world.admission._effects | world.admission._targets).values():
            assert (line.busy, line.count) == (0, 0)
        for name, limit in (world.limits | world.targets).items():
            if limit is not None and limit.rate is not None:
                self.rate_was_held([at for at, job in world.starts if name in {job.effect, job.target}], limit.rate)

    def rate_was_held(self, moments: list[int], rate: int) -> None:
        window: deque[int] = deque()
        for moment in moments:
            window.append(moment)
            while window[0] <= moment - SECOND:
                window.popleft()
            assert len(window) <= rate


@given(limits, limits, limits, operations, st.integers(1, 3))
def test_limits_are_held_nobody_waits_for_nothing_and_no_place_is_lost(
    a: Limits, b: Limits, target: Limits, steps: list[Any], most: int
):
    law = Law(World({"a": a, "b": b}, {"x": target}, most))
    for kind, *what in steps:
        law.do(kind, *what)
    law.finish()


@given(st.lists(st.integers(1, 5), min_size=1, max_size=60), st.integers(1, 4), st.data())
def test_runs_take_turns_and_their_calls_keep_their_order(runs: list[int], places: int, data: Any):
    world = World(at_once(places))
    come = [world.come(run) for run in runs]
    waiting = [job for job in come if world.waits(job)]
    begun_before = len(world.starts)
    while world.begun:
        world.end(data.draw(st.sampled_from(world.begun)))
    order = [job for _, job in world.starts[begun_before:]]
    assert Counter(order) == Counter(waiting)
    for run in set(runs):
        mine = [job for job in order if job.run == run]
        assert mine == [job for job in waiting if job.run == run]
        for other in set(runs) - {run}:
            until = order[: order.index(mine[-1]) + 1] if mine else []  # as long as this run waits
            counts: Counter[int] = Counter()
            for job in until:
                counts[job.run] += 1
                assert counts[other] <= counts[run] + 1


@given(st.lists(st.integers(0, 999), unique=True, min_size=1, max_size=40), st.data())
def test_calls_that_come_back_to_a_line_keep_their_order(tickets: list[int], data: Any):
    line = Line("a")
    jobs = [Job(1, n, "a", Bound(None), {}, "", 1, once=False, ticket=ticket) for n, ticket in enumerate(tickets)]  # type: ignore[arg-type]
    for job in jobs:
        line.put(job)
    for job in data.draw(st.lists(st.sampled_from(jobs), unique=True)):
        line.drop(job)
        jobs.remove(job)
    assert [line.position(job) for job in sorted(jobs, key=lambda job: job.ticket)] == list(range(1, len(jobs) + 1))
    assert [line.take() for _ in range(line.count)] == sorted(jobs, key=lambda job: job.ticket)


@pytest.mark.parametrize("length", [1_000, 20_000])
def test_the_cost_of_a_call_does_not_grow_with_the_line(length: int):
    """Counted in comparisons of tickets, which are what a longer line may cost."""
    world = World(at_once(1))
    compared = 0

    class Ticket(int):
        def __lt__(self, other: int) -> bool:
            nonlocal compared
            compared += 1
            return int(self) < int(other)

    world.admission._tickets = iter(map(Ticket, range(length)))  # type: ignore[assignment]
    for _ in range(length):
        world.come(1)
    while world.begun:
        world.end(world.begun[0])
    assert len(world.starts) == length
    assert compared < 40 * length
