"""*Type expressions*: types as they are written."""

from decimal import Decimal
from typing import TypeAlias

from cellc.language.ast.syntax import Ident, Syntax
from cellc.language.span import Span


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
