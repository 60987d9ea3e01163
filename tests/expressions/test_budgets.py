"""Hostile expressions end in a fault, which counts steps and sizes and needs no clock."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from cellc.language.faults import MAX_STEPS, Fault
from cellc.language.metering import all_steps, check_depth
from cellc.language.types import DECIMAL, INT, STRING, Json, List, Map, Scalar, record
from tests.expressions.checked import checked

LONG = "ab" * 4_000_000
ROW = list(range(1000))
CUBE = [[ROW] * 1000] * 1000  # a thousand million ints that take no memory
TYPES = {
    "long": STRING,
    "texts": List(STRING),
    "row": List(INT),
    "cube": List(List(List(INT))),
    "other": List(List(List(INT))),
    "big": INT,
    "d": DECIMAL,
    "m": Map(INT),
    "j": Json(),
    "day": Scalar("date"),
    "moment": Scalar("datetime"),
    "r": record({"s": STRING}),
}
VALUES = {
    "long": LONG,
    "texts": [LONG] * 1000,
    "row": ROW,
    "cube": CUBE,
    "other": [[list(ROW)] * 1000] * 1000,
    "big": 2**8000,
    "d": Decimal("9" * 1000 + "." + "9" * 1000),
    "m": {str(i): i for i in ROW},
    "j": CUBE,
    "day": date(2026, 1, 1),
    "moment": datetime(2026, 1, 1, tzinfo=UTC),
    "r": {"s": LONG},
}

HOSTILE = [
    # numbers
    "10 ** 10 ** 10",
    "2 ** 9000",
    "big * big",
    "d ** 99999999999.5",
    # texts
    "'x' * 10 ** 9",
    "long + long + long",
    "[long + 'x' for x in row]",
    "[long[1:] for x in row]",
    "[f'{long}{x}' for x in row]",
    "[upper(long) for x in row]",
    "replace(long, 'a', 'abcd')",
    "[replace(long, 'x', 'y') for x in row]",
    "len([x for x in row if 'zz' in long])",
    "[x for x in row if find(long, 'x') == null]",
    "[x for x in texts if x == long + '']",
    "sorted(texts + [long + ''])",
    "min(texts)",
    "join(texts, ',')",
    "split(long, '')",
    "split(long, 'a')",
    "upper('ΐ' * 6000000)",
    "format(long, '>' + '99999')",
    "format(1.5, '.9999' + '9f')",
    "format(day, long)",
    "strip(long, long) + long + long + long",
    # lists and maps
    "range(10 ** 12)",
    "[0] * 10 ** 9",
    "row * 2000",
    "[range(1000000) for x in row]",
    "[row[1:] for a in row for b in row]",
    "[1 for a in row for b in row for c in row if a + b + c < 0]",
    "flatten(flatten(cube))",
    "[put(m, 'k', x) for x in range(100000)]",
    "[merge(m, m) for x in range(100000)]",
    "[sorted(row) for x in range(100000)]",
    "[x for x in range(100000) if x in row]",
    "max(range(100000), by=len(sorted(row, by=-it)))",
    # whole values
    "cube == other",
    "cube in [other]",
    "unique(cube)",
    "to_json(cube)",
    "to_json(texts)",
    "str(cube)",
    "hash(cube)",
    "hash(texts)",
    "j is [[[int]]]",
    "[x for x in row if r == {s: long}]",
    "from_json('[' + '1,' * 2000000 + '1]')",
]


LONG_HOSTILE = [
    "sum(big * 1 for a in row for b in row for c in range(4))",
    "[a for a in row for b in row for c in row]",
    "{str(a): [b for b in row for c in row] for a in row}",
    "to_json([d for x in row for y in row])",
    "sum(i for x in row for y in row for i, z in enumerate(row))",
    "sum(len(chunks(row, 1)) for x in range(100000))",
    "[x for x in row for y in row for z in range(100) if x ** y < 0]",
    "[x for x in row if matches(long, '(a|b)*')]",
    "[[x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x] for x in range(1000) for y in range(1000) for z in range(5)]",
]
"""Those that take a second or two to use up all their steps."""


@pytest.mark.parametrize("text", [*HOSTILE, *(pytest.param(text, marks=pytest.mark.slow) for text in LONG_HOSTILE)])
def test_a_hostile_expression_is_a_fault(text: str) -> None:
    found = checked(text, TYPES)
    with pytest.raises(Fault, match=r"more than|at most|would have|is wider|is longer|Overflow|separator") as fault:
        found.value(**VALUES)
    assert "bug in cellc" not in fault.value.reason


GENEROUS = [
    ("len(cube)", 1000),
    ("sum(len(x) for x in cube)", 1_000_000),
    ("len([x for x in range(1000000) if x % 2 == 0])", 500_000),
    ("len(sorted(range(100000), by=-it))", 100_000),
    ("len(unique(range(500000)))", 500_000),
    ("len([x for x in range(100000) if x < len(row)])", 1000),
    ("len([x for x in range(100000) if str(x) in m])", 1000),
    ("cube == cube[:999]", False),
    ("flatten(cube)[0] == flatten(other)[0]", True),
    ("len(upper(long))", 8_000_000),
    ("len(join(['x'] * 1000000, ''))", 1_000_000),
    ("len(to_json(row))", 3891),
    ("len(flatten(cube))", 1_000_000),
    ("matches(long, '(ab)*')", True),
]


@pytest.mark.parametrize(("text", "value"), GENEROUS)
def test_what_is_only_large_is_computed(text: str, value: object) -> None:
    found = checked(text, TYPES)
    assert found.value(**VALUES) == value


def test_steps_count_shared_parts_as_often_as_they_are_there() -> None:
    assert all_steps(CUBE) > MAX_STEPS
    assert all_steps([CUBE, LONG]) > MAX_STEPS
    assert all_steps([[LONG, [CUBE]]]) > MAX_STEPS
    assert 1000 < all_steps({"a": ROW}) < 1100


def test_a_value_cannot_be_wrapped_deeper_than_others_read_it() -> None:
    value: object = 1
    for _ in range(100):
        value = [value]
    check_depth(value)
    with pytest.raises(Fault, match="nested more than 100 levels"):
        checked("[j]", TYPES).value(j=value)
    with pytest.raises(Fault, match="nested more than 100 levels"):
        checked("put(maps, 'k', j)", {**TYPES, "maps": Map(Json())}).value(maps={}, j=value)
    assert checked("j[0]", TYPES).value(j=value) == value[0]  # type: ignore[index]
