"""Laws of subtyping, fitting and narrowing on random types: a yes is attacked with values, a witness is confirmed."""

import random
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, assume, given, reject, settings
from hypothesis import strategies as st

from cellc import types as public
from cellc.language.subtype import (
    Check,
    Exact,
    Mismatch,
    No,
    Project,
    Unknown,
    Yes,
    fits_after_projection,
    is_inhabited,
    is_subtype,
    join,
    keep_type,
    overlaps,
    widen,
    without_type,
)
from cellc.language.types import Never, Record, Type, union
from cellc.language.values import fits, project
from tests.types.strategies import TABLE, TYPES, NoValue, a_value

LAW = settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
"""The same examples in every run; the sweeps below go further."""


SEEDS = st.integers(0, 2**32)


def _value(type_: Type, seed: int) -> Any:
    try:
        return a_value(type_, random.Random(seed))  # noqa: S311 -- a sample, no secret
    except NoValue:
        reject()


@LAW
@given(TYPES)
def test_every_type_is_within_itself(type_: Type) -> None:
    assert is_subtype(type_, type_, TABLE) == Yes()
    assert is_subtype(type_, union((type_, Never())), TABLE) == Yes()


@LAW
@given(TYPES, TYPES)
def test_a_no_has_a_witness_that_memory_confirms(one: Type, two: Type) -> None:
    answer = is_subtype(one, two, TABLE)
    assert not isinstance(answer, Unknown)
    if isinstance(answer, No) and not _mentions_secret(one, two):
        assert fits(answer.witness, one, TABLE) == []
        assert fits(answer.witness, two, TABLE) != []


def _mentions_secret(*types: Type) -> bool:
    return "Secret" in repr(types)  # a secret is a different type from what it hides, but the same value in memory


@LAW
@given(TYPES, TYPES, SEEDS)
def test_a_yes_survives_values(one: Type, two: Type, seed: int) -> None:
    assume(bool(is_subtype(one, two, TABLE)))
    assert fits(_value(one, seed), two, TABLE) == []


@LAW
@given(TYPES, TYPES, TYPES)
def test_subtyping_is_transitive(one: Type, two: Type, three: Type) -> None:
    wider = union((one, two))
    widest = union((wider, three))
    assert is_subtype(one, wider, TABLE)
    assert is_subtype(wider, widest, TABLE)
    assert is_subtype(one, widest, TABLE)
    if is_subtype(one, two, TABLE) and is_subtype(two, three, TABLE):
        assert is_subtype(one, three, TABLE)


@LAW
@given(TYPES, TYPES, TYPES)
def test_a_union_is_within_what_all_its_arms_are_within(one: Type, two: Type, three: Type) -> None:
    apart = bool(is_subtype(one, three, TABLE)) and bool(is_subtype(two, three, TABLE))
    assert bool(is_subtype(union((one, two)), three, TABLE)) == apart


@LAW
@given(TYPES, st.integers())
def test_the_order_of_fields_and_arms_means_nothing(type_: Type, seed: int) -> None:
    shuffled = _shuffled(type_, random.Random(seed))  # noqa: S311 -- a shuffle, no secret
    assert is_subtype(type_, shuffled, TABLE)
    assert is_subtype(shuffled, type_, TABLE)


def _shuffled(type_: Type, chance: random.Random) -> Type:
    if isinstance(type_, Record):
        return Record(tuple(chance.sample(type_.fields, len(type_.fields))), type_.extra)
    arms = getattr(type_, "arms", None)
    return union(chance.sample([_shuffled(arm, chance) for arm in arms], len(arms))) if arms else type_


@LAW
@given(TYPES, TYPES, SEEDS)
def test_types_that_share_a_value_overlap(one: Type, two: Type, seed: int) -> None:
    value = _value(one, seed)
    assert is_inhabited(one, TABLE)
    if not _mentions_secret(one, two) and not fits(value, two, TABLE):
        assert overlaps(one, two, TABLE)
        assert overlaps(two, one, TABLE)


@LAW
@given(TYPES, TYPES, SEEDS)
def test_what_fitting_promises_holds(one: Type, two: Type, seed: int) -> None:
    fit = fits_after_projection(one, two, TABLE)
    assume(not isinstance(fit, Mismatch))
    value = _value(one, seed)
    match fit:
        case Exact():
            assert fits(value, two, TABLE) == []
        case Project():
            assert fits(project(value, two, TABLE), two, TABLE) == []
        case Check():
            assert fit.reason


@LAW
@given(TYPES, TYPES)
def test_a_join_holds_both_and_no_more(one: Type, two: Type) -> None:
    joined = join((one, two), TABLE)
    assert is_subtype(union((one, two)), joined, TABLE)
    assert is_subtype(joined, union((one, two)), TABLE)


@LAW
@given(TYPES)
def test_widening_never_narrows(type_: Type) -> None:
    assert is_subtype(type_, widen(type_), TABLE)


@LAW
@given(TYPES, TYPES, SEEDS)
def test_narrowing_keeps_every_value_that_passes_the_test(one: Type, two: Type, seed: int) -> None:
    assume(not _mentions_secret(one, two))
    value = _value(one, seed)
    narrowed = (keep_type if not fits(value, two, TABLE) else without_type)(one, two, TABLE)
    assert fits(value, narrowed, TABLE) == []
    assert is_subtype(narrowed, one, TABLE)


@LAW
@given(TYPES, TYPES)
def test_what_is_within_in_the_language_is_within_as_schemas(one: Type, two: Type) -> None:
    assume(bool(is_subtype(one, two, TABLE)))
    assert public.is_subtype((one, TABLE), (two, TABLE)) == Yes()


@LAW
@given(TYPES, TYPES)
def test_a_no_about_exported_schemas_is_confirmed_by_jsonschema(one: Type, two: Type) -> None:
    answer = public.is_subtype((one, TABLE), (two, TABLE))
    assert not isinstance(answer, Unknown)
    if isinstance(answer, No):
        assert _validator(one).is_valid(answer.witness)
        assert not _validator(two).is_valid(answer.witness)


def _validator(type_: Type) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(public.to_json_schema(type_, TABLE))


@pytest.mark.slow
@pytest.mark.timeout(900)
@settings(max_examples=400, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(TYPES, TYPES, SEEDS)
def test_sweep_answers_are_exact(one: Type, two: Type, seed: int) -> None:
    answer = is_subtype(one, two, TABLE)
    assert not isinstance(answer, Unknown)
    if _mentions_secret(one, two):
        return
    if isinstance(answer, No):
        assert fits(answer.witness, one, TABLE) == []
        assert fits(answer.witness, two, TABLE) != []
    else:
        assert fits(_value(one, seed), two, TABLE) == []
