"""What is wrong with a value: where, what was expected, what was found."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeAlias

from cellc.language.text_forms import BY_CLASS

Path: TypeAlias = tuple[str | int, ...]
"""Keys and indexes from the root of a value."""

MOST = 100
"""Problems kept for one value: enough to mend it, small enough for any message."""

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_\-]*\Z")
_SHOWN = 40


@dataclass(frozen=True, slots=True)
class Problem:
    """One place of a value that does not fit. `path` is like `orders[2].items[0].qty`, empty at the root."""

    path: str
    expected: str
    found: str
    hint: str = ""

    def __str__(self) -> str:
        where = f"{self.path}: " if self.path else ""
        hint = f" ({self.hint})" if self.hint else ""
        return f"{where}expected {self.expected}, found {self.found}{hint}"


class Misfit(ValueError):  # noqa: N818 -- named for what it is, a value that does not fit
    """A value does not fit its type; `problems` are all of them (the first 100), in the value's own order."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)[:MOST]
        super().__init__("\n".join(map(str, self.problems)))


def path_text(path: Path) -> str:
    """Return `path` as people write it."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif _WORD.match(step):
            text += f".{step}" if text else step
        else:
            text += f"[{_cut(repr(step))}]"
    return text


def found_text(value: Any) -> str:
    """Return a few words about `value`: the value itself when it is short."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            return f'"{_cut(value)}"'
        case list():
            return f"a list of {len(value)}" if value else "an empty list"
        case dict():
            return "an object with " + _cut(", ".join(map(str, value))) if value else "an empty object"
        case int() | float() | Decimal():
            return _cut(str(value))
        case _:
            form = BY_CLASS.get(type(value))
            return f"the {form.name} {_cut(form.write(value))}" if form else f"a {type(value).__name__}"


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
