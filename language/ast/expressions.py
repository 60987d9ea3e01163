"""*Expressions*: what has a value."""

from datetime import timedelta
from decimal import Decimal
from typing import Literal, TypeAlias

from cellc.language.ast.syntax import Ident, Syntax
from cellc.language.ast.types import TypeExpr
from cellc.language.span import Span


class Constant(Syntax, frozen=True):
    """`null true 1 1.5 "text" 30s`. A number with a point is a Decimal here; its type is decided by its neighbours."""

    value: bool | int | Decimal | str | timedelta | None
    span: Span


class Name(Syntax, frozen=True):
    """A variable, node, input, or (before a dot or a call) a module, cell or effect."""

    text: str
    span: Span


class Field(Syntax, frozen=True):
    """`value.name`, also written `value['name']`."""

    value: "Expr"
    name: Ident
    span: Span


class Index(Syntax, frozen=True):
    """`value[index]`."""

    value: "Expr"
    index: "Expr"
    span: Span


class Slice(Syntax, frozen=True):
    """`value[low:high]`."""

    value: "Expr"
    low: "Expr | None"
    high: "Expr | None"
    span: Span


class Unary(Syntax, frozen=True):
    """`-x`, `+x`, `not x`."""

    op: Literal["-", "+", "not"]
    operand: "Expr"
    span: Span


class Binary(Syntax, frozen=True):
    """Arithmetic, `and`, `or`, and the null default `??`."""

    op: Literal["+", "-", "*", "/", "//", "%", "**", "and", "or", "??"]
    left: "Expr"
    right: "Expr"
    op_span: Span
    span: Span


class Compare(Syntax, frozen=True):
    """`a < b <= c`: one more operand than operators. `in` and `not in` are operators too."""

    operands: tuple["Expr", ...]
    ops: tuple[Literal["==", "!=", "<", "<=", ">", ">=", "in", "not in"], ...]
    span: Span


class IsType(Syntax, frozen=True):
    """`x is T`, `x is not T`."""

    value: "Expr"
    type: TypeExpr
    negated: bool
    span: Span


class Cast(Syntax, frozen=True):
    """`x as Name`: checked, raises `Invalid`."""

    value: "Expr"
    type: TypeExpr
    span: Span


class Conditional(Syntax, frozen=True):
    """`then if test else other`."""

    then: "Expr"
    test: "Expr"
    other: "Expr"
    span: Span


class ListExpr(Syntax, frozen=True):
    """`[a, b]`."""

    items: tuple["Expr", ...]
    span: Span


class Entry(Syntax, frozen=True):
    """One `name: value` of a record literal; `{b}` is `{b: b}`."""

    name: Ident
    value: "Expr"


class RecordExpr(Syntax, frozen=True):
    """`{a: e, b}`, or a YAML mapping in an expression position."""

    entries: tuple[Entry, ...]
    span: Span


class For(Syntax, frozen=True):
    """`for a in xs` or `for a, b in items(m)`, with the conditions that follow it."""

    targets: tuple[Ident, ...]
    items: "Expr"
    conditions: tuple["Expr", ...]
    span: Span


class Comprehension(Syntax, frozen=True):
    """`[e for x in xs if c]`; `generator` when it stands bare as an argument: `sum(e for x in xs)`."""

    element: "Expr"
    clauses: tuple[For, ...]
    generator: bool
    span: Span


class MapComprehension(Syntax, frozen=True):
    """`{k: v for x in xs}`."""

    key: "Expr"
    value: "Expr"
    clauses: tuple[For, ...]
    span: Span


class Format(Syntax, frozen=True):
    """`f"Charged {x}"`: text and expressions in turn. Also a `with:` text with `${...}` parts."""

    parts: tuple["str | Expr", ...]
    span: Span


class Argument(Syntax, frozen=True):
    """One argument of a call: `value`, `name=value` or `**value` (`spread`).

    A branch of a combinator may have clauses; after a generator's element they are those of each of its calls.
    """

    name: Ident | None
    value: "Expr"
    spread: bool
    span: Span
    within: "Expr | None" = None
    undo: "Call | None" = None


class Call(Syntax, frozen=True):
    """`callee(arguments)`; `callee` is a dotted name. See the module's docstring for what it may be."""

    callee: Ident
    arguments: tuple[Argument, ...]
    span: Span


Expr: TypeAlias = (
    Constant
    | Name
    | Field
    | Index
    | Slice
    | Unary
    | Binary
    | Compare
    | IsType
    | Cast
    | Conditional
    | ListExpr
    | RecordExpr
    | Comprehension
    | MapComprehension
    | Format
    | Call
)
