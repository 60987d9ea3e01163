"""Diagnostics as people read them: what is wrong, the place with carets under it, what to do next.

    error[E302]: Order has no field `prise`
      --> shop/orders.cell.yaml:12:21
       |
    12 |       total = order.prise * 2
       |                     ^^^^^
       |
    help: did you mean `price`?

Pure: diagnostics and sources in, text out. A column here is a cell of the terminal: wide characters take two, combining
ones none, tabs are spread, and control characters are shown as pictures, so that no source text can drive a terminal.
"""

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby

from cellc.language.diagnostics import Diagnostic, Label
from cellc.language.span import Source, Span
from cellc.terminal import Paint

TAB = 4
WIDTH = 140
"""A longer source line is cut to a window of this many cells around what is marked."""

_BEFORE = 40


@dataclass(frozen=True, slots=True)
class _Mark:
    """A stretch of one line, in characters from 0; `text` stands behind its carets."""

    line: int
    start: int
    end: int
    primary: bool
    text: str


def render(diagnostic: Diagnostic, sources: Mapping[str, Source], paint: Paint) -> str:
    """Return the full form of `diagnostic`, without a line break at its end."""
    severity = diagnostic.severity.value
    lines = [paint(f"{severity}[{diagnostic.code}]", severity) + paint(f": {_safe(diagnostic.message)}", "strong")]
    lines += _places(diagnostic, sources, paint)
    if diagnostic.hint:
        lines.append(paint("help", "help") + f": {_safe(diagnostic.hint)}")
    return "\n".join(lines)


def render_line(diagnostic: Diagnostic, sources: Mapping[str, Source]) -> str:
    """Return the one-line form: place, severity, code, message."""
    message = _safe(" ".join(diagnostic.message.split()))
    where = _where(diagnostic.span, sources)
    return f"{where}{': ' if where else ''}{diagnostic.severity}[{diagnostic.code}] {message}"


def summary(diagnostics: Iterable[Diagnostic]) -> str:
    """Return "2 errors, 1 warning"; empty when there are none."""
    severities = [d.severity.value for d in diagnostics]
    counts = ((word, severities.count(word)) for word in ("error", "warning"))
    return ", ".join(f"{count} {word}{'s' if count != 1 else ''}" for word, count in counts if count)


def _where(span: Span, sources: Mapping[str, Source]) -> str:
    source = sources.get(span.file)
    if source is None:
        return span.file
    position = source.position(span.start)
    return f"{span.file}:{position.line}:{position.column}"


def _places(diagnostic: Diagnostic, sources: Mapping[str, Source], paint: Paint) -> list[str]:
    """Return the snippets: the file of the main span first, then the others in the order of the labels."""
    main = Label(diagnostic.span, "")
    if not diagnostic.span.file:
        return []
    files = dict.fromkeys(label.span.file for label in (main, *diagnostic.labels))
    marks = {file: _marks(file, main, diagnostic.labels, sources) for file in files}
    gutter = max((len(str(mark.line)) for found in marks.values() for mark in found), default=0)
    lines: list[str] = []
    for file in files:
        first = next(label.span for label in (main, *diagnostic.labels) if label.span.file == file)
        arrow = "-->" if file == main.span.file else ":::"
        lines.append(paint(f"{' ' * gutter}{arrow}", "frame") + f" {_where(first, sources)}")
        if marks[file]:
            lines += _snippet(sources[file], marks[file], gutter, diagnostic.severity.value, paint)
    return lines


def _marks(file: str, main: Label, others: Iterable[Label], sources: Mapping[str, Source]) -> list[_Mark]:
    source = sources.get(file)
    if source is None or not source.text:
        return []
    marks = []
    for label in (main, *others):
        if label.span.file == file:
            marks += _lines_of(source, label, primary=label is main)
    return sorted(marks, key=lambda mark: (mark.line, not mark.primary, mark.start))


def _lines_of(source: Source, label: Label, *, primary: bool) -> list[_Mark]:
    """Return the marks of one span: one for a span inside a line, first and last line of a longer one."""
    first = source.position(label.span.start)
    last = source.position(max(label.span.start, label.span.end - 1))
    start, end = first.column - 1, last.column
    if first.line == last.line:
        return [_Mark(first.line, start, max(end, start + 1), primary, label.text)]
    top, bottom = source.line(first.line), source.line(last.line)
    indent = len(bottom) - len(bottom.lstrip())
    return [
        _Mark(first.line, start, max(len(top.rstrip()), start + 1), primary, ""),
        _Mark(last.line, min(indent, end - 1), min(end, max(len(bottom), 1)), primary, label.text),
    ]


def _snippet(source: Source, marks: list[_Mark], gutter: int, severity: str, paint: Paint) -> list[str]:
    bar = paint(f"{' ' * gutter} |", "frame")
    lines = [bar]
    previous = None
    for number, found in groupby(marks, key=lambda mark: mark.line):
        if previous is not None and number > previous + 1:
            lines.append(paint("...", "frame"))
        previous = number
        on_line = list(found)
        text, offset = _window(source.line(number), on_line)
        lines.append(paint(f"{number:>{gutter}} |", "frame") + f" {_shown(text)}".rstrip())
        lines += [f"{bar} {_underline(text, offset, mark, severity, paint)}" for mark in on_line]
    return [*lines, bar]


def _underline(text: str, offset: int, mark: _Mark, severity: str, paint: Paint) -> str:
    start, end = max(mark.start - offset, 0), max(mark.end - offset, 1)
    room = _cells(text[:start])
    length = _cells(text[:start] + text[start:end]) - room + max(0, end - max(start, len(text)))
    carets = ("^" if mark.primary else "-") * max(1, min(length, WIDTH))
    said = f" {_safe(mark.text)}" if mark.text else ""
    return " " * room + paint(carets + said, severity if mark.primary else "frame")


def _window(text: str, marks: list[_Mark]) -> tuple[str, int]:
    """Return the part of a long line that holds its first mark, and how many characters were cut off before it."""
    if len(text) <= WIDTH:
        return text, 0
    start = max(0, min(mark.start for mark in marks) - _BEFORE)
    return text[start : start + WIDTH], start


def _shown(text: str) -> str:
    shown, column = [], 0
    for character in text:
        cell = " " * (TAB - column % TAB) if character == "\t" else _picture(character)
        shown.append(cell)
        column += len(cell) if character == "\t" else _width(character)
    return "".join(shown)


def _safe(text: str) -> str:
    return "".join(character if character == "\n" else _picture(character) for character in text)


def _cells(text: str) -> int:
    column = 0
    for character in text:
        column += TAB - column % TAB if character == "\t" else _width(character)
    return column


def _picture(character: str) -> str:
    if character < " ":
        return chr(0x2400 + ord(character))
    return "\N{REPLACEMENT CHARACTER}" if unicodedata.category(character) in {"Cc", "Cf"} else character


def _width(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1
