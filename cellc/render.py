"""Diagnostics as people read them: what is wrong, the place with carets under it, what to do next.

    error[E302]: Order has no field `prise`
      --> shop/orders.cell.yaml:12:21
       |
    12 |       total = order.prise * 2
       |                     ^^^^^
       |
    help: did you mean `price`?

Pure: diagnostics and sources in, text out. Nothing is wider than it must be: a long line is cut to a window around
what is marked in it, a message is never broken.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby

from cellc.language.diagnostics import Diagnostic, Label
from cellc.language.span import Source, Span
from cellc.line_cells import line_cells, safe
from cellc.terminal import Paint

WIDTH = 80
"""How many cells a snippet may take where nobody says otherwise."""

_LEAST = 20  # cells of a line that are shown however narrow the terminal is


@dataclass(frozen=True, slots=True)
class _Mark:
    """A stretch of one line, in characters from 0; `text` stands behind its carets."""

    line: int
    start: int
    end: int
    primary: bool
    text: str


@dataclass(frozen=True, slots=True)
class _Frame:
    """How snippets are drawn: the cells of the line numbers and of a line, and the colours."""

    gutter: int
    room: int
    severity: str
    paint: Paint

    @property
    def bar(self) -> str:
        return self.paint(f"{' ' * self.gutter} |", "frame")

    def numbered(self, number: int, text: str) -> str:
        return self.paint(f"{number:>{self.gutter}} |", "frame") + f" {text}".rstrip()


def render(diagnostic: Diagnostic, sources: Mapping[str, Source], paint: Paint, width: int = WIDTH) -> str:
    """Return the full form of `diagnostic`, without a line break at its end; snippets take at most `width` cells."""
    severity = diagnostic.severity.value
    lines = [paint(f"{severity}[{diagnostic.code}]", severity) + paint(f": {safe(diagnostic.message)}", "strong")]
    lines += _places(diagnostic, sources, paint, width)
    if diagnostic.hint:
        lines.append(paint("help", "help") + f": {safe(diagnostic.hint)}")
    return "\n".join(lines)


def render_line(diagnostic: Diagnostic, sources: Mapping[str, Source]) -> str:
    """Return the one-line form: place, severity, code, message."""
    message = safe(" ".join(diagnostic.message.split()))
    where = _where(diagnostic.span, sources)
    return f"{where}{': ' if where else ''}{diagnostic.severity}[{diagnostic.code}] {message}"


def summary(diagnostics: Iterable[Diagnostic]) -> str:
    """Return "2 errors, 1 warning"; empty when there are none."""
    severities = [d.severity.value for d in diagnostics]
    counts = ((word, severities.count(word)) for word in ("error", "warning", "note"))
    return ", ".join(counted(count, word) for word, count in counts if count)


def counted(number: int, noun: str) -> str:
    """Return "1 file", "2 files"."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _where(span: Span, sources: Mapping[str, Source]) -> str:
    source = sources.get(span.file)
    if source is None:
        return safe(span.file)
    position = source.position(span.start)
    return f"{safe(span.file)}:{position.line}:{position.column}"


def _places(diagnostic: Diagnostic, sources: Mapping[str, Source], paint: Paint, width: int) -> list[str]:
    """Return the snippets: the file of the main span first, then the others in the order of the labels."""
    same = [label.text for label in diagnostic.labels if label.span == diagnostic.span]
    main = Label(diagnostic.span, "; ".join(same))
    others = [label for label in diagnostic.labels if label.span != diagnostic.span]
    if not diagnostic.span.file:
        return []
    files = dict.fromkeys(label.span.file for label in (main, *others))
    marks = {file: _marks(file, main, others, sources) for file in files}
    gutter = max((len(str(mark.line)) for found in marks.values() for mark in found), default=0)
    frame = _Frame(gutter, max(width - gutter - 3, _LEAST), diagnostic.severity.value, paint)
    lines: list[str] = []
    for file in files:
        first = next(label.span for label in (main, *others) if label.span.file == file)
        arrow = "-->" if file == main.span.file else ":::"
        lines.append(paint(f"{' ' * gutter}{arrow}", "frame") + f" {_where(first, sources)}")
        if marks[file]:
            lines += _snippet(sources[file], marks[file], frame)
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


def _snippet(source: Source, marks: list[_Mark], frame: _Frame) -> list[str]:
    lines = [frame.bar]
    previous = marks[0].line
    for number, found in groupby(marks, key=lambda mark: mark.line):
        if number == previous + 2:
            between = line_cells(source.line(previous + 1))
            lines.append(frame.numbered(previous + 1, between.window(0, 0, frame.room)[0]))
        elif number > previous + 2:
            lines.append(frame.paint("...", "frame"))
        previous = number
        lines += _marked_line(source.line(number), number, list(found), frame)
    return [*lines, frame.bar]


def _marked_line(text: str, number: int, marks: list[_Mark], frame: _Frame) -> list[str]:
    """Return a line of the source, and one below it for each mark; marks that fit side by side share one."""
    line = line_cells(text)
    first = next((mark for mark in marks if mark.primary), marks[0])
    shown, moved = line.window(line.cell_of(first.start), line.cell_of(first.end), frame.room)
    rows: list[str] = []
    used = 0
    for mark in sorted(marks, key=lambda mark: mark.start) if _side_by_side(marks) else marks:
        start = min(max(line.cell_of(mark.start) - moved, 0), frame.room - 1)
        end = min(max(line.cell_of(mark.end) - moved, start + 1), frame.room)
        if not rows or start <= used or not _side_by_side(marks):
            rows.append("")
            used = 0
        rows[-1] += " " * (start - used) + _underline(mark, end - start, frame)
        used = end
    return [frame.numbered(number, shown), *(f"{frame.bar} {row}" for row in rows)]


def _side_by_side(marks: list[_Mark]) -> bool:
    """Return whether the marks of a line can share one row: words stand behind the last of them only."""
    in_order = sorted(marks, key=lambda mark: mark.start)
    return not any(mark.text for mark in in_order[:-1])


def _underline(mark: _Mark, length: int, frame: _Frame) -> str:
    said = f" {safe(mark.text)}" if mark.text else ""
    return frame.paint(("^" if mark.primary else "-") * length + said, frame.severity if mark.primary else "frame")
