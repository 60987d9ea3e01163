"""Typing of the built-ins whose result depends on more than their signature says: numbers, ranges, emptiness.

Each function gets the argument types by parameter name, already matched with the signature, and the declared types.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from fractions import Fraction

from msgspec import Struct

from cellc.language.builtin_texts import formatted as write
from cellc.language.builtin_values import ROUNDING
from cellc.language.faults import Fault
from cellc.language.signatures import Arguments, Mismatch, kind, kinds, shown
from cellc.language.text_forms import pattern_problem
from cellc.language.types import (
    BROKEN,
    DURATION,
    INT,
    STRING,
    Broken,
    Int,
    List,
    Literal,
    Map,
    Named,
    Never,
    Number,
    Record,
    String,
    Type,
    TypeTable,
    Union,
    optional,
    record,
    resolve,
    union,
)


def item_type(type_: Type, table: TypeTable) -> Type | None:
    """Return the type of the items of a list (or of each list of a union); None for what is not a list."""
    match resolve(type_, table):
        case List(item):
            return item
        case Broken() | Never():
            return BROKEN
        case Union(arms):
            items = [item_type(arm, table) for arm in arms]
            return None if None in items else union(item for item in items if item is not None)
        case _:
            return None


class Numbers(Struct, frozen=True):
    """What a type of numbers spans: the kinds, and a range that holds all of it."""

    kinds: frozenset[str]
    low: Fraction | None
    high: Fraction | None

    @property
    def type(self) -> Type:
        """The type: decimal beside int is decimal, float beside int is float."""
        if "decimal" in self.kinds:
            return Number("decimal", self.low, self.high)
        if "float" in self.kinds:
            return Number("float", self.low, self.high)
        return Int(None if self.low is None else int(self.low), None if self.high is None else int(self.high))


def numbers(types: Iterable[Type], table: TypeTable) -> Numbers | None:
    """Return what these types span together when they are all numbers and do not mix float with decimal."""
    arms = [arm for type_ in types for arm in _arms(type_, table)]
    if not {Named}.isdisjoint(map(type, arms)):
        arms = [resolve(arm, table) for arm in arms]
    found = frozenset(kinds(arms))
    if not arms or not found <= {"int", "float", "decimal"} or {"float", "decimal"} <= found:
        return None
    ranges = [_range(arm) for arm in arms]
    lows = [low for low, _ in ranges]
    highs = [high for _, high in ranges]
    return Numbers(
        found,
        None if None in lows else min(low for low in lows if low is not None),
        None if None in highs else max(high for high in highs if high is not None),
    )


def _arms(type_: Type, table: TypeTable) -> tuple[Type, ...]:
    resolved = resolve(type_, table)
    return resolved.arms if isinstance(resolved, Union) else (resolved,)


def _range(type_: Type) -> tuple[Fraction | None, Fraction | None]:
    match type_:
        case Int(low, high):
            return (None if low is None else Fraction(low)), (None if high is None else Fraction(high))
        case Number(low=low, high=high):
            return low, high
        case Literal(int() | Decimal() as value):
            return Fraction(value), Fraction(value)
        case _:
            return None, None


def _is_broken(type_: Type, table: TypeTable) -> bool:
    return any(isinstance(arm, Broken | Never) for arm in _arms(type_, table))


# --- one function for each built-in that needs one -------------------------------------------------------------------


def length(arguments: Arguments, table: TypeTable) -> Type:
    """`len`: the range of a list's or text's length."""
    match resolve(arguments["x"], table):
        case List(_, low, high) | String(low, high):
            return Int(low, high)
        case _:
            return Int(0)


def total(arguments: Arguments, table: TypeTable) -> Type | Mismatch:
    """`sum`: never below zero when no item is."""
    items, start = item_type(arguments["xs"], table) or BROKEN, arguments.get("start", Literal(0, "int"))
    if _is_broken(items, table):
        return items if isinstance(items, Broken) else union([start] if "start" in arguments else [INT])
    parts = [kind(resolve(arm, table)) for type_ in (items, start) for arm in _arms(type_, table)]
    if set(parts) == {"duration"}:
        return DURATION
    if "duration" in parts:
        return Mismatch("durations have no zero in common with numbers: give one, as in `sum(xs, 0s)`")
    spread = numbers([items, start], table)
    if spread is None:
        return Mismatch(f"`sum` takes numbers of one kind, not {shown(List(items))} and {shown(start)}")
    keep_low = spread.low is not None and spread.low >= 0
    keep_high = spread.high is not None and spread.high <= 0
    zero = Fraction(0)
    return Numbers(spread.kinds, zero if keep_low else None, zero if keep_high else None).type


def least(arguments: Arguments, table: TypeTable) -> Type | Mismatch:
    """`min` and `max` of a list: null when it may be empty."""
    xs = resolve(arguments["xs"], table)
    item = item_type(xs, table) or BROKEN
    if "by" not in arguments:
        ordered = ordered_type([item], table)
        if isinstance(ordered, Mismatch):
            return ordered
        item = ordered
    return item if isinstance(xs, List) and xs.low > 0 else optional(item)


def ordered_type(types: Iterable[Type], table: TypeTable) -> Type | Mismatch:
    """Return the type of one of these values, which must compare with each other."""
    types = list(types)
    if any(_is_broken(type_, table) for type_ in types):
        return union(types)
    spread = numbers(types, table)
    if spread is not None:
        return spread.type
    kinds = {kind(resolve(arm, table)) for type_ in types for arm in _arms(type_, table)}
    if len(kinds) == 1 and kinds <= {"string", "date", "time", "datetime", "duration"}:
        return union(types)
    return Mismatch(f"these values do not compare with each other: {' and '.join(map(shown, types))}")


def extreme_of(types: list[Type], table: TypeTable, *, greatest: bool) -> Type | Mismatch:
    """`min(a, b)` and `max(a, b)`: the range is the extreme of the ranges."""
    joined = ordered_type(types, table)
    spreads = [numbers([type_], table) for type_ in types]
    known = [spread for spread in spreads if spread is not None]
    if isinstance(joined, Mismatch) or len(known) != len(types):
        return joined
    lows, highs = [spread.low for spread in known], [spread.high for spread in known]
    kinds = frozenset[str]().union(*(spread.kinds for spread in known))
    if greatest:
        return Numbers(kinds, _highest(lows), None if None in highs else _highest(highs)).type
    return Numbers(kinds, None if None in lows else _lowest(lows), _lowest(highs)).type


def _highest(bounds: list[Fraction | None]) -> Fraction | None:
    return max((bound for bound in bounds if bound is not None), default=None)


def _lowest(bounds: list[Fraction | None]) -> Fraction | None:
    return min((bound for bound in bounds if bound is not None), default=None)


def sortable(arguments: Arguments, table: TypeTable) -> Type | Mismatch:
    """`sorted`: its items, or what `by` gives, must compare."""
    item = item_type(arguments["xs"], table) or BROKEN
    ordered = ordered_type([arguments.get("by", item)], table)
    return ordered if isinstance(ordered, Mismatch) else same_list(arguments, table)


def same_list(arguments: Arguments, table: TypeTable) -> Type:
    """Return the type of a list with the same items, of which there may be fewer in `unique`, none lost in `sorted`."""
    xs = resolve(arguments["xs"], table)
    return xs if isinstance(xs, List | Broken) else List(item_type(xs, table) or BROKEN)


def distinct(arguments: Arguments, table: TypeTable) -> Type:
    """Type `unique`: a non-empty list stays one."""
    xs = same_list(arguments, table)
    return List(xs.item, min(xs.low, 1), xs.high) if isinstance(xs, List) else xs


def magnitude(arguments: Arguments, table: TypeTable) -> Type | Mismatch:
    """`abs`: never below zero."""
    x = arguments["x"]
    if _is_broken(x, table):
        return x
    others = [arm for arm in _arms(x, table) if kind(resolve(arm, table)) != "duration"]
    if not others:
        return DURATION
    spread = numbers(others, table)
    if spread is None:
        return Mismatch(f"`abs` takes numbers of one kind, not {shown(x)}")
    ends = [abs(end) for end in (spread.low, spread.high) if end is not None]
    size = Numbers(spread.kinds, Fraction(0), max(ends) if len(ends) == 2 else None).type
    return size if len(others) == len(_arms(x, table)) else union([size, DURATION])


def rounded(arguments: Arguments, table: TypeTable) -> Type | Mismatch:
    """`round`: an int without `digits`, else its own kind; whole bounds stay bounds."""
    x, digits = arguments["x"], arguments.get("digits")
    spread = numbers([x], table)
    if spread is None:
        return BROKEN
    mode = resolve(arguments["mode"], table) if "mode" in arguments else None
    if isinstance(mode, Literal) and mode.value not in ROUNDING:
        return Mismatch(f"`mode` is one of {', '.join(ROUNDING)}")
    if mode is not None and "float" in spread.kinds:
        return Mismatch("`mode` is for decimals: hardly any float is exactly half")
    places = numbers([digits], table) if digits is not None else None
    coarser = digits is not None and (places is None or places.low is None or places.low < 0)
    low, high = (None if end is None or (end and (coarser or end.denominator != 1)) else end for end in _ends(spread))
    return Numbers(frozenset({"int"}) if digits is None else spread.kinds, low, high).type


def _ends(spread: Numbers) -> tuple[Fraction | None, Fraction | None]:
    return spread.low, spread.high


def merged(arguments: Arguments, table: TypeTable) -> Type | Mismatch:
    """`merge`: of two maps, or of two records, where the second one's fields win."""
    pairs = [_merged(a, b) for a in _arms(arguments["a"], table) for b in _arms(arguments["b"], table)]
    return next((pair for pair in pairs if isinstance(pair, Mismatch)), None) or union(
        pair for pair in pairs if not isinstance(pair, Mismatch)
    )


