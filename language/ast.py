"""The syntax tree of a module: what was written, with the exact span of every node in the YAML file.

Nodes are frozen and carry no meaning beyond their text; `cellc.compiler` gives them types. Four families: *type
expressions*, *expressions*, *statements and flows*, *declarations*.

Calls of built-ins, cells, effects and the combinators `par`, `race`, `quorum` all parse to `Call`: which one it is, and
whether it may stand where it stands, is a question of names, which the compiler answers.
"""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Literal, TypeAlias

from cellc.language.span import Span


@dataclass(frozen=True, slots=True)
class Ident:
    """A name at a place; dotted when it reaches into a module or effect namespace (`gateway.charge`)."""

    text: str
    span: Span


# --- type expressions ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TypeRef:
    """A scalar or declared type by name: `string`, `Order`, `payments.Receipt`."""

    name: Ident
    span: Span


@dataclass(frozen=True, slots=True)
class RangedType:
    """A name with a range: `int(1..)`, `decimal(0..1)`, `string(1..80)`; a missing end is None, exact otherwise."""

    name: Ident
    low: Decimal | None
    high: Decimal | None
    span: Span


@dataclass(frozen=True, slots=True)
class PatternType:
    """A name with a regular expression: `string(/[A-Z]{3}/)`; `pattern` is without its slashes."""

    name: Ident
    pattern: str
    pattern_span: Span
    span: Span


