"""Types of operators: what arithmetic gives on which kinds of values, and what may be compared.

Numbers have ranges (`intervals.py`); everything else is one table of kinds.
"""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import TypeAlias

from msgspec.structs import replace

from cellc.compiler.fit import Types
from cellc.compiler.intervals import arithmetic, kept, negated, number
from cellc.language import suggest
from cellc.language.builtin_types import numbers
from cellc.language.secret_types import tells_of_secret
from cellc.language.signatures import kind, kinds
from cellc.language.span import Span
from cellc.language.subtype import overlaps
from cellc.language.types import (
    BROKEN,
    DURATION,
    FLOAT,
    INT,
    STRING,
    Broken,
    Int,
    Json,
    List,
    Literal,
    Map,
    Named,
    Never,
    Null,
    Number,
    Record,
    Scalar,
    Type,
    Union,
    union,
)

_DATE, _DATETIME = Scalar("date"), Scalar("datetime")

_OTHERS: Mapping[tuple[str, str, str], Type] = {
    ("+", "string", "string"): STRING,
    ("*", "string", "int"): STRING,
    ("*", "int", "string"): STRING,
    ("+", "duration", "duration"): DURATION,
    ("-", "duration", "duration"): DURATION,
    ("+", "date", "duration"): _DATE,
    ("-", "date", "duration"): _DATE,
    ("+", "duration", "date"): _DATE,
    ("+", "datetime", "duration"): _DATETIME,
    ("-", "datetime", "duration"): _DATETIME,
    ("+", "duration", "datetime"): _DATETIME,
    ("-", "date", "date"): DURATION,
    ("-", "datetime", "datetime"): DURATION,
    ("*", "duration", "int"): DURATION,
    ("*", "int", "duration"): DURATION,
    ("*", "duration", "float"): DURATION,
    ("*", "float", "duration"): DURATION,
    ("/", "duration", "duration"): FLOAT,
    ("/", "duration", "int"): DURATION,
    ("/", "duration", "float"): DURATION,
    ("//", "duration", "duration"): INT,
    ("//", "duration", "int"): DURATION,
    ("%", "duration", "duration"): DURATION,
}
"""What an operator gives on values that are not both numbers; `arithmetic.py` has the same rows."""

Spans: TypeAlias = tuple[Span, Span]
"""Where the two operands stand."""

_ORDERED = frozenset({"string", "date", "time", "datetime", "duration"})


def binary(types: Types, op: str, left: Type, right: Type, spans: Spans) -> Type:
    """Return the type of `left op right`; Broken, reported, when there is none."""
    if isinstance(left, Broken) or isinstance(right, Broken):
        return BROKEN
    if _reported_null(types, op, ((left, spans[0]), (right, spans[1]))):
        return BROKEN
    span = spans[0].to(spans[1])
    first, second = numbers([left], types.table), numbers([right], types.table)
    if first and second:
        kinds = first.kinds | second.kinds
        if {"float", "decimal"} <= kinds:
            types.report.add("E309", span, op=op)
            return BROKEN
        kind_ = _number_kind(op, kinds)
        ranges = (kept(kind_, (first.low, first.high)), kept(kind_, (second.low, second.high)))
        return number(kind_, arithmetic(op, *ranges))
    lists = _lists(types, op, left, right)
    if lists is not None:
        return lists
    found = {_OTHERS.get((op, a, b)) for a in _kinds(types, left) for b in _kinds(types, right)}
    if len(found) == 1 and (result := found.pop()) is not None:
        return result
    shown = f"{types.found(left)} and {types.found(right)}"
    types.report.add("E308", span, op=op, types=shown, help=_help(types, op, left, right))
    return BROKEN


def _number_kind(op: str, kinds: frozenset[str]) -> str:
    for name in ("decimal", "float"):
        if name in kinds:
            return name
    return "float" if op == "/" else "int"


def _lists(types: Types, op: str, left: Type, right: Type) -> Type | None:
    a, b = types.resolve(left), types.resolve(right)
    if isinstance(a, List) and isinstance(b, List) and op == "+":
        item = types.join([a.item, b.item])
        return List(item, a.low + b.low, None if a.high is None or b.high is None else a.high + b.high)
    if op == "*" and isinstance(a, List) and types.kinds(b) == {"int"}:
        return List(a.item)
    if op == "*" and isinstance(b, List) and types.kinds(a) == {"int"}:
        return List(b.item)
    return None


def _kinds(types: Types, type_: Type) -> set[str]:
    return kinds(types.arms(type_))


def _reported_null(types: Types, op: str, operands: tuple[tuple[Type, Span], ...]) -> bool:
    for operand, span in operands:
        if types.may_be_null(operand) and not isinstance(types.resolve(operand), Null):
            types.report.add("E303", span, what=f"`{op}` does not work on null")
            return True
    return False


def _help(types: Types, op: str, left: Type, right: Type) -> str:
    kinds = _kinds(types, left) | _kinds(types, right)
    if op == "+" and "string" in kinds:
        return 'build text with f"..."'
    if "json" in kinds:
        return "the value's type is not known: `x as T` gives it one"
    if "record" in kinds or "map" in kinds:
        return "`merge(a, b)` joins records and maps"
    return ""


