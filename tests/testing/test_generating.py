"""Values that are made up fit their types, and come back from the text of a case as they were."""

from fractions import Fraction
from random import Random
from typing import Any

import pytest

from cellc.language.diagnostics import Report
from cellc.language.reader import Mapping, read
from cellc.language.span import Source
from cellc.language.types import (
    NAMES,
    Field,
    Int,
    List,
    Map,
    Named,
    Never,
    Null,
    Number,
    Record,
    Secret,
    String,
    Type,
    Union,
)
from cellc.language.values import fits, to_json
from cellc.testing.choices import Choices, shrunk
from cellc.testing.generating import NoValue, value_from
from cellc.testing.writing import case_text
from cellc.testing.yaml_values import value_of

TABLE: dict[str, Type] = {
    "Tree": Record((Field("name", NAMES["string"]), Field("left", Named("Tree"), optional=True))),
    "Either": Union((Record((Field("in", Named("Either")),)), Null())),
    "Endless": Record((Field("in", Named("Endless")),)),
}
TYPES: dict[str, Type] = {
    **NAMES,
    "range": Int(7, 9),
    "multiples": Int(1, 100, 25),
    "negative": Int(None, -5),
    "price": Number("decimal", Fraction(0), Fraction(1), high_open=True, step=Fraction(1, 100)),
    "narrow": Number("float", Fraction(1, 3), Fraction(1, 2), low_open=True),
    "pattern": String(pattern="[A-Z]{3}-[0-9]{4}"),
    "pattern and length": String(low=3, high=5, pattern="(ab|c)*"),
    "long": String(low=20, high=21),
    "list": List(NAMES["int"], 2, 4),
    "map": Map(NAMES["date"]),
    "secret": Secret(NAMES["string"]),
    "tree": Named("Tree"),
    "either": Named("Either"),
    "trees": List(Named("Tree")),
}


@pytest.mark.parametrize("name", TYPES)
def test_values_fit_and_come_back(name: str) -> None:
    type_, seen = TYPES[name], set()
    for seed in range(60):
        value = value_from(Choices(random=Random(seed)), type_, TABLE)  # noqa: S311 -- the same each time
        assert not fits(value, type_, TABLE), value
        assert written_and_read(value, type_) == value
        seen.add(repr(value))
    assert len(seen) > 1 or name == "null"


def written_and_read(value: Any, type_: Type) -> Any:
    report = Report()
    root = read(Source("a.yaml", f"cases:\n{case_text({'value': to_json(value)})}"), report, "")
    assert isinstance(root, Mapping)
    (case,) = root.entries[0][1].items  # type: ignore[union-attr]
    found = value_of(case.entries[0][1], type_, TABLE, "it", report)
    assert not report.failed
    return found


@pytest.mark.parametrize("type_", [Never(), Named("Endless"), Int(3, 4, 5), String(high=1, pattern="..")])
def test_a_type_without_values_has_none(type_: Type) -> None:
    with pytest.raises(NoValue):
        value_from(Choices(), type_, TABLE)


def test_choices_shrink_to_the_least_that_fails() -> None:
    def fails(given: Any) -> bool:
        return sum(1 for each in given if each >= 10) >= 2

    assert shrunk([3, 50, 0, 7, 99, 12, 1], fails, 1000) == [10, 10]


def test_no_more_is_tried_than_was_asked_for() -> None:
    tried: list[Any] = []
    shrunk([100] * 50, lambda given: tried.append(given) is not None, 20)
    assert len(tried) == 20
