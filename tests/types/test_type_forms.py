"""Types as text and as data; fitting, narrowing and widening by example."""

from fractions import Fraction

import pytest
from hypothesis import given, settings

from cellc.language.subtype import (
    Check,
    Exact,
    Mismatch,
    Project,
    fits_after_projection,
    is_guarded,
    is_inhabited,
    is_subtype,
    join,
    keep_type,
    remove_null,
    widen,
    without_type,
)
from cellc.language.type_codec import from_data, to_data
from cellc.language.type_text import show
from cellc.language.types import (
    BROKEN,
    DECIMAL,
    FLOAT,
    INT,
    NAMES,
    STRING,
    Bool,
    Field,
    Int,
    Json,
    List,
    Literal,
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
    optional,
    record,
    union,
)
from tests.types.strategies import TABLE, TYPES

A, B, C = Literal("a"), Literal("b"), Literal("c")
OPTIONAL = Record((Field("a", INT, True),))
TAGGED = union([record({"k": A, "v": INT}), record({"k": B, "w": INT})])


@pytest.mark.parametrize(
    ("type_", "text"),
    [
        (Int(1), "int(1..)"),
        (Int(None, 5, 5), "int(..5 step 5)"),
        (Number("decimal", Fraction(0)), "decimal(0..)"),
        (Number("float", Fraction(0), Fraction(1, 4), high_open=True), "float(0..<0.25)"),
        (Number("float", Fraction(1, 3)), "float(1/3..)"),
        (union([A, B, Null()]), "enum(a | b)?"),
        (union([INT, Literal("a b"), A]), 'int | "a b" | enum(a)'),
        (List(INT), "[int]"),
        (List(INT, 1, 10), "list(int 1..10)"),
        (String(1, 80), "string(1..80)"),
        (String(pattern="a/b"), r"string(/a\/b/)"),
        (NAMES["email"], "email"),
        (Record((Field("a", INT), Field("b", STRING, True))), "{a: int, b?: string}"),
        (Record((Field("a-b", INT),), Json()), '{"a-b": int, ...: json}'),
        (Map(Secret(STRING)), "map(secret(string))"),
        (Named("shop.orders.Order"), "Order"),
        (Literal(True, "bool"), "true"),
        (BROKEN, "?"),
    ],
)
def test_a_type_reads_as_it_is_written(type_: Type, text: str) -> None:
    assert show(type_) == text


def test_a_name_of_another_module_says_which() -> None:
    assert show(Named("shop.stock.Item"), "shop.orders") == "stock.Item"
    assert show(Named("shop.orders.Order"), "shop.orders") == "Order"


@settings(max_examples=100, deadline=None, derandomize=True)
@given(TYPES)
def test_data_gives_an_equal_type_back(type_: Type) -> None:
    back = from_data(to_data(type_))
    assert to_data(back) == to_data(type_)
    assert is_subtype(type_, back, TABLE)
    assert is_subtype(back, type_, TABLE)


def test_the_order_of_fields_and_arms_is_not_in_the_data() -> None:
    assert to_data(record({"a": INT, "b": STRING})) == to_data(record({"b": STRING, "a": INT}))
    assert to_data(union([A, INT, B])) == to_data(union([B, A, INT])) == ["union", "int", ["enum", "a", "b"]]


@pytest.mark.parametrize("data", ["strin", ["lst", "int"], [], ["list"], None, ["lit", "text", 1]])
def test_what_is_no_type_data_is_refused(data: object) -> None:
    with pytest.raises(ValueError, match=r"type|literal|unpack"):
        from_data(data)


