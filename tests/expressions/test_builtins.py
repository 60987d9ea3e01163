from datetime import date
from fractions import Fraction

import pytest

from cellc.language.builtins import BUILTINS, EXAMPLE_NAMES
from cellc.language.expr import compile_expression, names
from cellc.language.faults import Fault
from cellc.language.signatures import Mismatch
from cellc.language.types import (
    BROKEN,
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
    Named,
    Number,
    Scalar,
    Secret,
    String,
    Union,
    optional,
    record,
)
from tests.expressions.checked import checked
from tests.expressions.python_syntax import ir


def evaluate(text):
    tree = ir(text)
    slots = {name: i for i, name in enumerate(dict.fromkeys(names(tree)))}
    return compile_expression(tree, slots, {})([None] * len(slots))


EXAMPLE_TYPES = {"due": Scalar("date"), "now": Scalar("datetime")}


@pytest.mark.parametrize("builtin", BUILTINS.values(), ids=BUILTINS)
def test_the_example_of_every_builtin_is_well_typed_and_gives_its_result(builtin):
    found = [checked(text, EXAMPLE_TYPES).value(**EXAMPLE_NAMES) for text in (builtin.example, builtin.result)]
    assert found[0] == found[1]
    assert type(found[0]) is type(found[1])


@pytest.mark.parametrize("builtin", BUILTINS.values(), ids=BUILTINS)
def test_the_signature_of_every_builtin_reads_and_its_example_uses_it(builtin):
    assert builtin.shape.name == builtin.name
    assert f"{builtin.name}(" in builtin.example
    assert builtin.doc.endswith(".")


def typed(name, *positional, table=None, **named):
    return BUILTINS[name].type_of(positional, named, table or {})


CENTS = Number("decimal", Fraction(0))


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (typed("sum", List(CENTS)), CENTS),
        (typed("sum", List(Int(-1, 5))), INT),
        (typed("sum", List(Union((INT, FLOAT)))), FLOAT),
        (typed("len", List(INT, 1, 20)), Int(1, 20)),
        (typed("len", String(2, None)), Int(2)),
        (typed("min", List(INT)), optional(INT)),
        (typed("max", List(STRING, 1)), STRING),
        (typed("max", INT, Literal(0, "int")), Int(0)),
        (typed("min", Int(0, 10), Int(5, 20)), Int(0, 10)),
        (typed("max", INT, DECIMAL), DECIMAL),
        (typed("abs", INT), Int(0)),
        (typed("round", CENTS), Int(0)),
        (typed("round", CENTS, Literal(2, "int")), CENTS),
        (typed("round", Number("decimal", Fraction(1)), INT), DECIMAL),
        (typed("sorted", List(INT, 1, 3)), List(INT, 1, 3)),
        (typed("sorted", List(record({"a": INT})), by=INT), List(record({"a": INT}))),
        (typed("unique", List(INT, 2, 3)), List(INT, 1, 3)),
        (typed("group", List(INT), by=STRING), Map(List(INT))),
        (typed("flatten", List(List(INT))), List(INT)),
        (typed("chunks", List(INT), INT), List(List(INT))),
        (typed("put", Map(INT), STRING, STRING), Map(Union((INT, STRING)))),
        (typed("merge", record({"a": INT}), record({"b": STRING})), record({"a": INT, "b": STRING})),
        (typed("parse_int", STRING), optional(INT)),
        (typed("from_json", STRING), Json()),
        (typed("len", Named("Skus"), table={"Skus": List(STRING)}), Int(0)),
        (typed("upper", String(format="email")), STRING),
        (typed("upper", BROKEN), STRING),
        (typed("sum", List(DURATION), DURATION), DURATION),
        (typed("sum", List(INT), FLOAT), FLOAT),
        (typed("round", DECIMAL, mode=Literal("half_up")), INT),
        (typed("add_months", Scalar("date"), INT), Scalar("date")),
        (typed("isoweekday", Scalar("datetime")), Int(1, 7)),
        (typed("format", Union((INT, DECIMAL)), Literal(",.2f")), STRING),
        (typed("sum", BROKEN), BROKEN),
    ],
)
def test_the_type_of_a_call_follows_from_its_arguments(found, expected):
    assert found == expected


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (typed("upper", INT), "`upper` takes `string` as `s`, not `int`"),
        (typed("upper"), "`upper` needs its argument `s`"),
        (typed("upper", STRING, STRING), "`upper` takes at most 1 unnamed arguments, not 2"),
        (typed("upper", STRING, s=STRING), "`upper` is given `s` twice"),
        (typed("round", DECIMAL, places=INT), "`round` has no argument `places`; it has digits, mode, x"),
        (typed("sum", List(STRING)), "`sum` takes `[number | duration]` as `xs`, not `[string]`"),
        (typed("sum", List(Union((FLOAT, DECIMAL)))), "`sum` takes numbers of one kind"),
        (typed("min", INT, STRING), "these values do not compare with each other"),
        (typed("sorted", List(record({}))), "these values do not compare with each other"),
        (typed("find", STRING, Literal("(")), "the pattern is not a regular expression: missing )"),
        (typed("str", Secret(STRING)), "`str` takes `any` as `x`, not `secret(string)`"),
        (typed("any", List(INT)), "`any` takes `[bool]` as `xs`, not `[int]`"),
        (typed("flatten", List(INT)), "`flatten` takes a list of lists, not `[int]`"),
        (typed("len", optional(STRING)), "`len` takes"),
        (typed("sum", List(DURATION)), "durations have no zero in common with numbers: give one"),
        (typed("sum", List(DURATION), INT), "durations have no zero in common with numbers: give one"),
        (typed("round", DECIMAL, mode=Literal("half-up")), "`mode` is one of half_even, half_up"),
        (typed("round", FLOAT, mode=Literal("half_up")), "`mode` is for decimals"),
        (typed("format", List(INT), Literal(">5")), "`format` takes `number | string | date"),
        (typed("format", INT, Literal("%Y")), "'%Y' is not a format"),
        (typed("format", STRING, Literal("d")), "`format` cannot do that: Unknown format code 'd'"),
        (typed("format", Scalar("date"), Literal("%H")), "%H is not in a date"),
        (typed("format", Scalar("time"), Literal("%A")), "`format` knows %Y %m"),
    ],
)
def test_a_call_that_does_not_fit_is_explained(found, words):
    assert isinstance(found, Mismatch)
    assert found.text.startswith(words)


