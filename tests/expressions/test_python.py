"""Expressions mean what Python's own `eval` says, and a value is of the type that was inferred for it."""

import decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings

from cellc.language.faults import Fault
from cellc.language.values import fits
from tests.expressions.checked import Checked, checked
from tests.expressions.generating import (
    CELL,
    OTHERS,
    PYTHON,
    PYTHON_NAMES,
    VARIABLES,
    Variables,
    expressions,
    variables,
)

TYPES = {name: type_ for name, (_, type_) in VARIABLES.items()}
ALL_TYPES = {**TYPES, **{name: type_ for name, (_, type_) in OTHERS.items()}}
IMPOSSIBLE = {"E310"}
"""A comparison that can have one outcome only is an error here: such an expression is drawn again."""

FAULTS = (ZeroDivisionError, OverflowError, decimal.DecimalException)
SLOW = settings(max_examples=2_000, suppress_health_check=list(HealthCheck))
QUICK = settings(max_examples=300, suppress_health_check=list(HealthCheck))


def python(text: str, values: Variables) -> Any:
    """Return what Python gives, Fault for what it raises."""
    with decimal.localcontext(decimal.Context(prec=34, Emax=6144, Emin=-6143)):
        try:
            return eval(text, {**PYTHON_NAMES, **values})  # noqa: S307 -- Python itself is the oracle
        except FAULTS:
            return Fault


def ours(found: Checked, values: Variables) -> Any:
    try:
        return found.value(**values)
    except Fault:
        return Fault


def typed(text: str, types: Any) -> Checked:
    found = checked(text, types)
    assume(set(found.errors) != IMPOSSIBLE)
    assert found.errors == (), text
    return found


def agree(text: str, values: Variables) -> None:
    found, expected = typed(text, TYPES), python(text, values)
    result = ours(found, values)
    assert repr(result) == repr(expected), text  # shows the kind of numbers, their zeros and signs
    assert result is Fault or not fits(result, found.type, found.table), found.type


def sound(text: str, values: Variables) -> None:
    found = typed(text, ALL_TYPES)
    result = ours(found, values)
    assert result is Fault or not fits(result, found.type, found.table), found.type


def accepted(text: str, values: Variables) -> None:
    """Check that the checker ends, and that what it lets pass gives a value of its type or a fault."""
    found = checked(text, ALL_TYPES)
    if not found.errors:
        result = ours(found, values)
        assert result is Fault or not fits(result, found.type, found.table), found.type


@QUICK
@given(expressions(PYTHON), variables(VARIABLES))
def test_an_expression_means_what_python_says(text: str, values: Variables) -> None:
    agree(text, values)


@QUICK
@given(expressions(PYTHON, CELL), variables(VARIABLES, OTHERS))
def test_a_value_is_of_its_type(text: str, values: Variables) -> None:
    sound(text, values)


@QUICK
@given(expressions(PYTHON, CELL, careless=True), variables(VARIABLES, OTHERS))
def test_what_is_not_well_typed_is_refused_and_not_run(text: str, values: Variables) -> None:
    accepted(text, values)


@pytest.mark.slow
@pytest.mark.timeout(1200)
@SLOW
@given(expressions(PYTHON, CELL, depth=4, careless=True), variables(VARIABLES, OTHERS))
def test_much_that_is_not_well_typed_is_refused_and_not_run(text: str, values: Variables) -> None:
    accepted(text, values)


@pytest.mark.slow
@pytest.mark.timeout(1200)
@SLOW
@given(expressions(PYTHON, depth=5), variables(VARIABLES))
def test_many_expressions_mean_what_python_says(text: str, values: Variables) -> None:
    agree(text, values)


@pytest.mark.slow
@pytest.mark.timeout(1200)
@SLOW
@given(expressions(PYTHON, CELL, depth=4), variables(VARIABLES, OTHERS))
def test_many_values_are_of_their_types(text: str, values: Variables) -> None:
    sound(text, values)
