"""What a value of one type needs to be handed to a place of another: nothing, a projection, a check, or it is wrong.

*Shape* is everything but refinements (ranges, lengths, patterns). A projection drops the fields that the reader does
not declare, leaves out null for an optional field and turns ints into float or decimal; deep through records, lists
and maps, and through a union only where the value's kind or a literal tag picks the arm. A refinement that may hold is
checked when the program runs; one that cannot hold, like every difference of shape, is a mismatch.
"""

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from typing import Literal as Lit
from typing import TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from cellc.language.subtype.relations import is_subtype, overlaps
from cellc.language.suggest import nearest
from cellc.language.type_text import show
from cellc.language.types import (
    Bool,
    Field,
    Int,
    Json,
    List,
    Literal,
    Map,
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
    resolve,
    union,
)


class Exact(Struct, frozen=True):
    """Every value fits as it is."""


class Project(Struct, frozen=True):
    """Every value fits after `["project", e, T]`."""


class Check(Struct, frozen=True):
    """The shape fits; a refinement needs `["check", e, T]`, after `["project", e, T]` where `project` says so.

    `reason` names the first refinement that is not proved: "`qty`: int may not be int(1..)".
    """

    reason: str
    project: bool


class Mismatch(Struct, frozen=True):
    """No operation makes it fit; `reason` is for people: "`items[].qty`: int is not string"."""

    reason: str


Fit: TypeAlias = Exact | Project | Check | Mismatch

_Wider: TypeAlias = Lit["float", "decimal"]

_ITEM = "[]"
_VALUE = "[...]"


def fits_after_projection(one: Type, two: Type, table: TypeTable) -> Fit:
    """Return what a value of `one` needs to become a value of `two`."""
    return _Fitter(table).fit(one, two, "")


def _worst(fits: Iterable[Fit]) -> Fit:
    """Return what all of `fits` need together; the first mismatch, or the first reason for a check, is kept."""
    check: Check | None = None
    project = False
    for fit in fits:
        match fit:
            case Mismatch():
                return fit
            case Check(_, also_project):
                check = check or fit
                project = project or also_project
            case Project():
                project = True
            case Exact():
                pass
    if check is not None:
        return replace(check, project=project)
    return Project() if project else Exact()


