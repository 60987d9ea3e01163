"""The built-in functions of the language: one table that the compiler, the runtime and the documentation read.

A row has the signature (`signatures.py` says how it is read), a line for people, an example that a test runs, and the
Python function that computes it. The result's type follows from the signature, or from a function of
`builtin_types.py` where ranges and emptiness matter. Rows are never changed within an edition of the language.

How the compiler types a call:

1. `builtin.item(positional, table)` when `builtin.by` and there is a `by=`: the type of `it` in it.
2. `builtin.type_of(positional, named, table)`: the result's type, or a `Mismatch` that says what is wrong.
   `builtin.pair_of(...)` instead where `builtin.pairs`: such a call stands only after `in`, with two targets.
3. Where `builtin.widens`, the type is float or decimal and an int may come out, the call is wrapped in ["float", E] or
   ["decimal", E]: `max(0, price)` may be 0, and the sum of an empty list is the int 0, whatever the list's type.

In the Ir, arguments may stay positional or named as they were written: ["call", NAME, [E...], {NAME: E}].
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from functools import cached_property, partial
from typing import Any, TypeAlias

from cellc.language import builtin_dates as dates
from cellc.language import builtin_texts as texts
from cellc.language import builtin_types as typing
from cellc.language import builtin_values as run
from cellc.language.metering import no_work, shallow_work, sorting_work, whole_work
from cellc.language.signatures import Arguments, Mismatch, Signature, assign, check, read, shown
from cellc.language.types import NAMES, STRING, Never, Type, TypeTable, optional

TypeRule: TypeAlias = Callable[[Arguments, TypeTable], Type | Mismatch]


@dataclass(frozen=True)
class Builtin:
    """One built-in function. `example` and `result` are expressions of equal value, over `EXAMPLE_NAMES`.

    `work` says how many steps (`metering.py`) a call takes, from what it goes through: its unnamed arguments, or what
    `by=` gave for each item. What it makes is counted besides.
    """

    signature: str
    doc: str
    example: str
    result: str
    run: Callable[..., Any]
    rule: TypeRule | None = None
    work: Callable[..., int] = shallow_work
    widens: bool = False
    variadic: bool = False

    @cached_property
    def shape(self) -> Signature:
        """The signature, read."""
        return read(self.signature)

    @property
    def name(self) -> str:
        """The function's name."""
        return self.signature.partition("(")[0]

    @property
    def by(self) -> bool:
        """Whether it takes `by=`, an expression over `it`."""
        return "by: " in self.signature

    @property
    def pairs(self) -> bool:
        """Whether it gives pairs, and so stands only after `in`, with two targets."""
        return "-> (" in self.signature

    def item(self, positional: Sequence[Type], table: TypeTable) -> Type | Mismatch:
        """Return the type of `it` in `by=`."""
        item = typing.item_type(positional[0], table) if len(positional) == 1 else None
        if item is None:
            found = "several" if len(positional) != 1 else shown(positional[0])
            return Mismatch(f"`{self.name}` takes one list and `by=`, not {found}")
        return Mismatch("`by=` has no item to look at: the list is always empty") if isinstance(item, Never) else item

    def type_of(self, positional: Sequence[Type], named: Mapping[str, Type], table: TypeTable) -> Type | Mismatch:
        """Return the type of a call's result; of a function that gives `pairs`, use `pair_of`."""
        if self.variadic and len(positional) > 1:
            if named:
                return Mismatch(f"`{self.name}` takes `by=` with one list only")
            return typing.extreme_of(list(positional), table, greatest=self.name == "max")
        arguments = assign(self.shape, positional, named)
        if isinstance(arguments, Mismatch):
            return arguments
        results = check(self.shape, arguments, table)
        if isinstance(results, Mismatch) or self.rule is None:
            return results if isinstance(results, Mismatch) else results[0]
        return self.rule(arguments, table)

    def pair_of(
        self, positional: Sequence[Type], named: Mapping[str, Type], table: TypeTable
    ) -> tuple[Type, Type] | Mismatch:
        """Return the types of the two targets of `for a, b in ...`."""
        arguments = assign(self.shape, positional, named)
        results = arguments if isinstance(arguments, Mismatch) else check(self.shape, arguments, table)
        return results if isinstance(results, Mismatch) else (results[0], results[1])


