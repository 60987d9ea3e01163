"""Which names a piece of a topology refers to."""

from collections.abc import Iterator

from cellc.compiler.load import children
from cellc.language import ast


def free_names(part: object, bound: frozenset[str] = frozenset()) -> Iterator[str]:
    """Yield the names that a piece of a node's text refers to, without those that its own comprehensions bind."""
    match part:
        case ast.Name(text):
            if text not in bound:
                yield text
        case ast.Comprehension() | ast.MapComprehension():
            for clause in part.clauses:
                yield from free_names(clause.items, bound)
                bound |= {t.text for t in clause.targets}
                yield from free_names(clause.conditions, bound)
            heads = (part.element,) if isinstance(part, ast.Comprehension) else (part.key, part.value)
            yield from free_names(heads, bound)
        case _:
            for child in children(part):
                yield from free_names(child, bound)