class _Fitter:
    def __init__(self, table: TypeTable) -> None:
        self._table = table
        self._open: set[tuple[Type, Type]] = set()

    def fit(self, one: Type, two: Type, path: str) -> Fit:
        if is_subtype(one, two, self._table):
            return Exact()
        pair = (one, two)
        if pair in self._open:
            return Exact()  # a recursive type needs here what the rest of it needs
        self._open.add(pair)
        try:
            return self._compare(one, two, path)
        finally:
            self._open.discard(pair)

    def _compare(self, one: Type, two: Type, path: str) -> Fit:
        source, target = resolve(one, self._table), resolve(two, self._table)
        if isinstance(source, Union):
            return _worst(self.fit(arm, two, path) for arm in source.arms)
        match source, target:
            case _, Union():
                return self._into_union(one, two, target, path)
            case Record(), Record():
                return _worst(self._record(source, target, path))
            case Record(), Map(value):
                return _worst(self._record(source, Record((), value), path))
            case Map(value), Map(other):
                return self.fit(value, other, path + _VALUE)
            case List(), List():
                return _worst(self._list(source, target, path))
            case Secret(inner), Secret(other):
                return self.fit(inner, other, path)
            case Int() | Literal(kind="int"), Number(name):
                return self._widened(source, target, name, path)
            case Int() | Literal(kind="int"), Literal(kind=("float" | "decimal") as name):
                return self._widened(source, target, name, path)
            case _:
                return self._refine(one, two, path)

    def _refine(self, one: Type, two: Type, path: str) -> Fit:
        """Compare two scalars: the same base type may need a check, if it can succeed at all."""
        source, target = resolve(one, self._table), resolve(two, self._table)
        if not _is_refinement(source, target):
            return _mismatch(one, two, path)
        if not overlaps(one, two, self._table):
            return Mismatch(f"{_where(path)}{show(one)} is never {show(two)}")
        return Check(f"{_where(path)}{show(one)} may not be {show(two)}", project=False)

    def _widened(self, source: Int | Literal, target: Type, name: _Wider, path: str) -> Fit:
        fit = self.fit(_as_number(source, name), target, path)
        match fit:
            case Exact():
                return Project()
            case Check(reason):
                return Check(reason, project=True)
            case _:
                return fit

    def _list(self, source: List, target: List, path: str) -> Iterable[Fit]:
        if source.high == 0:
            yield Exact()
        else:
            yield self.fit(source.item, target.item, path + _ITEM)
        yield _lengths(source, target, path)

    def _record(self, source: Record, target: Record, path: str) -> Iterable[Fit]:
        for wanted in target.fields:
            yield self._field(source, wanted, path)
        declared = {field.name for field in target.fields}
        others = [field for field in source.fields if field.name not in declared]
        if target.extra is not None:
            for field in others:
                yield self.fit(field.type, target.extra, _step(path, field.name))
            if source.extra is not None:
                yield self.fit(source.extra, target.extra, path + _VALUE)
        elif others or source.extra is not None:
            yield Project()

    def _field(self, source: Record, wanted: Field, path: str) -> Fit:
        given = source.get(wanted.name)
        where = _step(path, wanted.name)
        if given is None and source.extra is not None:
            given = Field(wanted.name, source.extra, optional=True)
        if given is None:
            return Exact() if wanted.optional else self._missing(source, wanted, where)
        if given.optional and not wanted.optional:
            return Mismatch(f"{_where(where)}it may be absent in {show(source)}")
        if not wanted.optional:
            return self.fit(given.type, wanted.type, where)
        without_null = self._without_null(given.type)
        if without_null is None or is_subtype(given.type, wanted.type, self._table):
            return self.fit(given.type, wanted.type, where)
        if isinstance(without_null, Never):
            return Project()
        return _worst((Project(), self.fit(without_null, wanted.type, where)))

    def _missing(self, source: Record, wanted: Field, where: str) -> Mismatch:
        near = nearest(wanted.name, (field.name for field in source.fields))
        return Mismatch(f"{_where(where)}it is missing" + (f"; there is `{near}`" if near else ""))

    def _without_null(self, type_: Type) -> Type | None:
        """Return `type_` without null; None where null is not in it."""
        real = resolve(type_, self._table)
        if isinstance(real, Null):
            return Never()
        if not isinstance(real, Union):
            return None
        kept = [arm for arm in real.arms if not isinstance(resolve(arm, self._table), Null)]
        return None if len(kept) == len(real.arms) else union(kept)

    def _into_union(self, one: Type, two: Type, target: Union, path: str) -> Fit:
        """Fit a value that is no union into the arms that its kind, then its literal tags, leave."""
        source = resolve(one, self._table)
        arms = [arm for arm in self._arms(target) if self._same_kind(source, arm)]
        if not arms:
            arms = [arm for arm in self._arms(target) if self._widens(source, arm)]
        if isinstance(source, Record) and len(arms) > 1:
            arms = [arm for arm in arms if self._tags_agree(source, arm)]
        if len(arms) == 1:
            return self.fit(one, arms[0], path)
        scalars = all(_is_refinement(source, resolve(arm, self._table)) for arm in arms)
        return self._refine_many(one, two, arms, path) if arms and scalars else _mismatch(one, two, path)

    def _refine_many(self, one: Type, two: Type, arms: list[Type], path: str) -> Fit:
        if not overlaps(one, union(arms), self._table):
            return Mismatch(f"{_where(path)}{show(one)} is never {show(two)}")
        return Check(f"{_where(path)}{show(one)} may not be {show(two)}", project=False)

    def _arms(self, type_: Type) -> list[Type]:
        real = resolve(type_, self._table)
        return [arm for part in real.arms for arm in self._arms(part)] if isinstance(real, Union) else [type_]

    def _same_kind(self, source: Type, arm: Type) -> bool:
        kind = _kind(source)
        return kind is not None and kind == _kind(resolve(arm, self._table))

    def _widens(self, source: Type, arm: Type) -> bool:
        return _kind(source) == "int" and _kind(resolve(arm, self._table)) in {"float", "decimal"}

    def _tags_agree(self, source: Record, arm: Type) -> bool:
        target = resolve(arm, self._table)
        if not isinstance(target, Record):
            return False
        tags = [(f, resolve(f.type, self._table)) for f in target.fields if not f.optional]
        literals = [(field, tag) for field, tag in tags if isinstance(tag, Literal)]
        given = [(source.get(field.name), tag) for field, tag in literals]
        return bool(given) and all(f is not None and is_subtype(f.type, tag, self._table) for f, tag in given)


def _lengths(source: List, target: List, path: str) -> Fit:
    low_fits = source.low >= target.low
    high_fits = target.high is None or (source.high is not None and source.high <= target.high)
    if low_fits and high_fits:
        return Exact()
    apart = (source.high is not None and source.high < target.low) or (
        target.high is not None and source.low > target.high
    )
    if apart:
        return Mismatch(f"{_where(path)}{show(source)} never has the length of {show(target)}")
    return Check(f"{_where(path)}{show(source)} may not have the length of {show(target)}", project=False)


def _is_refinement(source: Type, target: Type) -> bool:
    """Return whether both have one base type and only a range, length or pattern of the target is in question."""
    match source, target:
        case Int(), Int():
            return True
        case Number(one), Number(two):
            return one == two
        case String(), String(format=format_):
            return format_ is None or source.format == format_
        case Literal(kind=kind), Int() | Number() | String():
            return kind == _kind(target)
        case _:
            return False


def _kind(type_: Type) -> str | None:
    match type_:
        case Number(name) | Scalar(name):
            return name
        case Literal(kind=kind):
            return kind
        case _:
            return _KINDS.get(type(type_))


_KINDS: dict[type, str] = {
    Int: "int",
    String: "string",
    Bool: "bool",
    Null: "null",
    List: "list",
    Record: "object",
    Map: "object",
    Json: "json",
    Secret: "secret",
}


def _as_number(source: Int | Literal, name: _Wider) -> Type:
    """Return the numbers that ints of `source` become when they are widened."""
    if isinstance(source, Literal):
        return Literal(Decimal(source.value), name)
    low, high = (None if bound is None else Fraction(bound) for bound in (source.low, source.high))
    return Number(name, low, high, step=Fraction(source.step or 1))


def _mismatch(one: Type, two: Type, path: str) -> Mismatch:
    return Mismatch(f"{_where(path)}{show(one)} is not {show(two)}")


def _where(path: str) -> str:
    return f"`{path}`: " if path else ""


def _step(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
