"""The types of variables: joined where branches meet, widened at the first assignment, narrowed by tests.

Narrowing keeps or drops arms and cuts literals out of enums; it never invents an arm. Where a test says nothing about
an arm, the arm stays.
"""

from collections.abc import Iterable

from msgspec.structs import replace

from cellc.language.subtype.relations import is_subtype, overlaps, plainly_apart
from cellc.language.subtype.tags import tags_of, told_apart
from cellc.language.types import (
    Bool,
    Int,
    List,
    Literal,
    Map,
    Named,
    Null,
    Number,
    Record,
    String,
    Type,
    TypeTable,
    Union,
    flat_arms,
    resolve,
    union,
)

_BASES: dict[str, Type] = {
    "bool": Bool(),
    "int": Int(),
    "float": Number("float"),
    "decimal": Number("decimal"),
    "string": String(),
}


def join(types: Iterable[Type], table: TypeTable) -> Type:
    """Return the union of some types, without arms that another arm covers."""
    given = tuple(dict.fromkeys(types))
    joined = union(given)
    if not isinstance(joined, Union) or len(given) == 1 or {*map(type, joined.arms)} == {Literal}:
        return joined
    kept = list(joined.arms)
    broad = [arm for arm in kept if not isinstance(arm, Literal)]
    for arm in joined.arms:
        others = broad if isinstance(arm, Literal) else kept  # no constant is within another
        if any(_covers(other, arm, table) for other in others if other is not arm):
            kept = [other for other in kept if other is not arm]
            broad = [other for other in broad if other is not arm]
    return union(kept)


def _covers(wide: Type, narrow: Type, table: TypeTable) -> bool:
    return not plainly_apart(wide, narrow, table) and bool(is_subtype(narrow, wide, table))


def widen(type_: Type) -> Type:
    """Return the type of a variable whose first value has `type_`: literals and ranges give way to their base.

    Inside a list or a record only literals are widened, since ranges there were declared; declared names, and the arms
    of a union of records (whose tags tell them apart), stay as they are.
    """
    match type_:
        case Int() | Number() | String():
            return _without_range(type_)
        case List(item):
            return List(_widen_literals(item))
        case Union(arms):
            return union(arm if isinstance(arm, Record) else widen(arm) for arm in arms)
        case _:
            return _widen_literals(type_)


def _without_range(type_: Int | Number | String) -> Type:
    match type_:
        case Int():
            return Int()
        case Number(name):
            return Number(name)
        case String(format=format_):
            return String(format=format_)


def _widen_literals(type_: Type) -> Type:
    match type_:
        case Literal(kind=kind):
            return _BASES[kind]
        case List(item, low, high):
            return List(_widen_literals(item), low, high)
        case Map(value):
            return Map(_widen_literals(value))
        case Record(fields, extra):
            return Record(tuple(replace(f, type=_widen_literals(f.type)) for f in fields), extra)
        case Union(arms):
            return union(arm if isinstance(arm, Record) else _widen_literals(arm) for arm in arms)
        case _:
            return type_


def _arms(type_: Type, table: TypeTable) -> list[Type]:
    real = resolve(type_, table)
    if not isinstance(real, Union):
        return [type_]
    if flat_arms(real, table) is not None:
        return [*real.arms]
    return [arm for part in real.arms for arm in _arms(part, table)]


def remove_null(type_: Type, table: TypeTable) -> Type:
    """Return the type of `x` where `x != null` holds."""
    arms = _arms(type_, table)
    if {Named, Null}.isdisjoint(map(type, arms)):
        return type_
    kept = [arm for arm in arms if not isinstance(resolve(arm, table), Null)]
    return type_ if len(kept) == len(arms) else union(kept)


def keep_type(type_: Type, tested: Type, table: TypeTable) -> Type:
    """Return the type of `x` where `x is tested` holds: each arm cut down to what may fit."""
    arms, constants = _arms(type_, table), constants_of(tested, table)
    if constants is not None:  # of these, each constant is one or is none
        arms = [arm for arm in arms if type(arm) is not Literal or arm in constants]
    near = [arm for arm in arms if not plainly_apart(arm, tested, table)]
    if len(near) == len(_arms(type_, table)) and is_subtype(type_, tested, table):
        return type_
    return union(_cut(arm, tested, table) for arm in near if overlaps(arm, tested, table))


def constants_of(type_: Type, table: TypeTable) -> frozenset[Type] | None:
    """Return the constants that a type is made of; None where it has other values too."""
    arms = _arms(type_, table)
    return frozenset(arms) if {*map(type, arms)} == {Literal} else None


def _cut(arm: Type, tested: Type, table: TypeTable) -> Type:
    """Return `arm` where it is the smaller of the two, else the arms of `tested` that are within it."""
    if is_subtype(arm, tested, table):
        return arm
    within = [part for part in _arms(tested, table) if overlaps(part, arm, table)]
    return union(within) if all(is_subtype(part, arm, table) for part in within) else arm


def without_type(type_: Type, tested: Type, table: TypeTable) -> Type:
    """Return the type of `x` where `x is tested` does not hold: without the arms that always fit."""
    arms, constants, tags = _arms(type_, table), constants_of(tested, table), tags_of(tested, table)
    if constants is not None and {*map(type, arms)} == {Literal}:
        kept = [arm for arm in arms if arm not in constants]
    elif tags:
        kept = [a for a in arms if told_apart(tags_of(a, table), tags) or not is_subtype(a, tested, table)]
    else:
        split = [rest for arm in arms for rest in _split_bool(arm, tested, table)]
        kept = [arm for arm in split if plainly_apart(arm, tested, table) or not is_subtype(arm, tested, table)]
    return type_ if kept == arms else union(kept)


def _split_bool(arm: Type, tested: Type, table: TypeTable) -> list[Type]:
    """Return bool as its two literals where `tested` is one of them, so that the other is left."""
    target = resolve(tested, table)
    if isinstance(resolve(arm, table), Bool) and isinstance(target, Literal) and target.kind == "bool":
        return [Literal(True, "bool"), Literal(False, "bool")]
    return [arm]
