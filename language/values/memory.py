"""Values that are in memory already: whether they fit a type, and their projection to it.

A float stands for the number that its shortest text says, as in JSON: 0.3 is at least `float(0.3..)`.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from math import isfinite
from typing import Any, TypeAlias, assert_never
from uuid import UUID

from cellc.language.suggest import hint
from cellc.language.text_forms import PATTERNS, full_match
from cellc.language.type_text import show
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
    Secret,
    String,
    Type,
    TypeTable,
    Union,
    resolve,
)
from cellc.language.values.problems import MOST, Path, Problem, found_text, path_text
from cellc.language.values.unions import flatten, tagged_arms

_Container: TypeAlias = type[list[Any] | dict[str, Any]]

CLASSES: dict[str, type] = {
    "int": int,
    "float": float,
    "decimal": Decimal,
    "string": str,
    "bool": bool,
    "bytes": bytes,
    "uuid": UUID,
    "date": date,
    "time": time,
    "datetime": datetime,
    "duration": timedelta,
}


def fits(value: Any, type_: Type, table: TypeTable) -> list[Problem]:
    """Return what keeps `value` from being of `type_`, in the value's order; empty when it fits."""
    found: list[Problem] = []
    _Check(table, found).check(value, type_, ())
    return found[:MOST]


def number_of(value: float | Decimal) -> Fraction:
    """Return the exact number that a value stands for."""
    return Fraction(repr(value)) if type(value) is float else Fraction(value)


def _same(value: Any, literal: Any) -> bool:
    return number_of(value) == literal if type(value) is float else bool(value == literal)


def scalar_fits(value: Any, type_: Type) -> bool:
    """Return whether a value fits a scalar type; False for every other type."""
    match type_:
        case Null():
            return value is None
        case Bool():
            return type(value) is bool
        case Int(low, high, step):
            return type(value) is int and _within(value, low, high) and (step is None or value % step == 0)
        case Number():
            return _number_fits(value, type_)
        case String():
            return type(value) is str and _text_fits(value, type_)
        case Scalar(name):
            return type(value) is CLASSES[name]
        case Literal(literal, kind):
            return type(value) is CLASSES[kind] and _same(value, literal)
        case _:
            return False


def _within(value: int | Fraction, low: int | Fraction | None, high: int | Fraction | None) -> bool:
    return (low is None or value >= low) and (high is None or value <= high)


def _number_fits(value: Any, type_: Number) -> bool:
    if not isinstance(value, float | Decimal) or type(value) is not CLASSES[type_.name] or not isfinite(value):
        return False
    if type_.low is None and type_.high is None and type_.step is None:
        return True
    number = number_of(value)
    if not _within(number, type_.low, type_.high):
        return False
    if (type_.low_open and number == type_.low) or (type_.high_open and number == type_.high):
        return False
    return type_.step is None or number % type_.step == 0


def _text_fits(value: str, type_: String) -> bool:
    if not _within(len(value), type_.low, type_.high):
        return False
    if type_.pattern is not None and not full_match(type_.pattern, value):
        return False
    return type_.format is None or full_match(PATTERNS[type_.format], value)