_ROWS: tuple[Builtin, ...] = (
    # numbers
    Builtin("sum(xs: [number | duration], start: number | duration = 0) -> number | duration",
            "Adds the items to `start`; durations need one: `sum(xs, 0s)`.", "sum([1, 2, 3])", "6", run.total,
            typing.total, widens=True),
    Builtin("min(xs: [T], *, by: ordered = null) -> T?", "The least item, or of several arguments the least.",
            "min(3, 1, 2)", "1", run.least, typing.least, whole_work,
            widens=True, variadic=True),
    Builtin("max(xs: [T], *, by: ordered = null) -> T?", "The greatest item, or of several arguments the greatest.",
            "max([{n: 1}, {n: 5}], by=it.n)", "{n: 5}", run.greatest, typing.least, whole_work,
            widens=True, variadic=True),
    Builtin("abs(x: number | duration) -> number | duration", "The value without its sign.", "abs(-3)", "3",
            run.magnitude, typing.magnitude, widens=True),
    Builtin('round(x: number, digits: int = null, *, mode: string = "half_even") -> number',
            "Rounds, halves to even; to an int without `digits`. Decimals also by `half_up`, `half_down`, `up`, "
            "`down`, `ceiling`, `floor`.", 'round(to_decimal(2.665), 2, mode="half_up")', "to_decimal(2.67)",
            run.rounded, typing.rounded, widens=True),
    Builtin("floor(x: number) -> int", "The greatest int that is not above `x`.", "floor(-1.5)", "-2", run.floor),
    Builtin("ceil(x: number) -> int", "The least int that is not below `x`.", "ceil(1.2)", "2", run.ceil),
    Builtin("range(start: int, stop: int = null, step: int = 1) -> [int]",
            "The ints from `start` (0 when alone) to before `stop`.", "range(2, 8, 3)", "[2, 5]", run.count_up),
    Builtin("to_decimal(x: number) -> decimal", "The number as a decimal; of a float, what its text says.",
            "to_decimal(0.1) * 3", 'parse_decimal("0.3")', run.to_decimal),
    Builtin("to_float(x: number) -> float", "The float nearest to the number.", "to_float(to_decimal(1.5))", "1.5",
            run.to_float),
    # lists
    Builtin("len(x: [any] | map(any) | string | bytes) -> int", "How many items, entries, characters or bytes.",
            'len("abc")', "3", len, typing.length, no_work),
    Builtin("sorted(xs: [T], *, by: ordered = null, reverse: bool = false) -> [T]",
            "The items in order; equal ones keep theirs.", 'sorted(["bb", "a"], by=len(it))', '["a", "bb"]', run.sort,
            typing.sortable, sorting_work),
    Builtin("reversed(xs: [T]) -> [T]", "The items from the last to the first.", "reversed([1, 2])", "[2, 1]",
            lambda xs: xs[::-1], typing.same_list),
    Builtin("any(xs: [bool]) -> bool", "Whether one of them is true.", "any([false, true])", "true", any),
    Builtin("all(xs: [bool]) -> bool", "Whether none of them is false.", "all([])", "true", all),
    Builtin("unique(xs: [T], *, by: any = null) -> [T]", "Of equal items only the first.", "unique([2, 1, 2])",
            "[2, 1]", run.unique, typing.distinct, whole_work),
    Builtin("group(xs: [T], *, by: string) -> map([T])", "The items under what `by` gives for each.",
            'group(["ab", "c", "ad"], by=it[:1])', '{"a": ["ab", "ad"], "c": ["c"]}', run.group),
    Builtin("flatten(xs: [any]) -> [any]", "The items of the items.", "flatten([[1], [2, 3]])", "[1, 2, 3]",
            run.flatten, typing.flattened),
    Builtin("chunks(xs: [T], size: int) -> [[T]]", "The list in parts of `size`.", "chunks([1, 2, 3], 2)",
            "[[1, 2], [3]]", run.chunks),
    Builtin("enumerate(xs: [T], start: int = 0) -> (int, T)", "Each item with its index.",
            'sum(i for i, x in enumerate(["a", "b", "c"]))', "3",
            lambda xs, start=0: list(map(list, enumerate(xs, start)))),
    Builtin("zip(a: [T], b: [U]) -> (T, U)", "Items side by side, as far as the shorter list goes.",
            "[a * b for a, b in zip([1, 2], [3, 4])]", "[3, 8]", lambda a, b: list(map(list, zip(a, b, strict=False)))),
    # maps
    Builtin("keys(m: map(any)) -> [string]", "The keys, in order.", 'keys({"a": 1, "b": 2})', '["a", "b"]', list),
    Builtin("values(m: map(T)) -> [T]", "The values, in order.", 'values({"a": 1, "b": 2})', "[1, 2]",
            lambda m: list(m.values())),
    Builtin("items(m: map(T)) -> (string, T)", "Each key with its value.", '[k for k, v in items({"a": 1}) if v > 0]',
            '["a"]', lambda m: list(map(list, m.items()))),
    Builtin("merge(a: any, b: any) -> any", "Both maps or records in one; `b` wins.", "merge({a: 1}, {b: 2})",
            "{a: 1, b: 2}", run.merge, typing.merged),
    Builtin("put(m: map(T), key: string, value: T) -> map(T)", "The map with one entry more, or changed.",
            'put({"a": 1}, "b", 2)', '{"a": 1, "b": 2}', run.put),
    Builtin("without(m: map(T), key: string) -> map(T)", "The map without one entry.", 'without({"a": 1}, "a")', "{}",
            run.without),
    # text
    Builtin("str(x: any) -> string", "The value as people read it; lists and records as JSON.", "str(1 == 1)",
            '"true"', texts.text, work=whole_work),
    Builtin("format(x: number | string | date | time | datetime, spec: string) -> string",
            "By Python's format, as `>8`, `05d`, `,.2f`; dates by %Y %m %d %H %M %S %f %j %z.",
            'format(1234.5, ",.2f")', '"1,234.50"', texts.formatted, typing.formatted),
    Builtin("lower(s: string) -> string", "In lower case.", 'lower("AbC")', '"abc"', texts.lower),
    Builtin("upper(s: string) -> string", "In upper case.", 'upper("AbC")', '"ABC"', texts.upper),
    Builtin("strip(s: string, chars: string = null) -> string", "Without white space (or `chars`) at its ends.",
            'strip("  a ")', '"a"', texts.strip),
    Builtin("split(s: string, separator: string = null) -> [string]", "The parts between separators or white space.",
            'split("a,b", ",")', '["a", "b"]', texts.split),
    Builtin('join(xs: [string], separator: string = "") -> string', "The texts, with a separator between them.",
            'join(["a", "b"], ", ")', '"a, b"', texts.join),
    Builtin("replace(s: string, old: string, new: string) -> string", "With every `old` replaced.",
            'replace("a-b-c", "-", "+")', '"a+b+c"', texts.replace),
    Builtin("starts_with(s: string, prefix: string) -> bool", "Whether the text starts so.",
            'starts_with("order-1", "order")', "true", str.startswith),
    Builtin("ends_with(s: string, suffix: string) -> bool", "Whether the text ends so.", 'ends_with("a.pdf", ".pdf")',
            "true", str.endswith),
    Builtin("matches(s: string, pattern: string) -> bool", "Whether the whole text matches a regular expression (RE2).",
            'matches("AB12", "[A-Z]+[0-9]+")', "true", texts.matches, partial(typing.patterned, NAMES["bool"]),
            texts.matching_work),
    Builtin("find(s: string, pattern: string) -> string?", "The first part that matches a regular expression (RE2).",
            'find("order 17", "[0-9]+")', '"17"', texts.find, partial(typing.patterned, optional(STRING)),
            texts.matching_work),
    # conversions
    Builtin("parse_int(s: string) -> int?", "The int that the digits stand for.", 'parse_int("-12")', "-12",
            texts.parse_int),
    Builtin("parse_float(s: string) -> float?", "The float nearest to the number.", 'parse_float("1.5e1")', "15.0",
            texts.parse_float),
    Builtin("parse_decimal(s: string) -> decimal?", "The decimal, exactly.", 'str(parse_decimal("1.10"))', '"1.10"',
            texts.parse_decimal),
    Builtin("parse_date(s: string) -> date?", "The date, as in 2026-02-28.", 'parse_date("2026-02-30")', "null",
            texts.parse_date),
    Builtin("parse_time(s: string) -> time?", "The time of day, as in 17:30:00.", 'parse_time("17:30")', "null",
            texts.parse_time),
    Builtin("parse_datetime(s: string) -> datetime?", "The moment, as in 2026-02-28T12:00:00+01:00.",
            'parse_datetime("today")', "null", texts.parse_datetime),
    Builtin("date_of(d: datetime) -> date", "The date of a moment, where its offset says.",
            "date_of(now)", 'parse_date("2026-03-01")',
            dates.date_of),
    Builtin("isoweekday(d: date | datetime) -> int", "The day of the week: 1 is Monday, 7 is Sunday.",
            "isoweekday(due)", "6", date.isoweekday, typing.weekday),
    Builtin("add_months(d: date | datetime, months: int) -> date | datetime",
            "The same day some months later or earlier; the last of a month that is too short.",
            "add_months(due, 1)", 'parse_date("2026-02-28")', dates.add_months, typing.same_day),
    Builtin("seconds(d: duration) -> decimal", "A duration in seconds, exactly.",
            "seconds(1.5s)", "to_decimal(1.5)", dates.seconds),
    Builtin("to_json(x: any) -> string", "The value as JSON text.", "to_json({a: [1, null]})",
            '"{\\"a\\":[1,null]}"', texts.json_text, work=whole_work),
    Builtin("from_json(s: string) -> json", "The value of a JSON text; null when it is none.",
            'from_json("[1, 2]")', "[1, 2]", texts.from_json, work=texts.parsing_work),
    Builtin("hash(x: any) -> string", "The SHA-256 of the value, in hex.", "len(hash({a: 1}))", "64", texts.digest,
            work=whole_work),
)  # fmt: skip  # one row stays readable as a row

EXAMPLE_NAMES: Mapping[str, Any] = {
    "due": date(2026, 1, 31),
    "now": datetime(2026, 3, 1, 0, 30, tzinfo=timezone(timedelta(hours=1))),
}
"""What the examples use and cannot write: dates have no literals."""

BUILTINS: Mapping[str, Builtin] = {row.name: row for row in _ROWS}
"""The built-in functions by name."""
