"""Values: what JSON says for each type, every problem at its place, the stored form, projection."""

import random
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

import jsonschema
import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from cellc.language.json_schema import to_json_schema
from cellc.language.types import (
    DECIMAL,
    DURATION,
    FLOAT,
    INT,
    NAMES,
    STRING,
    Field,
    Int,
    Json,
    List,
    Literal,
    Map,
    Named,
    Null,
    Number,
    Record,
    Secret,
    String,
    Type,
    optional,
    record,
    union,
)
from cellc.language.values import (
    UNDECIDED,
    BadJson,
    Misfit,
    accepting,
    decode,
    encode,
    fits,
    from_json,
    parse_json,
    project,
    to_json,
)
from tests.types.strategies import TABLE as LAW_TABLE
from tests.types.strategies import TYPES, NoValue, a_value

ITEM = record({"sku": String(pattern=r"[A-Z]{3}-\d{4}"), "qty": Int(1), "price": Number("decimal", Fraction(0))})
ORDER = Record((Field("id", NAMES["uuid"]), Field("items", List(Named("m.Item"), 1)), Field("gift", STRING, True)))
TABLE = {"m.Item": ITEM, "m.Order": ORDER}
LAW = settings(max_examples=100, deadline=None, derandomize=True)


def _read(text: str, type_: Type, **how: Any) -> Any:
    return from_json(parse_json(text), type_, TABLE, **how)


@pytest.mark.parametrize(
    ("type_", "text", "value"),
    [
        (INT, "3", 3),
        (INT, "1.0", 1),
        (INT, str(2**80), 2**80),
        (FLOAT, "3", 3.0),
        (FLOAT, "0.1", 0.1),
        (DECIMAL, "12.50", Decimal("12.50")),
        (DECIMAL, '"12.50"', Decimal("12.50")),
        (NAMES["bytes"], '"aGk="', b"hi"),
        (NAMES["date"], '"2026-02-28"', date(2026, 2, 28)),
        (NAMES["time"], '"09:30:00.5"', time(9, 30, 0, 500000)),
        (NAMES["datetime"], '"2026-11-23T09:30:00Z"', datetime(2026, 11, 23, 9, 30, tzinfo=UTC)),
        (DURATION, '"90s"', timedelta(seconds=90)),
        (DURATION, '"-1.5ms"', timedelta(microseconds=-1500)),
        (NAMES["uuid"], '"00000000-0000-0000-0000-00000000000A"', UUID(int=10)),
        (optional(INT), "null", None),
        (
            union([STRING, NAMES["uuid"]]),
            '"00000000-0000-0000-0000-00000000000a"',
            "00000000-0000-0000-0000-00000000000a",
        ),
        (union([DECIMAL, FLOAT]), "0.5", 0.5),
        (union([DECIMAL, FLOAT]), '"0.5"', Decimal("0.5")),
        (Json(), '{"a": [1, 0.5, null]}', {"a": [1, 0.5, None]}),
    ],
)
def test_what_json_says_for_a_type(type_: Type, text: str, value: Any) -> None:
    found = _read(text, type_)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("type_", "text"),
    [
        (INT, "1.5"),
        (INT, "true"),
        (INT, '"1"'),
        (FLOAT, "1e999"),
        (DECIMAL, "1e9999"),
        (DECIMAL, '"1e3"'),
        (NAMES["date"], '"2026-02-30"'),
        (NAMES["datetime"], '"2026-11-23T09:30:00"'),
        (DURATION, '"0.0001ms"'),
        (NAMES["email"], '"nobody"'),
        (NAMES["url"], '"example.org"'),
        (Literal("a"), '"b"'),
        (List(INT, 2), "[1]"),
    ],
)
def test_what_is_refused(type_: Type, text: str) -> None:
    with pytest.raises(Misfit):
        _read(text, type_)


def test_a_decimal_never_passes_through_a_binary_float() -> None:
    with pytest.raises(Misfit, match=r"expected decimal, found 0\.1"):
        from_json(0.1, DECIMAL, {})


def test_every_problem_is_told_with_its_path() -> None:
    with pytest.raises(Misfit) as caught:
        _read('{"id": 3, "itmes": [], "items": [{"sku": "AB", "qty": 0, "price": "x"}, 7]}', Named("m.Order"))
    assert [str(problem) for problem in caught.value.problems] == [
        "id: expected uuid, found 3",
        r'items[0].sku: expected string(/[A-Z]{3}-\d{4}/), found "AB"',
        "items[0].qty: expected int(1..), found 0",
        'items[0].price: expected decimal(0..), found "x"',
        "items[1]: expected an object (Item), found 7",
        "itmes: expected no field of this name, found an empty list (known here: `gift`)",
    ]


def test_an_unknown_field_gets_a_suggestion_or_is_dropped() -> None:
    with pytest.raises(Misfit, match="did you mean `name`"):
        _read('{"nmae": "x"}', Record((Field("name", STRING, True),)))
    assert _read('{"nmae": "x"}', Record((Field("name", STRING, True),)), extra="drop") == {}


def test_null_for_an_optional_field_is_absence() -> None:
    assert _read('{"a": null}', Record((Field("a", INT, True),))) == {}


def test_a_literal_tag_picks_the_arm_that_is_blamed() -> None:
    arms = union([record({"kind": Literal("a"), "v": INT}), record({"kind": Literal("b"), "w": INT})])
    with pytest.raises(Misfit, match=r'^v: expected int, found "x"$'):
        _read('{"kind": "a", "v": "x"}', arms)


