"""Random expressions that are well typed, from one table of forms, and random values for their variables.

A form is a text with holes: `«int»` is any expression of that kind, `«int|x:int»` one that may also use `x`. Names are
reused on purpose, so that comprehensions hide each other's variables. `PYTHON` are the forms that Python reads too, and
with the same meaning; what is left out there, and why, stands in `DIFFERENT`. `CELL` are the others.
"""

import math
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from cellc.language.types import (
    DECIMAL,
    DURATION,
    FLOAT,
    INT,
    STRING,
    Bool,
    Field,
    Int,
    Json,
    List,
    Literal,
    Map,
    Record,
    Scalar,
    Type,
    Union,
    optional,
    record,
)

DIFFERENT = {
    "xs[i], m[k], r.f": "null where there is nothing, where Python raises; so also `min` and `max` of a list",
    "`/` with a constant beside a decimal": "1.5 is a decimal there, a float in Python",
    "`a if c else b`, `[a, b]`, `max(a, b)` of int and float": "the int becomes a float",
    "arithmetic on bools, `and` and `or` of other things than bools": "type errors",
    "`==` of what can never be equal": "a type error; the generator gives way where that is found",
    "a ** -b on ints": "a fault; Python changes to floats",
    "str of bools, null, decimals, lists": "written as in JSON, decimals without exponents",
    "sum of floats": "from left to right; Python 3.12 compensates",
    "inf, nan": "faults",
    "xs[a:b:c], lambda, tuples, sets, methods, walrus": "not in the language",
}
"""Where the meaning differs from Python's on purpose, with the reason."""

RECORD = record({"n": INT, "s": STRING})
TAGGED = Union((record({"kind": Literal("card"), "n": INT}), record({"kind": Literal("cash"), "s": STRING})))
OPEN = Record((Field("n", INT), Field("o", STRING, optional=True)))

VARIABLES: Mapping[str, tuple[str, Type]] = {
    "a": ("int", INT),
    "b": ("int", Int(0, 9)),
    "f": ("float", FLOAT),
    "d": ("dec", DECIMAL),
    "p": ("bool", Bool()),
    "s": ("str", STRING),
    "xs": ("ints", List(INT)),
    "ys": ("ints", List(Int(-3, 3), 1, 4)),
    "fs": ("floats", List(FLOAT)),
    "ds": ("decs", List(DECIMAL)),
    "ts": ("strs", List(STRING)),
    "xss": ("intss", List(List(INT))),
    "m": ("map", Map(INT)),
    "r": ("rec", RECORD),
    "rs": ("recs", List(RECORD)),
    "n": ("int?", optional(INT)),
    "t": ("moment", Scalar("datetime")),
    "w": ("span", DURATION),
    "v": ("date", Scalar("date")),
}
"""The variables that Python knows too: their kind and type."""

OTHERS: Mapping[str, tuple[str, Type]] = {
    "u": ("int|str", Union((INT, STRING))),
    "g": ("int|float", Union((INT, FLOAT))),
    "o": ("tagged", TAGGED),
    "q": ("open", OPEN),
    "j": ("json", Json()),
    "gs": ("int|floats", List(Union((INT, FLOAT)))),
}

_ORDER = ("<", "<=", ">", ">=", "==", "!=")
_COMPARED = ("int", "float", "dec", "str", "moment", "span", "date")

