"""Which answers a request gets: by the text of an expression over it."""

from collections.abc import Callable, Mapping
from json import dumps
from typing import Any

from cellc.language.expr import compile_expression, names
from cellc.language.faults import Fault
from cellc.language.graph import Ir
from cellc.language.types import TypeTable
from cellc.language.values import to_json


def told_by(ir: Ir, types: TypeTable) -> Callable[[Mapping[str, Any]], str | None]:
    """Return what gives the text of an expression over a request; None where its evaluation fails."""
    slots = {name: slot for slot, name in enumerate(dict.fromkeys(names(ir)))}
    evaluate = compile_expression(ir, slots, types)

    def text(request: Mapping[str, Any]) -> str | None:
        try:
            said = to_json(evaluate([request.get(name) for name in slots]))
        except Fault:
            return None
        return said if isinstance(said, str) else dumps(said, ensure_ascii=False)

    return text
