"""The text of statements for PostgreSQL: which kind one is, and its parameters by number.

Statements have parameters by name, `:name`, as SQLite reads them itself; PostgreSQL numbers them. What only looks like
one, in a literal, a comment or a cast, stays as it is.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

_TOKEN = re.compile(
    r"""
    (?P<apart>
        (?<!\w)[eE]'(?:[^'\\]|\\.|'')*' | '(?:[^']|'')*' | "(?:[^"]|"")*"
      | (?<![\w$])\$(?P<tag>(?:[^\W\d]\w*)?)\$.*?\$(?P=tag)\$
      | --[^\n\r]* | ::
    )
    | (?P<comment> /\*)
    | (?<!\w):(?P<name>[^\W\d]\w*)
    | (?<![\w$])\$(?P<number>\d+)
    """,
    re.VERBOSE | re.DOTALL,
)
_COMMENT_MARK = re.compile(r"/\*|\*/")
_BEFORE = re.compile(r"(?:[\s(]|--[^\n\r]*)*")
_WORD = re.compile(r"\w*")


def numbered(statement: str, params: Mapping[str, Any]) -> tuple[str, list[Any]]:
    """Return a statement with numbers for its parameters, and their values in that order. Raises ValueError."""
    numbers: dict[str, int] = {}
    parts = []
    for text, name in _parts(statement):
        if name is None:
            parts.append(text)
            continue
        if name not in params:
            raise ValueError(f"the statement has `:{name}`, and `params` has no `{name}`")
        parts.append(f"${numbers.setdefault(name, len(numbers) + 1)}")
    return "".join(parts), [params[name] for name in numbers]


def first_word(statement: str) -> str:
    """Return the word that a statement begins with, in upper case: what kind of statement it is."""
    place = 0
    while True:
        before = _BEFORE.match(statement, place)
        place = place if before is None else before.end()
        if not statement.startswith("/*", place):
            break
        place = _comment_end(statement, place)
    word = _WORD.match(statement, place)
    return "" if word is None else word[0].upper()


def _parts(statement: str) -> Iterator[tuple[str, str | None]]:
    """Yield the parts of a statement; of a parameter also the name."""
    place = 0
    while found := _TOKEN.search(statement, place):
        if found["number"] is not None:
            raise ValueError(f"parameters have names: write `:name` instead of `{found[0]}`")
        yield statement[place : found.start()], None
        place = _comment_end(statement, found.start()) if found["comment"] else found.end()
        yield statement[found.start() : place], found["name"]
    yield statement[place:], None


def _comment_end(statement: str, start: int) -> int:
    """Return where the comment ends that begins at `start`: those of PostgreSQL nest."""
    depth = 0
    for mark in _COMMENT_MARK.finditer(statement, start):
        depth += 1 if mark[0] == "/*" else -1
        if depth == 0:
            return mark.end()
    return len(statement)
