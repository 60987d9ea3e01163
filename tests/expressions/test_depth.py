"""Nesting without end is a diagnostic, and what is still allowed can be checked, evaluated and stored."""

from collections.abc import Callable

import pytest

from cellc.compiler.pipeline import Compiled
from cellc.language.types import INT, STRING, Bool, List, Map, optional
from tests.expressions.checked import checked

FORMS: dict[str, Callable[[int], str]] = {
    "brackets": lambda n: "[" * n + "]" * n,
    "records": lambda n: "{a: " * n + "1" + "}" * n,
    "sum": lambda n: "a" + " + a" * n,
    "signs": lambda n: "- " * n + "a",
    "power": lambda n: "a" + " ** 1" * n,
    "not": lambda n: "not " * n + "b",
    "and": lambda n: "b" + " and b" * n,
    "or": lambda n: "b" + " or b" * n,
    "default": lambda n: "n" + " ?? n" * n,
    "conditional": lambda n: "a if b else " * n + "a",
    "test": lambda n: "(" * n + "b" + " if b else b)" * n,
    "slice": lambda n: "xs" + "[0:]" * n,
    "call": lambda n: "abs(" * n + "a" + ")" * n,
    "variadic": lambda n: "max(a, " * n + "a" + ")" * n,
    "by": lambda n: "len(sorted(xs, by=" * n + "it" + "))" * n,
    "items": lambda n: "[x for x in " * n + "xs" + "]" * n,
    "element": lambda n: "[" * n + "1" + " for x in xs]" * n,
    "generator": lambda n: "sum(x + " * n + "1" + " for x in xs)" * n,
    "for": lambda n: "[1" + " for x in [1]" * n + "]",
    "map": lambda n: "{k: v for k, v in items(" * n + "m" + ")}" * n,
    "text": lambda n: 's + "x"' + ' + "y"' * n,
    "hole": lambda n: 'f"{a' + " + a" * n + '}"',
}
TYPES = {"a": INT, "b": Bool(), "s": STRING, "xs": List(INT), "m": Map(INT), "n": optional(INT)}
VALUES = {"a": 1, "b": True, "s": "s", "xs": [1], "m": {"k": 1}, "n": None}


def module(expression: str) -> str:
    return (
        "cellc: 1\ncells:\n  main:\n    in: {a: int, b: bool, s: string, xs: [int], m: map(int), n: int?}\n"
        f"    out: json\n    do: |\n      return {expression}\n"
    )


@pytest.mark.parametrize("form", FORMS)
def test_nesting_without_end_is_a_diagnostic(form: str, compile_text: Callable[[str], Compiled]) -> None:
    assert [d.code for d in compile_text(module(FORMS[form](10_000))).diagnostics] == ["E117"]


def test_brackets_around_a_value_are_no_nesting(compile_text: Callable[[str], Compiled]) -> None:
    assert compile_text(module("(" * 10_000 + "a" + ")" * 10_000)).diagnostics == ()


@pytest.mark.parametrize("form", FORMS)
def test_the_deepest_that_is_allowed_is_checked_and_evaluated(form: str) -> None:
    deepest = next(n for n in range(100, 0, -1) if not checked(FORMS[form](n), TYPES).errors)
    assert deepest >= 20
    checked(FORMS[form](deepest), TYPES).value(**VALUES)
