"""Which declared types have a value by their form alone: all but a few, so the search is asked about those only."""

from collections import defaultdict
from collections.abc import Iterator

from cellc.language.types import (
    Bool,
    Int,
    Json,
    List,
    Literal,
    Map,
    Named,
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


def plainly_inhabited(table: TypeTable) -> frozenset[str]:
    """Return the names in `table` that surely have a value; of the others nothing is said."""
    users: dict[str, list[str]] = defaultdict(list)
    for name, type_ in table.items():
        for mentioned in _mentioned(type_):
            users[mentioned].append(name)
    known: set[str] = set()
    todo = list(table)
    while todo:
        name = todo.pop()
        if name not in known and _has_value(table[name], known):
            known.add(name)
            todo += users[name]
    return frozenset(known)


def _mentioned(type_: Type) -> Iterator[str]:
    match type_:
        case Named(name):
            yield name
        case List(inner) | Map(inner) | Secret(inner):
            yield from _mentioned(inner)
        case Record(fields):
            for field in fields:
                yield from _mentioned(field.type)
        case Union(arms):
            for arm in arms:
                yield from _mentioned(arm)
        case _:
            pass


def _has_value(type_: Type, known: set[str]) -> bool:
    match type_:
        case Null() | Bool() | Scalar() | Json() | Map() | Literal(kind="bool" | "int" | "string"):
            return True
        case Int(low, high, step):
            return step is None and (low is None or high is None or low <= high)
        case Number(name, low, high):
            return type_.step is None and (low is None and high is None if name == "float" else None in {low, high})
        case String(low, high, pattern, format_):
            return pattern is None and (high is None or low <= high) and (format_ is None or (low, high) == (0, None))
        case List(item, low, high):
            return low == 0 or ((high is None or low <= high) and _has_value(item, known))
        case Record(fields):
            return all(field.optional or _has_value(field.type, known) for field in fields)
        case Union(arms):
            return any(_has_value(arm, known) for arm in arms)
        case Named(name):
            return name in known
        case Secret(inner):
            return _has_value(inner, known)
        case _:
            return False
