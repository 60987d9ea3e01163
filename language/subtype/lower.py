"""Types written down as sets, in one of the two universes (`sets.py`).

In the JSON universe a type is the set that its exported JSON Schema describes: int, float and decimal are numbers,
decimals are also text, the other scalars are text of their shape, a secret is what it hides.
"""

from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache
from typing import Literal, TypeAlias, assert_never

from cellc.language.subtype.sets import (
    BOOLS,
    CELL,
    EVERYTHING,
    JSON,
    NOTHING,
    Either,
    Fields,
    Forgiven,
    Hidden,
    Items,
    Numbers,
    Ref,
    Set,
    Slot,
    Text,
    Unit,
    Words,
    both,
    either,
    pattern_set,
)
from cellc.language.text_forms import PATTERNS
from cellc.language.types import (
    Bool,
    Broken,
    Int,
    Json,
    List,
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
)
from cellc.language.types import Literal as LiteralType

Universe: TypeAlias = Literal["cell", "json"]

KINDS = {"cell": CELL, "json": JSON}

_ANY_JSON = "$json"
"""The name of the set of all JSON values within the Cell universe; no declared type has a `$` in its name."""


def definitions(table: TypeTable, universe: Universe) -> Callable[[str], Set]:
    """Return what the names of `table` stand for as sets."""

    def define(name: str) -> Set:
        if name == _ANY_JSON:
            return _any_json()
        return lower(table[name], universe) if name in table else Forgiven()

    return define


@lru_cache(maxsize=4096)
def lower(type_: Type, universe: Universe) -> Set:  # noqa: C901, PLR0911, PLR0912 -- one arm for each form of type
    """Return the set of the values of `type_`."""
    match type_:
        case Never():
            return NOTHING
        case Null():
            return Unit("null")
        case Bool():
            return BOOLS
        case Int() | Number():
            return _numbers(type_, universe)
        case String(low, high, pattern, format_):
            shapes = [pattern, PATTERNS.get(format_ or "")]
            return both([Text(low, high), *(pattern_set(shape, "re2") for shape in shapes if shape is not None)])
        case Scalar(name):
            return Unit(name) if universe == "cell" else Text(pattern=PATTERNS[name])
        case LiteralType():
            return _literal(type_, universe)
        case List(item, low, high):
            return Items(lower(item, universe), low, high)
        case Map(value):
            return Fields((), lower(value, universe))
        case Record(fields, extra):
            slots = (Slot(f.name, lower(f.type, universe), not f.optional) for f in fields)
            return Fields(
                tuple(sorted(slots, key=lambda s: s.name)), NOTHING if extra is None else lower(extra, universe)
            )
        case Union(arms):
            return _union(arms, universe)
        case Named(name):
            return Ref(name)
        case Secret(inner):
            return Hidden(lower(inner, universe)) if universe == "cell" else lower(inner, universe)
        case Json():
            return Ref(_ANY_JSON) if universe == "cell" else EVERYTHING
        case Broken():
            return Forgiven()
        case _:
            assert_never(type_)


def _any_json() -> Set:
    again = Ref(_ANY_JSON)
    scalars = (Unit("null"), BOOLS, Numbers("int", step=Fraction(1)), Numbers("float"), Text())
    return Either((*scalars, Items(again), Fields((), again)))


def _numbers(type_: Int | Number, universe: Universe) -> Set:
    if isinstance(type_, Int):
        low, high = (None if bound is None else Fraction(bound) for bound in (type_.low, type_.high))
        step = Fraction(1 if type_.step is None else type_.step)
        return Numbers("int" if universe == "cell" else "number", low, high, step=step)
    kind = type_.name if universe == "cell" else "number"
    numbers = Numbers(kind, type_.low, type_.high, type_.low_open, type_.high_open, type_.step)
    if universe == "json" and type_.name == "decimal":
        return Either((numbers, Text(pattern=PATTERNS["decimal"])))
    return numbers


def _literal(type_: LiteralType, universe: Universe) -> Set:
    value = type_.value
    if isinstance(value, str):
        return Words(frozenset({value}))
    if isinstance(value, bool):
        return Unit("true" if value else "false")
    number = Fraction(value)
    if type_.kind == "int":
        return _numbers(Int(int(number), int(number)), universe)
    return _numbers(Number("float" if type_.kind == "float" else "decimal", number, number), universe)


def _union(arms: tuple[Type, ...], universe: Universe) -> Set:
    """Text literals are gathered into one set: enums are common, and one set is faster than many."""
    words = frozenset(str(arm.value) for arm in arms if isinstance(arm, LiteralType) and arm.kind == "string")
    others = [lower(a, universe) for a in arms if not (isinstance(a, LiteralType) and a.kind == "string")]
    return either([Words(words), *others] if words else others)
