"""What an event costs is what it makes ready: neither the history behind it nor the graph around it counts."""

import pytest

from cellc.runtime.core.inputs import Completed, Start
from cellc.runtime.core.prepare import prepare
from cellc.runtime.core.state import RunState
from cellc.runtime.core.step import step
from tests.runtime.core.building import call, each, program, script, topology
from tests.runtime.core.driving import AT, RUN


def visits(compiled):
    """Return how many places each event after the start evaluated."""
    plan, state, counts = prepare(compiled), RunState(RUN), []
    queue = list(step(plan, state, Start(AT, "graph", compiled.main, {"n": 1})).delta.perform)
    for ready in queue:  # grows
        before = state.visits
        queue += step(plan, state, Completed(AT, ready.call, 1)).delta.perform
        counts.append(state.visits - before)
    assert state.status == "completed"
    return counts


@pytest.mark.parametrize("length", [10, 1000, 5000])
def test_an_event_of_a_long_history_costs_the_same_as_one_of_a_short(length):
    body = ("for", "i", f"range({length})", [call("x", "work", x="i")])
    assert set(visits(program("main", script("main", ["n"], [body, ("return", "x")])))) == {2}


@pytest.mark.parametrize("size", [10, 100, 2000])
def test_an_event_in_a_large_graph_costs_the_same_as_in_a_small_one(size):
    nodes = {"t0": call("_", "work", x="n")}
    nodes |= {f"t{i}": call("_", "work", x=f"t{i - 1}") for i in range(1, size)}
    assert set(visits(program("main", topology("main", ["n"], nodes, f"t{size - 1}")))) == {1}


@pytest.mark.parametrize("limit", [None, "10"])
def test_a_fan_out_of_ten_thousand_is_linear(limit):
    fan = each("r", "i", "range(10000)", "leaf", limit, i="i")
    leaf = script("leaf", ["i"], [call("x", "work", x="i"), ("return", "x")])
    counts = visits(program("main", leaf, script("main", ["n"], [fan, ("return", "len(r)")], {"leaf"})))
    assert len(counts) == 10_000
    assert max(counts) <= 4


def test_what_has_ended_is_forgotten():
    leaf = script("leaf", ["i"], [call("x", "work", x="i"), ("return", "x")])
    body = ("for", "i", "range(100)", [call("x", "leaf", i="i")])
    compiled = program("main", leaf, script("main", ["n"], [body, call("x", "work", x="1"), ("return", "x")], {"leaf"}))
    plan, state = prepare(compiled), RunState(RUN)
    result = step(plan, state, Start(AT, "graph", "main", {"n": 1}))
    for number in range(100):
        result = step(plan, state, Completed(AT, number, 1))
    assert [ready.call for ready in result.delta.perform] == [100]
    assert list(state.calls) == [100]
    assert len(state.root.active) == 1
