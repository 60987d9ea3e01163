"""Questions about expressions in graph form (`graph.Ir`): which variables one reads."""

from collections.abc import Iterable

from cellc.language.graph import Ir

_TYPED = frozenset({"is", "project", "check", "cast"})
"""Operators whose last operand is a type, not an expression."""


def variables(ir: Ir | None) -> frozenset[str]:
    """Return the variables that an expression reads from its surroundings."""
    if ir is None:
        return frozenset()
    op, *operands = ir
    match op:
        case "lit":
            return frozenset()
        case "var":
            return frozenset(operands)
        case "cmp":
            return _all(operands[0][::2])
        case "list" | "format":
            return _all(operands[0])
        case "record":
            return _all(value for _, value in operands[0])
        case "field":
            return variables(operands[0])
        case "comp" | "mapcomp":
            return _comprehension(operands[:-1], operands[-1])
        case "call":
            return _all(operands[1]) | (_all(operands[2].values()) - {"it"})
        case _:
            return _all(operands[:-1] if op in _TYPED else operands)


def _all(irs: Iterable[Ir | None]) -> frozenset[str]:
    return frozenset[str]().union(*(variables(ir) for ir in irs))


def _comprehension(heads: list[Ir], clauses: list[tuple[list[str], Ir, list[Ir]]]) -> frozenset[str]:
    """Targets have names of their own in a cell (`x#1`), so taking them all away at once is right."""
    inside = _all(heads)
    targets: set[str] = set()
    for names, items, conditions in clauses:
        inside |= variables(items) | _all(conditions)
        targets |= set(names)
    return inside - targets
