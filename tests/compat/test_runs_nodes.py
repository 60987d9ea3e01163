"""Changes of a topology: for each node, and the states that it may be in, whether a run goes on."""

import pytest

from cellc.language.moving import Moving
from tests.compat.versions import NODES, judged, verdicts


def conditions(moving: Moving) -> list[str]:
    return [f"{c.place} {'/'.join(c.states)}: {c.reason}" for c in moving.cells["shop.main"].refused_if]


NODE_CASES = {
    "nothing": ([], "paid:carry seen:carry box:carry", []),
    "node added": (
        [("      return:", "      last: pack(id=paid.id) after box\n      return:")],
        "paid:carry box:carry",
        [],
    ),
    "node renamed": (
        [("      box: pack", "      parcel: pack")],
        "paid:carry seen:carry box:map",
        ["box open/done: it may be done, and `parcel` may be the same step"],
    ),
    "callee changed": (
        [
            ("box: pack(id=paid.id)", "box: ship(box=paid.id)"),
            ("track: id}", "track: 'id if box == null else box.track'}"),
        ],
        "paid:carry seen:carry box:refused",
        ["box done: it is done, and what it does now would be left out"],
    ),
    "condition changed": (
        [("when seen.ok", "when not seen.ok")],
        "paid:carry seen:carry box:pin",
        ["box skipped: it was skipped, and when it is skipped is decided in another way now"],
    ),
    "its name given to another node": (
        [
            ("box: pack(id=paid.id)", "parcel: pack(id=paid.id)"),
            ("return: {track: id}", "box: charge(amount=2) after parcel\n      return: {track: id}"),
        ],
        "paid:carry seen:carry box:refused",
        [
            "box open/done: `parcel` comes before it now, and has not been done",
            "box open/done: it may be done, and `parcel` may be the same step",
            "box done: it is done, and what it does now would be left out",
            "box skipped: it was skipped, and when it is skipped is decided in another way now",
        ],
    ),
    "guard added": (
        [
            (
                "      seen: ask(id) after paid\n",
                '      late: raise Declined(reason=id) when id == "x"\n      seen: ask(id) after paid, late\n',
            ),
            ("paid: charge(amount=1)", "paid: charge(amount=1) after late"),
        ],
        "paid:pin seen:pin box:carry",
        [
            "paid open/done: `late` comes before it now, and has not been done",
            "seen open/done: `late` comes before it now, and has not been done",
        ],
    ),
    "undo added": (
        [("paid: charge(amount=1)", "paid: charge(amount=1) undo refund(id=paid.id)")],
        "paid:carry seen:carry box:carry",
        ["paid done: `paid` is done, and would not be undone as it is here"],
    ),
}


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
