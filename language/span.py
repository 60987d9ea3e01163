"""Places in source text.

Offsets count characters of the file's decoded text, from 0; `end` is exclusive. Lines and columns exist only where a
person or an editor reads them, and count from 1. Everything that leaves the compiler goes through `Source.position`.
"""

import re
from bisect import bisect_right
from dataclasses import dataclass, field

import msgspec


class Span(msgspec.Struct, frozen=True, order=True):
    """A stretch of one file's text: `file` is the path as the user gave it."""

    file: str
    start: int
    end: int

    def to(self, other: "Span") -> "Span":
        """Return the span from the start of this one to the end of `other`."""
        return Span(self.file, self.start, other.end)


class Position(msgspec.Struct, frozen=True):
    """A line and column for people, both from 1; the column counts characters."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Source:
    """One file's text, with its line starts."""

    path: str
    text: str
    _starts: tuple[int, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # YAML 1.2 breaks lines here only; str.splitlines would also break at form feeds and Unicode separators.
        starts = (0, *(end.end() for end in re.finditer(r"\r\n|\r|\n", self.text)))
        object.__setattr__(self, "_starts", starts)

    def position(self, offset: int) -> Position:
        """Return the line and column of `offset`."""
        line = bisect_right(self._starts, offset) - 1
        return Position(line + 1, offset - self._starts[line] + 1)

    def start_of(self, number: int) -> int:
        """Return the offset of the first character of line `number` (from 1), which has to be there."""
        return self._starts[number - 1]

    def line(self, number: int) -> str:
        """Return the text of line `number` (from 1) without its line break; empty past the end."""
        if not 1 <= number <= len(self._starts):
            return ""
        end = self._starts[number] if number < len(self._starts) else len(self.text)
        return self.text[self._starts[number - 1] : end].rstrip("\r\n")

    def cut(self, span: Span) -> str:
        """Return the text that `span` covers."""
        return self.text[span.start : span.end]