@pytest.mark.parametrize(
    ("one", "two", "expected"),
    [
        (Int(1, 5), INT, Exact()),
        (NAMES["email"], STRING, Exact()),
        (INT, DECIMAL, Project()),
        (record({"a": INT, "b": INT}), record({"a": INT}), Project()),
        (record({"a": optional(INT)}), OPTIONAL, Project()),
        (record({"a": Null()}), OPTIONAL, Project()),
        (List(record({"a": INT, "b": INT})), List(record({"a": FLOAT})), Project()),
        (record({"k": A, "v": INT, "x": INT}), TAGGED, Project()),
        (INT, Int(1), Check("int may not be int(1..)", project=False)),
        (INT, Number("decimal", Fraction(0)), Check("decimal(step 1) may not be decimal(0..)", project=True)),
        (STRING, optional(String(1, 5)), Check("string may not be string(1..5)", project=False)),
        (List(INT), List(INT, 1), Check("[int] may not have the length of list(int 1..)", project=False)),
        (record({"a": INT, "b": INT}), record({"a": Int(0)}), Check("`a`: int may not be int(0..)", project=True)),
        (INT, STRING, Mismatch("int is not string")),
        (FLOAT, DECIMAL, Mismatch("float is not decimal")),
        (STRING, union([A, B]), Mismatch("string is not enum(a | b)")),
        (STRING, NAMES["email"], Mismatch("string is not email")),
        (Int(None, 0), Int(1), Mismatch("int(..0) is never int(1..)")),
        (optional(INT), INT, Mismatch("null is not int")),
        (OPTIONAL, record({"a": INT}), Mismatch("`a`: it may be absent in {a?: int}")),
        (record({"nmae": INT}), record({"name": INT}), Mismatch("`name`: it is missing; there is `nmae`")),
        (record({"x": List(INT)}), record({"x": List(STRING)}), Mismatch("`x[]`: int is not string")),
        (Secret(INT), INT, Mismatch("secret(int) is not int")),
        (BROKEN, INT, Exact()),
        (record({"a": BROKEN}), record({"a": INT}), Exact()),
    ],
    ids=str,
)
def test_what_handing_a_value_over_needs(one: Type, two: Type, expected: object) -> None:
    assert fits_after_projection(one, two, {}) == expected


def test_a_recursive_type_needs_what_its_parts_need() -> None:
    wide = Record((Field("v", INT), Field("x", INT), Field("next", optional(Named("Wide")))))
    narrow = Record((Field("v", INT), Field("next", optional(Named("Narrow")))))
    table = {"Wide": wide, "Narrow": narrow}
    assert fits_after_projection(Named("Wide"), Named("Narrow"), table) == Project()
    assert isinstance(fits_after_projection(Named("Narrow"), Named("Wide"), table), Mismatch)


def test_narrowing_and_joining() -> None:
    assert remove_null(optional(INT), {}) == INT
    assert keep_type(Json(), STRING, {}) == STRING
    assert keep_type(union([A, B]), A, {}) == A
    assert without_type(union([A, B, C]), A, {}) == union([B, C])
    assert without_type(Bool(), Literal(True, "bool"), {}) == Literal(False, "bool")
    assert join((Int(1), INT), {}) == INT
    assert join((A, STRING), {}) == STRING


@pytest.mark.parametrize(
    ("first", "variable"),
    [
        (Literal(1, "int"), INT),
        (Int(1), INT),
        (union([A, B]), STRING),
        (NAMES["email"], NAMES["email"]),
        (List(A, 1, 1), List(STRING)),
        (record({"k": A, "q": Int(1)}), record({"k": STRING, "q": Int(1)})),
        (TAGGED, TAGGED),
        (Named("Order"), Named("Order")),
    ],
    ids=str,
)
def test_the_type_of_a_variable_from_its_first_value(first: Type, variable: Type) -> None:
    assert widen(first) == variable


def test_recursion_is_guarded_and_inhabited_or_not() -> None:
    table = {
        "Loop": Union((Named("Loop"), INT)),
        "Endless": record({"next": Named("Endless")}),
        "Fine": record({"next": optional(Named("Fine"))}),
    }
    assert [is_guarded(name, table) for name in table] == [False, True, True]
    assert [is_inhabited(Named(name), table) for name in table] == [True, False, True]
    assert is_subtype(Named("Endless"), Never(), table)