@dataclass(frozen=True, slots=True)
class EnumType:
    """`enum(card | invoice)`: bare words that are text values."""

    options: tuple[Ident, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class LiteralType:
    """A type of one value: `42`, `true`, `"card"`."""

    value: bool | int | Decimal | str
    span: Span


@dataclass(frozen=True, slots=True)
class ListType:
    """`[T]`, `list(T)`, `list(T 1..10)`."""

    item: "TypeExpr"
    low: int | None
    high: int | None
    span: Span


@dataclass(frozen=True, slots=True)
class MapType:
    """`map(T)`: text keys, values of one type."""

    value: "TypeExpr"
    span: Span


@dataclass(frozen=True, slots=True)
class SecretType:
    """`secret(T)`."""

    inner: "TypeExpr"
    span: Span


@dataclass(frozen=True, slots=True)
class FieldType:
    """One field of a record type: `a: T`, or `b?: T` when `optional`."""

    name: Ident
    optional: bool
    type: "TypeExpr"


@dataclass(frozen=True, slots=True)
class RecordType:
    """`{a: T, b?: T}`, or a YAML mapping in a type position."""

    fields: tuple[FieldType, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class OptionalType:
    """`T?`, which is `T | null`."""

    inner: "TypeExpr"
    span: Span


@dataclass(frozen=True, slots=True)
class UnionType:
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


@dataclass(frozen=True, slots=True)
class Constant:
    """`null true 1 1.5 "text" 30s`. A number with a point is a Decimal here; its type is decided by its neighbours."""

    value: bool | int | Decimal | str | timedelta | None
    span: Span


@dataclass(frozen=True, slots=True)
class Name:
    """A variable, node, input, or (before a dot or a call) a module, cell or effect."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Field:
    """`value.name`, also written `value['name']`."""

    value: "Expr"
    name: Ident
    span: Span


@dataclass(frozen=True, slots=True)
class Index:
    """`value[index]`."""

    value: "Expr"
    index: "Expr"
    span: Span


@dataclass(frozen=True, slots=True)
class Slice:
    """`value[low:high]`."""

    value: "Expr"
    low: "Expr | None"
    high: "Expr | None"
    span: Span


@dataclass(frozen=True, slots=True)
class Unary:
    """`-x`, `+x`, `not x`."""

    op: Literal["-", "+", "not"]
    operand: "Expr"
    span: Span


@dataclass(frozen=True, slots=True)
class Binary:
    """Arithmetic, `and`, `or`, and the null default `??`."""

    op: Literal["+", "-", "*", "/", "//", "%", "**", "and", "or", "??"]
    left: "Expr"
    right: "Expr"
    op_span: Span
    span: Span


@dataclass(frozen=True, slots=True)
class Compare:
    """`a < b <= c`: one more operand than operators. `in` and `not in` are operators too."""

    operands: tuple["Expr", ...]
    ops: tuple[Literal["==", "!=", "<", "<=", ">", ">=", "in", "not in"], ...]
    span: Span


@dataclass(frozen=True, slots=True)
class IsType:
    """`x is T`, `x is not T`."""

    value: "Expr"
    type: TypeExpr
    negated: bool
    span: Span


@dataclass(frozen=True, slots=True)
class Cast:
    """`x as Name`: checked, raises `Invalid`."""

    value: "Expr"
    type: TypeExpr
    span: Span


@dataclass(frozen=True, slots=True)
class Conditional:
    """`then if test else other`."""

    then: "Expr"
    test: "Expr"
    other: "Expr"
    span: Span


@dataclass(frozen=True, slots=True)
class ListExpr:
    """`[a, b]`."""

    items: tuple["Expr", ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Entry:
    """One `name: value` of a record literal; `{b}` is `{b: b}`."""

    name: Ident
    value: "Expr"


@dataclass(frozen=True, slots=True)
class RecordExpr:
    """`{a: e, b}`, or a YAML mapping in an expression position."""

    entries: tuple[Entry, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class For:
    """`for a in xs` or `for a, b in items(m)`, with the conditions that follow it."""

    targets: tuple[Ident, ...]
    items: "Expr"
    conditions: tuple["Expr", ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Comprehension:
    """`[e for x in xs if c]`; `generator` when it stands bare as an argument: `sum(e for x in xs)`."""

    element: "Expr"
    clauses: tuple[For, ...]
    generator: bool
    span: Span


@dataclass(frozen=True, slots=True)
class MapComprehension:
    """`{k: v for x in xs}`."""

    key: "Expr"
    value: "Expr"
    clauses: tuple[For, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Format:
    """`f"Charged {x}"`: text and expressions in turn. Also a `with:` text with `${...}` parts."""

    parts: tuple["str | Expr", ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a call: `value`, `name=value` or `**value` (`spread`).

    A branch of a combinator may have clauses; after a generator's element they are those of each of its calls.
    """

    name: Ident | None
    value: "Expr"
    spread: bool
    span: Span
    within: "Expr | None" = None
    undo: "Call | None" = None


@dataclass(frozen=True, slots=True)
class Call:
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


@dataclass(frozen=True, slots=True)
class Flow:
    """An expression or call with its clauses: the right side of `=`, a statement of its own, or a topology line.

    `when` and `after` occur in topologies only, `within` and `undo` after calls only.
    """

    value: Expr
    when: Expr | None
    after: tuple[Ident, ...]
    within: Expr | None
    undo: Call | None
    span: Span


@dataclass(frozen=True, slots=True)
class Raise:
    """`raise Error(field=value) [when condition]`; `when` and `after` occur in topologies only."""

    error: Ident
    arguments: tuple[Argument, ...]
    when: Expr | None
    after: tuple[Ident, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Assign:
    """`name = flow`, `name: T = flow`, or the bare declaration `name: T` (then `value` is None)."""

    target: Ident
    annotation: TypeExpr | None
    value: Flow | None
    span: Span


@dataclass(frozen=True, slots=True)
class Do:
    """A flow as a statement, for its effect: `log.info(message="x")`."""

    flow: Flow
    span: Span


@dataclass(frozen=True, slots=True)
class Branch:
    """One `if` or `elif` with its block."""

    test: Expr
    body: tuple["Statement", ...]
    span: Span


@dataclass(frozen=True, slots=True)
class If:
    """`if`, any number of `elif`, and `else` (empty when absent)."""

    branches: tuple[Branch, ...]
    otherwise: tuple["Statement", ...]
    span: Span


@dataclass(frozen=True, slots=True)
class ForLoop:
    """`for x in xs:` with its block; two targets only over `items`, `zip`, `enumerate`."""

    targets: tuple[Ident, ...]
    items: Expr
    body: tuple["Statement", ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Handler:
    """`except A, B as e:` with its block."""

    errors: tuple[Ident, ...]
    binding: Ident | None
    body: tuple["Statement", ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Try:
    """`try:` with its handlers."""

    body: tuple["Statement", ...]
    handlers: tuple[Handler, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Return:
    """`return`, `return flow`."""

    value: Flow | None
    span: Span


@dataclass(frozen=True, slots=True)
class Pass:
    """`pass`."""

    span: Span


@dataclass(frozen=True, slots=True)
class While:
    """`while test:` with its block."""

    test: Expr
    body: tuple["Statement", ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Case:
    """`case T:` with its block; `type` is None in `case _:`. `head` is what stands between `case` and the colon."""

    type: TypeExpr | None
    body: tuple["Statement", ...]
    head: Span
    span: Span


@dataclass(frozen=True, slots=True)
class Match:
    """`match value:` with its cases."""

    value: Expr
    cases: tuple[Case, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Break:
    """`break`."""

    span: Span


@dataclass(frozen=True, slots=True)
class Continue:
    """`continue`."""

    span: Span


@dataclass(frozen=True, slots=True)
class Commit:
    """`commit`: the point of no return, after which nothing that was done before is undone."""

    span: Span


Statement: TypeAlias = (
    Assign | Do | If | ForLoop | While | Match | Try | Raise | Return | Pass | Break | Continue | Commit
)


# --- declarations ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Use:
    """`payments: ./payments.cell.yaml`: another module under a local name; `{path: ..., version: ^1.2}` in full."""

    name: Ident
    path: Ident
    version: Ident | None = None


@dataclass(frozen=True, slots=True)
class TypeDecl:
    """`Order: {id: uuid}` under `types:`."""

    name: Ident
    type: TypeExpr


@dataclass(frozen=True, slots=True)
class ErrorDecl:
    """`Declined: {reason: string}` under `errors:`."""

    name: Ident
    fields: RecordType


@dataclass(frozen=True, slots=True)
class RetryDecl:
    """`retry: {attempts, delay, factor, max_delay, jitter, on}`; None where the default holds."""

    attempts: int | None
    delay: timedelta | None
    factor: Decimal | None
    max_delay: timedelta | None
    jitter: Decimal | None
    on: tuple[Ident, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class LimitsDecl:
    """`limits: {concurrency: 20, rate: 50/s}`."""

    concurrency: int | None
    rate: Ident | None
    span: Span


@dataclass(frozen=True, slots=True)
class TemplateRecord:
    """A mapping inside `with:`."""

    entries: tuple[tuple[Ident, "Template"], ...]
    span: Span


@dataclass(frozen=True, slots=True)
class TemplateList:
    """A sequence inside `with:`."""

    items: tuple["Template", ...]
    span: Span


Template: TypeAlias = TemplateRecord | TemplateList | Expr
"""A value under `with:`. A scalar is an expression: a `Constant` (plain scalars by YAML 1.2's core schema, so `5` is an
int), the expression of a scalar that is exactly one `${e}`, or a `Format` where text and `${e}` mix."""


@dataclass(frozen=True, slots=True)
class EffectDecl:
    """One effect: signature, promise, policies and default binding."""

    name: Ident
    description: str
    input: tuple[FieldType, ...]
    output: TypeExpr | None
    errors: tuple[Ident, ...]
    delivery: Ident | None
    key: Expr | None
    key_lifetime: timedelta | None
    probe: Ident | None
    timeout: timedelta | None
    retry: RetryDecl | None
    limits: LimitsDecl | None
    via: Ident | None
    config: TemplateRecord | None
    span: Span


@dataclass(frozen=True, slots=True)
class DoBody:
    """The body of a `do:` cell."""

    statements: tuple[Statement, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Catch:
    """One entry under a node's `catch:`: what its value is when its call ends in `error`."""

    error: Ident
    value: Flow | Raise


@dataclass(frozen=True, slots=True)
class Policies:
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


@dataclass(frozen=True, slots=True)
class Node:
    """One node of a topology; `policies` in its long form only, where `value` is what stands under `call:`."""

    name: Ident
    value: Flow | Raise
    span: Span
    policies: Policies | None = None


@dataclass(frozen=True, slots=True)
class TopologyBody:
    """The body of a `topology:` cell; `result` is what stands under `return:`, None when there is none."""

    nodes: tuple[Node, ...]
    result: Expr | None
    span: Span


@dataclass(frozen=True, slots=True)
class PipelineBody:
    """`topology: parse -> price -> charge`: each step takes what the one before it gave."""

    steps: tuple[Ident, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class PythonBody:
    """`python: shop.risk:Score`: a class or function of the user's."""

    target: Ident
    span: Span


Body: TypeAlias = DoBody | TopologyBody | PipelineBody | PythonBody


@dataclass(frozen=True, slots=True)
class CellDecl:
    """One cell. `errors` and `effects` are None when the key is absent (not the same as an empty list)."""

    name: Ident
    description: str
    input: tuple[FieldType, ...]
    output: TypeExpr | None
    errors: tuple[Ident, ...] | None
    effects: tuple[Ident, ...] | None
    body: Body | None
    span: Span


@dataclass(frozen=True, slots=True)
class EventDecl:
    """What may arrive from outside: its payload, what tells two of them apart, how long an early one is kept."""

    name: Ident
    description: str
    data: TypeExpr | None
    key: Expr | None
    keep: timedelta | None
    span: Span


@dataclass(frozen=True, slots=True)
class TriggerDecl:
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
    catch_up: timedelta | None
    span: Span


@dataclass(frozen=True, slots=True)
class Module:
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
