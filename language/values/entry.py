"""Where data becomes values: `from_json` checks JSON data against a type and makes the Python values behind it.

What JSON says for each type: a `float` is a number; a `decimal` a number or text (`12.50` or `"12.50"`); an `int` a
number without a fraction (`1.0` is the int 1, as in JSON Schema); the other scalars are text, see `text_forms.py`. Null
for an optional field means that it is absent. Numbers should come as int and `Decimal` (`parse_json`): a Python float
is taken for a `float`, and refused for a `decimal`, which never passes through a binary float.

In a union, the arm is the one that the data fits without dropping anything; where several do, the nearest to JSON:
literals, then text, numbers as `int`, then `float`, then the scalars that only look like text. Where unknown fields may
be dropped and no arm fits as it stands, the arm that keeps most of them.
"""

from collections.abc import Iterator
from decimal import Decimal
from math import isfinite
from typing import Any, Literal, assert_never

from cellc.language.suggest import hint
from cellc.language.text_forms import BY_CLASS, MAX_DIGITS, read_text
from cellc.language.type_text import show
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
    resolve,
)
from cellc.language.types import Literal as LiteralType
from cellc.language.values.memory import scalar_fits
from cellc.language.values.problems import Misfit, Path, Problem, found_text, path_text
from cellc.language.values.unions import arms_of, tagged_arms

Extra = Literal["refuse", "drop"]


def from_json(data: Any, type_: Type, table: TypeTable, *, extra: Extra = "refuse") -> Any:
    """Return the value of `type_` that `data` says; unknown fields of records are refused or dropped.

    Raises Misfit with every problem.
    """
    reader = _Reader(table, drop=extra == "drop")
    value = reader.read(data, type_, ())
    if reader.problems:
        raise Misfit(reader.problems)
    return value


def to_json(value: Any) -> Any:
    """Return `value` as JSON data for people and other programs: scalars that JSON lacks as text."""
    match value:
        case dict():
            return {key: to_json(item) for key, item in value.items()}
        case list():
            return [to_json(item) for item in value]
        case _:
            form = BY_CLASS.get(type(value))
            return form.write(value) if form else value


