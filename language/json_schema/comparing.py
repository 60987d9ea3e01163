"""Questions about two schemas, over all JSON values.

Where what is not carried leaves a doubt, the search names candidates: values that are a witness unless what is not
carried says otherwise. The `jsonschema` library, which knows every keyword, judges them one by one.
"""

from collections.abc import Callable
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.validators import validator_for
from jsonschema_specifications import REGISTRY

from cellc.language.json_schema.documents import Schema, possible_drafts
from cellc.language.json_schema.reading import schema_set
from cellc.language.subtype.constants import constant_set
from cellc.language.subtype.search import BUDGET, Answer, No, Unknown, Yes, find_value
from cellc.language.subtype.sets import JSON, Not, Set, both, either

_CANDIDATES = 20


def is_schema_subtype(one: Schema, two: Schema) -> Answer:
    """Return whether every JSON value that `one` accepts is accepted by `two`; a No carries one that is not.

    Where a schema can be read in two ways because it names no draft, an answer holds for both. Raises ValueError where
    one of them is no schema.
    """
    drafts = max(possible_drafts(one), possible_drafts(two), key=len)
    try:
        pairs = [
            [schema_set(s, f"{number}.{draft} ", draft) for number, s in enumerate((one, two))] for draft in drafts
        ]
    except RecursionError:
        return Unknown("a constant is nested too deeply")
    defining = {reading.prefix: reading.define for pair in pairs for reading in pair}

    def define(name: str) -> Set:
        return defining[name[: name.index(" ") + 1]](name)

    apart = [both([first.whole, Not(second.whole)]) for first, second in pairs]
    answer = _decide(either(apart), define, one, two)
    if len(apart) == 1 or isinstance(answer, Yes):
        return answer
    answer = _decide(both(apart), define, one, two)
    return answer if isinstance(answer, No) else Unknown("drafts disagree about what is beside `$ref`: say `$schema`")


def _decide(apart: Set, define: Callable[[str], Set], one: Schema, two: Schema) -> Answer:
    """Return whether nothing is in `apart`, which holds what `one` accepts and `two` does not."""
    goal = {(apart, True)}
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
    except Exception:  # noqa: BLE001 -- what the judge cannot read, for whatever reason, it does not judge
        return None


def _accepts(schema: Schema, value: Any) -> bool:
    """Ask the judge, without the network: references that lead out of the document are not followed."""
    return validator_for(schema, default=Draft202012Validator)(schema, registry=REGISTRY).is_valid(value)
