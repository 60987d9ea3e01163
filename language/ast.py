"""The syntax tree of a module: what was written, with the exact span of every node in the YAML file.

Nodes are frozen and carry no meaning beyond their text; `cellc.compiler` gives them types. Four families: *type
expressions*, *expressions*, *statements and flows*, *declarations*.

Calls of built-ins, cells, effects and the combinators `par`, `race`, `quorum` all parse to `Call`: which one it is, and
whether it may stand where it stands, is a question of names, which the compiler answers.
"""

from datetime import timedelta
from decimal import Decimal
from typing import Literal, TypeAlias

import msgspec

from cellc.language.span import Span


class Syntax(msgspec.Struct, frozen=True):
    """A piece of syntax. A `Struct` is made and compared faster than a dataclass, and so is its class."""


class Ident(Syntax, frozen=True):
    """A name at a place; dotted when it reaches into a module or effect namespace (`gateway.charge`)."""

    text: str
    span: Span


# --- type expressions ------------------------------------------------------------------------------------------------


class TypeRef(Syntax, frozen=True):
    """A scalar or declared type by name: `string`, `Order`, `payments.Receipt`."""

    name: Ident
    span: Span


class RangedType(Syntax, frozen=True):
    """A name with a range: `int(1..)`, `decimal(0..1)`, `string(1..80)`; a missing end is None, exact otherwise."""

    name: Ident
    low: Decimal | None
    high: Decimal | None
    span: Span


class PatternType(Syntax, frozen=True):
    """A name with a regular expression: `string(/[A-Z]{3}/)`; `pattern` is without its slashes."""

    name: Ident
    pattern: str
    pattern_span: Span
    span: Span


class EnumType(Syntax, frozen=True):
    """`enum(card | invoice)`: bare words that are text values."""

    options: tuple[Ident, ...]
    span: Span


class LiteralType(Syntax, frozen=True):
    """A type of one value: `42`, `true`, `"card"`."""

    value: bool | int | Decimal | str
    span: Span


class ListType(Syntax, frozen=True):
    """`[T]`, `list(T)`, `list(T 1..10)`."""

    item: "TypeExpr"
    low: int | None
    high: int | None
    span: Span


class MapType(Syntax, frozen=True):
    """`map(T)`: text keys, values of one type."""

    value: "TypeExpr"
    span: Span


class SecretType(Syntax, frozen=True):
    """`secret(T)`."""

    inner: "TypeExpr"
    span: Span


class FieldType(Syntax, frozen=True):
    """One field of a record type: `a: T`, or `b?: T` when `optional`."""

    name: Ident
    optional: bool
    type: "TypeExpr"


class RecordType(Syntax, frozen=True):
    """`{a: T, b?: T}`, or a YAML mapping in a type position."""

    fields: tuple[FieldType, ...]
    span: Span


class OptionalType(Syntax, frozen=True):
    """`T?`, which is `T | null`."""

    inner: "TypeExpr"
    span: Span


class UnionType(Syntax, frozen=True):
    """`A | B`."""

    arms: tuple["TypeExpr", ...]
    span: Span


TypeExpr: TypeAlias = (
    TypeRef
    | RangedType
    | PatternType
    | EnumType
    | LiteralType
    | ListType
    | MapType
    | SecretType
    | RecordType
    | OptionalType
    | UnionType
)


# --- expressions -----------------------------------------------------------------------------------------------------


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


# --- statements and flows --------------------------------------------------------------------------------------------


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


# --- declarations ----------------------------------------------------------------------------------------------------


class Use(Syntax, frozen=True):
    """`payments: ./payments.cell.yaml`: another module under a local name; `{path: ..., version: ^1.2}` in full."""

    name: Ident
    path: Ident
    version: Ident | None = None


class TypeDecl(Syntax, frozen=True):
    """`Order: {id: uuid}` under `types:`."""

    name: Ident
    type: TypeExpr


class ErrorDecl(Syntax, frozen=True):
    """`Declined: {reason: string}` under `errors:`."""

    name: Ident
    fields: RecordType


class Duration(Syntax, frozen=True):
    """A length of time as a declaration has it: `timeout: 30s`."""

    value: timedelta
    span: Span


class RetryDecl(Syntax, frozen=True):
    """`retry: {attempts, delay, factor, max_delay, jitter, on}`; None where the default holds."""

    attempts: int | None
    delay: Duration | None
    factor: Decimal | None
    max_delay: Duration | None
    jitter: Decimal | None
    on: tuple[Ident, ...]
    span: Span