def unary(types: Types, op: str, operand: Type, span: Span) -> Type:
    """Return the type of `-x` or `+x`."""
    if isinstance(operand, Broken) or _reported_null(types, op, ((operand, span),)):
        return BROKEN
    spread = numbers([operand], types.table)
    if spread:
        range_ = (spread.low, spread.high)
        return number(_number_kind(op, spread.kinds), negated(range_) if op == "-" else range_)
    if op == "-" and _kinds(types, operand) == {"duration"}:
        return DURATION
    types.report.add("E308", span, op=op, types=types.found(operand), help="")
    return BROKEN


def compare(types: Types, op: str, left: Type, right: Type, spans: Spans) -> None:
    """Report a comparison that does not work, or that can have one outcome only."""
    if isinstance(left, Broken) or isinstance(right, Broken):
        return
    if tells_of_secret(left, right, types.table):
        types.report.add("E440", spans[0].to(spans[1]), what="a comparison")
    elif op in ("==", "!="):
        _equality(types, left, right, spans[0].to(spans[1]))
    elif op in ("in", "not in"):
        _membership(types, op, left, right, spans)
    else:
        _order(types, op, left, right, spans)


def _equality(types: Types, left: Type, right: Type, span: Span) -> None:
    if _mixed(types, left, right):
        types.report.add("E309", span, op="==")
    elif not _may_equal(types, left, right):
        help_ = (
            "an int is true or false in no comparison"
            if "bool" in _kinds(types, left) | _kinds(types, right)
            else _near_text(types, left, right) or _near_text(types, right, left)
        )
        types.report.add("E310", span, claim=never_equal(types, left, right), help=help_)


def never_equal(types: Types, left: Type, right: Type) -> str:
    """Say that two types have no value in common."""
    return f"{types.found(left)} and {types.found(right)} can never be equal"


def _near_text(types: Types, written: Type, other: Type) -> str:
    """Return what a misspelt constant was probably meant to be, as a hint."""
    texts = [a.value for a in types.arms(other) if isinstance(a, Literal) and isinstance(a.value, str)]
    text = written.value if isinstance(written, Literal) else None
    near = suggest.nearest(text, texts) if isinstance(text, str) else None
    return f'did you mean `"{near}"`?' if near else ""


def _may_equal(types: Types, left: Type, right: Type) -> bool:
    if overlaps(left, right, types.table):
        return True
    return overlaps(_of_one_kind(types, left), _of_one_kind(types, right), types.table)


def _of_one_kind(types: Types, type_: Type, seen: frozenset[str] = frozenset()) -> Type:
    """Return the type with all numbers, at any depth, as of one kind: 1, 1.0 and a decimal 1 are equal."""
    match type_:
        case Named(name) if name not in seen:
            return _of_one_kind(types, types.resolve(type_), seen | {name})
        case Int(low, high):
            return Number("float", None if low is None else Fraction(low), None if high is None else Fraction(high))
        case Number():
            return replace(type_, name="float")
        case Literal(int() | Decimal() as value, kind=("int" | "decimal")):
            return Literal(Decimal(value), "float")
        case List(item) | Map(item) as whole:
            inner = _of_one_kind(types, item, seen)
            return replace(whole, item=inner) if isinstance(whole, List) else Map(inner)
        case Record(fields):
            return replace(type_, fields=tuple(replace(f, type=_of_one_kind(types, f.type, seen)) for f in fields))
        case Union(arms):
            return union(_of_one_kind(types, arm, seen) for arm in arms)
        case _:
            return type_


def _mixed(types: Types, left: Type, right: Type) -> bool:
    kinds = types.kinds(types.present(left)) | types.kinds(types.present(right))
    return {"float", "decimal"} <= kinds


def _membership(types: Types, op: str, left: Type, right: Type, spans: Spans) -> None:
    if _reported_null(types, op, ((right, spans[1]),)):
        return
    span = spans[0].to(spans[1])
    kinds = _kinds(types, right)
    if kinds == {"string"} and _kinds(types, left) == {"string"}:
        return
    if kinds == {"map"} and _kinds(types, left) == {"string"}:
        return
    if kinds == {"list"}:
        items = [a.item for a in types.arms(right) if isinstance(a, List)]
        if not isinstance(items[0], Never):
            _equality(types, left, types.join(items), span)
        return
    help_ = "`in` looks for an item of a list, a key of a map, or a text in a text"
    types.report.add("E308", span, op=op, types=f"{types.found(left)} and {types.found(right)}", help=help_)


def _order(types: Types, op: str, left: Type, right: Type, spans: Spans) -> None:
    if _reported_null(types, op, ((left, spans[0]), (right, spans[1]))):
        return
    span = spans[0].to(spans[1])
    if types.kinds(left) and types.kinds(right):
        if _mixed(types, left, right):
            types.report.add("E309", span, op=op)
        return
    kinds = _kinds(types, left) | _kinds(types, right)
    if len(kinds) == 1 and kinds <= _ORDERED:
        return
    types.report.add("E308", span, op=op, types=f"{types.found(left)} and {types.found(right)}", help="")


def has_text(types: Types, type_: Type) -> bool:
    """Return whether a value of this type has a place in a text."""
    scalars = {"bool", "int", "float", "decimal", "string", "uuid", "date", "time", "datetime", "duration", "broken"}
    return all(kind(a) in scalars for a in types.arms(type_)) and not isinstance(types.resolve(type_), Json | Null)
