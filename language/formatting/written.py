"""What a syntax tree does not keep of a text: comments, how literals are spelled, and commas that hold a bracket open.

Offsets are those of the text, which is where the spans of its nodes must point. `UNWRITTEN` is the text of a tree that
was never written.
"""

import re
from bisect import bisect_left
from dataclasses import dataclass
from typing import Final

from cellc.language.span import Span

_WORD = re.compile(
    r"""(?P<space>[ \t\r]+)
    |(?P<line>\n)
    |(?P<comment>\#[^\n]*)
    |(?P<quoted>f?(?:"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'))
    |(?P<open>[(\[{])
    |(?P<close>[)\]}])
    |(?P<word>\w+)
    |(?P<sign>.)""",
    re.VERBOSE,
)
_REGEX = re.compile(r"/(?:[^/\n\\]|\\.)+/")
TOP: Final = -1
"""The place of the bracket around what is in none."""


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment at `at`, in `column` (from 0) of its line, directly inside the bracket that opens at `inside`."""

    at: int
    text: str
    column: int
    own_line: bool
    inside: int = TOP


@dataclass(frozen=True, slots=True)
class Word:
    """A word or sign at `at`."""

    at: int
    text: str


class Written:
    """One text, split into words. Comments that a printer has put somewhere are `claimed`."""

    def __init__(self, content: str) -> None:
        self.content = content
        self.comments: list[Comment] = []
        self.words: list[Word] = []
        self.held_open: set[int] = set()
        self.claimed: set[int] = set()
        self._openings: list[Word] = []
        self._split()
        self._starts = [word.at for word in self.words]

    def _split(self) -> None:
        around: list[int] = [TOP]
        at = line_start = 0
        while found := _WORD.match(self.content, at):
            kind, text = found.lastgroup, found.group()
            if text == "/" and self.words and self.words[-1].text == "(":
                found = _REGEX.match(self.content, at) or found  # a division never follows a bracket
                kind, text = "quoted", found.group()
            if kind == "line":
                line_start = found.end()
            elif kind == "comment":
                own_line = not self.content[line_start:at].strip()
                self.comments.append(Comment(at, text.rstrip(), at - line_start, own_line, around[-1]))
            elif kind != "space":
                self._nest(Word(at, text), kind, around, line_start)
            at = found.end()

    def _nest(self, word: Word, kind: str | None, around: list[int], line_start: int) -> None:
        if kind == "close" and len(around) > 1:
            opening = around.pop()
            # `a, b,` and then the bracket on a line of its own: the author wants one item a line
            if self.words[-1].text == "," and not self.content[line_start : word.at].strip():
                self.held_open.add(opening)
        self.words.append(word)
        if kind == "open":
            around.append(word.at)
            self._openings.append(word)

    def cut(self, span: Span) -> str:
        """Return what is written at `span`; empty for a tree that was never written."""
        return self.content[span.start : span.end]

    def opening(self, bracket: str, start: int) -> int:
        """Return the place of the first such opening bracket from `start` on; `TOP` where there is none."""
        first = bisect_left(self._openings, start, key=lambda word: word.at)
        return next((word.at for word in self._openings[first:] if word.text == bracket), TOP)

    def quoted_from(self, start: int) -> str:
        """Return the first quoted text from `start` on, with its quotes; empty where there is none."""
        first = bisect_left(self._starts, start)
        return next((word.text for word in self.words[first:] if word.text.endswith(('"', "'"))), "")

    def word_before(self, at: int, distance: int = 1) -> int:
        """Return where the word begins that is `distance` words before the place `at`."""
        place = bisect_left(self._starts, at) - distance
        return self.words[place].at if place >= 0 else 0

    def comments_inside(self, opening: int) -> list[Comment]:
        """Return the comments directly inside a bracket, or those in none for `TOP`."""
        return [comment for comment in self.comments if comment.inside == opening]

    def unclaimed(self, start: int, end: int) -> bool:
        """Return whether a comment between two places has not been put anywhere."""
        return any(start < comment.at < end and comment.at not in self.claimed for comment in self.comments)

    def breaks_between(self, start: int, end: int) -> bool:
        """Return whether a line ends between two places."""
        return "\n" in self.content[start:end]


UNWRITTEN: Final = Written("")
