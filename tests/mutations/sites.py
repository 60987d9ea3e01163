"""Where a mistake can be made in a module: its syntax tree, and the text around each node."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
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
class Edit:
    """A mistake: the text with it, and the span (in that text) on whose lines it has to be found."""

    text: str
    at: Span


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
        yield from (n for n in walk(inside or self.tree) if isinstance(n, kind))

    def cut(self, span: Span) -> str:
        """Return the text of a span."""
        return self.text[span.start : span.end]

    def replaced(self, span: Span, new: str, at: Span | None = None) -> Edit:
        """Return the text with `new` in place of a span; it is found there, or `at` a place before or after it."""
        text = self.text[: span.start] + new + self.text[span.end :]
        if at is None:
            return Edit(text, Span(span.file, span.start, span.start + len(new)))
        shift = len(new) - (span.end - span.start) if at.start >= span.end else 0
        return Edit(text, Span(at.file, at.start + shift, at.end + shift))

    def inserted(self, after: Span, new: str, at: Span | None = None) -> Edit:
        """Return the text with `new` behind a span."""
        return self.replaced(Span(after.file, after.end, after.end), new, at)

    def removed(self, span: Span, at: Span | None = None) -> Edit:
        """Return the text without a span, and without the comma or blank line that it leaves."""
        start, end = span.start, span.end
        before = re.search(r",\s*\Z", self.text[:start])
        after = re.match(r"\s*,\s*", self.text[end:])
        if after:
            end += after.end()
        elif before:
            start = before.start()
        where = at or Span(span.file, start, start)
        return self.replaced(Span(span.file, start, end), "", where)

    def line(self, span: Span) -> Span:
        """Return the whole lines of a span, with the line break."""
        start = self.text.rfind("\n", 0, span.start) + 1
        end = self.text.find("\n", span.end)
        return Span(span.file, start, len(self.text) if end < 0 else end + 1)
