"""A type made into a function, once: the quick way to take in the values that fit it.

`accepting(type_, table)` does for one value what `project` and then `fits` do, in one pass and without looking at the
type again. What it does not take (`UNDECIDED`) may fit all the same: those two say so, and why not.
"""

from collections.abc import Callable
from functools import lru_cache
from math import isfinite
from typing import Any, Final, TypeAlias

from cellc.language.types import (
    Bool,
    Int,
    Json,
    List,
    Map,
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
from cellc.language.values.memory import CLASSES, scalar_fits
from cellc.language.values.unions import flatten

UNDECIDED: Final = object()
"""What an `Accept` returns instead of a value."""

Accept: TypeAlias = Callable[[Any], Any]
"""From a value to what its type declares of it, or UNDECIDED."""


def accepting(type_: Type, table: TypeTable) -> Accept:
    """Return the function that takes in values of `type_`."""
    return _Making(table).of(type_)


class _Making:
    """Makes the functions of one table's types, each once; inside its own making, looked up at use."""

    def __init__(self, table: TypeTable) -> None:
        self._table = table
        self._made: dict[Type, Accept] = {}

    def of(self, type_: Type) -> Accept:
        real = resolve(type_, self._table)
        if real not in self._made:
            self._made[real] = lambda value: self._made[real](value)  # noqa: PLW0108 -- another one by then
            self._made[real] = self._make(real)
        return self._made[real]

    def _make(self, real: Type) -> Accept:  # noqa: PLR0911 -- a table of kinds
        match real:
            case Record(extra=None):
                return self._record(real)
            case List():
                return _list(self.of(real.item), real)
            case Map(inner):
                return _map(self.of(inner))
            case Union():
                return self._union(real)
            case Secret(inner):
                return self.of(inner)
            case Json():
                return lambda value: value if type(value) in _PLAIN else UNDECIDED
            case Bool():
                return lambda value: value if type(value) is bool else UNDECIDED
            case Int(None, None, None):
                return lambda value: value if type(value) is int else UNDECIDED
            case Scalar(name):
                kind = CLASSES[name]
                return lambda value: value if type(value) is kind else UNDECIDED
            case Number("float", low=None, high=None, step=None):
                return lambda value: value if type(value) is float and isfinite(value) else UNDECIDED
            case String(0, None, None, None):
                return lambda value: value if type(value) is str else UNDECIDED
            case String():
                return _text(real)
            case _:  # a scalar with bounds, a literal; else nothing
                return lambda value: value if scalar_fits(value, real) else UNDECIDED

    def _record(self, real: Record) -> Accept:
        fields = [(field.name, field.optional, self.of(field.type)) for field in real.fields]

        def accept(value: Any) -> Any:
            if type(value) is not dict:
                return UNDECIDED
            taken = {}
            for name, optional, inner in fields:
                part = value.get(name, UNDECIDED)
                if part is UNDECIDED or (optional and part is None):
                    if not optional:
                        return UNDECIDED
                    continue
                part = taken[name] = inner(part)
                if part is UNDECIDED:
                    return UNDECIDED
            return taken

        return accept

    def _union(self, real: Union) -> Accept:
        """Take what is `T?`: of more arms only `project` knows which."""
        arms = [resolve(arm, self._table) for arm in flatten(real, self._table)]
        others = [arm for arm in arms if arm != Null()]
        if len(others) != 1 or len(arms) == 1:
            return lambda _: UNDECIDED
        inner = self.of(others[0])
        return lambda value: None if value is None else inner(value)


_PLAIN = frozenset({str, int, bool, type(None)})


def _list(inner: Accept, real: List) -> Accept:
    low, high = real.low or 0, real.high

    def accept(value: Any) -> Any:
        if type(value) is not list or len(value) < low or (high is not None and len(value) > high):
            return UNDECIDED
        taken = [inner(item) for item in value]
        return UNDECIDED if UNDECIDED in taken else taken

    return accept


def _map(inner: Accept) -> Accept:
    def accept(value: Any) -> Any:
        if type(value) is not dict:
            return UNDECIDED
        taken = {key: inner(item) for key, item in value.items()}
        return UNDECIDED if UNDECIDED in taken.values() else taken

    return accept


def _text(real: String) -> Accept:
    """Remember which texts fit a pattern: most that come are the same ones again."""

    @lru_cache(maxsize=256)
    def fits(text: str) -> bool:
        return scalar_fits(text, real)

    return lambda value: value if type(value) is str and len(value) <= _SHORT and fits(value) else UNDECIDED


_SHORT = 256
"""Characters of a text that is worth remembering."""
