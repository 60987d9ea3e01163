"""Signatures of the built-in functions: reading their one-line text, and typing a call against it.

    sorted(xs: [T], by: ordered = null) -> [T]

`T` and `U` stand for any type and are bound by the arguments; `number` is int, float or decimal; `ordered` is what
`<` compares; `any` is everything. A parameter with `= ...` may be left out; after `*` parameters are named ones. The
answer is data, a type or a `Mismatch` in words: reporting it is the compiler's business.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from cellc.language.type_text import show
from cellc.language.types import (
    DECIMAL,
    FLOAT,
    INT,
    NAMES,
    Bool,
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
    Secret,
    String,
    Type,
    TypeTable,
    Union,
    optional,
    resolve,
    union,
)


@dataclass(frozen=True, slots=True)
class Mismatch:
    """Why a call does not fit: "`upper` takes string as `s`, not int"."""

    text: str


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter: `type` is `text` as a pattern, in which Named("T") and Named("U") are bound by the argument."""

    name: str
    text: str
    type: Type
    required: bool
    named_only: bool


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature that was read from its text.

    `results` has two patterns for what gives pairs (`items`, `enumerate`, `zip`), else one.
    """

    name: str
    parameters: tuple[Parameter, ...]
    results: tuple[Type, ...]


Arguments: TypeAlias = Mapping[str, Type]
"""Argument types by parameter name."""

_ANY = Named("any")
_VARIABLES = frozenset({"T", "U"})
_SCALARS = ("date", "time", "datetime", "duration")
_PATTERNS: Mapping[str, Type] = {
    **NAMES,
    "number": Union((INT, FLOAT, DECIMAL)),
    "ordered": Union((INT, FLOAT, DECIMAL, String(), *(NAMES[name] for name in _SCALARS))),
    "any": _ANY,
    "T": Named("T"),
    "U": Named("U"),
}
_TOKEN = re.compile(r"\s*(\w+|[\[\]()|?])")


class _Reader:
    """Reads one type pattern, by recursive descent."""

    def __init__(self, text: str) -> None:
        self._tokens = _TOKEN.findall(text)
        self._at = 0

    def union(self) -> Type:
        arms = [self._postfix()]
        while self._accept("|"):
            arms.append(self._postfix())
        return arms[0] if len(arms) == 1 else union(arms)

    def _accept(self, token: str) -> bool:
        found = self._at < len(self._tokens) and self._tokens[self._at] == token
        self._at += found
        return found

    def _postfix(self) -> Type:
        pattern = self._atom()
        return optional(pattern) if self._accept("?") else pattern

    def _atom(self) -> Type:
        if self._accept("["):
            item = self.union()
            self._accept("]")
            return List(item)
        if self._accept("map"):
            self._accept("(")
            value = self.union()
            self._accept(")")
            return Map(value)
        self._at += 1
        return _PATTERNS[self._tokens[self._at - 1]]


def read(text: str) -> Signature:
    """Read a signature; its author is us, so a mistake in it is an exception."""
    head, result = text.split(" -> ")
    name, inside = head.removesuffix(")").split("(", 1)
    parameters: list[Parameter] = []
    named_only = False
    for part in filter(None, inside.split(", ")):
        if part == "*":
            named_only = True
            continue
        label, pattern = part.split(": ")
        pattern, _, default = pattern.partition(" = ")
        parameters.append(Parameter(label, pattern, _Reader(pattern).union(), not default, named_only))
    results = result[1:-1].split(", ") if result.startswith("(") else [result]
    return Signature(name, tuple(parameters), tuple(_Reader(part).union() for part in results))


# --- a call against a signature --------------------------------------------------------------------------------------


def assign(signature: Signature, positional: Sequence[Type], named: Arguments) -> Arguments | Mismatch:
    """Give every argument to its parameter, as Python does."""
    places = [p.name for p in signature.parameters if not p.named_only]
    if len(positional) > len(places):
        return Mismatch(f"`{signature.name}` takes at most {len(places)} unnamed arguments, not {len(positional)}")
    arguments = dict(zip(places, positional, strict=False))
    known = {p.name for p in signature.parameters}
    for name, type_ in named.items():
        if name not in known:
            return Mismatch(f"`{signature.name}` has no argument `{name}`; it has {', '.join(sorted(known))}")
        if name in arguments:
            return Mismatch(f"`{signature.name}` is given `{name}` twice")
        arguments[name] = type_
    missing = [p.name for p in signature.parameters if p.required and p.name not in arguments]
    return Mismatch(f"`{signature.name}` needs its argument `{missing[0]}`") if missing else arguments


def check(signature: Signature, arguments: Arguments, table: TypeTable) -> tuple[Type, ...] | Mismatch:
    """Match every argument with its parameter's pattern; return the type of the result, or of the two results."""
    bound: dict[str, Type] = {}
    for parameter in signature.parameters:
        argument = arguments.get(parameter.name)
        if argument is not None and not matches(parameter.type, argument, bound, table):
            takes = f"`{signature.name}` takes `{parameter.text}` as `{parameter.name}`"
            return Mismatch(f"{takes}, not {shown(argument)}")
    return tuple(_substitute(result, bound) for result in signature.results)


def shown(type_: Type) -> str:
    """Return a type as messages about calls have it: of a list, what is in it, not how many items there are."""
    return f"`{show(_of_any_length(type_))}`"


def _of_any_length(type_: Type) -> Type:
    return List(_of_any_length(type_.item)) if isinstance(type_, List) else type_


def matches(pattern: Type, actual: Type, bound: dict[str, Type], table: TypeTable) -> bool:
    """Return whether `actual` fits `pattern`, and bind the pattern's variables to what they stand for."""
    actual = resolve(actual, table)
    match actual:
        case Broken() | Never():
            return True
        case _ if isinstance(pattern, Named) and pattern.name in _VARIABLES:
            bound[pattern.name] = union((bound.get(pattern.name, Never()), actual))
            return True
        case Secret():
            return False  # what takes `any` would look at it; items and values that are only moved may be secret
        case _ if isinstance(pattern, Named):
            return True
        case Union(arms):
            return all(matches(pattern, arm, bound, table) for arm in arms)
    match pattern, actual:
        case Union(arms), _:
            return any(matches(arm, actual, bound, table) for arm in arms)
        case List(expected), List(item):
            return expected == _ANY or matches(expected, item, bound, table)
        case Map(expected), Map(value):
            return expected == _ANY or matches(expected, value, bound, table)
        case _:
            return kind(pattern) == kind(actual)


def kind(type_: Type) -> str:
    """Return the family of values that a resolved type is from: "int", "string", "list", ..."""
    match type_:
        case Literal(kind=name) | Number(name=name) | Scalar(name=name):
            return name
        case Int():
            return "int"
        case String():
            return "string"
        case Bool():
            return "bool"
        case Null():
            return "null"
        case List():
            return "list"
        case Map():
            return "map"
        case Record():
            return "record"
        case Json():
            return "json"
        case _:
            return type(type_).__name__.lower()


def kinds(types: Iterable[Type]) -> set[str]:
    """Return the families of some resolved types."""
    return {type_.kind if type(type_) is Literal else kind(type_) for type_ in types}


def _substitute(pattern: Type, bound: Mapping[str, Type]) -> Type:
    match pattern:
        case Named(name):
            return bound.get(name, Never()) if name in _VARIABLES else pattern
        case List(item):
            return List(_substitute(item, bound))
        case Map(value):
            return Map(_substitute(value, bound))
        case Union(arms):
            return union(_substitute(arm, bound) for arm in arms)
        case _:
            return pattern
