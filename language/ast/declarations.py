"""*Declarations*: what a file declares, down to the bodies of its cells."""

from datetime import timedelta
from decimal import Decimal
from typing import TypeAlias

from cellc.language.ast.expressions import Expr
from cellc.language.ast.scripts import Flow, Raise, Statement
from cellc.language.ast.syntax import Ident, Syntax
from cellc.language.ast.types import FieldType, RecordType, TypeExpr
from cellc.language.span import Span


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


class HandlerDecl(Syntax, frozen=True):
    """One entry of a file of handlers: the binding of an effect, in place of the one that its module has."""

    effect: Ident
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
    """A whole `.cell.yaml` file. A part that did not read is left out, and has been reported.

    `version_at` is where the version stands, None where none does.
    """

    file: str
    name: Ident | None
    version: str | None
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
    version_at: Span | None = None