class _Reader:
    """One reading of one piece of data. What `read` returns after a problem has no meaning."""

    def __init__(self, table: TypeTable, *, drop: bool) -> None:
        self._table = table
        self._drop = drop
        self.problems: list[Problem] = []

    def read(self, data: Any, type_: Type, path: Path) -> Any:
        real = resolve(type_, self._table)
        match real:
            case Record() | Map():
                return self._read_object(data, real, type_, path)
            case List():
                return self._read_list(data, real, path)
            case Union():
                return self._read_union(data, real, type_, path)
            case Secret(inner):
                return self._read_secret(data, inner, path)
            case Json():
                return self._read_any(data, path)
            case Int() | Number() | String() | Scalar() | LiteralType() | Bool() | Null():
                return self._read_scalar(data, real, type_, path)
            case Never():
                return self._refuse(path, "nothing", data)
            case Broken() | Named():
                return data
            case _:
                assert_never(real)

    def _refuse(self, path: Path, expected: str, data: Any, advice: str = "") -> None:
        self.problems.append(Problem(path_text(path), expected, found_text(data), advice))

    def _read_scalar(self, data: Any, real: Type, declared: Type, path: Path) -> Any:
        value = _scalar(data, real)
        if not scalar_fits(value, real) or (value is None and data is not None):
            self._refuse(path, _expected(declared, real), data)
        return value

    def _read_list(self, data: Any, real: List, path: Path) -> Any:
        if type(data) is not list:
            return self._refuse(path, "a list", data)
        if len(data) < real.low or (real.high is not None and len(data) > real.high):
            self._refuse(path, show(real), data)
        return [self.read(item, real.item, (*path, index)) for index, item in enumerate(data)]

    def _read_object(self, data: Any, real: Record | Map, declared: Type, path: Path) -> Any:
        if type(data) is not dict:
            return self._refuse(path, "an object" if declared is real else f"an object ({show(declared)})", data)
        if isinstance(real, Map):
            return {key: self.read(item, real.value, (*path, key)) for key, item in data.items()}
        return self._read_record(data, real, path)

    def _read_record(self, data: dict[str, Any], real: Record, path: Path) -> dict[str, Any]:
        value = {}
        for field in real.fields:
            if field.name in data and not (field.optional and data[field.name] is None):
                value[field.name] = self.read(data[field.name], field.type, (*path, field.name))
            elif not field.optional:
                problem = Problem(path_text((*path, field.name)), show(field.type), "nothing")
                self.problems.append(problem)
        if len(data) > len(value):
            known = {field.name for field in real.fields}
            value |= self._read_others(data, [key for key in data if key not in known], real, path)
        return value

    def _read_others(self, data: dict[str, Any], keys: list[str], real: Record, path: Path) -> dict[str, Any]:
        """Read the fields that `real` does not declare."""
        if real.extra is not None:
            return {key: self.read(data[key], real.extra, (*path, key)) for key in keys}
        if not self._drop:
            missing = {field.name for field in real.fields} - data.keys()
            for key in keys:
                self._refuse((*path, key), "no field of this name", data[key], hint(key, missing))
        return {}

    def _read_secret(self, data: Any, inner: Type, path: Path) -> Any:
        reader = _Reader(self._table, drop=self._drop)
        value = reader.read(data, inner, path)
        self.problems += [Problem(p.path, p.expected, "***", p.hint) for p in reader.problems]
        return value

    def _read_any(self, data: Any, path: Path) -> Any:
        match data:
            case list():
                return [self._read_any(item, (*path, index)) for index, item in enumerate(data)]
            case dict():
                return {key: self._read_any(item, (*path, key)) for key, item in data.items()}
            case Decimal() | float():
                value = _float(data)
                return self._refuse(path, "a number in the range of float", data) if value is None else value
            case _:
                return data

    def _read_union(self, data: Any, real: Union, declared: Type, path: Path) -> Any:
        arms = arms_of(real, data, self._table)
        if not arms:
            return self._refuse(path, show(declared), data)
        if len(arms) == 1:
            return self.read(data, arms[0], path)
        for value, problems in self._attempts(data, arms, path):
            if not problems:
                return value
        likely = tagged_arms(arms, data, self._table)
        if len(likely) == 1:
            return self.read(data, likely[0], path)
        return self._refuse(path, show(declared), data)

    def _attempts(self, data: Any, arms: list[Type], path: Path) -> Iterator[tuple[Any, list[Problem]]]:
        """Read `data` as each arm, as it stands; then, where fields may be dropped, with most fields kept first."""
        for arm in arms:
            strict = _Reader(self._table, drop=False)
            yield strict.read(data, arm, path), strict.problems
        if self._drop:
            dropped = []
            for arm in arms:
                lenient = _Reader(self._table, drop=True)
                dropped.append((lenient.read(data, arm, path), lenient.problems))
            yield from sorted(dropped, key=lambda attempt: -len(attempt[0]) if isinstance(attempt[0], dict) else 0)


def _expected(declared: Type, real: Type) -> str:
    return show(real) if declared is real else f"{show(declared)}, which is {show(real)}"


def _scalar(data: Any, type_: Type) -> Any:
    """Return the value that `data` says for a scalar type, refinements apart; None where it says none."""
    match type_:
        case Int() | LiteralType(kind="int"):
            return _int(data)
        case Number(name="float") | LiteralType(kind="float"):
            return _float(data)
        case Number() | LiteralType(kind="decimal"):
            return _decimal(data)
        case String() | LiteralType(kind="string"):
            return data if type(data) is str else None
        case Bool() | LiteralType():
            return data if type(data) is bool else None
        case Scalar(name):
            return _text(name, data)
        case _:
            return None


def _text(name: str, data: Any) -> Any:
    try:
        return read_text(name, data) if type(data) is str else None
    except ValueError:
        return None


def _int(data: Any) -> int | None:
    match data:
        case bool():
            return None
        case int():
            return data
        case Decimal() if _digits(data) <= MAX_DIGITS and data == data.to_integral_value():
            return int(data)
        case float() if data.is_integer() and abs(data) <= 2**53:
            return int(data)
        case _:
            return None


def _float(data: Any) -> float | None:
    if type(data) not in {int, float, Decimal}:
        return None
    try:
        value = float(data)
    except OverflowError:
        return None
    return value if isfinite(value) else None


def _decimal(data: Any) -> Decimal | None:
    if type(data) is int:
        return Decimal(data)
    if type(data) is Decimal:
        return data if data.is_finite() and _digits(data) <= MAX_DIGITS else None
    value = _text("decimal", data)
    return value if isinstance(value, Decimal) else None


def _digits(number: Decimal) -> int:
    """Return how many digits `number` has when it is written out, before and after the point."""
    _, digits, exponent = number.as_tuple()
    return max(len(digits), len(digits) + int(exponent), -int(exponent))
