from datetime import timedelta

from cellc.runtime.core.events import from_micros
from cellc.runtime.core.inputs import Completed, Failed, Start
from cellc.runtime.core.prepare import prepare
from cellc.runtime.core.state import RunState
from cellc.runtime.core.step import step
from cellc.runtime.core.tree import Branch, tree
from cellc.runtime.core.views import standing
from tests.runtime.core.building import call, each, program, script, topology
from tests.runtime.core.driving import AT, RUN
from tests.runtime.core.programs import SECOND

SHIP = script("shop.ship", ["i"], [call("a", "look", x="i"), call("b", "work", x="a"), ("return", "b")])
DAY = topology(
    "shop.day",
    ["n"],
    {
        "quote": call("_", "look", x="n"),
        "card": (call("_", "work", x="n"), {"when": "n > 100"}),
        "parcels": (each("_", "i", "[5, 6, 7]", "shop.ship", "2", i="i"), {"after": ["quote"]}),
        "nap": call("_", "sleep", **{"for": SECOND}),
        "sum": ("bind", "_", "sum(parcels) // n"),
    },
    "sum",
    cells={"shop.ship"},
)


def started(*given):
    plan, state = prepare(program("shop.day", SHIP, DAY)), RunState(RUN)
    step(plan, state, Start(AT, "graph", "shop.day", {"n": 0}))
    for i, (kind, *rest) in enumerate(given, start=1):
        step(plan, state, kind(AT + timedelta(seconds=i), *rest))
    return state


def test_standing_says_what_a_run_waits_for():
    state = started((Completed, 0, 1), (Failed, 2, 1, "busy"), (Failed, 3, 1, "refused", True))
    assert [(row.place, row.state, row.effect, row.attempts, row.reason, row.kind) for row in standing(state)] == [
        ("day/nap", "timer", "sleep", 1, "", ""),
        ("day/parcels[0]/look#1", "retrying", "look", 1, "busy", ""),
        ("day/parcels[1]/look#1", "stalled", "look", 1, "refused", "permanent"),
    ]
    assert standing(state)[0].due == AT + timedelta(seconds=1)
    assert standing(state)[1].since == AT + timedelta(seconds=1)
    assert standing(state)[1].due == AT + timedelta(seconds=3)


def test_standing_names_faults():
    state = started((Completed, 0, 1), *((Completed, number, 1) for number in range(2, 8)))
    fault = standing(state)[-1]
    assert (fault.place, fault.state, fault.reason) == ("day/sum", "fault", "division by zero in `//`")
    assert fault.since == from_micros(state.at)


def test_the_tree_shows_what_is_open():
    state = started((Completed, 0, 1), (Completed, 2, 1), (Failed, 3, 1, "busy"))
    assert tree(state) == Branch(
        "day",
        "running",
        "cell",
        "shop.day",
        inside=(
            Branch("quote", "done", "effect", "look"),
            Branch("card", "skipped", "effect", "work"),
            Branch(
                "parcels",
                "running",
                "par",
                "shop.ship",
                done=0,
                total=3,
                inside=(
                    Branch(
                        "[0]", "running", "cell", "shop.ship", inside=(Branch("work#2", "running", "effect", "work"),)
                    ),
                    Branch(
                        "[1]", "retrying", "cell", "shop.ship", inside=(Branch("look#1", "retrying", "effect", "look"),)
                    ),
                ),
            ),
            Branch("nap", "timer", "effect", "sleep"),
            Branch("sum", "waiting", "place"),
        ),
    )


def test_a_place_that_is_entered_again_says_how_often():
    main = script("main", [], [("for", "i", "range(3)", [call("x", "work", x="i")]), ("return", "x")])
    plan, state = prepare(program("main", main)), RunState(RUN)
    result = step(plan, state, Start(AT, "graph", "main", {}))
    places = []
    while result.delta.perform:
        places.append(result.delta.perform[0].place)
        result = step(plan, state, Completed(AT, result.delta.perform[0].call, 1))
    assert places == ["main/work#2", "main/work#2@2", "main/work#2@3"]
