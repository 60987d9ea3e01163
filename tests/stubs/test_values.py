"""Models accept exactly the values of their types, by the language's own checks, and give them back."""

import json
import random
import sys
from decimal import Decimal
from fractions import Fraction
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pydantic import Secret, TypeAdapter, ValidationError

from cellc.language.interface import Interface
from cellc.language.secret_types import holds_secret
from cellc.language.types import (
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
    Scalar,
    String,
    Type,
    Union,
    union,
)
from cellc.language.types import Secret as SecretType
from cellc.language.values import fits, to_json
from cellc.stubs import python_module
from tests.stubs.conftest import run
from tests.types.strategies import TABLE, TYPES, NoValue, a_value


def can_be_written(type_: Type) -> bool:
    """Whether edition 1 has the type: no steps, open ends or open records, no secret beside a plain value."""
    match type_:
        case Int():
            return type_.step is None
        case Number():
            return type_.step is None and not type_.low_open and not type_.high_open
        case List(inner) | Map(inner) | SecretType(inner):
            return can_be_written(inner)
        case Record(fields, extra):
            return extra is None and all(can_be_written(f.type) and not has_null(f) for f in fields)
        case Union(arms):
            plain = [a for a in arms if not isinstance(a, Null)]
            secrets = sum(isinstance(a, SecretType) for a in plain)
            return secrets in {0, len(plain)} and all(map(can_be_written, arms))
        case Literal():
            return type_.kind != "decimal"
        case _:
            return True


def has_null(field: Field) -> bool:
    return field.optional and not fits(None, field.type, TABLE)


def adapter(type_: Type) -> TypeAdapter[Any]:
    table = {**TABLE, "t.Subject": Record((Field("it", type_),))}
    module = run(python_module(Interface("t", modules=dict.fromkeys(table, "t"), types=table)))
    try:
        return TypeAdapter(module.Subject)
    finally:
        del sys.modules[module.__name__]


def revealed(value: Any) -> Any:
    match value:
        case Secret():
            return revealed(value.get_secret_value())
        case dict():
            return {key: revealed(item) for key, item in value.items()}
        case list():
            return [revealed(item) for item in value]
        case _ if hasattr(value, "model_dump"):
            return revealed(value.model_dump())
        case _:
            return value


def same(given_: Any, back: Any) -> bool:
    """Whether a value came back: but for fields that were null and are absent, and ints that became floats."""
    match given_, back:
        case dict(), dict():
            kept = {key for key, item in given_.items() if item is not None or key in back}
            return back.keys() == kept and all(same(given_[key], back[key]) for key in kept)
        case list(), list():
            return len(given_) == len(back) and all(map(same, given_, back))
        case _:
            kinds = (type(given_), type(back))
            return given_ == back and (kinds[0] is kinds[1] or kinds == (int, float))


def check(type_: Type, values: list[Any]) -> None:
    model = adapter(type_)
    whole = Record((Field("it", type_),))
    for value in values:
        subject = {"it": value}
        problems = fits(subject, whole, TABLE)
        try:
            back = revealed(model.dump_python(model.validate_python(subject)))
        except ValidationError:
            assert problems, (type_, subject)
            continue
        assert same(subject, back), (type_, subject, back)
        assert not fits(back, whole, TABLE), (type_, subject, back)


def some_values(type_: Type, chance: random.Random) -> list[Any]:
    found = []
    for _ in range(4):
        try:
            found.append(a_value(type_, chance))
        except NoValue:
            break
    return found


@given(TYPES, st.lists(TYPES, max_size=3), st.randoms(use_true_random=False))
@settings(max_examples=250)
def test_a_model_accepts_what_fits_and_nothing_else(one: Type, others: list[Type], chance: random.Random) -> None:
    assume(can_be_written(one))
    check(one, [*some_values(one, chance), *(v for other in others for v in some_values(other, chance))])


KINDS: list[Any] = [None, True, False, 0, 1, 1.0, 0.5, 0.3, 0.1 + 0.2, Decimal(1), Decimal("0.5"), "", "1", "a", [], {}]
FORMS: list[Type] = [
    Literal(1, "int"),
    Literal(True, "bool"),
    union([Literal(1, "int"), Literal(True, "bool"), Literal("a")]),
    Literal(Decimal("0.5"), "float"),
    Literal(Decimal(1), "float"),
    union([Int(), Number("float")]),
    union([Number("float"), Number("decimal"), Null()]),
    Number("float", low=Fraction(3, 10), high=Fraction(1)),
    Number("decimal", high=Fraction(1)),
    String(1),
    union([String(pattern="a?"), Scalar("date")]),
    Json(),
    List(Json()),
    Map(Int()),
    Record(()),
    Named("t.Tree"),
    SecretType(union([Int(), Null()])),
]


def test_values_that_python_calls_equal_are_told_apart() -> None:
    for form in FORMS:
        check(form, [*KINDS, *[[kind] for kind in KINDS], *[{"a": kind} for kind in KINDS]])


@given(TYPES, st.randoms(use_true_random=False))
@settings(max_examples=100)
def test_json_is_what_the_language_writes_and_is_read_again(type_: Type, chance: random.Random) -> None:
    assume(can_be_written(type_) and not holds_secret(type_, TABLE))
    model = adapter(type_)
    for value in some_values(type_, chance):
        text = model.dump_json(model.validate_python({"it": value}))
        assert json.loads(text) == to_json({"it": value})
        model.validate_json(text)
