"""Every construct of the expression language, one by one: what it gives, and what it refuses."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from cellc.language.types import (
    DECIMAL,
    DURATION,
    FLOAT,
    INT,
    STRING,
    Bool,
    Field,
    Json,
    List,
    Map,
    Record,
    Type,
    optional,
)
from cellc.language.types import record as record_of
from cellc.language.values import fits
from tests.expressions.checked import checked

VARIABLES: dict[str, tuple[Type, Any]] = {
    "a": (INT, 7),
    "b": (INT, -3),
    "f": (FLOAT, 2.5),
    "d": (DECIMAL, Decimal("1.10")),
    "p": (Bool(), True),
    "s": (STRING, "Grüße"),
    "xs": (List(INT), [3, 1, 2]),
    "none": (List(INT), []),
    "xss": (List(List(INT)), [[1, 2], [3]]),
    "m": (Map(INT), {"k": 1, "z": 0}),
    "r": (Record((Field("x", INT), Field("not", STRING), Field("gone", INT, optional=True))), {"x": 1, "not": "n"}),
    "rs": (List(record_of({"n": INT, "s": STRING})), [{"n": 2, "s": "b"}, {"n": 1, "s": "a"}, {"n": 2, "s": "a"}]),
    "n": (optional(INT), None),
    "w": (DURATION, timedelta(seconds=90)),
    "j": (Json(), {"a": [1, None]}),
}
TYPES = {name: type_ for name, (type_, _) in VARIABLES.items()}
VALUES = {name: value for name, (_, value) in VARIABLES.items()}

CONSTRUCTS = [
    # literals
    ("[1_000, 0, -5]", [1000, 0, -5]),
    ("[1.5, 1e3, 0.25e-2]", [1.5, 1000.0, 0.0025]),
    ("[true, false]", [True, False]),
    ("null", None),
    (r"""'it\'s' + "\n\t\\ \x41\u00e9\U0001f600" """, "it's\n\t\\ Aé😀"),
    ("[200ms, 90s, 1.5h, 1d]", [timedelta(seconds=x) for x in (0.2, 90, 5400, 86400)]),
    ("[]", []),
    ("{}", {}),
    ("[1, 2,]", [1, 2]),
    # names, fields, items, slices
    ("r.x + r['x']", 2),
    ("r.not + r['not']", "nn"),
    ("r.gone", None),
    ("[xs[0], xs[-1], xs[3], xs[-4], none[0]]", [3, 2, None, None, None]),
    ("[m['k'], m['no'], m['z']]", [1, None, 0]),
    ("[xs[1:], xs[:-1], xs[:], xs[5:], xs[-2:9], xs[2:1]]", [[1, 2], [3, 1], [3, 1, 2], [], [1, 2], []]),
    ("[s[0:2], s[-2:], s[9:]]", ["Gr", "ße", ""]),
    ("[j.a, j.b, j['a'][0], j.a[5], j.a[0].x]", [[1, None], None, 1, None, None]),
    # arithmetic
    ("[a + b, a - b, a * b, a // b, a % b, -a % 3, a ** 2, -2 ** 2]", [4, 10, -21, -3, -2, 2, 49, -4]),
    ("a / 2", 3.5),
    ("2 ** 3 ** 2", 512),
    ("[f + a, f * 2, f // 1, -f % 1]", [9.5, 5.0, 2.0, 0.5]),
    (
        "[d + 1, d * 1.5, d / 4, d - d, d // 1, -d % 1]",
        [Decimal(x) for x in ("2.10", "1.650", "0.275", "0.00", "1", "-0.10")],
    ),
    ("10 ** 30 + 1", 10**30 + 1),
    ("'ab' * 2 + s", "ababGrüße"),
    ("xs + [9] * 2", [3, 1, 2, 9, 9]),
    (
        "[w * 2, 2 * w, w / 2, w + 30s, w - 1m, -w, w % 1m]",
        [timedelta(seconds=x) for x in (180, 180, 45, 120, 30, -90, 30)],
    ),
    ("[w / 1m, w * 1.0 / w]", [1.5, 1.0]),
    ("a * 1s > w or w == 1.5m", True),
    # comparison
    ("[1 < a <= 7, 1 < a < 3 < b, a > b >= -3]", [True, False, True]),
    ("[a == 7.0, d == 1.1, d < 2, xs == [3, 1, 2], rs[0] == {s: 'b', n: 2}]", [True, True, True, True, True]),
    ("[3 in xs, 3 not in xs, 'k' in m, 'ü' in s, '' in s, [3] in xss]", [True, False, True, True, True, True]),
    (
        "[a is int, n is int, n is null, n is not int, rs[0] is {n: int, s: string}]",
        [True, False, True, True, True],
    ),
    ("[s < 'H', 'a' < 'B', 'ä' > 'z']", [True, False, True]),
    # logic
    ("not p or p and not p", False),
    ("p and a > 0 or a / 0 > 1", True),
    ("n != null and n > 0", False),
    ("a if p else b", 7),
    ("1 if not p else 2 if a > 9 else 3", 3),
    ("[n ?? 5, m['no'] ?? n ?? 6, (n ?? a) + 1, 1 + n ?? 1]", [5, 6, 8, 2]),
    ("2 * n ?? 3 ** 2", 18),
    # comprehensions and generators
    ("[x * y for x in xs for y in xs if x < y if y > 1]", [3, 2, 6]),
    ("[[y for y in ys if y > 1] for ys in xss]", [[2], [3]]),
    ("[x for xs in xss for x in xs]", [1, 2, 3]),
    ("[x for x in [x + 1 for x in xs]]", [4, 2, 3]),
    ("[k + str(v) for k, v in items(m) if v > 0]", ["k1"]),
    ("[i * x for i, x in enumerate(xs, start=1)]", [3, 2, 6]),
    ("[x + len(t) for x, t in zip(xs, ['a', 'bb'])]", [4, 3]),
    ("{k: v + 1 for k, v in items(m)}", {"k": 2, "z": 1}),
    ("{str(x % 2): x for x in xs}", {"1": 1, "0": 2}),
    ("sum(x for x in xs if x > 1) + len([1 for x in none])", 5),
    ("[any(x > 2 for x in xs), all(x > 2 for x in xs), any(x > 2 for x in none)]", [True, False, False]),
    # records, maps, texts
    ("{a, 'b c': 1, not: 2, x: {y: a}}", {"a": 7, "b c": 1, "not": 2, "x": {"y": 7}}),
    ("merge(m, {'q': 2})", {"k": 1, "z": 0, "q": 2}),
    ("f'{a}/{b} {{{s}}} {d} {f} {p} {w}'", "7/-3 {Grüße} 1.10 2.5 true 90s"),
    ("""f"{m['k'] ?? 0}{[x for x in xs][0] ?? 0}{'a'}\\n" """, "13a\n"),
    # built-ins with `by=` over `it`
    ("[x.s for x in sorted(rs, by=it.s)]", ["a", "a", "b"]),
    ("[x.n for x in sorted(rs, by=it.n, reverse=true)]", [2, 2, 1]),
    ("sorted(xss, by=max(it, by=-it) ?? 0)", [[1, 2], [3]]),
    ("max(rs, by=it.n)", {"n": 2, "s": "b"}),
    ("[max(xs), min(none), max(none, by=it) ?? 0, max(1, a, b)]", [3, None, 0, 7]),
    ("[len(g) for g in values(group(rs, by=it.s))]", [1, 2]),
    ("[x.s for x in unique(rs, by=it.n)]", ["b", "a"]),
    ("join(separator='-', xs=['a', 'b'])", "a-b"),
]


@pytest.mark.parametrize(("text", "value"), CONSTRUCTS)
def test_a_construct_gives(text: str, value: object) -> None:
    found = checked(text, TYPES)
    result = found.value(**VALUES)
    assert repr(result) == repr(value)
    assert fits(result, found.type, found.table) == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a == b < 3", "E111"),
        ("xs[::2]", "E111"),
        ("lambda x: x", "E111"),
        ("(1, 2)", "E111"),
        ("f'{f\"{a}\"}'", "E111"),
        ("f'{a:3}'", "E111"),
        ("s.lower()", "E203"),
        ("0 == false", "E310"),
        ("a == 's'", "E310"),
        ("d + f", "E309"),
        ("p + 1", "E308"),
        ("s + a", "E308"),
        ("n + 1", "E303"),
        ("xs[0] + 1", "E303"),
        ("a and p", "E311"),
        ("a if xs else b", "E311"),
        ("r.nope", "E302"),
        ("r[s]", "E324"),
        ("[x for x in m]", "E318"),
        ("[x for x in items(m)]", "E320"),
        ("items(m)", "E320"),
        ("[a for a, b in xs]", "E320"),
        ("1 in r", "E308"),
        ("f'{xs}'", "E319"),
        ("f'{n}'", "E303"),
        ("sorted(rs)", "E312"),
        ("max(a, b, by=it)", "E312"),
        ("len(a)", "E312"),
        ("it + 1", "E204"),
        ("lenn(xs)", "E203"),
        ("{a: 1, a: 2}", "E102"),
        ("None", "E111"),
    ],
)
def test_what_is_not_in_the_language_is_one_error(text: str, code: str) -> None:
    assert checked(text, TYPES).errors == (code,)
