r"""YAML scalars from their source characters to `Text`: unquoting, folding and chomping, with every character's place.

The YAML library decodes scalars too, but forgets places; `reader` compares both decodings, and a difference is a bug of
ours. The regular expressions never look back over spaces that they have tried (`(?<![ \t])`), so each is linear.
"""

import re
from typing import Literal, TypeAlias

from cellc.language.text import Text, TextBuilder, as_written

Style: TypeAlias = Literal["plain", "single", "double", "literal", "folded"]

_BREAK = re.compile(r"\r\n?|\n")
_PLAIN_GAP = re.compile(r"(?<! ) *(?:\r\n?|\n)[ \r\n]*")
_SINGLE = re.compile(r"(?P<gap>(?<![ \t])[ \t]*(?:\r\n?|\n)[ \t\r\n]*)|(?P<quote>'')")
_DOUBLE = re.compile(
    r"(?P<gap>(?<![ \t])[ \t]*(?:\r\n?|\n)[ \t\r\n]*)"
    r"|(?P<joined>\\(?:\r\n?|\n)[ \t\r\n]*)"
    r"|\\(?:x(?P<x>[0-9a-fA-F]{2})|u(?P<u>[0-9a-fA-F]{4})|U(?P<U>[0-9a-fA-F]{8})|(?P<one>.))"
)
_ESCAPES = {
    "0": "\0",
    "a": "\a",
    "b": "\b",
    "t": "\t",
    "\t": "\t",
    "n": "\n",
    "v": "\v",
    "f": "\f",
    "r": "\r",
    "e": "\x1b",
    " ": " ",
    '"': '"',
    "/": "/",
    "\\": "\\",
    "N": "\x85",
    "_": "\xa0",
    "L": "\u2028",
    "P": "\u2029",
}
_HEADER = re.compile(r"[|>](?P<marks>[-+0-9]*)[^\r\n]*(?:\r\n?|\n)?")
_BLANKS = re.compile(r"[ \r\n]*")
_LINE = re.compile(r"[^\r\n]*")
_DOCUMENT_MARK = re.compile(r"(?:---|\.\.\.)(?![^ \t\r\n])")


def decode(file: str, source: str, start: int, end: int, style: Style, parent_indent: int) -> Text:
    """Return the scalar that is written in `source` from `start` to `end`.

    `parent_indent` is the indentation of the collection around it (-1 at the top): block scalars count from there.
    """
    if style == "plain" and _BREAK.search(source, start, end) is None:
        return as_written(file, source[start:end], start)
    into = TextBuilder(file, start)
    match style:
        case "plain":
            _plain(into, source, start, end)
        case "single":
            _single(into, source, start + 1, end - 1)
        case "double":
            _double(into, source, start + 1, end - 1)
        case "literal" | "folded":
            _Block(into, source, start, folded=style == "folded").decode(parent_indent)
    return into.build()


def _fold(into: TextBuilder, source: str, start: int, end: int) -> None:
    """Add what white space with line breaks in it stands for: a space, or all breaks but the first."""
    breaks = list(_BREAK.finditer(source, start, end))
    if len(breaks) == 1:
        into.add(" ", start, end)
    for line_break in breaks[1:]:
        into.add("\n", line_break.start(), line_break.end())


def _plain(into: TextBuilder, source: str, start: int, end: int) -> None:
    at = start
    for gap in _PLAIN_GAP.finditer(source, start, end):
        into.add(source[at : gap.start()], at, gap.start())
        _fold(into, source, gap.start(), gap.end())
        at = gap.end()
    into.add(source[at:end], at, end)


def _single(into: TextBuilder, source: str, start: int, end: int) -> None:
    at = start
    for found in _SINGLE.finditer(source, start, end):
        into.add(source[at : found.start()], at, found.start())
        if found["quote"]:
            into.add("'", found.start(), found.end())
        else:
            _fold(into, source, found.start(), found.end())
        at = found.end()
    into.add(source[at:end], at, end)