def test_a_secret_is_not_shown_in_a_problem() -> None:
    with pytest.raises(Misfit, match=r"expected int, found \*\*\*"):
        _read('"hunter2"', Secret(INT))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("NaN", "NaN is not a JSON value"),
        ('{"a": 1, "a": 2}', 'the key "a" is in one object twice'),
        ('"\\ud800"', "surrogate"),
        ("[" * 200 + "]" * 200, "100 levels"),
        ("[" * 100_000, "100 levels"),
        ("1" * 5000, "too many digits"),
        ("{", "line 1, column 2"),
        (b"\xff", "byte 0 is not UTF-8"),
    ],
)
def test_json_text_that_is_refused(text: str | bytes, reason: str) -> None:
    with pytest.raises(BadJson, match=reason):
        parse_json(text)


STORED: list[Any] = [
    None,
    -0.0,
    2**200,
    {"b": 1, "a": Decimal("1.50")},
    {"$decimal": "x", "$$": Decimal("1E+2"), "": {"$uuid": "no"}},
    [timedelta(microseconds=1), timedelta(days=-1), b"\x00", UUID(int=5)],
    [date(1, 1, 1), time(1, 2, 3, 4), datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=5, minutes=30)))],
]


@pytest.mark.parametrize("value", STORED, ids=str)
def test_a_stored_value_comes_back_with_its_types_and_order(value: Any) -> None:
    back = decode(encode(value))
    assert repr(back) == repr(value)
    assert encode(back) == encode(value)


def test_plain_values_are_stored_as_plain_json() -> None:
    assert encode({"b": [1, "x", None], "a": True}) == b'{"b":[1,"x",null],"a":true}'


@pytest.mark.parametrize("value", [float("nan"), [float("inf")], {"a": {"b": float("-inf")}}])
def test_floats_that_are_not_finite_cannot_be_stored(value: Any) -> None:
    with pytest.raises(ValueError, match="not a value of the language"):
        encode(value)


def test_what_is_no_value_cannot_be_stored() -> None:
    with pytest.raises(TypeError, match="set is not a type"):
        encode({"a": set()})


def test_projection_drops_widens_and_leaves_out_null() -> None:
    target = Record((Field("a", DECIMAL), Field("b", STRING, True), Field("c", List(record({"x": FLOAT})))))
    value = {"a": 1, "b": None, "c": [{"x": 2, "y": 3}], "d": 4}
    assert project(value, target, {}) == {"a": Decimal(1), "c": [{"x": 2.0}]}
    assert type(project(1, union([Null(), DECIMAL]), {})) is Decimal


def test_a_float_stands_for_what_its_text_says() -> None:
    assert fits(0.3, Number("float", Fraction(3, 10)), {}) == []
    assert fits(0.3, Number("float", step=Fraction(1, 10)), {}) == []
    assert fits(0.3, Literal(Decimal("0.3"), "float"), {}) == []


def test_booleans_are_no_ints_in_memory() -> None:
    assert fits(True, INT, {}) != []
    assert fits(1, NAMES["bool"], {}) != []
    assert fits({"a": True}, Map(INT), {}) != []


@LAW
@given(TYPES, st.integers(0, 2**32))
def test_values_fit_their_type_are_stored_exactly_and_satisfy_its_schema(type_: Type, seed: int) -> None:
    try:
        value = a_value(type_, random.Random(seed))  # noqa: S311 -- a sample, no secret
    except NoValue:
        reject()
    assert fits(value, type_, LAW_TABLE) == []
    assert repr(decode(encode(value))) == repr(value)
    jsonschema.Draft202012Validator(to_json_schema(type_, LAW_TABLE)).validate(to_json(value))


@LAW
@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
                    | st.text() | st.decimals(allow_nan=False, allow_infinity=False) | st.timedeltas(),
                    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))  # fmt: skip
def test_any_value_survives_storage(value: Any) -> None:
    assert repr(decode(encode(value))) == repr(value)


@LAW
@given(TYPES, TYPES, st.integers())
def test_what_is_accepted_is_what_projecting_gives_and_fits(type_, other, seed):
    try:
        value = a_value(type_, random.Random(seed))  # noqa: S311 -- a sample, no secret
    except NoValue:
        reject()
    for wanted in (type_, other):
        taken = accepting(wanted, LAW_TABLE)(value)
        projected = project(value, wanted, LAW_TABLE)
        if taken is not UNDECIDED:
            assert repr(taken) == repr(projected)
            assert fits(taken, wanted, LAW_TABLE) == []


ACCEPTED = [
    (INT, 3),
    (Int(1, 5, 2), 4),
    (FLOAT, 0.5),
    (DECIMAL, Decimal("1.50")),
    (NAMES["uuid"], UUID(int=1)),
    (optional(STRING), None),
    (optional(STRING), "a"),
    (Map(INT), {"a": 1}),
    (Secret(STRING), "a"),
    (Json(), None),
    (Literal("a"), "a"),
    (Named("m.Order"), {"id": UUID(int=1), "items": [{"sku": "ABC-1234", "qty": 1, "price": Decimal(1)}]}),
]


@pytest.mark.parametrize(("type_", "value"), ACCEPTED)
def test_ordinary_values_are_accepted_without_a_second_look(type_, value):
    assert accepting(type_, TABLE)(value) == value


@pytest.mark.parametrize(
    ("type_", "value"),
    [(INT, True), (INT, 1.0), (FLOAT, 1), (FLOAT, float("nan")), (STRING, None), (Map(INT), {"a": "b"})],
)
def test_what_does_not_fit_as_it_is_is_left_undecided(type_, value):
    assert accepting(type_, TABLE)(value) is UNDECIDED


def test_a_recursive_type_accepts_values_of_any_depth():
    node: dict[str, Any] | None = None
    for v in range(50):
        node = {"v": v, "next": node}
    assert accepting(Named("t.Node"), LAW_TABLE)(node) == node
