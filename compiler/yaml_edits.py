"""Changes of a file's YAML: putting an item into a list, a key into a mapping, or taking one out, in its own style.

Everything else stays as it is, to the last space. What cannot be done without touching a comment is not done.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from cellc.language import reader
from cellc.language.diagnostics import Fix, Report
from cellc.language.span import Source, Span

Entry = tuple[reader.Scalar, reader.YamlNode]


@dataclass(frozen=True)
class YamlFile:
    """One file's text and tree, which is read when it is first asked for."""

    source: Source

    @cached_property
    def root(self) -> reader.YamlNode | None:
        """The tree, None when there is none."""
        return reader.read(self.source, Report())

    @cached_property
    def _cells(self) -> list[Entry]:
        return list(entries(self.root, "cells"))

    def cell_at(self, offset: int) -> reader.Mapping | None:
        """Return the body of the cell that the offset lies in, its name included."""
        after = bisect_right(self._cells, offset, key=lambda entry: entry[0].span.start)
        body = self._cells[after - 1][1] if after else None
        return body if isinstance(body, reader.Mapping) and offset <= body.span.end else None

    def scalar_at(self, offset: int) -> tuple[reader.Scalar | None, tuple[str, ...]]:
        """Return the value that the offset lies in, and the keys that lead to it."""
        node, keys = self.root, []
        while isinstance(node, reader.Mapping | reader.Sequence):
            children = node.entries if isinstance(node, reader.Mapping) else ((None, item) for item in node.items)
            inside = ((k, v) for k, v in children if v.span.start <= offset < v.span.end)
            key, node = next(inside, (None, None))
            keys += [key.content] if key else []
        return node, tuple(keys)

    def keys_beside(self, offset: int) -> tuple[str, ...]:
        """Return all keys of the mapping that has a key at the offset."""
        stack = [self.root]
        while stack:
            node = stack.pop()
            if isinstance(node, reader.Mapping):
                if any(key.span.start <= offset < key.span.end for key, _ in node.entries):
                    return tuple(key.content for key, _ in node.entries)
                stack += [value for _, value in node.entries]
            elif isinstance(node, reader.Sequence):
                stack += node.items
        return ()

    def add_entry(self, mapping: reader.Mapping, before: Sequence[str], text: str) -> Fix | None:
        """Put `key: value` before the first of the keys `before` that is there."""
        anchor = next((key for name in before for key, _ in mapping.entries if key.content == name), None)
        if anchor is None:
            return None
        at, indent = anchor.span.start, self._line_before(anchor.span.start)
        if mapping.flow:
            return self._insert(at, f"{text}, ")
        if indent.strip():
            return None
        number = self.source.position(at).line
        while self.source.line(number - 1).startswith(f"{indent}#"):  # what is said about the key stays with it
            number -= 1
        return self._insert(self.source.start_of(number), f"{indent}{text}\n")

    def add_item(self, items: reader.Sequence, text: str) -> Fix | None:
        """Put a name into a list: behind the last one in brackets, before the last one below dashes."""
        if not items.items:
            empty = re.fullmatch(r"\[\s*\]", self.source.cut(items.span))
            return self._insert(items.span.start + 1, text) if empty else None
        last = items.items[-1].span
        if items.flow:
            return self._insert(last.end, f", {text}")
        dash = self._line_before(last.start)
        return self._insert(last.start, f"{text}\n{dash}") if re.fullmatch(r"\s*-\s+", dash) else None

    def remove(self, owner: reader.Mapping, key: str, at: int) -> Fix | None:
        """Take out what lies at the offset `at` from the list or mapping under `key`, which goes when it is empty."""
        entry = next((e for e in owner.entries if e[0].content == key), None)
        if entry is None or not isinstance(entry[1], reader.Mapping | reader.Sequence):
            return None
        parts = list(_parts(entry[1]))
        index = next((n for n, part in enumerate(parts) if part.start <= at < part.end), None)
        if index is None:
            return None
        if len(parts) == 1:
            whole = entry[0].span.to(entry[1].span)
            return self._without_lines(whole) or self._without(parts[0] if entry[1].flow else None)
        if not entry[1].flow:
            return self._without_lines(parts[index])
        following = index + 1 < len(parts)
        start = parts[index].start if following else parts[index - 1].end
        return self._without(Span(self.source.path, start, parts[index + 1].start if following else parts[index].end))

    def _without_lines(self, span: Span) -> Fix | None:
        """Take out whole lines, where nothing else stands on them."""
        start = span.start - len(self._line_before(span.start))
        rest = re.compile(r"[ \t]*(?:\r\n|\r|\n|\Z)").match(self.source.text, span.end)
        if rest is None or self._line_before(span.start).strip(" -"):
            return None
        return self._without(Span(span.file, start, rest.end()))

    def _without(self, span: Span | None) -> Fix | None:
        return Fix(span, "") if span is not None and "#" not in self.source.cut(span) else None

    def _insert(self, at: int, text: str) -> Fix:
        return Fix(Span(self.source.path, at, at), text)

    def _line_before(self, offset: int) -> str:
        """Return what stands before the offset in its line."""
        return self.source.text[self.source.start_of(self.source.position(offset).line) : offset]


def entries(node: reader.YamlNode | None, key: str) -> Iterator[Entry]:
    """Yield the entries of the mapping that stands under `key` of the mapping `node`."""
    for name, value in node.entries if isinstance(node, reader.Mapping) else ():
        if name.content == key and isinstance(value, reader.Mapping):
            yield from value.entries


def _parts(node: reader.Mapping | reader.Sequence) -> Iterator[Span]:
    if isinstance(node, reader.Mapping):
        yield from (key.span.to(value.span) for key, value in node.entries)
    else:
        yield from (item.span for item in node.items)
