"""Running the tables ourselves gives what the parsing library gives: the same trees, and the same stops."""

from collections.abc import Callable, Iterator
from importlib.resources import files
from typing import Any, get_args

import lark
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lark.exceptions import UnexpectedInput, UnexpectedToken

from cellc.language.grammar_tables import make_tables
from cellc.language.lalr import Machine, Unexpected, Word
from cellc.language.layout import LayoutError, lay_out, without_layout
from cellc.language.parser import Start

STARTS = get_args(Start)
GRAMMAR = "\n".join(
    files("cellc.grammar").joinpath(f"{name}.lark").read_text(encoding="utf-8")
    for name in ("types", "expressions", "topology", "script")
)
WORDS = (
    *(
        "a",
        "b",
        "iffy",
        "in",
        "not",
        "is",
        "if",
        "else",
        "for",
        "as",
        "when",
        "after",
        "and",
        "or",
        "null",
        "true",
        "it",
    ),
    *("raise", "return", "try", "except", "while", "match", "case", "pass", "within", "elif", "f", "enum", "list", "m"),
    *(
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        ",",
        ":",
        ".",
        "..",
        "?",
        "??",
        "|",
        "=",
        "==",
        "<",
        "+",
        "-",
        "->",
        "*",
        "**",
        "/",
    ),
    *("1", "2.5", "1..", "30s", "5m", "'x'", '"y', 'f"{a}"', "/[a-z]+/", "#c", " ", "\n", "\n  ", "\n    ", "$", "//"),
)


class Trees:
    """Builds a tuple of the rule's name and its parts, for every rule."""

    def __getattr__(self, name: str) -> Callable[[list[Any]], Any]:
        if name.isupper() or name.startswith("_"):
            raise AttributeError(name)
        return lambda children: (name, *(plain(child) for child in children))


def plain(part: Any) -> Any:
    return (part.type, str(part), part.start_pos) if isinstance(part, str) else part


class Oracle:
    """The library, with our layout between its lexer and its parser."""

    always_accept = ("_NL",)

    def __init__(self) -> None:
        options: dict[str, Any] = {"transformer": Trees(), "postlex": self, "maybe_placeholders": False}
        self.library = lark.Lark(GRAMMAR, parser="lalr", start=list(STARTS), **options)

    def process(self, stream: Iterator[Any]) -> Iterator[Any]:
        for word in (lay_out if self.script else without_layout)(stream, self.text):
            place = {"start_pos": word.start_pos, "end_pos": word.end_pos, "line": 1, "column": 1}
            yield lark.Token(word.type, str(word), **place) if isinstance(word, Word) else word

    def parse(self, text: str, start: str) -> Any:
        self.text, self.script = text, start == "script"
        try:
            return plain(self.library.parse(text, start=start))
        except UnexpectedToken as stop:
            word: Any = stop.token
            place = () if word.type == "$END" else (word.start_pos,)
            return ("stop", word.type, *place, frozenset(stop.interactive_parser.choices()))
        except UnexpectedInput as stop:
            return ("stop", "", stop.pos_in_stream, frozenset(stop.interactive_parser.choices()))
        except LayoutError as stop:
            return ("layout", stop.start, stop.end)


ORACLE = Oracle()
MACHINE = Machine(make_tables(GRAMMAR, STARTS), Trees())


def ours(text: str, start: str) -> Any:
    try:
        return plain(MACHINE.parse(text, start, lay_out if start == "script" else without_layout))
    except Unexpected as stop:
        place = () if stop.kind == "$END" else (stop.start,)
        return ("stop", stop.kind, *place, stop.expected)
    except LayoutError as stop:
        return ("layout", stop.start, stop.end)


@given(st.sampled_from(STARTS), st.lists(st.sampled_from(WORDS), max_size=12), st.sampled_from(["", " "]))
def test_words_in_any_order(start: str, words: list[str], between: str) -> None:
    text = between.join(words)
    assert ours(text, start) == ORACLE.parse(text, start)


@pytest.mark.parametrize("kind", ["scripts", "expressions", "lines", "types"])
@pytest.mark.parametrize("start", STARTS)
def test_every_malformed_snippet_and_its_beginnings(kind: str, start: str) -> None:
    snippets = files("cellc.grammar").joinpath(f"malformed/{kind}.txt").read_text(encoding="utf-8").split("--- ")
    for snippet in snippets:
        for text in (snippet, *snippet.splitlines(), snippet[: len(snippet) // 2]):
            assert ours(text, start) == ORACLE.parse(text, start)
