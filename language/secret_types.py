"""Questions about types that hold a `secret(T)` somewhere; the rules that rest on them are in `compiler/secrets.py`."""

from cellc.language.types import (
    Field,
    Json,
    List,
    Map,
    Named,
    Null,
    Record,
    Secret,
    Type,
    TypeTable,
    Union,
    resolve,
    union,
)


def holds_secret(type_: Type, table: TypeTable) -> bool:
    """Return whether a value of the type can have a secret anywhere in it."""
    seen: set[str] = set()
    work = [type_]
    while work:
        match work.pop():
            case Secret():
                return True
            case Named(name) if name not in seen:
                seen.add(name)
                work.append(resolve(Named(name), table))
            case Union(arms):
                work += arms
            case List(inner) | Map(inner):
                work.append(inner)
            case Record(fields, extra):
                work += [f.type for f in fields] + ([extra] if extra is not None else [])
            case _:
                pass
    return False


def revealed(type_: Type, table: TypeTable, within: frozenset[str] = frozenset()) -> Type:
    """Return the type without its `secret(...)`; what recurs inside a type that holds a secret becomes `json`."""
    if not holds_secret(type_, table):
        return type_
    match type_:
        case Secret(inner):
            return revealed(inner, table, within)
        case Named(name):
            return Json() if name in within else revealed(resolve(type_, table), table, within | {name})
        case Union(arms):
            return union(revealed(a, table, within) for a in arms)
        case List(inner, low, high):
            return List(revealed(inner, table, within), low, high)
        case Map(inner):
            return Map(revealed(inner, table, within))
        case Record(fields, extra):
            made = tuple(Field(f.name, revealed(f.type, table, within), f.optional) for f in fields)
            return Record(made, extra)
        case _:
            return type_


def raised(type_: Type, expected: Type, table: TypeTable) -> Type:
    """Return the type as a secret where only a secret (or null) is expected: a plain value may go there."""
    wanted = _arms(expected, table)
    if not any(isinstance(a, Secret) for a in wanted) or not all(isinstance(a, Secret | Null) for a in wanted):
        return type_
    return union(
        a if isinstance(a, Secret | Null) or holds_secret(a, table) else Secret(a) for a in _arms(type_, table)
    )


def tells_of_secret(left: Type, right: Type, table: TypeTable) -> bool:
    """Return whether comparing the two tells something of a secret; that there is none is no secret."""
    for one, other in ((left, right), (right, left)):
        if isinstance(resolve(other, table), Null):
            return any(isinstance(a, Secret) and _nullable(a.inner, table) for a in _arms(one, table))
    return holds_secret(left, table) or holds_secret(right, table)


def _nullable(type_: Type, table: TypeTable) -> bool:
    return any(isinstance(a, Null | Json) for a in _arms(type_, table))


def _arms(type_: Type, table: TypeTable) -> tuple[Type, ...]:
    whole = resolve(type_, table)
    return tuple(a for arm in whole.arms for a in _arms(arm, table)) if isinstance(whole, Union) else (whole,)
