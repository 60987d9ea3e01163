"""Where a mistake can be made in a module: its syntax tree, and the text around each node."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from cellc.compiler.load import walk
from cellc.language import ast
from cellc.language.diagnostics import Report
from cellc.language.document import parse_module
from cellc.language.span import Source, Span

_T = TypeVar("_T")


@dataclass(frozen=True)
class Found:
    """What has to be found: a code, on the line of an offset in the right text, or `inside` what is put in its place.

    A code that is left out is that of the kind.
    """

    code: str
    at: int
    inside: bool = False


@dataclass(frozen=True)
class Edit:
    """A mistake: other text in place of a part of a module, and all that has to be found then, no more and no less."""

    start: int
    end: int
    new: str
    found: tuple[Found, ...]

    def by(self, code: str) -> "Edit":
        """Return the same mistake, found by another code than that of its kind."""
        return replace(self, found=(replace(self.found[0], code=code), *self.found[1:]))

    def at(self, place: Span) -> "Edit":
        """Return the same mistake, found at another place."""
        return replace(self, found=(Found(self.found[0].code, place.start), *self.found[1:]))

    def and_(self, found: Sequence[Found]) -> "Edit":
        """Return the same mistake with further consequences."""
        return replace(self, found=(*self.found, *found))

    def apart_from(self, other: "Edit") -> bool:
        """Return whether both can be made in one text."""
        return self.end < other.start or other.end < self.start


@dataclass(frozen=True)
class Subject:
    """A module that is right."""

    path: Path
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        """The module's syntax tree."""
        tree = parse_module(Source(str(self.path), self.text), Report())
        assert tree is not None
        return tree

    def nodes(self, kind: type[_T], inside: object = None) -> Iterator[_T]:
        """Yield the nodes of a kind, in source order."""
        yield from (n for n in walk(self.tree if inside is None else inside) if isinstance(n, kind))

    def cut(self, span: Span) -> str:
        """Return the text of a span."""
        return self.text[span.start : span.end]

    # --- edits ---

    def replaced(self, span: Span, new: str, at: Span | None = None, back: int = 0) -> Edit:
        """Return a mistake that puts `new` in place of a span; it is found `at` a place before or after, or in `new`.

        `back`: so many characters from the start of `new`.
        """
        found = Found("", back, inside=True) if at is None else Found("", at.start)
        return Edit(span.start, span.end, new, (found,))

    def inserted(self, after: Span, new: str, at: Span | None = None) -> Edit:
        """Return a mistake that puts `new` behind a span."""
        return self.replaced(Span(after.file, after.end, after.end), new, at)

    def removed(self, span: Span, at: Span) -> Edit:
        """Return a mistake that leaves a span out, and the comma and blanks that are there for it."""
        start, end = span.start, span.end
        before = re.search(r",\s*\Z", self.text[:start])
        after = re.match(r"\s*,\s*", self.text[end:])
        if after:
            end += after.end()
        elif before:
            start = before.start()
        return self.replaced(Span(span.file, start, end), "", at)

    def without_line(self, span: Span, at: Span) -> Edit:
        """Return a mistake that leaves out the whole lines of a span."""
        return self.replaced(self.line(span), "", at)

    def line_before(self, span: Span, *lines: str) -> Edit:
        """Return a mistake that puts lines before that of a span, as far to the right as it is."""
        line = self.line(span)
        indent = self.indent(span)
        return self.replaced(Span(line.file, line.start, line.start), "".join(f"{indent}{new}\n" for new in lines))

    def line_behind(self, span: Span, *lines: str, as_at: Span | None = None) -> Edit:
        """Return a mistake that puts lines behind those of a span, as far to the right as it is."""
        line = self.line(span)
        indent = self.indent(as_at or span)
        return self.replaced(Span(line.file, line.end, line.end), "".join(f"{indent}{new}\n" for new in lines))

    # --- lines ---

    def line(self, span: Span) -> Span:
        """Return the whole lines of a span, with the line break."""
        start = self.text.rfind("\n", 0, span.start) + 1
        end = self.text.find("\n", span.end)
        return Span(span.file, start, len(self.text) if end < 0 else end + 1)

    def indent(self, span: Span) -> str:
        """Return the blanks that the line of a span begins with."""
        found = re.match(r" *", self.text[self.line(span).start :])
        return found[0] if found else ""


def made(text: str, edits: Sequence[Edit]) -> tuple[str, list[tuple[str, int]]]:
    """Return a text with mistakes in it, and what has to be found there: codes and lines, in order."""
    result, expected = text, []
    for edit in sorted(edits, key=lambda e: -e.start):
        result = result[: edit.start] + edit.new + result[edit.end :]
    for edit in edits:
        for found in edit.found:
            place = edit.start if found.inside else found.at
            offset = place + sum(_shift(other, place) for other in edits if other is not edit)
            offset += found.at if found.inside else _shift(edit, place)
            expected.append((found.code, result.count("\n", 0, offset) + 1))
    return result, sorted(expected)


def _shift(edit: Edit, place: int) -> int:
    """Return by how much an edit moves what is at an offset of the right text."""
    return len(edit.new) - (edit.end - edit.start) if place >= edit.end else 0