class LimitsDecl(Syntax, frozen=True):
    """`limits: {concurrency: 20, rate: 50/s}`."""

    concurrency: int | None
    rate: Ident | None
    span: Span


class TemplateRecord(Syntax, frozen=True):
    """A mapping inside `with:`."""

    entries: tuple[tuple[Ident, "Template"], ...]
    span: Span


class TemplateList(Syntax, frozen=True):
    """A sequence inside `with:`."""

    items: tuple["Template", ...]
    span: Span


Template: TypeAlias = TemplateRecord | TemplateList | Expr
"""A value under `with:`. A scalar is an expression: a `Constant` (plain scalars by YAML 1.2's core schema, so `5` is an
int), the expression of a scalar that is exactly one `${e}`, or a `Format` where text and `${e}` mix."""


class EffectDecl(Syntax, frozen=True):
    """One effect: signature, promise, policies and default binding."""

    name: Ident
    description: str
    input: tuple[FieldType, ...]
    output: TypeExpr | None
    errors: tuple[Ident, ...]
    delivery: Ident | None
    key: Expr | None
    key_lifetime: Duration | None
    probe: Ident | None
    timeout: Duration | None
    retry: RetryDecl | None
    limits: LimitsDecl | None
    via: Ident | None
    config: TemplateRecord | None
    span: Span


class DoBody(Syntax, frozen=True):
    """The body of a `do:` cell."""

    statements: tuple[Statement, ...]
    span: Span


class Catch(Syntax, frozen=True):
    """One entry under a node's `catch:`: what its value is when its call ends in `error`.

    `value` is None where it did not read.
    """

    error: Ident
    value: Flow | Raise | None


class Policies(Syntax, frozen=True):
    """What the long form of a node says beyond `call:`.

    `until` is tested after each call; `every` is the pause before the next one, `max` the number of calls, `initial`
    (written `from`) what `it` is in the first of them.
    """

    catch: tuple[Catch, ...]
    until: Expr | None
    every: Expr | None
    max: Expr | None
    initial: Expr | None
    span: Span


class Node(Syntax, frozen=True):
    """One node of a topology; `policies` in its long form only, where `value` is what stands under `call:`."""

    name: Ident
    value: Flow | Raise
    span: Span
    policies: Policies | None = None


class TopologyBody(Syntax, frozen=True):
    """The body of a `topology:` cell; `result` is what stands under `return:`, None when there is none."""

    nodes: tuple[Node, ...]
    result: Expr | None
    span: Span


class PipelineBody(Syntax, frozen=True):
    """`topology: parse -> price -> charge`: each step takes what the one before it gave."""

    steps: tuple[Ident, ...]
    span: Span


class PythonBody(Syntax, frozen=True):
    """`python: shop.risk:Score`: a class or function of the user's."""

    target: Ident
    span: Span


Body: TypeAlias = DoBody | TopologyBody | PipelineBody | PythonBody


class CellDecl(Syntax, frozen=True):
    """One cell. `errors` and `effects` are None when the key is absent (not the same as an empty list)."""

    name: Ident
    description: str
    input: tuple[FieldType, ...]
    output: TypeExpr | None
    errors: tuple[Ident, ...] | None
    effects: tuple[Ident, ...] | None
    body: Body | None
    span: Span


class EventDecl(Syntax, frozen=True):
    """What may arrive from outside: its payload, what tells two of them apart, how long an early one is kept."""

    name: Ident
    description: str
    data: TypeExpr | None
    key: Expr | None
    keep: Duration | None
    span: Span


class TriggerDecl(Syntax, frozen=True):
    """What starts runs: `http: POST /orders` or `cron: "0 2 * * 1-5"`. `config` is what stands under `with:`."""

    name: Ident
    description: str
    http: Ident | None
    cron: Ident | None
    timezone: Ident | None
    run: Ident | None
    config: TemplateRecord | None
    key: Expr | None
    overlap: Ident | None
    catch_up: Duration | None
    span: Span


class Module(Syntax, frozen=True):
    """A whole `.cell.yaml` file. A part that did not read is left out, and has been reported."""

    file: str
    name: Ident | None
    version: str
    description: str
    uses: tuple[Use, ...]
    types: tuple[TypeDecl, ...]
    errors: tuple[ErrorDecl, ...]
    events: tuple[EventDecl, ...]
    effects: tuple[EffectDecl, ...]
    cells: tuple[CellDecl, ...]
    main: Ident | None
    triggers: tuple[TriggerDecl, ...]
    span: Span