def test_by_sees_the_items_of_the_list():
    assert BUILTINS["sorted"].item([List(STRING)], {}) == STRING
    assert BUILTINS["max"].item([Union((List(INT), List(FLOAT)))], {}) == Union((INT, FLOAT))
    assert isinstance(BUILTINS["group"].item([STRING], {}), Mismatch)


def test_pairs_type_two_targets():
    assert BUILTINS["items"].pair_of([Map(INT)], {}, {}) == (STRING, INT)
    assert BUILTINS["zip"].pair_of([List(INT), List(STRING)], {}, {}) == (INT, STRING)
    assert {name for name, row in BUILTINS.items() if row.pairs} == {"enumerate", "zip", "items"}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('str(parse_decimal("100.00"))', "100.00"),
        ('str(parse_date("2026-02-28"))', "2026-02-28"),
        ('format(parse_date("2026-02-28"), "%d.%m.%Y")', "28.02.2026"),
        ('format("a", ">3")', "  a"),
        ("str([1, null])", "[1,null]"),
        ("max([{n: 1}, {n: 5}, {n: 5, m: 1}], by=it.n)", {"n": 5}),
        ("sorted([[3, 1], [2]], by=max(it, by=-it))", [[3, 1], [2]]),
        ("min([])", None),
        ("range(start=1, stop=4)", [1, 2, 3]),
        ("range(3, 0, -1)", [3, 2, 1]),
        ("unique([1 == 1, 1 == 2, 1 == 1])", [True, False]),
        ('parse_int("1_000")', None),
        ('parse_int("٣")', None),
        ('from_json("{")', None),
        ('from_json("[1.5]")', [1.5]),
        ('hash({"a": 1, "b": 2}) == hash({"b": 2, "a": 1})', True),
        ("hash(1) == hash(2)", False),
        ('parse_date("2026-02-28")', date(2026, 2, 28)),
    ],
)
def test_builtins_give(text, value):
    assert evaluate(text) == value


@pytest.mark.parametrize(
    "text",
    [
        "range(10 ** 12)",
        "range(0, 10, 0)",
        "round(5, -100000000)",
        'format(1, "1000000000")',
        'format(1.5, ".99999999f")',
        'format(1, "n")',
        'format(parse_date("2026-02-28"), "%A")',
        'split("a", "")',
        "chunks([1], 0)",
        'matches("a", "(")',
        'replace(replace("a" * 5000000, "a", "bb"), "b", "cc")',
        'join(["a" * 1000000, "b"] * 40)',
        "flatten([range(1000000), range(1000000)])",
    ],
)
def test_what_would_pass_a_limit_is_a_fault(text):
    with pytest.raises(Fault):
        evaluate(text)
