"""Type expressions as written, to types.

A declared type stays a name (`Named`), so that recursion is finite and messages speak the user's words.
"""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import assert_never

from cellc.compiler.symbols import Names
from cellc.language import ast
from cellc.language.span import Span
from cellc.language.subtype import remove_null
from cellc.language.text_forms import pattern_problem
from cellc.language.types import (
    BROKEN,
    Broken,
    Field,
    Int,
    List,
    Literal,
    Map,
    Null,
    Number,
    Record,
    Secret,
    String,
    Type,
    optional,
    union,
)


def type_of(written: ast.TypeExpr, names: Names) -> Type:  # noqa: PLR0911 -- one arm a form
    """Return the type that `written` stands for; Broken, reported, where it is none."""
    match written:
        case ast.TypeRef(name):
            return names.type(name)
        case ast.RangedType():
            return _ranged(written, names)
        case ast.PatternType():
            return _pattern(written, names)
        case ast.EnumType(options):
            return union(Literal(o.text) for o in options)
        case ast.LiteralType(value):
            return literal(value)
        case ast.ListType(item, low, high):
            whole = _composed(List(type_of(item, names), low or 0, high))
            return whole if _ordered(low, high, written.span, names) else BROKEN
        case ast.MapType(value):
            return _composed(Map(type_of(value, names)))
        case ast.SecretType(inner):
            hidden = type_of(inner, names)
            return hidden if isinstance(hidden, Secret) else _composed(Secret(hidden))
        case ast.RecordType(fields):
            return record_of(fields, names)
        case ast.OptionalType(inner):
            return optional(type_of(inner, names))
        case ast.UnionType(arms, span):
            return _union([type_of(a, names) for a in arms], span, names)
        case _:
            assert_never(written)


def record_of(fields: Sequence[ast.FieldType], names: Names) -> Record:
    """Return the record of these fields; a field whose type is wrong is Broken."""
    seen: dict[str, Field] = {}
    for field in fields:
        if field.name.text in seen:
            names.report.add("E206", field.name.span, name=field.name.text)
            continue
        type_ = type_of(field.type, names)
        if field.optional:
            type_ = remove_null(type_, names.world.types)
        seen[field.name.text] = Field(field.name.text, type_, field.optional)
    return Record(tuple(seen.values()))


def literal(value: bool | int | Decimal | str) -> Literal:
    """Return the type of one value; a number with a point is a float here, which its shortest text stands for."""
    match value:
        case bool():
            return Literal(value, "bool")
        case int():
            return Literal(value, "int")
        case Decimal():
            return Literal(Decimal(repr(float(value))), "float")
        case str():
            return Literal(value, "string")


def _union(arms: Sequence[Type], span: Span, names: Names) -> Type:
    """Return the union; a secret beside a plain value is none, because at run time the two cannot be told apart."""
    secret = [isinstance(arm, Secret) for arm in arms if not isinstance(arm, Null | Broken)]
    if any(secret) and not all(secret):
        return _bad(names, span, "a secret stands beside a plain value; as a whole it would be `secret(A | B)`")
    return union(arms)


def _composed(whole: List | Map | Secret) -> Type:
    inner = whole.item if isinstance(whole, List) else whole.value if isinstance(whole, Map) else whole.inner
    return BROKEN if isinstance(inner, Broken) else whole


def _ranged(written: ast.RangedType, names: Names) -> Type:
    low, high = written.low, written.high
    if not _ordered(low, high, written.span, names):
        return BROKEN
    match written.name.text:
        case "int" | "string" if _fractional(low) or _fractional(high):
            return _bad(names, written.span, f"the ends of a range of {written.name.text} are whole numbers")
        case "int":
            return Int(None if low is None else int(low), None if high is None else int(high))
        case "float" | "decimal" as name:
            return Number(name, None if low is None else Fraction(low), None if high is None else Fraction(high))
        case "string" if low is not None and low < 0:
            return _bad(names, written.span, "a length is not negative")
        case "string":
            return String(int(low or 0), None if high is None else int(high))
        case other:
            return _bad(names, written.span, f"`{other}` takes no range; int, float, decimal and string do")


def _fractional(end: Decimal | None) -> bool:
    return end is not None and end != end.to_integral_value()


def _ordered(low: Decimal | int | None, high: Decimal | int | None, span: Span, names: Names) -> bool:
    if low is None or high is None or low <= high:
        return True
    names.report.add("E300", span, reason=f"{low} is more than {high}", hint="the lower end stands first")
    return False


def _pattern(written: ast.PatternType, names: Names) -> Type:
    if written.name.text != "string":
        return _bad(names, written.name.span, f"`{written.name.text}` takes no pattern; string does")
    reason = pattern_problem(written.pattern)
    if reason is not None:
        names.report.add("E116", written.pattern_span, reason=reason)
        return BROKEN
    return String(pattern=written.pattern)


def _bad(names: Names, span: Span, reason: str) -> Type:
    names.report.add("E300", span, reason=reason)
    return BROKEN