PYTHON: Mapping[str, tuple[str, ...]] = {
    "int": (
        *(f"(«int» {op} «int»)" for op in ("+", "-", "*", "//", "%")),
        *("-«int»", "+«int»", "«int» ** 2", "abs(«int»)", "len(«ints»)", "len(«str»)", "len(«map»)", "sum(«ints»)"),
        *("max(«int», «int»)", "min(«int», «int», «int»)", "max([«int», «int»])", "round(«float»)", "round(«dec»)"),
        *("floor(«float»)", "ceil(«dec»)", "(«int» if «bool» else «int»)", "«rec»['n']", "[«int», «int»][1]"),
        *("sum(«int|x:int» for x in «ints»)", "sum(i * x for i, x in enumerate(«ints»))", "«span» // «span»"),
        *("sum(x for x in «ints» if «bool|x:int» if «bool|x:int»)", "len([x for x in «strs» if «bool|x:str»])"),
        *("(n if n != null else «int»)", "(«int» if n == null else n + «int»)", "round(«int», -1)"),
        *(
            "sum(x * y for x, y in zip(«ints», «ints»))",
            "sum(«ints», «int»)",
            "«date».year",
            "«moment».hour * «moment».day",
        ),
        "(«date» - «span»).month",
    ),
    "float": (
        *(f"(«float» {op} «float»)" for op in ("+", "-", "*", "/", "//", "%")),
        *("(«int» / «int»)", "(«int» + «float»)", "(«float» * «int»)", "-«float»", "abs(«float»)", "round(«float», 1)"),
        *("(«float» if «bool» else «float»)", "max(«float», «float»)", "«span» / «span»", "0.5", "-1.25", "1e3"),
    ),
    "dec": (
        *(f"(«dec» {op} «dec»)" for op in ("+", "-", "*", "/", "//", "%")),
        *("(«int» + «dec»)", "(«dec» / «int»)", "-«dec»", "abs(«dec»)", "round(«dec», 2)", "max(«dec», «dec»)"),
        *("(«dec» if «bool» else «dec»)", "«dec» ** 2", "sum([«dec», «dec»])"),
    ),
    "bool": (
        *(f"(«{kind}» {op} «{kind}»)" for kind in _COMPARED for op in _ORDER),
        *("(«int» < «int» <= «int»)", "(«bool» and «bool»)", "(«bool» or «bool»)", "not «bool»", "true", "false"),
        *("«int» in «ints»", "«int» not in «ints»", "«str» in «strs»", "«str» in «str»", "«str» in «map»"),
        *("any(«bool|x:int» for x in «ints»)", "all([«bool», «bool»])", "«ints» == «ints»", "«rec» != «rec»"),
        *("(n != null and n > «int»)", "(n == null or n < «int»)", "«int» == «float»", "«int» < «dec»", "n == «int»"),
        *("starts_with(«str», «str»)", "ends_with(«str», «str»)", "(«bool» if «bool» else «bool»)", "«rec» in «recs»"),
        "«intss» == «intss»",
    ),
    "str": (
        *("«str» + «str»", "«str» * 2", "str(«int»)", "str(«float»)", "f'{a} and {s}'", "upper(«str»)"),
        *("lower(«str»)", "strip(«str»)", "replace(«str», «str», '-')", "join(«strs», «str»)", "«str»[«int»:«int»]"),
        *("«str»[:«int»]", "(«str» if «bool» else «str»)", "«rec»['s']", "format(«int», '5d')", "max(«str», «str»)"),
        *("format(«float», '.2f')", "strip(«str», «str»)", "''", "'aB'"),
    ),
    "ints": (
        *("[«int», «int»]", "«ints» + «ints»", "«ints» * 2", "«ints»[«int»:]", "«ints»[:«int»]", "«ints»[«int»:«int»]"),
        *("sorted(«ints»)", "sorted(«ints», reverse=«bool»)", "reversed(«ints»)", "range(«int» % 7)", "values(«map»)"),
        *("range(«int» % 5, «int» % 5, 2)", "[«int|x:int» for x in «ints»]", "[x for x in «ints» if «bool|x:int»]"),
        *("[«int|x:int,y:int» for x in «ints» for y in range(x % 3)]", "[x for ys in «intss» for x in ys]"),
        *("[y for x in «ints» for y in [x, x + 1] if «bool|x:int,y:int»]", "[r['n'] for r in «recs»]"),
        *("[i + x for i, x in enumerate(«ints», 1)]", "[len(k) + x for k, x in items(«map»)]"),
        "(«ints» if «bool» else «ints»)",
    ),
    "floats": ("[«float», «float»]", "sorted(«floats»)", "[«float|x:float» for x in «floats»]", "«floats»[«int»:]"),
    "decs": ("[«dec», «dec»]", "sorted(«decs»)", "[«dec|x:dec» for x in «decs»]", "[«dec|x:int» for x in «ints»]"),
    "strs": (
        *("[«str», «str»]", "sorted(«strs»)", "split(«str»)", "split(«str», ',')", "[«str|x:str» for x in «strs»]"),
        *("keys(«map»)", "[str(x) for x in «ints»]", "«strs»[«int»:]", "[r['s'] for r in «recs» if «bool|r:rec»]"),
    ),
    "intss": ("[«ints», «ints»]", "[«ints|x:int» for x in «ints»]", "[[x, y] for x in «ints» for y in «ints»]"),
    "map": ("{str(x): «int|x:int» for x in «ints»}", "{k: x for k, x in items(«map») if «bool|x:int,k:str»}"),
    "rec": ("{'n': «int», 's': «str»}", "(«rec» if «bool» else «rec»)", "[«rec», «rec»][0]"),
    "recs": ("[«rec», «rec»]", "[r for r in «recs» if «bool|r:rec»]", "[{'n': x, 's': «str»} for x in «ints»]"),
    "int?": (),
    "moment": ("(«moment» + «span»)", "(«moment» - «span»)", "max(«moment», «moment»)", "sorted([«moment», t])[0]"),
    "span": (
        *("(«span» + «span»)", "(«span» - «span»)", "(«moment» - «moment»)", "«span» * «int»", "«span» / «int»"),
        *("-«span»", "abs(«span»)", "«span» % «span»", "«span» * «float»", "(«date» - «date»)", "«span» // «int»"),
        "sum([«span», «span»], «span»)",
    ),
    "date": ("(«date» + «span»)", "(«date» - «span»)", "min(«date», «date»)"),
}
"""Forms by kind that mean in Python what they mean here, given `PYTHON_NAMES`."""

