"""What people say of how runs go on: read with all that is wrong told at its place, and a premise of the proof."""

from collections.abc import Mapping

import pytest

from cellc.compiler.compat.moving import judge, planned
from cellc.compiler.compat.plan_text import plan_text
from cellc.compiler.compat.plans import Plan, read_plan
from cellc.language.diagnostics import Report
from cellc.language.graph import Program
from cellc.language.moving import Moving
from cellc.language.span import Source
from tests.compat.fears import CASES
from tests.compat.versions import DO, HEAD, NODES, compiled, verdicts


def versions(body: str, *edits: tuple[str, str]) -> tuple[Program, Program]:
    new = HEAD + body
    for before, after in edits:
        new = new.replace(before, after)
    return compiled(HEAD + body), compiled(new)


def read(old: Program, new: Program, text: str) -> tuple[Plan, list[str]]:
    report = Report()
    head = f"plan: 1\nold: {old.sha256}\nnew: {new.sha256}\n"
    plan = read_plan(Source("p.plan.yaml", head + text), old, new, report)
    found = report.diagnostics or tuple(planned(old, new, plan)[1])
    return plan, [d.code for d in found]


def judged(old: Program, new: Program, text: str) -> Moving:
    plan, wrong = read(old, new, text)
    assert wrong == []
    return judge(old, new, plan)


RENAMED = CASES["step renamed"][:2]
REQUIRED = CASES["input made required"][:2]


def test_a_step_that_is_said_to_be_the_same_is_the_same_with_its_result_and_its_undo() -> None:
    old, new = versions(RENAMED[0], *RENAMED[1])
    moving = judged(old, new, "cells: {main: {places: {receipt: {to: paid}}}}")
    assert verdicts(moving, "receipt", "answer", "box", "sent") == "receipt:carry answer:carry box:carry sent:carry"
    places = moving.cells["shop.main"].places
    assert (places["receipt"].to, places["answer"].given) == ("paid", {"paid": ["var", "receipt"]})


def test_a_value_is_given_where_runs_have_none_over_what_they_have_there() -> None:
    old, new = versions(REQUIRED[0], *REQUIRED[1])
    moving = judged(old, new, "cells: {main: {given: {why: 'f\"{id} for {len(amounts)}\"'}}}")
    assert verdicts(moving, "receipt", "answer", "box") == "receipt:carry answer:carry box:carry"


def test_a_value_that_is_known_at_some_places_only_is_given_there() -> None:
    old, new = versions(REQUIRED[0], *REQUIRED[1])
    moving = judged(old, new, "cells: {main: {given: {why: receipt.id}}}")
    assert verdicts(moving, "receipt", "answer") == "receipt:default answer:carry"


def test_an_input_of_a_topology_is_given() -> None:
    old, new = versions(NODES, ("in: {id: string}\n    out: {track", "in: {id: string, why: string}\n    out: {track"))
    assert judged(old, new, "").cells["shop.main"].to is None
    cell = judged(old, new, "cells: {main: {given: {why: id}}}").cells["shop.main"]
    assert (cell.to, cell.given) == ("shop.main", {"why": ["var", "id"]})


@pytest.mark.parametrize("name", ["order swapped", "step moved out of its loop", "step inserted before"])
def test_nothing_that_a_plan_says_lets_a_step_be_done_again_or_left_out(name: str) -> None:
    body, edits, expected = CASES[name]
    old, new = versions(body, *edits)
    names = [part.partition(":")[0] for part in expected.split()]
    here = {place.id for place in new.cells["shop.main"].nodes}
    said = ", ".join(f"{each}: {{to: {each}}}" for each in names if each in here)
    assert verdicts(judged(old, new, f"cells: {{main: {{places: {{{said}}}}}}}"), *names) == expected


WRONG: Mapping[str, tuple[str, list[str]]] = {
    "an unknown cell": ("cells: {mian: {}}", ["E709"]),
    "an unknown place of OLD": ("cells: {main: {places: {reciept: {to: paid}}}}", ["E709"]),
    "an unknown place of NEW": ("cells: {main: {places: {receipt: {to: piad}}}}", ["E709"]),
    "a place of another kind": ("cells: {main: {places: {receipt: {to: 'return#1'}}}}", ["E710"]),
    "a call that is to be a start": ("cells: {main: {places: {receipt: {to: start}}}}", ["E710"]),
    "two places in one": ("cells: {main: {places: {receipt: {to: paid}, answer: {to: paid}}}}", ["E710"]),
    "an unknown binding": ("cells: {main: {given: {wyh: id}}}", ["E709"]),
    "an unknown name": ("cells: {main: {given: {paid: recept}}}", ["E204"]),
    "another type": ("cells: {main: {given: {paid: id}}}", ["E711"]),
    "another word": ("stay: leave", ["E107"]),
    "another key": ("cells: {main: {moved: x}}", ["E105"]),
    "no expression": ("cells: {main: {given: {paid: [1]}}}", ["E107"]),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_in_a_plan_is_told(name: str) -> None:
    old, new = versions(RENAMED[0], *RENAMED[1])
    text, codes = WRONG[name]
    assert [*dict.fromkeys(read(old, new, text)[1])] == codes


def test_a_plan_is_of_its_two_versions_or_of_the_way_back() -> None:
    old, new = versions(RENAMED[0], *RENAMED[1])
    other = compiled(HEAD + DO.replace("answer", "said"))
    report = Report()
    text = f"plan: 1\nold: {old.sha256}\nnew: {new.sha256}\ncells: {{main: {{places: {{receipt: {{to: paid}}}}}}}}\n"
    read_plan(Source("p.plan.yaml", text), old, other, report)
    assert [d.code for d in report.diagnostics] == ["E708"]
    back = read_plan(Source("p.plan.yaml", text), new, old, Report())
    assert back.cell("shop.main").to == {"paid": "receipt"}
    assert verdicts(judge(new, old, back), "paid", "answer") == "paid:carry answer:carry"


def test_the_plan_that_is_asked_for_is_one_that_says_nothing_yet() -> None:
    for edits in (RENAMED[1], REQUIRED[1], CASES["step removed"][1]):
        old, new = versions(DO, *edits)
        text = plan_text(old, new, judge(old, new))
        report = Report()
        plan = read_plan(Source("p.plan.yaml", text), old, new, report)
        assert report.diagnostics == ()
        assert judge(old, new, plan) == judge(old, new)


def test_the_plan_that_is_asked_for_names_what_is_open() -> None:
    old, new = versions(DO, *REQUIRED[1], *RENAMED[1])
    text = plan_text(old, new, judge(old, new))
    assert "# receipt: {to: paid}" in text
    assert "# why: an expression" in text
