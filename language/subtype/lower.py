"""Types written down as sets of the language's values: the universe CELL of `sets.py`."""

from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache
from typing import assert_never

from cellc.language.subtype.intervals import intersection
from cellc.language.subtype.sets import (
    BOOLS,
    FLOAT_LIMIT,
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

_ANY_JSON = "$json"
"""The name of the set of all JSON values; no declared type has a `$` in its name."""


def definitions(table: TypeTable) -> Callable[[str], Set]:
    """Return what the names of `table` stand for as sets."""

    def define(name: str) -> Set:
        if name == _ANY_JSON:
            return _any_json()
        return lower(table[name]) if name in table else Forgiven()

    return define


@lru_cache(maxsize=4096)
def lower(type_: Type) -> Set:  # noqa: C901, PLR0911, PLR0912 -- one arm for each form of type
    """Return the set of the values of `type_`."""
    match type_:
        case Never():
            return NOTHING
        case Null():
            return Unit("null")
        case Bool():
            return BOOLS
        case Int() | Number():
            return _numbers(type_)
        case String(low, high, pattern, format_):
            shapes = [pattern, PATTERNS.get(format_ or "")]
            return both([Text(low, high), *(pattern_set(shape, "re2") for shape in shapes if shape is not None)])
        case Scalar(name):
            return Unit(name)
        case LiteralType():
            return _literal(type_)
        case List(item, low, high):
            return Items(lower(item), low, high)
        case Map(value):
            return Fields((), lower(value))
        case Record(fields, extra):
            slots = (Slot(f.name, lower(f.type), not f.optional) for f in fields)
            return Fields(tuple(sorted(slots, key=lambda s: s.name)), NOTHING if extra is None else lower(extra))
        case Union(arms):
            return _union(arms)
        case Named(name):
            return Ref(name)
        case Secret(inner):
            return Hidden(lower(inner))
        case Json():
            return Ref(_ANY_JSON)
        case Broken():
            return Forgiven()
        case _:
            assert_never(type_)


def _any_json() -> Set:
    again = Ref(_ANY_JSON)
    scalars = (Unit("null"), BOOLS, Numbers("int", step=Fraction(1)), _numbers(Number("float")), Text())
    return Either((*scalars, Items(again), Fields((), again)))


def _numbers(type_: Int | Number) -> Numbers:
    if isinstance(type_, Int):
        low, high = (None if bound is None else Fraction(bound) for bound in (type_.low, type_.high))
        step = Fraction(1 if type_.step is None else type_.step)
        return Numbers("int", low, high, step=step)
    numbers = Numbers(type_.name, type_.low, type_.high, type_.low_open, type_.high_open, type_.step)
    return numbers if type_.name == "decimal" else intersection([numbers, Numbers("float", -FLOAT_LIMIT, FLOAT_LIMIT)])


def _literal(type_: LiteralType) -> Set:
    value = type_.value
    if isinstance(value, str):
        return Words(frozenset({value}))
    if isinstance(value, bool):
        return Unit("true" if value else "false")
    number = Fraction(value)
    if type_.kind == "int":
        return _numbers(Int(int(number), int(number)))
    return _numbers(Number("float" if type_.kind == "float" else "decimal", number, number))


def _union(arms: tuple[Type, ...]) -> Set:
    """Text literals are gathered into one set: enums are common, and one set is faster than many."""
    words = frozenset([str(arm.value) for arm in arms if type(arm) is LiteralType and arm.kind == "string"])
    others = [lower(a) for a in arms if type(a) is not LiteralType or a.kind != "string"]
    return either([Words(words), *others] if words else others)
