"""Work grows with the text: counted in calls, not in time."""

import sys
from collections.abc import Callable
from types import FrameType

import pytest

from cellc.compiler.pipeline import compile_module
from tests.conftest import MemorySources

GROWTH = 2.3
"""At most so much for twice the text: n log n, and a little for what is done once."""

PATH = "main.cell.yaml"


def script(*lines: str) -> str:
    body = "".join(f"      {line}\n" for line in lines)
    return f"cellc: 1\ncells:\n  a:\n    in: {{x: int}}\n    out: json\n    do: |\n{body}"


def many_ways_that_meet(n: int) -> str:
    ways = [line for i in range(n) for line in (f"elif x == {i}:", f"  y = {i}")]
    return script("y = 0", "if x == -1:", "  y = 1", *ways, "return y")


def many_ways_that_end(n: int) -> str:
    ways = [line for i in range(n) for line in (f"elif x == {i}:", f"  return {i}")]
    return script("if x == -1:", "  return 0", *ways, "return x")


def many_statements(n: int) -> str:
    return script("y = 0", *(f"y = y + {i}" for i in range(n)), "return y")


def a_long_list_of_texts(n: int) -> str:
    return script(f"return [{', '.join(repr(f't{i}') for i in range(n))}]")


def a_long_list_of_names(n: int) -> str:
    return script(f"return [{', '.join('x' for _ in range(n))}]")


def a_long_f_string(n: int) -> str:
    return script(f"return f'{'{x} and ' * n}'")


def many_errors(n: int) -> str:
    return script(*(f"y = x + '{i}'" for i in range(n)), "return x")


def typed(declared: str, *lines: str) -> str:
    return script(*lines).replace("{x: int}", "{x: T}").replace("cells:\n", f"types:\n{declared}cells:\n")


def words(n: int) -> str:
    return f"  T: enum({' | '.join(f'w{i}' for i in range(n))})\n"


def a_case_for_each_word(n: int) -> str:
    cases = [line for i in range(n) for line in (f"  case 'w{i}':", f"    return {i}")]
    return typed(words(n), "match x:", *cases)


def a_test_for_each_word(n: int) -> str:
    ways = [line for i in range(1, n - 1) for line in (f"elif x == 'w{i}':", f"  return {i}")]
    return typed(words(n), "if x == 'w0':", "  return 0", *ways, "return x")


def a_list_of_words(n: int) -> str:
    return typed(words(n), f"return x in [{', '.join(repr(f'w{i}') for i in range(n - 1))}]")


def tagged(name: str, n: int, field: str = "") -> str:
    arms = (f'{{kind: "k{i}", v{i}: int{field}}}' for i in range(n))
    return f"  {name}: '{' | '.join(arms)}'\n"


def a_case_for_each_tag(n: int) -> str:
    cases = [line for i in range(n) for line in (f"  case 'k{i}':", f"    return x.v{i}")]
    return typed(tagged("T", n), "match x.kind:", *cases)


def a_case_for_each_record(n: int) -> str:
    records = "".join(f"  R{i}: {{kind: '\"k{i}\"', v{i}: int}}\n" for i in range(n))
    cases = [line for i in range(n) for line in (f"  case R{i}:", f"    return x.v{i}")]
    return typed(f"{records}  T: {' | '.join(f'R{i}' for i in range(n))}\n", "match x:", *cases)


def a_union_as_a_wider_one(n: int) -> str:
    return typed(tagged("T", n) + tagged("U", n, "?"), "y: U = x", "return y")


FAMILIES = (
    a_case_for_each_word,
    a_test_for_each_word,
    a_list_of_words,
    a_case_for_each_tag,
    a_case_for_each_record,
    a_union_as_a_wider_one,
    many_ways_that_meet,
    many_ways_that_end,
    many_statements,
    a_long_list_of_texts,
    a_long_list_of_names,
    a_long_f_string,
    many_errors,
)


def work(text: str) -> int:
    """Return how many calls of Python functions a compilation makes."""
    count = 0

    def called(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal count
        count += event == "call"

    before = sys.getprofile()
    sys.setprofile(called)
    try:
        compile_module(PATH, MemorySources({PATH: text}))
    finally:
        sys.setprofile(before)
    return count


@pytest.mark.parametrize("family", FAMILIES, ids=lambda f: f.__name__)
def test_twice_the_text_is_hardly_more_than_twice_the_work(family: Callable[[int], str]) -> None:
    work(family(3))  # what is made once in a process
    assert work(family(80)) <= GROWTH * work(family(40))
