"""Operators mean what Python's say; what Python does not have, and what would be wrong or endless."""

import decimal
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cellc.language.expr import compile_expression, names
from cellc.language.faults import MAX_INT_BITS, Fault
from tests.expressions.python_syntax import ir


def evaluate(tree, **variables):
    slots = {name: i for i, name in enumerate(dict.fromkeys([*variables, *names(tree)]))}
    frame = [variables.get(name) for name in slots]
    return compile_expression(tree, slots, {})(frame)


finite_decimals = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**9), max_value=10**9, places=4)
OPERATORS = {"+": "__add__", "-": "__sub__", "*": "__mul__", "/": "__truediv__", "//": "__floordiv__", "%": "__mod__"}


@given(finite_decimals, st.one_of(finite_decimals, st.integers(-1000, 1000)), st.sampled_from(list(OPERATORS)))
def test_decimals_compute_as_in_python_with_34_digits(x, y, op):
    with decimal.localcontext(decimal.Context(prec=34)):
        expected = Fault if y == 0 and op in ("/", "//", "%") else getattr(x, OPERATORS[op])(Decimal(y))
    tree = [op, ["var", "x"], ["var", "y"]]
    if expected is Fault:
        with pytest.raises(Fault):
            evaluate(tree, x=x, y=y)
    else:
        assert evaluate(tree, x=x, y=y) == expected


@given(finite_decimals, st.integers(-3, 4))
def test_decimals_round_as_in_python(x, digits):
    tree = ["call", "round", [["var", "x"]], {"digits": ["lit", digits]}]
    assert evaluate(tree, x=x) == round(x, digits)
    assert evaluate(["call", "round", [["var", "x"]], {}], x=x) == round(x)


@given(st.floats(allow_nan=False, allow_infinity=False), st.floats(allow_nan=False, allow_infinity=False))
def test_floats_compute_as_in_python_and_never_become_infinite(x, y):
    for op, method in OPERATORS.items():
        try:
            expected = getattr(x, method)(y)
        except ZeroDivisionError:
            expected = float("nan")
        tree = [op, ["var", "x"], ["var", "y"]]
        if expected - expected == 0:
            assert evaluate(tree, x=x, y=y) == expected
        else:
            with pytest.raises(Fault):
                evaluate(tree, x=x, y=y)


X, Y = ["var", "x"], ["var", "y"]


@pytest.mark.parametrize(
    ("tree", "variables", "value"),
    [
        (["index", X, ["lit", 5]], {"x": [1]}, None),
        (["index", X, ["lit", -1]], {"x": [1, 2]}, 2),
        (["index", X, ["lit", "no"]], {"x": {}}, None),
        (["field", X, "gone"], {"x": {"a": 1}}, None),
        (["??", X, Y], {"x": None, "y": 2}, 2),
        (["??", X, Y], {"x": False, "y": 2}, False),
        (["??", X, ["/", ["lit", 1], ["lit", 0]]], {"x": 1}, 1),
        (["cmp", [X, "==", Y]], {"x": 0, "y": False}, False),
        (["cmp", [X, "==", Y]], {"x": [{"a": 1}], "y": [{"a": True}]}, False),
        (["cmp", [X, "==", Y]], {"x": [{"a": 1}], "y": [{"a": 1}]}, True),
        (["cmp", [X, "in", Y]], {"x": True, "y": [1]}, False),
        (["cmp", [["lit", 3], "<", ["lit", 2], "<", ["/", ["lit", 1], ["lit", 0]]]], {}, False),
        (["format", [["lit", "n="], X, ["lit", " d="], Y]], {"x": None, "y": Decimal("1E+2")}, "n=null d=100"),
        (["+", X, Y], {"x": timedelta(hours=1), "y": timedelta(minutes=30)}, timedelta(minutes=90)),
        (["*", X, Y], {"x": 3, "y": timedelta(seconds=1)}, timedelta(seconds=3)),
        (["decimal", X], {"x": 3}, Decimal(3)),
        (["decimal", X], {"x": None}, None),
        (["float", X], {"x": 3}, 3.0),
        (["*", X, Y], {"x": Decimal("0.95"), "y": 2}, Decimal("1.90")),
        (["/", X, Y], {"x": Decimal(1), "y": 3}, Decimal("0." + "3" * 34)),
        (["is", X, ["enum", "card"]], {"x": "card"}, True),
        (["is", X, "int"], {"x": True}, False),
        (["project", X, ["record", [["a", "int"]]]], {"x": {"a": 1, "b": 2}}, {"a": 1}),
        (["check", X, ["int", "1"]], {"x": 1}, 1),
    ],
)
def test_what_python_does_not_have(tree, variables, value):
    found = evaluate(tree, **variables)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("tree", "variables"),
    [
        (["check", X, ["int", "1"]], {"x": 0}),
        (["**", ["lit", 10], ["lit", 10**9]], {}),
        (["**", ["lit", 2], ["lit", -1]], {}),
        (["**", ["lit", -8.0], ["lit", 0.5]], {}),
        (["*", X, X], {"x": 2 ** (MAX_INT_BITS - 1)}),
        (["*", X, ["lit", 10**12]], {"x": "ab"}),
        (["*", X, ["lit", 10**12]], {"x": [1]}),
        (["+", X, X], {"x": "a" * (9 * 1024 * 1024)}),
        (["*", X, X], {"x": 1e200}),
        (["*", X, X], {"x": Decimal("1E+5000")}),
        (["float", X], {"x": 10**400}),
        (["+", X, X], {"x": timedelta.max}),
        (ir("[1 for a in xs for b in xs for c in xs if a == -1]"), {"xs": list(range(400))}),
        (ir("[1 for a in xs if a + 1 in xs and a == -1]"), {"xs": list(range(10_000))}),
        (ir("[a for a in xs for b in xs]"), {"xs": list(range(2000))}),
    ],
)
def test_a_fault_instead_of_a_wrong_or_endless_answer(tree, variables):
    with pytest.raises(Fault) as fault:
        evaluate(tree, **variables)
    assert fault.value.reason


def test_work_is_counted_for_each_evaluation_anew():
    tree = ir("sum(1 for a in xs for b in xs if b == 0)")
    slots = {name: i for i, name in enumerate(dict.fromkeys(names(tree)))}
    run = compile_expression(tree, slots, {})
    frame = [list(range(1500)) if name == "xs" else None for name in slots]
    assert {run(frame) for _ in range(2)} == {1500}