CELL: Mapping[str, tuple[str, ...]] = {
    "int": (
        *(
            "(«ints»[«int»] ?? «int»)",
            "(«map»[«str»] ?? «int»)",
            "ys[0]",
            "ys[-1]",
            "(max(«ints») ?? «int»)",
            "«rec».n",
        ),
        *(
            "(n ?? «int»)",
            "(u if u is int else «int»)",
            "(«int» if u is string else u)",
            "len(u if u is string else '')",
        ),
        *(
            "(o.n if o.kind == 'card' else «int»)",
            "(«int» if o.kind != 'card' else o.n)",
            "q.n",
            "round(g)",
            "floor(g)",
        ),
        *("(g if g is int else «int»)", "(min(«recs», by=«int|it:rec») ?? r).n", "(parse_int(«str») ?? «int»)"),
        *("(u if u != «str» and u is int else 0)", "(n if n in [1, 2] else «int»)", "(parse_int(str(«int»)) ?? 0)"),
        *("«span» // 1s", "len(to_json(j))", "(j if j is int else 0)", "len(chunks(«ints», 2))", "len(hash(«rec»))"),
        *("(n if n is int and n > 2 else 0)", "(0 if not n is int else n)", "(0 if n == null or n > 5 else n)"),
        *("(g if g == 1 and g is int else 0)", "len(keys(group(«strs», by=it[:1])))"),
    ),
    "float": (
        *(
            "to_float(«dec»)",
            "sum(«ints», «float»)",
            "sum(gs, «int»)",
            "1.0 * g",
            "max(g, «float»)",
            "abs(g)",
            "-g",
            "g + «int»",
            "round(g, 1)",
            "(max(gs) ?? 0.5)",
            "sum(gs)",
        ),
        *("(g if g is float else «float»)", "min(«int», «float»)", "(parse_float(«str») ?? «float»)", "sum(«floats»)"),
        *("(«int» if «bool» else «float»)", "[«int», «float»][0]", "4.35 * «int»", "(g if g != 1 else 0.5)"),
    ),
    "dec": (
        "«dec» * 0.1",
        "to_decimal(g)",
        "round(«dec», 1, mode='half_up')",
        "1.5 + «dec»",
        "max(0, «dec»)",
        "sum(«decs»)",
        "(«int» if «bool» else «dec»)",
        "seconds(«span»)",
    ),
    "bool": (
        *(
            "u is int",
            "u is not string",
            "n is null",
            "j is {a: int}",
            "j == «int»",
            "u == «int»",
            "u in [1, 'a']",
            "g == 1",
        ),
        *(
            "o.kind == 'card'",
            "«rec» is {n: int(0..), s: string}",
            "(o.kind == 'cash' and o.s == «str»)",
            "q.o != null",
        ),
        *("g in [1, 2]", "matches(«str», '[a-c]*')", "j.a == null", "j['a'][0] == «int»"),
    ),
    "str": (
        *(
            "(u if u is string else «str»)",
            "(«str» if u is int else u)",
            "(o.s if o.kind == 'cash' else «str»)",
            "str(«dec»)",
        ),
        *(
            "(q.o ?? «str»)",
            "(q.o if q.o != null else «str»)",
            "str(«bool»)",
            "f'{d}{w}{p and a > 1}'",
            "to_json(«rec»)",
        ),
        *(
            "(find(«str», '[a-z]+') ?? «str»)",
            "hash(j)",
            "(«strs»[«int»] ?? «str»)",
            "o.kind",
            "format(«date», '%Y-%j')",
        ),
        *("('' if o.kind == 'card' else o.s)", "str(g)", "join(sorted(«strs», by=len(it)), '')"),
    ),
    "ints": (
        *(
            "unique(«ints»)",
            "unique(«ints», by=it % 3)",
            "sorted(«ints», by=-it)",
            "flatten(«intss»)",
            "[r.n for r in «recs»]",
        ),
        *("[x for x in [n, a] if x != null]", "[y.n for y in [o, o] if y.kind == 'card']", "ys + «ints»", "ys[1:]"),
        *("(group(«ints», by=str(it % 2))['0'] ?? [])", "[x for x in [u, u] if x is int]", "ys * 2", "sorted(ys)"),
    ),
    "intss": ("chunks(«ints», 2)", "values(group(«ints», by=str(it)))"),
    "map": ("put(«map», «str», «int»)", "merge(«map», «map»)", "without(«map», «str»)"),
    "rec": ("{n: «int», s: «str»}", "merge(«rec», {n: «int»})", "(max(«recs», by=it.n) ?? r)", "(«recs»[0] ?? r)"),
    "recs": ("sorted(«recs», by=it.s)", "unique(«recs»)", "reversed(«recs»)", "[{n: x, s: ''} for x in «ints»]"),
    "span": ("90s", "«int» % 9 * 1s", "1.5h", "sum([«span»], 0s)"),
    "date": ("date_of(«moment»)", "add_months(«date», «int» % 30)"),
    "moment": ("add_months(«moment», isoweekday(«date»))",),
    "int?": ("«ints»[«int»]", "max(«ints»)", "«map»['k']", "(null if «bool» else «int»)"),
}
"""Forms that only this language has."""

