"""Types as people read them: `show` writes a type in the Cell language's own syntax.

What edition 1 cannot write, because it only comes from imported JSON Schemas, is shown in the nearest notation: steps
as `int(0.. step 5)`, excluded ends as `float(0<..<1)`, open records as `{a: int, ...: T}`.
"""

import json
import re
from datetime import date, time, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, TypeGuard, assert_never
from uuid import UUID

from cellc.language.text_forms import BY_CLASS, write_decimal, write_duration
from cellc.language.types import (
    NAMES,
    Bool,
    Broken,
    Field,
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
    Secret,
    String,
    Type,
    Union,
)

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_PLAIN: dict[Type, str] = {type_: name for name, type_ in NAMES.items()} | {Never(): "never", Broken(): "?"}
_LONGEST = 80
_NOT_ENUM = frozenset({"true", "false", "null"})


def show(type_: Type, module: str = "") -> str:
    """Return `type_` as text.

    Declared types print their last name; given the reader's `module`, those of other modules print the module's last
    name too: `stock.Item`.
    """
    return _Printer(module).text(type_)


def show_value(value: Any) -> str:
    """Return a value, a witness for instance, as text in the Cell language; what is long is cut."""
    text = _value(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def _value(value: Any) -> str:
    match value:
        case dict():
            fields = (f"{name if _WORD.match(name) else json.dumps(name)}: {_value(v)}" for name, v in value.items())
            return "{" + ", ".join(fields) + "}"
        case list():
            return f"[{', '.join(map(_value, value))}]"
        case timedelta():
            return write_duration(value)
        case Decimal():
            return write_decimal(value)
        case bytes() | UUID() | date() | time():
            return json.dumps(BY_CLASS[type(value)].write(value))
        case _:
            return json.dumps(value, ensure_ascii=False)


class _Printer:
    def __init__(self, module: str) -> None:
        self._module = module

    def text(self, type_: Type) -> str:
        match type_:
            case Never() | Null() | Bool() | Json() | Broken() | Scalar():
                return _PLAIN[type_]
            case Int() | Number():
                return _numeric(type_)
            case String():
                return _string(type_)
            case Literal():
                return self._union((type_,))
            case List(item, low, high):
                bounds = _range(low or None, high)
                return f"list({self.text(item)} {bounds})" if bounds else f"[{self.text(item)}]"
            case Map(value):
                return f"map({self.text(value)})"
            case Record():
                return self._record(type_)
            case Union(arms):
                return self._union(arms)
            case Named(name):
                return self._name(name)
            case Secret(inner):
                return f"secret({self.text(inner)})"
            case _:
                assert_never(type_)

    def _name(self, qualified: str) -> str:
        module, _, name = qualified.rpartition(".")
        if self._module in ("", module):
            return name
        return f"{module.rpartition('.')[2]}.{name}" if module else name

    def _record(self, type_: Record) -> str:
        parts = [self._field(field) for field in type_.fields]
        if type_.extra is not None:
            parts.append(f"...: {self.text(type_.extra)}")
        return "{" + ", ".join(parts) + "}"

    def _field(self, field: Field) -> str:
        name = field.name if _WORD.match(field.name) else json.dumps(field.name, ensure_ascii=False)
        return f"{name}{'?' if field.optional else ''}: {self.text(field.type)}"

    def _union(self, arms: tuple[Type, ...]) -> str:
        """Text of a union: words together in one `enum(...)`, one arm and null as `T?`."""
        words = [arm.value for arm in arms if _is_word(arm)]
        texts = [f"enum({' | '.join(map(str, words))})"] if words else []
        texts += [_literal(a) if isinstance(a, Literal) else self.text(a) for a in arms if not _is_word(a)]
        if words:  # the enum stands where its first word stood
            first = next(i for i, arm in enumerate(arms) if _is_word(arm))
            texts.insert(first, texts.pop(0))
        if len(texts) == 2 and "null" in texts:
            return next(text for text in texts if text != "null") + "?"
        return " | ".join(texts)


def _is_word(type_: Type) -> TypeGuard[Literal]:
    return (
        isinstance(type_, Literal)
        and type_.kind == "string"
        and bool(_WORD.match(str(type_.value)))
        and type_.value not in _NOT_ENUM
    )


def _literal(type_: Literal) -> str:
    match type_.value:
        case bool(value):
            return "true" if value else "false"
        case str(value):
            return json.dumps(value, ensure_ascii=False)
        case Decimal() | int() as value:
            return str(value)
        case _:
            assert_never(type_.value)


def _numeric(type_: Int | Number) -> str:
    name = "int" if isinstance(type_, Int) else type_.name
    if isinstance(type_, Int):
        bounds = _range(type_.low, type_.high)
    else:
        bounds = _range(type_.low, type_.high, low_open=type_.low_open, high_open=type_.high_open)
    step = "" if type_.step is None else f"step {exact(type_.step)}"
    inner = " ".join(filter(None, (bounds, step)))
    return f"{name}({inner})" if inner else name


def _string(type_: String) -> str:
    name = type_.format or "string"
    pattern = "" if type_.pattern is None else "/" + re.sub(r"(?<!\\)((?:\\\\)*)/", r"\1\/", type_.pattern) + "/"
    inner = " ".join(filter(None, (_range(type_.low or None, type_.high), pattern)))
    return f"{name}({inner})" if inner else name


def _range(
    low: int | Fraction | None, high: int | Fraction | None, *, low_open: bool = False, high_open: bool = False
) -> str:
    if low is None and high is None:
        return ""
    left = "" if low is None else exact(low) + ("<" if low_open else "")
    right = "" if high is None else ("<" if high_open else "") + exact(high)
    return f"{left}..{right}"


def exact(number: int | Fraction) -> str:
    """Return an exact number as text: `12`, `0.25`, or `1/3` where no decimal is exact."""
    if isinstance(number, int) or number.denominator == 1:
        return str(int(number))
    places = _decimal_places(number.denominator)
    if places is None:
        return str(number)
    digits = str(abs(number.numerator) * 10**places // number.denominator).rjust(places + 1, "0")
    return f"{'-' if number < 0 else ''}{digits[:-places]}.{digits[-places:]}"


def _decimal_places(denominator: int) -> int | None:
    """Return the digits after the point of 1/denominator, or None when they never end."""
    twos = fives = 0
    while denominator % 2 == 0:
        denominator, twos = denominator // 2, twos + 1
    while denominator % 5 == 0:
        denominator, fives = denominator // 5, fives + 1
    return max(twos, fives) if denominator == 1 else None
