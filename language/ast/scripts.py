"""*Statements and flows*: the lines of scripts and topologies."""

from typing import TypeAlias

from cellc.language.ast.expressions import Argument, Call, Expr
from cellc.language.ast.syntax import Ident, Syntax
from cellc.language.ast.types import TypeExpr
from cellc.language.span import Span


class Flow(Syntax, frozen=True):
    """An expression or call with its clauses: the right side of `=`, a statement of its own, or a topology line.

    `when` and `after` occur in topologies only, `within` and `undo` after calls only.
    """

    value: Expr
    when: Expr | None
    after: tuple[Ident, ...]
    within: Expr | None
    undo: Call | None
    span: Span


class Raise(Syntax, frozen=True):
    """`raise Error(field=value) [when condition]`; `when` and `after` occur in topologies only."""

    error: Ident
    arguments: tuple[Argument, ...]
    when: Expr | None
    after: tuple[Ident, ...]
    span: Span


class Assign(Syntax, frozen=True):
    """`name = flow`, `name: T = flow`, or the bare declaration `name: T` (then `value` is None)."""

    target: Ident
    annotation: TypeExpr | None
    value: Flow | None
    span: Span


class Do(Syntax, frozen=True):
    """A flow as a statement, for its effect: `log.info(message="x")`."""

    flow: Flow
    span: Span


class Branch(Syntax, frozen=True):
    """One `if` or `elif` with its block."""

    test: Expr
    body: tuple["Statement", ...]
    span: Span


class If(Syntax, frozen=True):
    """`if`, any number of `elif`, and `else` (empty when absent)."""

    branches: tuple[Branch, ...]
    otherwise: tuple["Statement", ...]
    span: Span


class ForLoop(Syntax, frozen=True):
    """`for x in xs:` with its block; two targets only over `items`, `zip`, `enumerate`."""

    targets: tuple[Ident, ...]
    items: Expr
    body: tuple["Statement", ...]
    span: Span


class Handler(Syntax, frozen=True):
    """`except A, B as e:` with its block."""

    errors: tuple[Ident, ...]
    binding: Ident | None
    body: tuple["Statement", ...]
    span: Span


class Try(Syntax, frozen=True):
    """`try:` with its handlers."""

    body: tuple["Statement", ...]
    handlers: tuple[Handler, ...]
    span: Span


class Return(Syntax, frozen=True):
    """`return`, `return flow`."""

    value: Flow | None
    span: Span


class Pass(Syntax, frozen=True):
    """`pass`."""

    span: Span


class While(Syntax, frozen=True):
    """`while test:` with its block."""

    test: Expr
    body: tuple["Statement", ...]
    span: Span


class Case(Syntax, frozen=True):
    """`case T:` with its block; `type` is None in `case _:`. `head` is what stands between `case` and the colon."""

    type: TypeExpr | None
    body: tuple["Statement", ...]
    head: Span
    span: Span


class Match(Syntax, frozen=True):
    """`match value:` with its cases."""

    value: Expr
    cases: tuple[Case, ...]
    span: Span


class Break(Syntax, frozen=True):
    """`break`."""

    span: Span


class Continue(Syntax, frozen=True):
    """`continue`."""

    span: Span


class Commit(Syntax, frozen=True):
    """`commit`: the point of no return, after which nothing that was done before is undone."""

    span: Span


Statement: TypeAlias = (
    Assign | Do | If | ForLoop | While | Match | Try | Raise | Return | Pass | Break | Continue | Commit
)
