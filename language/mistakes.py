"""What people write by habit from elsewhere, and what we say about it: a table, tried from the top.

An entry fits where its `before` ends the text up to the place that does not parse (in a script: its line) and its `at`
begins the text from there. In `reason` and `hint` the named groups of both patterns may be used. `grammar/malformed/`
pairs snippets with the messages they give; a test proves each of them, and that each entry has one.
"""

import re
from dataclasses import dataclass
from typing import Final, NamedTuple


class Mistake(NamedTuple):
    """A problem in a text: its place there and what to say. `code` is empty for the text's own code."""

    start: int
    end: int
    reason: str
    hint: str
    code: str = ""
    opens: bool = False


@dataclass(frozen=True, slots=True)
class Habit:
    """One entry of the table. `kind` is the kind of the word that cannot stand there, when that matters.

    `mark` says what to underline: the word itself, or the group of that name in `before` or `at`.
    """

    name: str
    reason: str
    hint: str = ""
    before: str = ""
    at: str = ""
    kind: str = ""
    mark: str = ""


_NAME = r"[A-Za-z_]\w*"
_PATH = rf"{_NAME}(?:\.{_NAME})*"

HABITS: Final = (
    Habit(
        "augmented-assignment",
        "`{op}=` is not in the language",
        "write `{name} = {name} {op} ...`",
        before=rf"(?P<name>{_PATH})\s*(?P<op>\+|-|\*\*?|//?|%)\s*",
        at="=(?!=)",
    ),
    Habit(
        "item-assignment",
        "a value cannot be changed in place",
        "make a new one: `{name} = put({name}, {key}, ...)`",
        before=rf"^\s*(?P<name>{_PATH})\[(?P<key>[^\[\]]+)\]\s*",
        at="=(?!=)",
    ),
    Habit(
        "field-assignment",
        "a value cannot be changed in place",
        "make a new one: `{name} = merge({name}, {{{field}: ...}})`",
        before=rf"^\s*(?P<name>{_PATH})\.(?P<field>{_NAME})\s*",
        at="=(?!=)",
    ),
)


def explain(text: str, start: int, end: int, kind: str, expected: frozenset[str], *, script: bool) -> Mistake:
    """Return what to say about the word from `start` to `end`, which cannot stand where it stands."""
    word = text[start:end]
    return Mistake(start, end, f"`{word}` cannot stand here", "")


_QUOTED_OR_BRACKET = re.compile(r""""(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|\#[^\n]*|[()\[\]{}]""")
_CLOSER: Final = {"(": ")", "[": "]", "{": "}"}


def bracket_mistake(text: str) -> Mistake | None:
    """Return the first bracket of `text` that has no partner, or None when all have one."""
    open_: list[re.Match[str]] = []
    for found in _QUOTED_OR_BRACKET.finditer(text):
        bracket = found.group()
        if bracket in _CLOSER:
            open_.append(found)
        elif bracket in _CLOSER.values():
            if not open_:
                return Mistake(found.start(), found.end(), f"`{bracket}` closes nothing", "", "E115")
            opened = open_.pop()
            if _CLOSER[opened.group()] != bracket:
                reason = f"`{opened.group()}` is closed by `{bracket}`"
                return Mistake(found.start(), found.end(), reason, f"write `{_CLOSER[opened.group()]}`", "E115")
    if open_:
        last = open_[-1]
        return Mistake(last.start(), last.end(), f"`{last.group()}` is never closed", "", "E115", opens=True)
    return None
