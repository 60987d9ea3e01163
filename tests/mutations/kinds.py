"""Kinds of mistakes that people make: functions from a right module to wrong ones, and the codes that find each.

A function yields one edit for each place where its mistake can be made. `many`: the mistake has several consequences
which nobody could call one (an error that is no longer declared is missing wherever it is raised).
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from cellc.language import ast
from cellc.language.builtins import BUILTINS
from cellc.language.names import COMBINATORS
from cellc.language.span import Span
from tests.mutations.sites import Edit, Subject

Mistake = Callable[[Subject], Iterator[Edit]]


@dataclass(frozen=True)
class Kind:
    """A kind of mistake: what it is in a few words, the codes that find it, whether it has many consequences."""

    name: str
    codes: tuple[str, ...]
    mistakes: Mistake
    many: bool = False


KINDS: dict[str, Kind] = {}

WRONG = "[[true]]"
"""A value that fits nothing in any example."""


def kind(what: str, *codes: str, many: bool = False) -> Callable[[Mistake], Mistake]:
    """Register a kind of mistake."""

    def register(mistakes: Mistake) -> Mistake:
        KINDS[mistakes.__name__] = Kind(what, codes, mistakes, many)
        return mistakes

    return register


def misspelt(name: str) -> str:
    return f"{name}x" if not name.endswith("x") else f"{name}y"


def cells(subject: Subject) -> Iterator[ast.CellDecl]:
    yield from subject.tree.cells


def declared_as(subject: Subject, name: str) -> ast.CellDecl | ast.EffectDecl | None:
    declared = (*subject.tree.cells, *subject.tree.effects)
    return next((d for d in declared if d.name.text == name), None)


def calls(subject: Subject) -> Iterator[ast.Call]:
    """Yield the calls of cells and effects in bodies."""
    for cell in cells(subject):
        for call in subject.nodes(ast.Call, cell.body):
            if call.callee.text not in BUILTINS and call.callee.text not in COMBINATORS:
                yield call


def scripts(subject: Subject) -> Iterator[tuple[ast.CellDecl, ast.DoBody]]:
    """Yield the scripts that have lines of their own, not those beside their `do:`."""
    for cell in cells(subject):
        if isinstance(cell.body, ast.DoBody) and "do:" not in subject.cut(subject.line(cell.body.statements[0].span)):
            yield cell, cell.body


def topologies(subject: Subject) -> Iterator[tuple[ast.CellDecl, ast.TopologyBody]]:
    for cell in cells(subject):
        if isinstance(cell.body, ast.TopologyBody):
            yield cell, cell.body


def before(subject: Subject, statement: ast.Statement, text: str) -> Edit:
    """Put a statement on a line of its own before another."""
    line = subject.line(statement.span)
    indent = re.match(r" *", subject.text[line.start :])
    start = Span(line.file, line.start, line.start)
    return subject.replaced(start, f"{indent[0] if indent else ''}{text}\n")