def _merged(a: Type, b: Type) -> Type | Mismatch:
    match a, b:
        case Broken(), _:
            return b
        case _, Broken():
            return a
        case Map(left), Map(right):
            return Map(union((left, right)))
        case Record(), Record() if not any(field.optional for field in (*a.fields, *b.fields)):
            return record({field.name: field.type for field in (*a.fields, *b.fields)})
        case _:
            return Mismatch(
                f"`merge` takes two maps, or two records without optional fields, not {shown(a)} and {shown(b)}"
            )


def flattened(arguments: Arguments, table: TypeTable) -> Type | Mismatch:
    """`flatten`: one level less."""
    inner = item_type(arguments["xs"], table) or BROKEN
    item = item_type(inner, table)
    return Mismatch(f"`flatten` takes a list of lists, not {shown(List(inner))}") if item is None else List(item)


_SAMPLES: Mapping[str, object] = {
    "int": 1,
    "float": 1.5,
    "decimal": Decimal("1.5"),
    "string": "a",
    "date": date(2026, 2, 28),
    "time": time(9, 30),
    "datetime": datetime(2026, 2, 28, 9, 30, tzinfo=UTC),
}


def formatted(arguments: Arguments, table: TypeTable) -> Type | Mismatch:
    """Type `format`: a format that is written out must be one for such values."""
    spec = resolve(arguments["spec"], table)
    if isinstance(spec, Literal) and isinstance(spec.value, str):
        try:
            for arm in _arms(arguments["x"], table):
                write(_SAMPLES.get(kind(resolve(arm, table)), ""), spec.value)
        except Fault as fault:
            return Mismatch(fault.reason)
    return STRING


def weekday(_: Arguments, __: TypeTable) -> Type:
    """Type `isoweekday`."""
    return Int(1, 7)


def same_day(arguments: Arguments, _: TypeTable) -> Type:
    """Type `add_months`: a date gives a date, a moment a moment."""
    return arguments["d"]


def patterned(result: Type, arguments: Arguments, table: TypeTable) -> Type | Mismatch:
    """Type `matches` and `find`: a pattern that is written out must be a regular expression."""
    pattern = resolve(arguments["pattern"], table)
    if isinstance(pattern, Literal) and isinstance(pattern.value, str):
        problem = pattern_problem(pattern.value)
        if problem is not None:
            return Mismatch(f"the pattern is not a regular expression: {problem}")
    return result