KINDS = [kind for kind, forms in PYTHON.items() if forms]
_STRAY = ("null", "true", "[]", "{}", "1.5", "5s", "'a'", "it", "[null]", "n", "x", "{a: 1}")

_HOLE = re.compile("«([^|»]+)(?:\\|([^»]+))?»")


def _tested(form: str) -> set[str]:
    """Return the variables that the form itself tests, as `?` and the name."""
    return {f"?{name}" for name in re.findall(r"\b[nuogq]\b", _HOLE.sub("", form))}


class Generator:
    """Draws expressions; `forms` are tables like `PYTHON`. A `careless` one fills some holes with the wrong kind."""

    def __init__(
        self, draw: st.DrawFn, *forms: Mapping[str, tuple[str, ...]], depth: int, careless: bool = False
    ) -> None:
        self._draw = draw
        self._forms = {kind: [f for table in forms for f in table.get(kind, ())] for kind in PYTHON}
        self._depth = depth
        self._careless = careless

    def expression(self, kind: str, names: Mapping[str, str], depth: int = 0) -> str:
        """Return an expression of `kind`, where `names` have these kinds."""
        atoms = [name for name, of in names.items() if of == kind]
        if kind in {"int", "str"}:
            atoms += [str(self._draw(st.integers(-9, 9)))] if kind == "int" else ["'b'"]
        forms = [form for form in self._forms[kind] if not _tested(form) & names.keys()]
        if not forms or (atoms and (depth >= self._depth or self._draw(st.integers(0, 3)) == 0)):
            return self._draw(st.sampled_from(atoms))
        form = self._draw(st.sampled_from(forms))
        # what a form tests is narrower in its holes, where testing it again could be refused as pointless
        names = {**names, **dict.fromkeys(_tested(form), "tested")}
        return _HOLE.sub(lambda hole: self._fill(hole, names, depth + 1), form)

    def _fill(self, hole: re.Match[str], names: Mapping[str, str], depth: int) -> str:
        bound = dict(pair.split(":") for pair in hole[2].split(",")) if hole[2] else {}
        kind = hole[1]
        if self._careless and self._draw(st.integers(0, 5)) == 0:
            kind = self._draw(st.sampled_from([*KINDS, *OTHERS, *_STRAY]))
        if kind not in KINDS:
            return kind
        inner = self.expression(kind, {**names, **bound}, depth)
        return f"({inner})" if not inner.isidentifier() else inner


