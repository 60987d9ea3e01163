"""JSON texts from outside, read as values of a declared type. A decimal is never read as a float on its way."""

from collections.abc import Sequence
from typing import Any

from cellc.language.types import Type, TypeTable
from cellc.language.values import BadJson, Misfit, Problem, from_json, parse_json
from cellc.runtime.commands import Refusal, Refused


def typed(data: str, type_: Type, types: TypeTable, name: str, *, drop: bool = False) -> Any:
    """Return the value of type `type_` that a JSON text says.

    Fields that the type does not have are refused, or dropped with `drop`. Raises Refused with every problem; `name` is
    what the text does not fit then.
    """
    try:
        return from_json(parse_json(data), type_, types, extra="drop" if drop else "refuse")
    except BadJson as problem:
        raise misfit(name, [Problem("", f"JSON ({problem})", "something else")]) from None
    except Misfit as found:
        raise misfit(name, found.problems) from None


def misfit(name: str, problems: Sequence[Problem]) -> Refused:
    """Return the refusal of what does not fit `name`."""
    return Refused(
        tuple(
            Refusal(
                "E831",
                {
                    "name": name,
                    "where": f" at `{found.path}`" if found.path else "",
                    "expected": found.expected,
                    "found": found.found,
                    "near": found.hint or "nothing has been recorded",
                },
            )
            for found in problems
        )
    )
