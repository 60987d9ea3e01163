"""What the checker says of an expression holds for its value: where it once did not, and what makes it hold."""

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

import pytest

from cellc.language.faults import Fault
from cellc.language.types import (
    DECIMAL,
    DURATION,
    FLOAT,
    INT,
    STRING,
    Int,
    Json,
    List,
    Literal,
    Map,
    Number,
    Union,
    record,
)
from cellc.language.values import fits
from tests.expressions.checked import checked

INT_OR_FLOAT = Union((INT, FLOAT))
TAGGED = Union((record({"a": Literal(Decimal(1), "float"), "k": STRING}), record({"a": Literal(2, "int"), "k": INT})))


@pytest.mark.parametrize(
    ("text", "types", "variables", "value"),
    [
        # a number of 34 digits keeps them, with a sign too, and a float stands for its shortest text
        ("-1.234567890123456789012345678901234 + d", {"d": DECIMAL}, {"d": Decimal(0)}, None),
        ("0.1000000000000000055511151231257827", {}, {}, 0.1),
        ("-0.0", {}, {}, -0.0),
        # bounds that are no floats themselves say nothing about rounded results
        ("4.35 * 100", {}, {}, 4.35 * 100),
        ("x * 100", {"x": Number("float", Fraction("4.35"))}, {"x": 4.35}, 4.35 * 100),
        # an int that comes out where the type is float becomes one
        ("max(xs)", {"xs": List(INT_OR_FLOAT)}, {"xs": [1, 2]}, 2.0),
        ("abs(x)", {"x": INT_OR_FLOAT}, {"x": -1}, 1.0),
        ("round(x, 1)", {"x": INT_OR_FLOAT}, {"x": 1}, 1.0),
        ("max(x, y)", {"x": INT_OR_FLOAT, "y": INT}, {"x": 1, "y": 2}, 2.0),
        ("max(0, x)", {"x": DECIMAL}, {"x": Decimal(-1)}, Decimal(0)),
        ("min(xs=xs)", {"xs": List(INT_OR_FLOAT)}, {"xs": []}, None),
        ("-x", {"x": INT_OR_FLOAT}, {"x": 1}, -1.0),
        # 1 == 1.0, so a test for 1 keeps floats and decimals
        ("x if x == 1 else 0", {"x": INT_OR_FLOAT}, {"x": 1.0}, 1.0),
        ("x if x in [1, 2] else 0", {"x": INT_OR_FLOAT}, {"x": 2.0}, 2.0),
        ("x if x == 1 else 0", {"x": DECIMAL}, {"x": Decimal("1.0")}, Decimal("1.0")),
        ("x if x != 1 else 0", {"x": INT_OR_FLOAT}, {"x": 1.5}, 1.5),
        ("x.k if x.a == 1 else ''", {"x": TAGGED}, {"x": {"a": 1.0, "k": "s"}}, "s"),
        ("j if j == 1 else 0", {"j": Json()}, {"j": 1.0}, 1.0),
        # json may be anything: a part that is not there is null
        ("j.a", {"j": Json()}, {"j": 1}, None),
        ("j.a.b", {"j": Json()}, {"j": {"a": [1]}}, None),
        ("j[0]", {"j": Json()}, {"j": "text"}, None),
        ("j[0]", {"j": Json()}, {"j": {"0": 1}}, None),
        ("j['a'][1]", {"j": Json()}, {"j": {"a": [1, 2]}}, 2),
        ("j[k]", {"j": Json(), "k": Union((INT, STRING))}, {"j": [1], "k": "a"}, None),
    ],
)
def test_a_value_is_of_the_type_that_was_inferred(text, types, variables, value):
    found = checked(text, types)
    assert found.codes == ()
    result = found.value(**variables)
    assert fits(result, found.type, found.table) == []
    if value is not None:
        assert (result, type(result), repr(result)) == (value, type(value), repr(value))


@pytest.mark.parametrize(
    ("text", "types", "variables"),
    [
        ("max(x, 1.0)", {"x": INT}, {"x": 10**400}),
        ("round(x, -308)", {"x": FLOAT}, {"x": 1.7e308}),
        ("-x", {"x": DURATION}, {"x": timedelta.max}),
        ("1e300 * 1e300", {}, {}),
        ("x ** 0.5", {"x": FLOAT}, {"x": -1.0}),
        (f"1.5 + 1{'0' * 399}", {}, {}),
    ],
)
def test_a_number_out_of_range_is_a_fault(text, types, variables):
    found = checked(text, types)
    assert found.codes == ()
    with pytest.raises(Fault):
        found.value(**variables)


@pytest.mark.parametrize(
    "text", ["1e400", "1e-400", "0.0001ms", "0.00000000001d", "9999999999d", "j[1.5]", "j[j == 1]"]
)
def test_what_could_never_be_a_value_is_an_error(text):
    assert len(checked(text, {"j": Json()}).codes) == 1


@pytest.mark.parametrize(
    ("text", "types", "variables", "value"),
    [
        ("w[:2]", {"w": Union((Literal("card"), Literal("cash")))}, {"w": "card"}, "ca"),
        ("max(s, 'b')[1:]", {"s": STRING}, {"s": "xyz"}, "yz"),
        ("x[0]", {"x": Union((List(INT, 1), List(STRING, 1)))}, {"x": ["a"]}, "a"),
        ("x[1:]", {"x": Union((List(INT), List(STRING)))}, {"x": [1, 2]}, [2]),
        ("merge(x, {k: 1})", {"x": TAGGED}, {"x": {"a": 2, "k": 5}}, {"a": 2, "k": 1}),
    ],
)
def test_what_all_alternatives_can_do_can_be_done(text, types, variables, value):
    found = checked(text, types)
    assert found.value(**variables) == value
    assert fits(value, found.type, found.table) == []


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('keys({"a": 1, "b": 2})', ["a", "b"]),
        ('put({}, "k", n)', {"k": 5}),
        ('merge(m, {"a": 2})', {"k": 1, "a": 2}),
        ('merge({"k": 7}, m)', {"k": 1}),
        ("values(m={a: n, b: 1})", [5, 1]),
        ("[v for k, v in items({a: 1, b: 2})]", [1, 2]),
        ("merge({a: 1}, {b: n})", {"a": 1, "b": 5}),
    ],
)
def test_a_literal_is_a_map_where_a_function_takes_one(text, value):
    found = checked(text, {"m": Map(INT), "n": INT})
    assert found.value(m={"k": 1}, n=5) == value
    assert fits(value, found.type, found.table) == []


def test_a_bare_key_that_is_a_variable_is_an_error_in_such_a_map_too():
    assert checked("keys({n: 1})", {"n": INT}).errors == ("E322",)
    assert checked("keys({a: n + ''})", {"n": INT}).errors == ("E308",)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("[x.n for x in []]", "E318"),
        ("[x for x, y in zip([], [1])]", "E318"),
        ("[k for k, v in items({}) if v.n]", "E318"),
        ("max([], by=it.n)", "E312"),
    ],
)
def test_what_is_always_empty_has_no_items_to_look_at(text, code):
    assert checked(text, {}).errors == (code,)


def test_a_size_is_of_each_kind_that_a_value_may_be():
    found = checked("abs(x)", {"x": Union((INT, DURATION))})
    assert found.type == Union((Int(0), DURATION))
    assert [found.value(x=x) for x in (-2, -timedelta(1))] == [2, timedelta(1)]
    assert checked("abs(x)", {"x": Union((FLOAT, DECIMAL))}).errors == ("E312",)
