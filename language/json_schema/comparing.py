"""Questions about two schemas, over all JSON values.

Where what is not carried leaves a doubt, the search names candidates: values that are a witness unless what is not
carried says otherwise. The `jsonschema` library, which knows every keyword, judges them one by one.
"""

import re
from collections.abc import Callable
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.validators import validator_for
from jsonschema_specifications import REGISTRY
from referencing.exceptions import Unresolvable

from cellc.language.json_schema.documents import Schema
from cellc.language.json_schema.reading import schema_set
from cellc.language.subtype.constants import constant_set
from cellc.language.subtype.goals import Signed
from cellc.language.subtype.search import BUDGET, Answer, No, Unknown, Yes, find_value
from cellc.language.subtype.sets import JSON, Set

_FIRST, _SECOND = "1 ", "2 "
_CANDIDATES = 20


def is_schema_subtype(one: Schema, two: Schema) -> Answer:
    """Return whether every JSON value that `one` accepts is accepted by `two`; a No carries one that is not.

    Raises ValueError where one of them is no schema.
    """
    try:
        first, second = schema_set(one, _FIRST), schema_set(two, _SECOND)
    except RecursionError:
        return Unknown("a constant is nested too deeply")

    def define(name: str) -> Set:
        return (first if name.startswith(_FIRST) else second).define(name)

    return _decide({(first.whole, True), (second.whole, False)}, define, one, two)


def _decide(goal: set[Signed], define: Callable[[str], Set], one: Schema, two: Schema) -> Answer:
    budget = BUDGET
    for _ in range(_CANDIDATES):
        found, doubt = find_value(frozenset(goal), define, JSON, budget)
        if doubt is None:
            return Yes() if found is None else No(found.value)
        if found is None:
            break
        verdict = _is_witness(found.value, one, two)
        if verdict:
            return No(found.value)
        if verdict is None:
            break
        goal.add((constant_set(found.value), False))
        budget = BUDGET // _CANDIDATES
    return Unknown(doubt or "it takes too much work")


def _is_witness(value: Any, one: Schema, two: Schema) -> bool | None:
    """Return whether `one` accepts a value that `two` does not; None where the judge cannot say."""
    try:
        return _accepts(one, value) and not _accepts(two, value)
    except (Unresolvable, re.error, RecursionError, TypeError, ArithmeticError):
        return None


def _accepts(schema: Schema, value: Any) -> bool:
    """Ask the judge, without the network: references that lead out of the document are not followed."""
    return validator_for(schema, default=Draft202012Validator)(schema, registry=REGISTRY).is_valid(value)
