"""Questions about two types: is one within the other, may they share a value, has a type any value at all."""

from decimal import Decimal

from cellc.language.subtype.goals import Goal
from cellc.language.subtype.lower import definitions, lower
from cellc.language.subtype.search import Answer, No, Yes, decide, find_value
from cellc.language.subtype.sets import CELL
from cellc.language.subtype.tags import tags_of, told_apart, with_equal_tags
from cellc.language.types import (
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
    String,
    Type,
    TypeTable,
    Union,
    resolve,
    union,
)


def is_subtype(one: Type, two: Type, table: TypeTable) -> Answer:
    """Return whether every value of `one` is a value of `two`; a No carries a value that is not."""
    if _obviously(one, two, table):
        return Yes()
    if isinstance(one, Literal) and isinstance(two, Literal) and not isinstance(one.value, Decimal):
        return No(one.value)
    source, target = resolve(one, table), resolve(two, table)
    if isinstance(source, Union) and isinstance(target, Union):
        near = with_equal_tags(source.arms, target.arms, table)
        if near is not None:
            answers = (is_subtype(arm, union(near[i]), table) for i, arm in enumerate(source.arms))
            return next((answer for answer in answers if not answer), Yes())
    return decide(lower(one), lower(two), definitions(table), CELL)


def overlaps(one: Type, two: Type, table: TypeTable) -> bool:
    """Return whether some value may be in both types; True where that is not certain."""
    if _is_broken(one, table) or _is_broken(two, table):
        return True
    if plainly_apart(one, two, table):
        return False
    if one == two and isinstance(one, Null | Bool | Scalar):
        return True
    whole = resolve(one, table)
    if isinstance(whole, Union) and two in whole.arms:
        return is_inhabited(two, table)
    return _may_exist(frozenset({(lower(one), True), (lower(two), True)}), table)


def plainly_apart(one: Type, two: Type, table: TypeTable) -> bool:
    """Return whether no value is in both, as can be seen at once: other kinds, constants or tags; False says nothing.

    What is told apart here needs no search; of many constants, each is compared with each.
    """
    if isinstance(one, Literal) and isinstance(two, Literal):
        return one != two
    kinds = {_kind(resolve(one, table)), _kind(resolve(two, table))}
    return (len(kinds) == 2 and None not in kinds) or told_apart(tags_of(one, table), tags_of(two, table))


def _kind(type_: Type) -> str | None:
    """Return the one kind that all values of a type have, of kinds that share no value; None where there is no such."""
    match type_:
        case Null() | Bool() | List():
            return type(type_).__name__
        case Literal(kind="bool"):
            return Bool.__name__
        case String() | Literal(kind="string"):
            return String.__name__
        case Scalar(name):
            return name
        case Int() | Literal(kind="int"):
            return Int.__name__
        case Record() | Map():
            return Record.__name__
        case _:
            return None


def is_inhabited(type_: Type, table: TypeTable) -> bool:
    """Return whether `type_` may have a value: `{next: Node}` under the name Node has none."""
    return _is_broken(type_, table) or _may_exist(frozenset({(lower(type_), True)}), table)


def is_guarded(name: str, table: TypeTable) -> bool:
    """Return whether the declared type `name` can be unfolded: not so when it is an arm of itself (`A = A | B`)."""
    open_: list[Type] = [Named(name)]
    seen: set[str] = set()
    while open_:
        match open_.pop():
            case Named(other) if other not in seen:
                seen.add(other)
                definition = table.get(other, Never())
                open_.append(definition)
            case Named(other) if other == name:
                return False
            case Union(arms):
                open_ += arms
            case _:
                pass
    return True


def _may_exist(goal: Goal, table: TypeTable) -> bool:
    found, doubt = find_value(goal, definitions(table), CELL)
    return found is not None or doubt is not None


def _is_broken(type_: Type, table: TypeTable) -> bool:
    return isinstance(resolve(type_, table), Broken)


def _obviously(one: Type, two: Type, table: TypeTable) -> bool:
    """Return True for the everyday cases that need no search; False says nothing."""
    if one == two or _is_broken(one, table) or _is_broken(two, table):
        return True
    source, target = resolve(one, table), resolve(two, table)
    if isinstance(target, Union):
        return one in target.arms or (isinstance(source, Union) and {*source.arms} <= {*target.arms})
    if isinstance(source, Int | Number) and isinstance(target, Int | Number):
        return source == target or _is_within(source, target)
    return not isinstance(source, Json | Map | Record | Union) and source == target


def _is_within(one: Int | Number, two: Int | Number) -> bool:
    """Return True where bounds alone say that numbers are among others of their kind; False says nothing."""
    names = [type_.name if isinstance(type_, Number) else "int" for type_ in (one, two)]
    if names[0] != names[1] or two.step is not None or (isinstance(two, Number) and (two.low_open or two.high_open)):
        return False
    above = two.low is None or (one.low is not None and one.low >= two.low)
    return above and (two.high is None or (one.high is not None and one.high <= two.high))