class _Check:
    def __init__(self, table: TypeTable, found: list[Problem]) -> None:
        self._table = table
        self._found = found

    def check(self, value: Any, type_: Type, path: Path) -> None:
        real = resolve(type_, self._table)
        match real:
            case Record():
                self._record(value, real, type_, path)
            case Map(inner):
                self._each(value, dict, inner, type_, path)
            case List(inner):
                self._list(value, real, type_, path)
            case Union():
                self._union(value, real, type_, path)
            case Secret(inner):
                self._secret(value, inner, path)
            case Json():
                self._json(value, path)
            case Broken() | Named():
                pass
            case Int() | Number() | String() | Scalar() | Literal() | Bool() | Null() | Never():
                if not scalar_fits(value, real):
                    self._add(path, show(type_), value)
            case _:
                assert_never(real)

    def _add(self, path: Path, expected: str, value: Any, advice: str = "") -> None:
        self._found.append(Problem(path_text(path), expected, found_text(value), advice))

    def _secret(self, value: Any, inner: Type, path: Path) -> None:
        hidden: list[Problem] = []
        _Check(self._table, hidden).check(value, inner, path)
        self._found += [Problem(problem.path, problem.expected, "***") for problem in hidden]

    def _each(self, value: Any, container: _Container, inner: Type, declared: Type, path: Path) -> None:
        if not isinstance(value, container):
            self._add(path, show(declared), value)
            return
        items: Iterable[tuple[str | int, Any]] = value.items() if isinstance(value, dict) else enumerate(value)
        for key, item in items:
            self.check(item, inner, (*path, key))

    def _list(self, value: Any, real: List, declared: Type, path: Path) -> None:
        if type(value) is list and not _within(len(value), real.low, real.high):
            self._add(path, show(declared), value)
        self._each(value, list, real.item, declared, path)

    def _record(self, value: Any, real: Record, declared: Type, path: Path) -> None:
        if type(value) is not dict:
            self._add(path, show(declared), value)
            return
        for field in real.fields:
            if field.name in value:
                self.check(value[field.name], field.type, (*path, field.name))
            elif not field.optional:
                self._found.append(Problem(path_text((*path, field.name)), show(field.type), "nothing"))
        known = {field.name for field in real.fields}
        for key in (key for key in value if key not in known):
            if real.extra is None:
                self._add((*path, key), "no field of this name", value[key], hint(key, known - value.keys()))
            else:
                self.check(value[key], real.extra, (*path, key))

    def _union(self, value: Any, real: Union, declared: Type, path: Path) -> None:
        arms = flatten(real, self._table)
        if any(not fits(value, arm, self._table) for arm in arms):
            return
        likely = tagged_arms(arms, value, self._table) or _same_kind(arms, value, self._table)
        if len(likely) == 1:
            self.check(value, likely[0], path)
        else:
            self._add(path, show(declared), value)

    def _json(self, value: Any, path: Path) -> None:
        match value:
            case list():
                self._each(value, list, Json(), Json(), path)
            case dict():
                self._each(value, dict, Json(), Json(), path)
            case None | bool() | int() | str():
                pass
            case float() if isfinite(value):
                pass
            case _:
                self._add(path, "json", value)


def _same_kind(arms: list[Type], value: Any, table: TypeTable) -> list[Type]:
    """Return the arms whose values are containers of the same kind as `value`."""
    wanted = (List,) if isinstance(value, list) else (Record, Map) if isinstance(value, dict) else ()
    return [arm for arm in arms if isinstance(resolve(arm, table), wanted)]


def project(value: Any, type_: Type, table: TypeTable) -> Any:
    """Return `value` with only what `type_` declares: other fields dropped, null for an optional field absent.

    Ints become float or decimal where the type says so. What fits no part of the type is returned as it is.
    """
    real = resolve(type_, table)
    match real:
        case Record() if isinstance(value, dict):
            return _project_record(value, real, table)
        case Map(inner) if isinstance(value, dict):
            return {key: project(item, inner, table) for key, item in value.items()}
        case List(inner) if isinstance(value, list):
            return [project(item, inner, table) for item in value]
        case Union():
            return None if value is None else project(value, _arm_for(value, real, table), table)
        case Secret(inner):
            return project(value, inner, table)
        case Number(name) | Literal(kind=("float" | "decimal") as name) if type(value) is int:
            return _WIDEN[name](value)
        case _:
            return value


_WIDEN: Mapping[str, Callable[[int], Any]] = {"float": float, "decimal": Decimal}


def _project_record(value: dict[str, Any], real: Record, table: TypeTable) -> dict[str, Any]:
    present = {f.name: f for f in real.fields if f.name in value and not (f.optional and value[f.name] is None)}
    result = {name: project(value[name], field.type, table) for name, field in present.items()}
    if real.extra is not None:
        declared = {field.name for field in real.fields}
        result |= {key: project(value[key], real.extra, table) for key in value if key not in declared}
    return result


def _arm_for(value: Any, type_: Union, table: TypeTable) -> Type:
    """Return the arm that `value` is projected to: picked by kind, by literal tag, or as it fits already."""
    arms = [arm for arm in flatten(type_, table) if not isinstance(resolve(arm, table), Null)]
    if len(arms) == 1:
        return arms[0]
    exact = next((arm for arm in arms if not fits(value, arm, table)), None)
    if exact is not None or not isinstance(value, list | dict | int):
        return exact or Never()
    if isinstance(value, int):
        numbers = [arm for arm in arms if isinstance(resolve(arm, table), Number | Literal)]
        return next((arm for arm in numbers if not fits(project(value, arm, table), arm, table)), Never())
    likely = tagged_arms(arms, value, table) or _same_kind(arms, value, table)
    return likely[0] if likely else Never()
