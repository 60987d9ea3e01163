"""Expressions mean what Python's own `eval` says, where both languages have the construct and the types agree."""

import decimal
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cellc.language.expr import compile_expression, names
from cellc.language.faults import MAX_INT_BITS, Fault
from tests.expressions.python_syntax import ir

NAMES = {"a": 7, "b": -3, "xs": [3, 1, 2], "ys": [], "s": "Grüße, cell", "m": {"k": 1, "z": 0}, "p": True, "q": False}


def evaluate(tree, **variables):
    slots = {name: i for i, name in enumerate(dict.fromkeys([*variables, *names(tree)]))}
    frame = [variables.get(name) for name in slots]
    return compile_expression(tree, slots, {})(frame)


ints = st.one_of(st.integers(-9, 9).map(str), st.sampled_from(["a", "b", "len(xs)", "sum(xs)", "xs[0]", "m['k']"]))
texts = st.sampled_from(["s", "'x'", "''", "s[1:3]", "s[-2:]", "str(a)"])


def _int_operations(inner):
    pairs = st.tuples(inner, st.sampled_from(["+", "-", "*", "//", "%"]), inner)
    return st.one_of(
        pairs.map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
        inner.map(lambda x: f"(-{x})"),
        inner.map(lambda x: f"abs({x})"),
        st.tuples(inner, inner).map(lambda t: f"max({t[0]}, {t[1]})"),
        inner.map(lambda x: f"sum(i * {x} for i in xs if i < {x})"),
        inner.map(lambda x: f"len([i for i in range({x} % 7) for j in xs if i != j])"),
        st.tuples(inner, st.integers(0, 5)).map(lambda t: f"({t[0]} ** {t[1]})"),
        st.tuples(inner, inner, inner).map(lambda t: f"({t[0]} if {t[1]} < {t[2]} <= a else {t[2]})"),
    )


int_expressions = st.recursive(ints, _int_operations, max_leaves=8)


def _bool_operations(inner):
    pairs = st.tuples(inner, st.sampled_from(["and", "or"]), inner)
    return st.one_of(pairs.map(lambda t: f"({t[0]} {t[1]} {t[2]})"), inner.map(lambda x: f"(not {x})"))


comparisons = st.one_of(
    st.tuples(int_expressions, st.sampled_from(["==", "!=", "<", ">="]), int_expressions).map(" ".join),
    st.tuples(texts, st.sampled_from(["in", "not in", "<", "=="]), texts).map(" ".join),
    st.tuples(int_expressions, st.sampled_from(["in xs", "not in sorted(xs)", "in ys"])).map(" ".join),
    st.sampled_from(["p", "q", "any([p, q])", "all([])", "'k' in m"]),
).map(lambda text: f"({text})")
expressions = st.one_of(
    int_expressions,
    st.recursive(comparisons, _bool_operations, max_leaves=6),
    st.sampled_from(["xs", "sorted(xs)", "xs[1:]", "ys + xs", "xs * 2"]),
    st.tuples(texts, texts).map(lambda t: f"{t[0]} + {t[1]}"),
    st.tuples(st.integers(-4, 4), st.integers(-4, 4)).map(lambda t: f"xs[{t[0]}:{t[1]}]"),
    int_expressions.map(lambda x: f"[{x} for i, x in enumerate(xs) for x in [i, x]]"),
    int_expressions.map(lambda x: "{str(k): k + " + x + " for k in xs}"),
    int_expressions.map(lambda x: "{'r': " + x + ", 't': [" + x + "]}"),
)


@given(expressions)
def test_an_expression_means_what_python_says(text):
    try:
        expected = eval(text, dict(NAMES))  # noqa: S307 -- Python itself is the oracle
    except ZeroDivisionError:
        expected = Fault
    if expected is Fault:
        with pytest.raises(Fault, match="division by zero"):
            evaluate(ir(text), **NAMES)
    else:
        found = evaluate(ir(text), **NAMES)
        assert found == expected
        assert type(found) is type(expected)


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
