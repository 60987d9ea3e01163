"""Laws of the comparison of schemas: other spellings are equal, unions widen, intersections narrow, chains hold."""

import json
import random
from typing import Any

import pytest

from cellc.types import Yes, is_subtype
from tests.types.rewrites import rewritten
from tests.types.schemas import a_document

Schema = Any


def _renamed(document: Schema, mark: str) -> Schema:
    """Return a document with other names for its definitions."""
    text = json.dumps(document)
    for name in "XY":
        text = text.replace(f"#/$defs/{name}", f"#/$defs/{name}{mark}")
    new = json.loads(text)
    if "$defs" in new:
        new["$defs"] = {name[0] + mark + name[1:]: part for name, part in new["$defs"].items()}
    return new


def _check(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 -- a sample, no secret
    documents = [_renamed(a_document(chance), mark) for mark in "123"]
    documents += [rewritten(documents[0], chance), _renamed(documents[0], "Z")]
    definitions = {name: part for document in documents for name, part in document.pop("$defs", {}).items()}
    one, two, three, other, again = documents
    laws = {
        "another spelling": [(one, other), (other, one)],
        "other names": [(one, again), (again, one)],
        "a union is wider": [(one, {"anyOf": [one, two]}), (other, {"anyOf": [two, one]})],
        "an intersection is narrower": [({"allOf": [one, two]}, one), ({"allOf": [two, one]}, other)],
        "nothing is in a set and out of it": [({"allOf": [one, {"not": other}]}, False)],
        "everything is in a set or out of it": [({}, {"anyOf": [one, {"not": other}]})],
        "unions and intersections distribute": [
            ({"allOf": [one, {"anyOf": [two, three]}]}, {"anyOf": [{"allOf": [one, two]}, three]}),
        ],
    }
    for law, pairs in laws.items():
        for left, right in pairs:
            answer = is_subtype({"allOf": [left], "$defs": definitions}, {"allOf": [right], "$defs": definitions})
            assert answer == Yes(), (law, seed, answer, json.dumps([left, right, definitions]))
    chain = [is_subtype({"allOf": [a], "$defs": definitions}, {"allOf": [b], "$defs": definitions})
             for a, b in ((one, two), (two, three), (one, three))]  # fmt: skip
    assert not (chain[0] and chain[1]) or chain[2] == Yes(), ("chains hold", seed, json.dumps(documents))


def test_laws_hold_for_random_schemas() -> None:
    for seed in range(120):
        _check(seed)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_sweep_of_laws() -> None:
    for seed in range(1_000, 12_000):
        _check(seed)