def _double(into: TextBuilder, source: str, start: int, end: int) -> None:
    at = start
    for found in _DOUBLE.finditer(source, start, end):
        into.add(source[at : found.start()], at, found.start())
        if found["gap"] is not None:
            _fold(into, source, found.start(), found.end())
        elif found["joined"] is not None:
            for line_break in list(_BREAK.finditer(source, found.start(), found.end()))[1:]:
                into.add("\n", line_break.start(), line_break.end())
        else:
            code = found["x"] or found["u"] or found["U"]
            into.add(chr(int(code, 16)) if code else _ESCAPES[found["one"]], found.start(), found.end())
        at = found.end()
    into.add(source[at:end], at, end)


class _Block:
    """Decodes one literal or folded scalar, line by line."""

    def __init__(self, into: TextBuilder, source: str, start: int, *, folded: bool) -> None:
        header = _HEADER.match(source, start)
        assert header is not None, "a block scalar starts with its header"  # noqa: S101 - the scanner has seen it
        self._into = into
        self._source = source
        self._folded = folded
        self._marks = header["marks"]
        self._at = header.end()
        self._blank: list[re.Match[str]] = []

    def decode(self, parent_indent: int) -> None:
        least = parent_indent + 1
        self._read_first_blanks(least)
        last: re.Match[str] | None = None
        while self._at_content():
            self._add_breaks(self._blank)
            last, leading_space = self._add_line()
            self._read_blanks()
            if not self._at_content() or (least == 0 and _DOCUMENT_MARK.match(self._source, self._at)):
                break
            self._join(last, leading_space)
        self._chomp(last)

    def _read_first_blanks(self, least: int) -> None:
        explicit = self._marks.strip("+-")
        if explicit:
            self._indent = max(least, 1) + int(explicit) - 1
            self._read_blanks()
            return
        blanks = _BLANKS.match(self._source, self._at)
        assert blanks is not None, "the pattern fits nothing too"  # noqa: S101 - for the type checker
        self._blank = list(_BREAK.finditer(self._source, self._at, blanks.end()))
        self._indent = max(least, *(len(line) for line in _BREAK.split(blanks.group())))
        self._column = len(_BREAK.split(blanks.group())[-1])
        self._at = blanks.end()

    def _read_blanks(self) -> None:
        """Pass over empty lines and the indentation of the next line; remember the breaks."""
        self._blank = []
        while True:
            self._column = self._spaces()
            self._at += self._column
            line_break = _BREAK.match(self._source, self._at)
            if line_break is None:
                return
            self._blank.append(line_break)
            self._at = line_break.end()

    def _spaces(self) -> int:
        stop = min(self._at + self._indent, len(self._source))
        stretch = self._source[self._at : stop]
        return len(stretch) - len(stretch.lstrip(" "))

    def _at_content(self) -> bool:
        return self._column == self._indent and self._at < len(self._source)

    def _add_breaks(self, breaks: list[re.Match[str]]) -> None:
        for line_break in breaks:
            self._into.add("\n", line_break.start(), line_break.end())

    def _add_line(self) -> tuple[re.Match[str] | None, bool]:
        """Add the rest of this line; return its break, and whether it is more indented (or starts with a tab)."""
        line = _LINE.match(self._source, self._at)
        assert line is not None, "the pattern fits nothing too"  # noqa: S101 - for the type checker
        self._into.add(line.group(), line.start(), line.end())
        line_break = _BREAK.match(self._source, line.end())
        self._at = line_break.end() if line_break else line.end()
        return line_break, line.group()[:1] in {" ", "\t"}

    def _join(self, line_break: re.Match[str] | None, leading_space: bool) -> None:
        """Add what stands between two lines of content."""
        if line_break is None:
            return
        if not self._folded or leading_space or self._source[self._at] in " \t":
            self._into.add("\n", line_break.start(), line_break.end())
        elif not self._blank:
            self._into.add(" ", line_break.start(), self._at)

    def _chomp(self, last: re.Match[str] | None) -> None:
        if "-" not in self._marks and last is not None:
            self._into.add("\n", last.start(), last.end())
        if "+" in self._marks:
            self._add_breaks(self._blank)
