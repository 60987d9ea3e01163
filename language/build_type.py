"""Builds type nodes from what `grammar/types.lark` matches. Each method is called with the children of its rule."""

# ruff: noqa: D102 - a method builds what the grammar's rule of its name matches; the grammar files document them

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from cellc.language import ast
from cellc.language.diagnostics import Fix
from cellc.language.literals import number_value, text_value
from cellc.language.names import FOREIGN
from cellc.language.reading import CURRENT, Token
from cellc.language.span import Span

_TAKE_A_TYPE = "only `list`, `map`, `secret` and `enum` take types in brackets"


@dataclass(frozen=True, slots=True)
class _Number:
    value: int | Decimal
    span: Span


@dataclass(frozen=True, slots=True)
class _Range:
    low: _Number | None
    high: _Number | None


class TypeBuilder:
    """The rules of types, and `dotted`, which all grammars share."""

    def dotted(self, tokens: list[Token]) -> ast.Ident:
        return ast.Ident(".".join(str(t) for t in tokens), CURRENT.get().between(tokens[0], tokens[-1]))

    def union_type(self, arms: list[ast.TypeExpr]) -> ast.TypeExpr:
        return ast.UnionType(tuple(arms), CURRENT.get().between(arms[0], arms[-1]))

    def optional_type(self, children: list[Any]) -> ast.TypeExpr:
        inner, question = children
        return ast.OptionalType(inner, CURRENT.get().between(inner, question))

    def named_type(self, children: list[Any]) -> ast.TypeExpr:
        (name,) = children
        if name.text in FOREIGN:
            word = FOREIGN[name.text][0]
            CURRENT.get().problem(name.span, f"`{name.text}` is written `{word}`", fix=Fix(name.span, word))
        return ast.TypeRef(name, name.span)

    def null_type(self, children: list[Any]) -> ast.TypeExpr:
        name = CURRENT.get().ident(children[0])
        return ast.TypeRef(name, name.span)

    def literal_type(self, children: list[Any]) -> ast.TypeExpr:
        (child,) = children
        if isinstance(child, _Number):
            return ast.LiteralType(child.value, child.span)
        place = CURRENT.get().at(child)
        if child.type == "STRING":
            return ast.LiteralType(text_value(CURRENT.get(), child), place)
        return ast.LiteralType(child.type == "TRUE", place)

    def number(self, children: list[Token]) -> _Number:
        reading = CURRENT.get()
        value = number_value(reading, children[-1])
        negative = len(children) == 2 and children[0].value == "-"
        return _Number(-value if negative else value, reading.between(children[0], children[-1]))

    # --- names with brackets ---

    def range_from(self, children: list[_Number]) -> _Range:
        return _Range(children[0], children[1] if len(children) == 2 else None)

    def range_to(self, children: list[_Number]) -> _Range:
        return _Range(None, children[0])

    def ranged_type(self, children: list[Any]) -> ast.TypeExpr:
        name, _, bounds, close = children
        low = Decimal(bounds.low.value) if bounds.low else None
        high = Decimal(bounds.high.value) if bounds.high else None
        return ast.RangedType(name, low, high, CURRENT.get().between(name, close))

    def pattern_type(self, children: list[Any]) -> ast.TypeExpr:
        name, _, regex, close = children
        reading = CURRENT.get()
        pattern_span = reading.text.span(regex.start_pos + 1, regex.end_pos - 1)
        pattern = regex.value[1:-1].replace("\\/", "/")
        return ast.PatternType(name, pattern, pattern_span, reading.between(name, close))

    def applied_type(self, children: list[Any]) -> ast.TypeExpr:
        name, _, inner, close = children
        span = CURRENT.get().between(name, close)
        match name.text:
            case "list":
                return ast.ListType(inner, None, None, span)
            case "map":
                return ast.MapType(inner, span)
            case "secret":
                return ast.SecretType(inner, span)
            case "enum":
                return ast.EnumType(self._options(inner), span)
        self._refuse_argument(name, inner)
        return ast.TypeRef(name, span)

    def _refuse_argument(self, name: ast.Ident, inner: ast.TypeExpr) -> None:
        if isinstance(inner, ast.LiteralType):
            n = inner.value
            reason, hint = f"a range has `..` in it, as in `{name.text}({n}..)`", f"at most {n} is `{name.text}(..{n})`"
        else:
            reason, hint = f"`{name.text}` takes no type", _TAKE_A_TYPE
        CURRENT.get().problem(inner.span, reason, hint)

    def _options(self, inner: ast.TypeExpr) -> tuple[ast.Ident, ...]:
        arms = inner.arms if isinstance(inner, ast.UnionType) else (inner,)
        return tuple(option for arm in arms if (option := self._option(arm)) is not None)

    def _option(self, arm: ast.TypeExpr) -> ast.Ident | None:
        if isinstance(arm, ast.TypeRef) and "." not in arm.name.text and arm.name.text != "null":
            return arm.name
        if isinstance(arm, ast.LiteralType) and isinstance(arm.value, str):
            return ast.Ident(arm.value, arm.span)
        reason = "the options of an `enum` are words, as in `enum(paid | declined)`"
        CURRENT.get().problem(arm.span, reason, "write other values without `enum`: `1 | 2`, `true | null`")
        return None

    def sized_type(self, children: list[Any]) -> ast.TypeExpr:
        name, _, inner, bounds, close = children
        span = CURRENT.get().between(name, close)
        if name.text != "list":
            CURRENT.get().problem(span, f"`{name.text}` takes no type with a range", "lists do: `list(T 1..10)`")
            return ast.TypeRef(name, span)
        return ast.ListType(inner, self._length(bounds.low), self._length(bounds.high), span)

    def _length(self, bound: _Number | None) -> int | None:
        if bound is None or (isinstance(bound.value, int) and bound.value >= 0):
            return None if bound is None else int(bound.value)
        CURRENT.get().problem(bound.span, "the length of a list is a whole number from 0")
        return None

    # --- composites ---

    def list_type(self, children: list[Any]) -> ast.TypeExpr:
        opening, inner, close = children
        return ast.ListType(inner, None, None, CURRENT.get().between(opening, close))

    def record_type(self, children: list[Any]) -> ast.TypeExpr:
        reading = CURRENT.get()
        seen: dict[str, ast.FieldType] = {}
        for field in children[1:-1]:
            if seen.setdefault(field.name.text, field) is not field:
                reading.twice(field.name, seen[field.name.text].name.span)
        return ast.RecordType(tuple(seen.values()), reading.between(children[0], children[-1]))

    def required_field(self, children: list[Any]) -> ast.FieldType:
        return ast.FieldType(self._key(children[0]), optional=False, type=children[1])

    def optional_field(self, children: list[Any]) -> ast.FieldType:
        return ast.FieldType(self._key(children[0]), optional=True, type=children[1])

    def _key(self, token: Token) -> ast.Ident:
        reading = CURRENT.get()
        if token.type == "STRING":
            return ast.Ident(text_value(reading, token), reading.at(token))
        return reading.ident(token)
