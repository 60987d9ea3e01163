"""The types of two versions side by side: whether values that go across the contract still fit.

Both versions have types of the same names, so each question is asked in a table of its own names: `old:` or `new:`,
how a type is taken, and the name. A type is taken *plain*; *known*, as a reader takes it who passes over fields that he
does not know; *accepted*, as values are on entry (null means that an optional field is absent, an int will do for a
decimal or float, a plain value for a secret); or *met*, which is accepted and passed over.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor
from typing import Literal, TypeAlias

from cellc.compiler.compat.rules import Flow
from cellc.language.subtype import Answer, is_subtype
from cellc.language.type_codec import from_data
from cellc.language.types import (
    NAMES,
    Field,
    Int,
    List,
    Map,
    Named,
    Null,
    Number,
    Record,
    Secret,
    Type,
    TypeTable,
    Union,
    optional,
    resolve,
    union,
)

_Way: TypeAlias = Literal["plain", "known", "accepted", "met"]

_WAYS: tuple[_Way, ...] = ("plain", "known", "accepted", "met")

_ANY = "$any"
_ANYTHING = Named(_ANY)
_OPEN: tuple[_Way, ...] = ("known", "met")
_ENTERED: tuple[_Way, ...] = ("accepted", "met")

VersionName: TypeAlias = Literal["old", "new"]


@dataclass(frozen=True, slots=True)
class Answers:
    """Whether a type of NEW still does on a way of values, and whether OLD would do in its place."""

    forward: Answer
    backward: Answer


class VersionTypes:
    """The declared types of both versions, by qualified name."""

    def __init__(self, old: Mapping[str, object], new: Mapping[str, object]) -> None:
        self.old: TypeTable = {name: from_data(data) for name, data in old.items()}
        self.new: TypeTable = {name: from_data(data) for name, data in new.items()}
        self._changed = _changed(self.old, self.new)
        self._answers: dict[tuple[Type, Type], Answer] = {}
        self._table: dict[str, Type] = {_ANY: _anything()}
        for version, table in (("old", self.old), ("new", self.new)):
            for way in _WAYS:
                self._table |= {f"{version}:{way}:{n}": _taken(t, f"{version}:{way}:", way) for n, t in table.items()}

    def same(self, old: Type, new: Type) -> bool:
        """Return whether two types are written alike, with all that they name."""
        return old == new and not any(name in self._changed for name in names_in(old))

    def reached(self, *types: Type | None) -> set[str]:
        """Return the declared types, of either version, that types name, and those that these name."""
        found: set[str] = set()
        work = [type_ for type_ in types if type_ is not None]
        while work:
            for name in names_in(work.pop()):
                if name not in found:
                    found.add(name)
                    work += [table[name] for table in (self.old, self.new) if name in table]
        return found

    def ask(self, old: Type, new: Type, flow: Flow) -> Answers:
        """Return whether what goes along `flow` still fits, and whether it would the other way round."""
        if flow.given:
            way: _Way = "met" if flow.drops else "accepted"
            return Answers(self._fits(old, "old", new, "new", way), self._fits(new, "new", old, "old", way))
        return Answers(self._fits(new, "new", old, "old", "known"), self._fits(old, "old", new, "new", "known"))

    def are_equal(self, old: Type, new: Type) -> bool:
        """Return whether two types have the same values, however they are taken."""
        return bool(self._fits(old, "old", new, "new", "plain")) and bool(self._fits(new, "new", old, "old", "plain"))

    def stays(self, old: Type, new: Type) -> Answer:
        """Return whether values of OLD's type, as they are kept, are values of NEW's."""
        return self._fits(old, "old", new, "new", "plain")

    def _fits(self, one: Type, of_one: VersionName, two: Type, of_two: VersionName, way: _Way) -> Answer:
        question = _taken(one, f"{of_one}:plain:", "plain"), _taken(two, f"{of_two}:{way}:", way)
        if question not in self._answers:  # the same one is asked on several ways, and it may be a hard one
            self._answers[question] = is_subtype(*question, self._table)
        return self._answers[question]

    def resolve(self, type_: Type, version: VersionName) -> Type:
        """Return what a name stands for in one version."""
        return resolve(type_, self.old if version == "old" else self.new)


def names_in(type_: Type) -> Iterable[str]:
    """Yield the names in a type as it is written."""
    work = [type_]
    while work:
        match work.pop():
            case Named(name):
                yield name
            case Union(arms):
                work += arms
            case List(inner) | Map(inner) | Secret(inner):
                work.append(inner)
            case Record(fields, extra):
                work += [field.type for field in fields] + ([] if extra is None else [extra])
            case _:
                pass


def _changed(old: TypeTable, new: TypeTable) -> frozenset[str]:
    """Return the names that stand for another type now, or for a type that names such a one."""
    found = {name for name in old.keys() | new.keys() if old.get(name) != new.get(name)}
    users: dict[str, set[str]] = {}
    for name, type_ in new.items():
        for used in names_in(type_):
            users.setdefault(used, set()).add(name)
    work = list(found)
    while work:
        more = users.get(work.pop(), set()) - found
        found |= more
        work += more
    return frozenset(found)


def _anything() -> Type:
    """Return a type of all values."""
    scalars = (*NAMES.values(), Secret(_ANYTHING), List(_ANYTHING), Map(_ANYTHING))
    return union(scalars)


def _taken(type_: Type, prefix: str, way: _Way) -> Type:
    """Return the set of the values that are taken for one of `type_`; names get the prefix."""
    match type_:
        case Named(name):
            return Named(prefix + name)
        case Union(arms):
            return union(_taken(arm, prefix, way) for arm in arms)
        case List(item, low, high):
            return List(_taken(item, prefix, way), low, high)
        case Map(value):
            return Map(_taken(value, prefix, way))
        case Secret(inner):
            plain = _taken(inner, prefix, way)
            return union((Secret(plain), plain)) if way in _ENTERED else Secret(plain)
        case Record(fields, extra):
            made = tuple(_field(field, prefix, way) for field in fields)
            closed: Type | None = _ANYTHING if way in _OPEN else None
            return Record(made, closed if extra is None else _taken(extra, prefix, way))
        case Number() if way in _ENTERED:
            return union((type_, _ints(type_)))
        case _:
            return type_


def _field(field: Field, prefix: str, way: _Way) -> Field:
    inner = _taken(field.type, prefix, way)
    return Field(field.name, optional(inner) if field.optional and way in _ENTERED else inner, field.optional)


def _ints(number: Number) -> Type:
    """Return the ints that are within a number's bounds; those of a step are left out."""
    low = None if number.low is None else ceil(number.low) + (number.low_open and number.low == ceil(number.low))
    high = (
        None if number.high is None else floor(number.high) - (number.high_open and number.high == floor(number.high))
    )
    if number.step not in (None, Fraction(1)) or (low is not None and high is not None and low > high):
        return number
    return Int(low, high)


def place_of(name: str, module: str, section: str) -> str:
    """Return the path of a type or error, whose own name has no dot."""
    of, _, own = name.rpartition(".")
    prefix = "" if of in {"", module} else f"{of}/"
    return f"{prefix}{section}.{own}"


def inner_of_optional(type_: Type) -> Type | None:
    """Return T where the type is `T?` with one T, else None."""
    if isinstance(type_, Union) and Null() in type_.arms and len(type_.arms) == 2:
        return next(arm for arm in type_.arms if arm != Null())
    return None
