"""The plan of a cell whose body is Python: one place, from which all of its requests are made."""

from typing import Any

from cellc.language.graph import CellInfo
from cellc.runtime.core.plan import CellPlan, CodeNode, Member, UndoPlan

PLACE = "request"
"""The name of the place; requests are numbered: `score/request[0]`."""


def code_plan(cell: CellInfo) -> CellPlan:
    """Return the plan: what the code asks for, and with what, is known only when it does."""
    call = Member("", "", PLACE, cell=False, arguments=_given, within=None, undo=None)
    undos = {effect: UndoPlan(effect, effect, cell=False, arguments=_given, it=-1) for effect in sorted(cell.effects)}
    node = CodeNode(
        index=0, name=PLACE, target=None, when=None, after=(), handlers=(), tries=(), scope=(), call=call, undos=undos
    )
    return CellPlan(cell.name, (node,), {"inputs": 0}, (), is_topology=False, python=cell.python)


def _given(_slots: list[Any]) -> dict[str, Any]:
    raise AssertionError("the code says what it asks with")
