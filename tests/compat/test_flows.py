"""What goes across the contract, on random types: the rows say what the types say, and what runs do with values."""

import random
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from cellc.compiler.compat.changes import Verdict
from cellc.compiler.compat.flows import Differ, Difference
from cellc.compiler.compat.rules import ANSWER, FLOWS, INPUT, OUTPUT, PAYLOAD, RULES, Flow
from cellc.compiler.compat.version_types import VersionTypes
from cellc.language.secret_types import holds_secret
from cellc.language.type_codec import from_data, to_data
from cellc.language.types import Field, Record, Type
from cellc.language.values import from_json, to_json
from tests.types.strategies import TABLE, TYPES, NoValue, a_value

DATA = {name: to_data(type_) for name, type_ in TABLE.items()}
LAW = settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
SWEEP = settings(LAW, max_examples=1000)
VALUES = 20


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Type, Type]:
    """Two types; mostly records that differ in one field or two."""
    if draw(st.booleans()):
        return draw(TYPES), draw(TYPES)
    fields = {
        name: draw(st.tuples(TYPES, st.booleans())) for name in draw(st.sets(st.sampled_from("abcd"), min_size=1))
    }
    changed = dict(fields)
    for name in draw(st.sets(st.sampled_from("abcd"), max_size=2)):
        if name in changed and draw(st.booleans()):
            del changed[name]
        else:
            changed[name] = draw(st.tuples(TYPES, st.booleans()))
    one, two = (Record(tuple(Field(n, t, o) for n, (t, o) in f.items())) for f in (fields, changed))
    return (one, two) if draw(st.booleans()) else (two, one)


def found(old: Type, new: Type, flow: Flow) -> tuple[list[Difference], Differ]:
    differ = Differ(VersionTypes(DATA, DATA), "m")
    return differ.compare(old, new, flow, "cells.c.in"), differ


def breaks(differences: list[Difference]) -> bool:
    return any(RULES[d.kind].verdict is Verdict.BREAKING for d in differences)


def canonical(pair: tuple[Type, Type]) -> Iterator[Type]:
    """The types as a graph has them."""
    yield from (from_data(to_data(type_)) for type_ in pair)


def rows_say_what_the_types_say(pair: tuple[Type, Type], flow: Flow) -> None:
    old, new = canonical(pair)
    differences, differ = found(old, new, flow)
    assert breaks(differences) == (not differ.types.ask(old, new, flow).forward)


def what_is_compatible_is_taken(pair: tuple[Type, Type], flow: Flow, seed: int) -> None:
    old, new = canonical(pair)
    if any(holds_secret(type_, TABLE) for type_ in (old, new)):
        reject()  # a secret's JSON says nothing
    if breaks(found(old, new, flow)[0]):
        return
    chance = random.Random(seed)  # noqa: S311 -- a sample, no secret
    source, target = (old, new) if flow.given else (new, old)
    for _ in range(VALUES):
        try:
            value = a_value(source, chance)
        except NoValue:
            reject()
        from_json(to_json(value), target, TABLE, extra="drop" if flow.drops else "refuse")


@LAW
@given(pairs(), st.sampled_from(FLOWS))
def test_rows_say_what_the_types_say(pair: tuple[Type, Type], flow: Flow) -> None:
    rows_say_what_the_types_say(pair, flow)


@LAW
@given(pairs(), st.sampled_from([INPUT, PAYLOAD, OUTPUT, ANSWER]), st.integers(0, 2**32))
def test_what_is_compatible_is_taken(pair: tuple[Type, Type], flow: Flow, seed: int) -> None:
    what_is_compatible_is_taken(pair, flow, seed)


@pytest.mark.slow
@SWEEP
@given(pairs(), st.sampled_from(FLOWS), st.integers(0, 2**32))
def test_both_on_many(pair: tuple[Type, Type], flow: Flow, seed: int) -> None:
    rows_say_what_the_types_say(pair, flow)
    what_is_compatible_is_taken(pair, flow, seed)
