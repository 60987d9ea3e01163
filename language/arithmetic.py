"""The operators of the language on Python values, bounded and never silently wrong.

Decimals are computed in the IEEE 754 decimal128 context: 34 significant digits, half-even. A result that needs more
digits is rounded, as 1/3 must be; overflow, division by zero and undefined results are faults. Stored decimals of any
length are exact until they are computed with. An int beside a float or decimal counts as one. A float result that is
not finite is a fault. As in Python, `//` and `%` floor for ints and floats and truncate for decimals.

What reaches these functions has been type-checked: a pair of types without an operation is a bug of the compiler.
"""

import math
import operator
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from decimal import Context, Decimal, DecimalException, DivisionByZero, DivisionUndefined, InvalidOperation, Overflow
from typing import Any, TypeAlias

from cellc.language.faults import (
    MAX_INT_BITS,
    Fault,
    bounded_int,
    check_item_count,
    check_text_length,
)

DECIMAL = Context(prec=34, Emax=6144, Emin=-6143, traps=[DivisionByZero, InvalidOperation, Overflow])

Operation: TypeAlias = Callable[[Any, Any], Any]


def finite(value: float) -> float:
    """Return `value`, or raise Fault when it is infinite or not a number."""
    if not math.isfinite(value):
        raise Fault("a float result is out of range")
    return value


def _guarded(operation: Operation, symbol: str) -> Operation:
    """Return `operation` with Python's arithmetic exceptions as faults."""

    def run(a: Any, b: Any) -> Any:
        try:
            return operation(a, b)
        except (ZeroDivisionError, DivisionByZero):
            raise Fault(f"division by zero in `{symbol}`") from None
        except DecimalException as error:
            if DivisionUndefined in error.args[0]:  # 0 / 0
                raise Fault(f"division by zero in `{symbol}`") from None
            raise Fault(f"`{symbol}` has no decimal result: {type(error).__name__}") from None
        except OverflowError:
            raise Fault(f"the result of `{symbol}` is out of range") from None

    return run


def _concatenate_text(a: str, b: str) -> str:
    check_text_length(len(a) + len(b))
    return a + b


def _concatenate_lists(a: list[Any], b: list[Any]) -> list[Any]:
    check_item_count(len(a) + len(b))
    return a + b


def _repeat_text(a: str, n: int) -> str:
    check_text_length(len(a) * n)
    return a * n


def _repeat_list(a: list[Any], n: int) -> list[Any]:
    check_item_count(len(a) * n)
    return a * n


def _int_power(base: int, exponent: int) -> int:
    if exponent < 0:
        raise Fault("an int to a negative power is not an int; make one side a float or a decimal")
    if abs(base) > 1 and (abs(base).bit_length() - 1) * exponent > MAX_INT_BITS:
        raise Fault(f"an integer has more than {MAX_INT_BITS} bits")
    return bounded_int(base**exponent)


def _float_power(base: float, exponent: float) -> float:
    result = base**exponent
    if isinstance(result, complex):
        raise Fault("a negative number has no fractional power")
    return finite(result)


def _ints(operation: Operation) -> Operation:
    return lambda a, b: bounded_int(operation(a, b))


def _floats(operation: Operation) -> Operation:
    return lambda a, b: finite(operation(a, b))


def _decimals(name: str) -> Operation:
    operation: Operation = getattr(DECIMAL, name)
    return operation


def _decimal_power(base: int | Decimal, exponent: int | Decimal) -> Decimal:
    """Compute with 34 digits of each: on stored decimals of a thousand digits a power takes a second."""
    return DECIMAL.power(DECIMAL.plus(Decimal(base)), DECIMAL.plus(Decimal(exponent)))


_NumberRow: TypeAlias = tuple[str, Operation, Operation, Operation]

_NUMBERS: tuple[_NumberRow, ...] = (  # symbol, ints, floats, decimals
    ("+", _ints(operator.add), _floats(operator.add), _decimals("add")),
    ("-", _ints(operator.sub), _floats(operator.sub), _decimals("subtract")),
    ("*", _ints(operator.mul), _floats(operator.mul), _decimals("multiply")),
    ("/", operator.truediv, _floats(operator.truediv), _decimals("divide")),
    ("//", operator.floordiv, _floats(operator.floordiv), _decimals("divide_int")),
    ("%", operator.mod, _floats(operator.mod), _decimals("remainder")),
    ("**", _int_power, _float_power, _decimal_power),
)

_OTHERS: tuple[tuple[str, type, type, Operation], ...] = (
    ("+", str, str, _concatenate_text),
    ("+", list, list, _concatenate_lists),
    ("*", str, int, _repeat_text),
    ("*", int, str, lambda n, a: _repeat_text(a, n)),
    ("*", list, int, _repeat_list),
    ("*", int, list, lambda n, a: _repeat_list(a, n)),
    *(
        (symbol, left, right, operation)
        for symbol, operation in (("+", operator.add), ("-", operator.sub))
        for left, right in ((timedelta, timedelta), (date, timedelta), (datetime, timedelta))
    ),
    ("+", timedelta, date, operator.add),
    ("+", timedelta, datetime, operator.add),
    ("-", date, date, operator.sub),
    ("-", datetime, datetime, operator.sub),
    ("*", timedelta, int, operator.mul),
    ("*", int, timedelta, operator.mul),
    ("*", timedelta, float, operator.mul),
    ("*", float, timedelta, operator.mul),
    ("/", timedelta, timedelta, operator.truediv),
    ("/", timedelta, int, operator.truediv),
    ("/", timedelta, float, operator.truediv),
    ("//", timedelta, timedelta, operator.floordiv),
    ("//", timedelta, int, operator.floordiv),
    ("%", timedelta, timedelta, operator.mod),
)


def _table() -> Mapping[str, Mapping[tuple[type, type], Operation]]:
    table: dict[str, dict[tuple[type, type], Operation]] = {}
    for symbol, ints, floats, decimals in _NUMBERS:
        row = table.setdefault(symbol, {})
        row[int, int] = _guarded(ints, symbol)
        row[float, float] = row[int, float] = row[float, int] = _guarded(floats, symbol)
        row[Decimal, Decimal] = row[int, Decimal] = row[Decimal, int] = _guarded(decimals, symbol)
    for symbol, left, right, operation in _OTHERS:
        table[symbol][left, right] = _guarded(operation, symbol)
    return table


ARITHMETIC = _table()
"""For each operator, the operation on each pair of Python types."""


def negate(value: Any) -> Any:
    """Return `-value` of a number or duration."""
    try:
        return DECIMAL.minus(value) if isinstance(value, Decimal) else -value
    except OverflowError:
        raise Fault("the result of `-` is out of range") from None


def same(a: Any, b: Any) -> bool:
    """Return whether two values are equal: as in Python, but a bool never equals a number, at any depth."""
    if a != b:
        return False
    if isinstance(a, list) and isinstance(b, list):
        return all(map(same, a, b))
    if isinstance(a, dict) and isinstance(b, dict):
        return all(same(value, b[key]) for key, value in a.items())
    return isinstance(a, bool) is isinstance(b, bool)


def contains(container: Any, value: Any) -> bool:
    """Return `value in container`: a text in a text, a key in a map, an item in a list."""
    if value not in container:  # one pass in C; only what it finds needs the stricter look
        return False
    return isinstance(value, str) or any(same(item, value) for item in container)
