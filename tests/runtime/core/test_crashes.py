"""A process that ends at any seam, once or twice, changes nothing but how often an unrecorded effect is performed."""

from collections import Counter
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cellc.runtime.core.inputs import Retry
from cellc.runtime.core.prepare import prepare
from cellc.runtime.core.step import fold
from cellc.runtime.core.views import standing
from tests.runtime.core.building import call, each, program, script, topology
from tests.runtime.core.driving import RUN, Driver, World, run, willing
from tests.runtime.core.programs import SECOND, programs

CHAIN = program(
    "main",
    script(
        "main", ["n"], [call("n", "work", x="n"), call("n", "shaky", x="n"), call("n", "work", x="n"), ("return", "n")]
    ),
)
LOOP = program(
    "main",
    script(
        "main",
        ["n"],
        [
            ("for", "i", "range(3)", [("try", [call("n", "work", x="n + i")], "Bad", "e", [("bind", "n", "n + 2")])]),
            call(None, "sleep", **{"for": SECOND}),
            ("return", "n"),
        ],
    ),
)
FLOW = program(
    "main",
    script("ship", ["i"], [call("a", "look", x="i"), call("b", "work", x="a"), ("return", "b")]),
    topology(
        "main",
        ["n"],
        {
            "quote": call("_", "look", x="n"),
            "held": call("_", "ship", i="n"),
            "card": (call("_", "work", x="n"), {"when": "n > 100"}),
            "receipt": (call("_", "work", x="quote"), {"after": ["held"]}),
            "parcels": (each("_", "i", "[5, 6, 7]", "ship", "2", i="i"), {"after": ["receipt"]}),
        },
        "[receipt] + parcels",
        cells={"ship"},
    ),
)
SMALL = {"chain": CHAIN, "loop": LOOP, "flow": FLOW}


def undisturbed(compiled):
    world = World(prepare(compiled), {"n": 0})
    return run(world), world


def check_same(compiled, crash_at):
    reference, calm = undisturbed(compiled)
    world = World(prepare(compiled), {"n": 0}, crash_at=frozenset(crash_at))
    driver = run(world)
    assert driver.state.outcome == reference.state.outcome
    assert set(world.performed) == set(calm.performed)
    extra = Counter(world.performed) - Counter(calm.performed)
    assert extra.total() <= len(crash_at) * 2


@pytest.mark.parametrize("name", SMALL)
def test_a_crash_at_any_seam(name):
    _, calm = undisturbed(SMALL[name])
    assert calm.seams > 10
    for seam in range(1, calm.seams + 1):
        check_same(SMALL[name], [seam])


@pytest.mark.parametrize("name", SMALL)
def test_a_pair_of_crashes_at_any_two_seams(name):
    _, calm = undisturbed(SMALL[name])
    for pair in combinations(range(1, min(calm.seams, 40) + 1), 2):
        check_same(SMALL[name], pair)


@settings(max_examples=100)
@given(programs(faults=False), st.integers(0, 9), st.sets(st.integers(1, 60), max_size=3))
def test_crashes_in_random_programs_that_nothing_disturbs_otherwise(compiled, n, crash_at):
    plan = prepare(compiled)
    calm = World(plan, {"n": n}, answer=willing)
    reference = run(calm)
    world = World(plan, {"n": n}, answer=willing, crash_at=frozenset(crash_at))
    driver = run(world)
    assert driver.state.status == reference.state.status
    if reference.state.status == "completed":
        assert driver.state.outcome == reference.state.outcome
        assert set(world.performed) == set(calm.performed)


@settings(max_examples=100)
@given(programs(), st.integers(0, 9), st.sets(st.integers(1, 60), max_size=3))
def test_crashes_in_any_random_program_leave_a_history_that_folds_and_ends(compiled, n, crash_at):
    world = World(prepare(compiled), {"n": n}, crash_at=frozenset(crash_at))
    driver = run(world)
    assert driver.state.status in ("completed", "failed", "stalled")
    again = fold(world.plan, RUN, world.events())
    assert (again.status, again.outcome, again.divergence) == (driver.state.status, driver.state.outcome, None)


PAYING = program(
    "main",
    script(
        "main", ["n"], [call("n", "work", x="n"), call("n", "pay", x="n"), call("n", "work", x="n"), ("return", "n")]
    ),
)


def test_a_once_call_is_never_performed_twice_whatever_crashes():
    _, calm = undisturbed(PAYING)
    stalled = 0
    for crash_at in combinations(range(1, calm.seams + 1), 2):
        world = World(prepare(PAYING), {"n": 0}, crash_at=frozenset(crash_at))
        driver = run(world)
        paid = [ready.key for event in world.events() for ready in getattr(event, "calls", ()) if ready.call == 1]
        assert Counter(world.performed)[paid[0]] <= 1
        if driver.state.status == "stalled":
            stalled += 1
            assert [(row.place, row.kind) for row in standing(driver.state)] == [("main/pay#2", "unknown")]
        else:
            assert driver.state.status == "completed"
    assert stalled


def test_an_unknown_outcome_is_not_retried_by_hand():
    world = World(prepare(PAYING), {"n": 0}, crash_at=frozenset({10}))
    driver = run(world)
    assert driver.state.status == "stalled"
    assert Driver(world).give(Retry(world.now)).events == ()
    assert fold(world.plan, RUN, world.events()).status == "stalled"


def test_an_unknown_outcome_is_raised_where_the_effect_lists_it():
    steps = [("try", [call("n", "pay_or_say", x="n")], "Unknown", "e", [("bind", "n", "e.reason")]), ("return", "n")]
    compiled = program("main", script("main", ["n"], steps))
    outcomes = set()
    for seam in range(1, 12):
        driver = run(World(prepare(compiled), {"n": 0}, crash_at=frozenset({seam})))
        outcomes.add(driver.state.outcome.value)
    assert outcomes == {1, "the process ended while it was being performed"}
