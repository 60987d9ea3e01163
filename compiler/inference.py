"""What the parts of the elaboration of expressions ask of the whole."""

from collections.abc import Sequence
from typing import Protocol

from cellc.compiler.fit import Expected, Typed, Types
from cellc.compiler.scope import Scope
from cellc.compiler.symbols import Names
from cellc.language import ast


class Inference(Protocol):
    """What gives an expression its type and form: `expressions.Expressions`, for those who work on its parts."""

    names: Names
    types: Types
    lost: bool

    def infer(self, expr: ast.Expr, scope: Scope) -> Typed:
        """Return the type and form of one expression."""
        ...

    def together(self, exprs: Sequence[ast.Expr], scopes: Sequence[Scope]) -> list[Typed]:
        """Return those of neighbours, numbers with a point becoming decimals beside a decimal."""
        ...

    def check(self, expr: ast.Expr, scope: Scope, expected: Expected) -> Typed:
        """Return `expr` as a value of the expected type; report where it is not one."""
        ...