@st.composite
def expressions(draw: st.DrawFn, *forms: Mapping[str, tuple[str, ...]], depth: int = 3, careless: bool = False) -> str:
    """Draw an expression of any kind over `VARIABLES`."""
    kind = draw(st.sampled_from(KINDS))
    generator = Generator(draw, *forms, depth=depth, careless=careless)
    return generator.expression(kind, {name: of for name, (of, _) in VARIABLES.items()})


# --- values ----------------------------------------------------------------------------------------------------------

_INTS = st.one_of(st.integers(-4, 9), st.sampled_from([10**6, -(10**6), 2**63, 10**20]))
_FLOATS = st.sampled_from([0.0, -0.0, 0.5, -1.25, 0.1, 2.0, 2.5, 1e-3, 99.9, 1.0])
_DECIMALS = st.sampled_from([Decimal(x) for x in ("0", "-0.00", "1", "1.0", "2.50", "-3.335", "1E+3", "99999.99", "7")])
_TEXTS = st.sampled_from(["", "a", "B", "ab", "a,b", " x y ", "ß", "Ünï", "İ", "e\u0301", "12", "k", "🙂b", "-7"])
_RECORDS = st.fixed_dictionaries({"n": st.integers(-2, 2), "s": _TEXTS})
_ZONES = st.sampled_from([UTC, timezone(timedelta(hours=2)), timezone(-timedelta(hours=9, minutes=30))])
_TAGGED = st.sampled_from([{"kind": "card", "n": 3}, {"kind": "cash", "s": "b"}])
_JSON: list[Any] = [None, True, 1, 1.0, 0.5, "a", [], [1], {}, {"a": 1}, {"a": [1]}, [[], {}]]


def _lists(items: st.SearchStrategy[Any], least: int = 0) -> st.SearchStrategy[list[Any]]:
    return st.lists(items, min_size=least, max_size=4)


VALUES: Mapping[str, st.SearchStrategy[Any]] = {
    "a": _INTS,
    "b": st.integers(0, 9),
    "f": _FLOATS,
    "d": _DECIMALS,
    "p": st.booleans(),
    "s": _TEXTS,
    "xs": _lists(st.integers(-4, 9)),
    "ys": _lists(st.integers(-3, 3), 1),
    "fs": _lists(_FLOATS),
    "ds": _lists(_DECIMALS),
    "ts": _lists(_TEXTS),
    "xss": _lists(_lists(st.integers(0, 2))),
    "m": st.dictionaries(st.sampled_from(["k", "a", ""]), _INTS),
    "r": _RECORDS,
    "rs": _lists(_RECORDS),
    "n": st.one_of(st.none(), st.integers(0, 4)),
    "t": st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=_ZONES),  # noqa: DTZ001 -- bounds are naive
    "w": st.sampled_from([timedelta(0), timedelta(seconds=90), timedelta(days=-1, microseconds=1), timedelta(days=2)]),
    "v": st.dates(date(2026, 1, 1), date(2026, 3, 1)),
    "u": st.one_of(st.integers(0, 3), _TEXTS),
    "g": st.one_of(st.integers(-2, 3), _FLOATS),
    "o": _TAGGED,
    "q": st.sampled_from([{"n": 1}, {"n": 2, "o": "x"}]),
    "j": st.sampled_from(_JSON),
    "gs": _lists(st.one_of(st.integers(-2, 3), _FLOATS)),
}

PYTHON_NAMES: Mapping[str, Any] = {
    "true": True,
    "false": False,
    "null": None,
    "floor": math.floor,
    "ceil": math.ceil,
    "upper": str.upper,
    "lower": str.lower,
    "strip": str.strip,
    "split": str.split,
    "replace": str.replace,
    "starts_with": str.startswith,
    "ends_with": str.endswith,
    "join": lambda xs, between: between.join(xs),
    "keys": list,
    "values": lambda m: list(m.values()),
    "items": dict.items,
    "range": lambda *ends: list(range(*ends)),
    "reversed": lambda xs: list(reversed(xs)),
}
"""What Python calls by other names, or gives as iterators."""

Variables = dict[str, Any]


def variables(*tables: Mapping[str, Any]) -> st.SearchStrategy[Variables]:
    """Return random values for the variables of these tables."""
    return st.fixed_dictionaries({name: VALUES[name] for table in tables for name in table})
