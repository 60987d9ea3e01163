"""Subtyping decided by trying every value: schemas cut down to a universe that is small enough to be enumerated."""

import itertools
import json
import random
from typing import Any

import jsonschema
import pytest

from cellc.types import No, Yes, is_subtype
from tests.types.schemas import a_document

_SCALARS: list[Any] = [None, True, 0, 1, 2.5, "", "a", "ab"]
_KEYS = "ab"


def _universe() -> list[Any]:
    lists = [list(items) for size in range(4) for items in itertools.product(_SCALARS[:6], repeat=size)]
    contents = [*_SCALARS, ...]  # ...: the key is absent
    objects = [
        {key: value for key, value in zip(_KEYS, values, strict=True) if value is not ...}
        for values in itertools.product(contents, repeat=len(_KEYS))
    ]
    return [*_SCALARS, *lists, *objects]


UNIVERSE = _universe()
IN_UNIVERSE = {
    "anyOf": [
        {"enum": _SCALARS},
        {"type": "array", "items": {"enum": _SCALARS[:6]}, "maxItems": 3},
        {
            "type": "object",
            "properties": {key: {"enum": _SCALARS} for key in _KEYS},
            "additionalProperties": False,
        },
    ]
}


def _within(document: Any) -> Any:
    """Return the schema of the values of `document` that are in the universe."""
    definitions = document.get("$defs", {})
    return {"allOf": [{k: v for k, v in document.items() if k != "$defs"}, IN_UNIVERSE], "$defs": definitions}


def _compare(seeds: range) -> dict[str, int]:
    """Compare pairs of random schemas by answer and by enumeration."""
    counts = {"yes": 0, "no": 0}
    for seed in seeds:
        chance = random.Random(seed)  # noqa: S311 -- a sample, no secret
        documents = [a_document(chance) for _ in range(4)]
        validators = [jsonschema.Draft202012Validator(document) for document in documents]
        valid = [[validator.is_valid(value) for value in UNIVERSE] for validator in validators]
        for one, two in itertools.permutations(range(len(documents)), 2):
            outside = [v for v, p, q in zip(UNIVERSE, valid[one], valid[two], strict=True) if p and not q]
            answer = is_subtype(_within(documents[one]), documents[two])
            about = json.dumps([documents[one], documents[two]])
            assert isinstance(answer, No if outside else Yes), (answer, outside[:1], about)
            counts["no" if outside else "yes"] += 1
    return counts


def test_the_universe_is_what_its_schema_says() -> None:
    validator = jsonschema.Draft202012Validator(IN_UNIVERSE)
    assert all(map(validator.is_valid, UNIVERSE))


def test_answers_agree_with_enumeration() -> None:
    counts = _compare(range(25))
    assert min(counts.values()) > 60


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_sweep_of_answers_against_enumeration() -> None:
    counts = _compare(range(1_000, 1_800))
    assert min(counts.values()) > 1_500
