"""What is not said, because it follows from a mistake that has been reported: one mistake, one diagnostic.

Most consequences never arise: what is wrong has the type `Broken`, which fits everything. What is left to drop here is
known only when all has been found: what later phases say of text that did not read and was mended to go on, and what is
concluded from the absence of something, where a mistake may hide it.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from itertools import accumulate

from cellc.compiler.load import Loaded, walk
from cellc.language import ast
from cellc.language.diagnostics import Diagnostic
from cellc.language.span import Span

_UNUSED_VALUES = frozenset({"W221", "W507"})
"""What is said of values that nothing reads: where one is wrong, another may have been meant."""

_ABOUT_VALUES = ("E1", "E2", "E3", "E44", "E5", "E6")
"""Codes, by how they begin, of mistakes that may hide who reads a value."""

_UNUSED_NAMES = frozenset({"W220", "W222"})
"""What is said of declarations that nothing refers to."""

_UNBOUNDED = frozenset({"W510"})
"""What is said of waits that no caller bounds."""

_ABOUT_NAMES = frozenset({"E200", "E201", "E202", "E203", "E205", "E213", "E215", "E217", "E411", "E600"})
"""Mistakes that may hide a reference to a declaration."""

_LINES = frozenset({"E111", "E112", "E113"})
"""Text that does not read, whose whole line may have meant something else."""


def without_echoes(found: tuple[Diagnostic, ...], loaded: Loaded) -> tuple[Diagnostic, ...]:
    """Return what is to be said of all that was found."""
    open_ = _Places(_line(d, loaded) for d in found if d.code == "E115")
    found = tuple(d for d in found if d.code not in _LINES or not open_.meet(d.span))
    unread = _Places(_unread(found, loaded))
    read = [d for d in found if d.code < "E2" or not unread.meet(d.span)]
    wrong = _Places(d.span for d in read if d.code.startswith(_ABOUT_VALUES))
    cells = _Places(c.span for unit in loaded.units.values() for c in unit.tree.cells if wrong.meet(c.span))
    unclear = {d.span.file for d in read if d.code in _ABOUT_NAMES}
    torn = {d.span.file for d in read if d.code < "E2"}

    def hidden(d: Diagnostic) -> bool:
        """Return whether what a diagnostic misses may be there, but for a mistake."""
        if d.code in _UNUSED_VALUES:
            return cells.meet(d.span)
        if d.code in _UNUSED_NAMES:
            return d.span.file in unclear
        return d.code in _UNBOUNDED and d.span.file in unclear | torn

    return tuple(d for d in read if not hidden(d))


def _unread(found: Iterable[Diagnostic], loaded: Loaded) -> Iterator[Span]:
    """Yield the places of text that did not read.

    In the long form of a node the others of its parts are about something that is not there.
    """
    spans = [_line(d, loaded) if d.code in _LINES else d.span for d in found if d.code < "E2"]
    yield from spans
    if spans:
        unread = _Places(spans)
        for unit in loaded.units.values():
            for node in walk(unit.tree.cells):
                if isinstance(node, ast.Node) and node.policies is not None and unread.meet(node.span):
                    yield node.span


def _line(found: Diagnostic, loaded: Loaded) -> Span:
    """Return the lines of what was found, from their first word on."""
    text, span = loaded.sources[found.span.file].text, found.span
    start, end = text.rfind("\n", 0, span.start) + 1, text.find("\n", span.end)
    indent = len(text[start : span.start]) - len(text[start : span.start].lstrip())
    return Span(span.file, start + indent, len(text) if end < 0 else end)


class _Places:
    """Places in files, asked for those that meet another one."""

    def __init__(self, spans: Iterable[Span]) -> None:
        by_file: dict[str, list[Span]] = {}
        for span in sorted(spans):
            by_file.setdefault(span.file, []).append(span)
        self._starts: Mapping[str, list[int]] = {file: [s.start for s in own] for file, own in by_file.items()}
        self._ends: Mapping[str, list[int]] = {
            file: [*accumulate((s.end for s in own), max)] for file, own in by_file.items()
        }

    def meet(self, span: Span) -> bool:
        """Return whether one of them overlaps `span`, or touches its ends."""
        before = bisect_right(self._starts.get(span.file, ()), span.end)
        return before > 0 and self._ends[span.file][before - 1] >= span.start
