"""Changes of a topology: for each node, and the states that it may be in, whether a run goes on."""

import pytest

from cellc.language.moving import Moving
from tests.compat.fears import NODE_CASES
from tests.compat.versions import NODES, judged, verdicts


def conditions(moving: Moving) -> list[str]:
    return [f"{c.place} {'/'.join(c.states)}: {c.reason}" for c in moving.cells["shop.main"].refused_if]


@pytest.mark.parametrize("name", NODE_CASES)
def test_a_change_of_a_topology(name: str) -> None:
    edits, expected, states = NODE_CASES[name]
    moving = judged(NODES, *edits)
    assert verdicts(moving, *(part.partition(":")[0] for part in expected.split())) == expected
    assert conditions(moving) == states


def test_a_node_in_flight_that_comes_after_another_one_now_stays() -> None:
    moving = judged(NODES.replace(" after paid", ""), ("ask(id)", "ask(id) after paid"))
    assert verdicts(moving, "paid", "seen", "box") == "paid:carry seen:pin box:carry"
    assert moving.cells["shop.main"].places["seen"].reason == "`paid` comes before it now, and may not have ended"


def test_a_new_input_of_a_topology_has_no_value_in_runs_that_go_on() -> None:
    cell = judged(NODES, ("in: {id: string}\n    out: {track", "in: {id: string, why: string}\n    out: {track")).cells[
        "shop.main"
    ]
    assert (cell.to, cell.reason) == (None, "the input `why` has no value in runs that go on")
