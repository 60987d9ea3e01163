"""Equal is equal everywhere: in `==`, `in`, `unique`, `hash`, at any depth; and what is no number never enters."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cellc.language.builtin_texts import digest
from cellc.language.builtin_values import unique
from cellc.language.expr import compile_expression
from cellc.language.faults import Fault
from cellc.language.type_codec import to_data
from cellc.language.types import DECIMAL, FLOAT, INT, STRING, Json, List, Map, Scalar, Secret, String, Union, record
from tests.expressions.checked import checked

NUMBERS = st.sampled_from(
    [0, 1, -1, 2, 1.0, 0.0, -0.0, 2.5, Decimal(1), Decimal("1.00"), Decimal("-0.0"), Decimal("2E+0")]
)
SCALARS = st.one_of(NUMBERS, st.booleans(), st.none(), st.sampled_from(["", "a", "1"]))
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(st.sampled_from("ab"), inner, max_size=2)),
    max_leaves=5,
)


def equal(a: Any, b: Any) -> bool:
    return bool(compile_expression(["cmp", [["var", "a"], "==", ["var", "b"]]], {"a": 0, "b": 1}, {})([a, b]))


def inside(a: Any, items: list[Any]) -> bool:
    return bool(compile_expression(["cmp", [["var", "a"], "in", ["var", "b"]]], {"a": 0, "b": 1}, {})([a, items]))


@given(ANYTHING, ANYTHING)
def test_equality_membership_unique_and_hash_agree(a: Any, b: Any) -> None:
    same = equal(a, b)
    assert same is equal(b, a)
    assert inside(a, [b]) is same
    assert inside([a], [[b], [[b]]]) is same
    assert (len(unique([a, b])) == 1) is same
    assert equal({"k": [a]}, {"k": [b]}) is same
    assert (digest(a) == digest(b)) is same


@given(ANYTHING)
def test_everything_equals_itself(a: Any) -> None:
    assert equal(a, a)
    assert unique([a, a]) == [a]


@pytest.mark.parametrize(
    ("text", "variables", "value"),
    [
        ("xs == ds", {"xs": [1, 2], "ds": [Decimal("1.0"), Decimal(2)]}, True),
        ("{a: 1} == {a: x}", {"x": Decimal("1.0")}, True),
        ("x in xs", {"x": Decimal("2.0"), "xs": [1, 2]}, True),
        ("m == {'k': x}", {"m": {"k": 1}, "x": Decimal("1.0")}, True),
        ("[j == 1, j == 1.0, j == true]", {"j": True}, [False, False, True]),
        ("[j == 1, j == 1.0, j in [1, 2]]", {"j": 1.0}, [True, True, True]),
        ("[j == [1], j == [true]]", {"j": [1]}, [True, False]),
        ("[x.n for x in unique(us)]", {"us": [{"n": 1}, {"n": 1.0}, {"n": 2}]}, [1, 2]),
        ("rs == rds", {"rs": [{"n": 1}], "rds": [{"n": Decimal("1.00")}]}, True),
        ("j == x", {"j": 1, "x": Decimal("1.0")}, True),
        ("keys(group(ws, by=str(it)))", {"ws": [Decimal("1.0"), Decimal("1.00")]}, ["1.0", "1.00"]),
        ("[now == then, now in [then], now < then]", {}, [True, True, False]),
        ("[len(s), len(t), s == t, lower(s) == lower(t)]", {"s": "É", "t": "E\u0301"}, [1, 2, False, False]),
        ("[len(s), s[0:1], upper(s), lower(s)]", {"s": "ß🙂"}, [2, "ß", "SS🙂", "ß🙂"]),
        ("[0.0 == -0.0, str(-0.0), str(f * -1)]", {"f": 0.0}, [True, "-0.0", "-0.0"]),
        ("[x * 3 == 0.3, str(x + 0.2), x is decimal]", {"x": Decimal("0.1")}, [True, "0.3", True]),
        ("str(x)", {"x": Decimal("1E+3")}, "1000"),
    ],
)
def test_what_is_equal(text: str, variables: dict[str, Any], value: object) -> None:
    types = {
        "xs": List(INT),
        "ds": List(DECIMAL),
        "ws": List(DECIMAL),
        "x": DECIMAL,
        "m": Map(INT),
        "j": Json(),
        "f": FLOAT,
        "us": List(record({"n": Union((INT, FLOAT))})),
        "s": STRING,
        "t": STRING,
        "rs": List(record({"n": INT})),
        "rds": List(record({"n": DECIMAL})),
        **dict.fromkeys(("now", "then"), Scalar("datetime")),
    }
    moments = {
        "now": datetime(2026, 1, 1, 1, tzinfo=timezone(timedelta(hours=1))),
        "then": datetime(2026, 1, 1, tzinfo=UTC),
    }
    assert checked(text, types).value(**variables, **moments) == value


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity", "[1e999]", "1e999", '{"a": -1e999}'])
def test_what_is_no_finite_number_is_no_json(text: str) -> None:
    assert checked("from_json(s)", {"s": STRING}).value(s=text) is None


@pytest.mark.parametrize("text", ["nan", "inf", "1e999", "-Infinity", "0x10", "1_0", " 1", "\u0661"])
def test_no_text_stands_for_what_is_no_finite_number(text: str) -> None:
    for parse in ("parse_float", "parse_decimal", "parse_int"):
        assert checked(f"{parse}(s)", {"s": STRING}).value(s=text) is None


@pytest.mark.parametrize("text", ["f * 10.0 ** 308", "f / 1e-300", "f ** 2", "f + f", "sum([f, f])", "to_float(d)"])
def test_a_float_is_never_infinite(text: str) -> None:
    with pytest.raises(Fault):
        checked(text, {"f": FLOAT, "d": DECIMAL}).value(f=1.7e308, d=Decimal("1E+400"))


def test_a_check_that_fails_does_not_tell_a_secret() -> None:
    data = ["check", ["var", "x"], to_data(Secret(String(1, 3)))]
    with pytest.raises(Fault) as fault:
        compile_expression(data, {"x": 0}, {})(["hunter2"])
    assert "hunter2" not in fault.value.reason


@pytest.mark.parametrize("text", ["{a: 1} == {a: 2.5}", "[1] == ['a']", "{a: 1} == {b: 1}", "1 == d + 'a'[0:0]"])
def test_what_can_never_be_equal_is_an_error(text: str) -> None:
    assert len(checked(text, {"d": STRING}).errors) == 1
