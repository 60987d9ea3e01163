"""The changes that people fear, each made in one program: for each place where a run waits, whether it goes on."""

import pytest

from tests.compat.fears import CASES
from tests.compat.versions import judged, verdicts


@pytest.mark.parametrize("name", CASES)
def test_a_change_that_people_fear(name: str) -> None:
    body, edits, expected = CASES[name]
    names = [part.partition(":")[0] for part in expected.split()]
    assert verdicts(judged(body, *edits), *names) == expected


def test_a_no_shows_the_shortest_run_and_why() -> None:
    body, edits, _ = CASES["order swapped"]
    place = judged(body, *edits).cells["shop.main"].places["box"]
    assert place.reason == "`answer` may be done and would be done again"
    assert place.shown == ["start", "receipt", "answer", "box", "->", "box", "answer"]


def test_a_value_that_does_not_fit_is_shown() -> None:
    body, edits, _ = CASES["field of a result added"]
    place = judged(body, *edits).cells["shop.main"].places["answer"]
    assert place.reason == '`receipt` may be {amount: 0, id: ""}, which does not fit here any more'
    assert place.needs == ["id", "receipt"]


def test_a_likely_name_is_told_and_not_assumed() -> None:
    body, edits, _ = CASES["step without an undo renamed"]
    place = judged(body, *edits).cells["shop.main"].places["box"]
    assert (place.to, place.reason) == (None, "no place here is known to be this one; it may be `parcel` now")
