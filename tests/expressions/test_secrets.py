"""Nothing open is told of a secret: what an expression gives, as far as its type is open, does not depend on one.

Every built-in and operator is tried on every pair of values that are, or hold, secrets. Whatever the checker lets pass
is evaluated with two sets of secrets, and must give the same once the secrets in the result are taken out.
"""

from itertools import product
from typing import Any

import pytest

from cellc.language.builtins import BUILTINS
from cellc.language.faults import Fault
from cellc.language.secret_types import holds_secret
from cellc.language.types import INT, STRING, List, Map, Record, Secret, Type, Union, optional, record
from tests.expressions.checked import Checked, checked

TOKEN, PIN = Secret(STRING), Secret(INT)
LOGIN = record({"name": STRING, "token": TOKEN})
TYPES: dict[str, Type] = {
    "token": TOKEN,
    "pin": PIN,
    "flag": Secret(optional(INT)),
    "maybe": optional(TOKEN),
    "login": LOGIN,
    "logins": List(LOGIN),
    "tokens": List(TOKEN),
    "hidden": Secret(List(INT)),
    "book": Map(TOKEN),
    "text": STRING,
    "n": INT,
    "texts": List(STRING),
}


def values(token: str, pin: int) -> dict[str, Any]:
    other = token[::-1] + "!"
    return {
        "token": token,
        "pin": pin,
        "flag": pin if pin > 0 else None,
        "maybe": token,
        "login": {"name": "ann", "token": token},
        "logins": [{"name": "bob", "token": other}, {"name": "ann", "token": token}],
        "tokens": [other, token],
        "hidden": [pin] * abs(pin),
        "book": {"x": token, "y": other},
        "text": "abc",
        "n": 2,
        "texts": ["b", "a"],
    }


WORLDS = (values("abc", 2), values("zz", -3), values("", 0))

BINARY = ("+", "-", "*", "/", "//", "%", "**", "==", "!=", "<", "<=", "in", "not in", "and", "or", "??")
FORMS = (
    "{a}.name",
    "{a}.token",
    "{a}[0]",
    "{a}['x']",
    "{a}[:1]",
    "-{a}",
    "not {a}",
    "{a} == null",
    "f'{{{a}}}'",
    "{a} is string",
    "{a} is not null",
    "n if {a} else 3",
    "[x for x in {a}]",
    "[1 for x in {a} if x == text]",
    "[x.name for x in {a} if x.token != null]",
    "{{x: 1 for x in {a}}}",
    "{{k: v for k, v in items({a})}}",
    "[i for i, x in enumerate({a})]",
    "[a for a, b in zip({a}, {a})]",
    "{{a: {a}, b: n}}",
    "[{a}, {a}]",
)
BY = ("it", "it.name", "it.token", "len(it)", "str(it)")


NAMES = [*TYPES]
SECOND = ("token", "login", "text", "n")
EXPRESSIONS = {
    "forms": [form.format(a=a) for form in FORMS for a in NAMES],
    "operators": [f"{a} {op} {b}" for op in BINARY for a, b in product(NAMES, NAMES)],
    "calls": [f"{f}({a})" for f in BUILTINS for a in NAMES],
    "calls of two": [f"{f}({a}, {b})" for f in BUILTINS for a, b in product(NAMES, SECOND)],
    "calls by": [f"{f.name}({a}, by={by})" for f in BUILTINS.values() if f.by for a in NAMES for by in BY],
}


def open_part(value: Any, type_: Type) -> Any:
    """What of a value is not secret by its type: nothing, where one alternative is a secret and another is not."""
    match type_:
        case Secret():
            return "***"
        case Record(fields):
            return {f.name: open_part(value.get(f.name), f.type) for f in fields}
        case List(item):
            return [open_part(part, item) for part in value]
        case Map(inner):
            return {key: open_part(part, inner) for key, part in value.items()}
        case Union() if holds_secret(type_, {}):
            return "***"
        case _:
            return value


def outcome(expression: Checked, world: dict[str, Any], type_: Type) -> Any:
    try:
        value = expression.value(**world)
    except Fault as fault:
        return "fault", fault.reason
    return open_part(value, type_)


@pytest.mark.parametrize("kind", EXPRESSIONS)
def test_the_checker_lets_nothing_pass_that_tells_of_a_secret(kind: str) -> None:
    told, passed = [], 0
    for text in EXPRESSIONS[kind]:
        expression = checked(text, TYPES)
        if expression.errors:
            continue
        passed += 1
        found = [outcome(expression, world, expression.type) for world in WORLDS]
        if any(other != found[0] for other in found):
            told.append((text, found))
    assert told == []
    assert passed > 10
