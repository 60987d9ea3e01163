"""The YAML of a module as lines: keys, values and comments around the Cell text, see `format_module`."""

import json
import re
from dataclasses import replace
from typing import Final

from cellc.language.formatting import scalars
from cellc.language.formatting.comments import yaml_comments
from cellc.language.formatting.format_text import WIDTH, CellText, format_template
from cellc.language.formatting.page import Page
from cellc.language.formatting.places import places
from cellc.language.formatting.pretty import STEP, Line, with_comments
from cellc.language.formatting.written import Comment
from cellc.language.reader import Mapping, Scalar, Sequence, YamlNode
from cellc.language.span import Source, Span

_ANY_ROOM: Final = 1_000_000
_BREAK: Final = re.compile(r"\r\n?|\n")


class YamlLayout:
    """Lays one module out; see the module's docstring."""

    def __init__(self, source: Source, root: Mapping | Sequence) -> None:
        self._source = source
        self._root = root
        self._places = places(root)
        self._texts: dict[Span, CellText] = {}
        self._page = Page(source.text, yaml_comments(source, root))

    def lines(self) -> list[str]:
        """Return the lines of the file."""
        end = len(self._source.text)
        self._page.place_comments(_first(self._root).start, 0)
        flat = self._flat(self._root, WIDTH, flow=False)
        if flat is not None:
            self._add_on_one_line("", flat, self._root, Span("", 0, 0), 0)
        else:
            self._inside(self._root, 0, end, 0)
        self._page.place_comments(end + 1, 0)
        return with_comments(self._page.lines)

    # --- collections as blocks ---

    def _inside(self, node: Mapping | Sequence, indent: int, end: int, least: int) -> None:
        """Add what is in a collection; comments up to `end` from the column `least` on belong to it."""
        end, least = (node.span.end, 0) if node.flow else (end, least)
        if isinstance(node, Mapping):
            self._entries(node, indent, end)
        else:
            self._items(node, indent, end)
        self._page.place_comments(end, indent, least)

    def _entries(self, node: Mapping, indent: int, end: int) -> None:
        keys = [self._key(key) for key, _ in node.entries]
        width = max(map(len, keys)) + 1 if self._is_aligned(node) else 0
        following = [*(key.span.start for key, _ in node.entries[1:]), end]
        for text, (key, value), stop in zip(keys, node.entries, following, strict=True):
            self._page.place_comments(key.span.start, indent)
            self._value(f"{text}:", value, key.span, indent, stop, width)

    def _key(self, key: Scalar) -> str:
        written = self._source.cut(key.span)
        return written if len(_BREAK.split(written)) == 1 else json.dumps(key.content, ensure_ascii=False)

    def _is_aligned(self, node: Mapping) -> bool:
        """Return whether the values that stand beside their keys are all in one column, past the shortest gap."""
        if node.flow:
            return False
        beside = [(k, v) for k, v in node.entries if v.span.end > v.span.start and self._is_beside(k, v)]
        columns = {self._column(value.span.start) for _, value in beside}
        return len(columns) == 1 and any(value.span.start - key.span.end > 2 for key, value in beside)

    def _is_beside(self, key: Scalar, value: YamlNode) -> bool:
        return not _BREAK.search(self._source.text, key.span.end, value.span.end)

    def _items(self, node: Sequence, indent: int, end: int) -> None:
        following = [*(_first(item).start for item in node.items[1:]), end]
        for item, stop in zip(node.items, following, strict=True):
            place = _first(item)
            self._page.place_comments(place.start, indent)
            mark = len(self._page.lines)
            if isinstance(item, Scalar) or self._flat(item, WIDTH - indent - STEP, flow=False) is not None:
                self._value("-", item, Span("", place.start, place.start), indent, stop, 0)
                continue
            self._inside(item, indent + STEP, stop, self._column(item.span.start))
            first = next(n for n in range(mark, len(self._page.lines)) if self._page.lines[n].text)
            line = self._page.lines[first]
            self._page.lines[first] = replace(line, text=f"{' ' * indent}- {line.text[indent + STEP :]}")

    def _column(self, at: int) -> int:
        return self._source.position(at).column - 1

    # --- values ---

    def _value(self, head: str, value: YamlNode, key: Span, indent: int, end: int, width: int) -> None:
        """Add `head`, which is written at `key` and padded to `width` before a value on its line, and its value."""
        room = WIDTH - indent - max(len(head), width) - 1
        flat = self._flat(value, room, flow=False)
        if flat is not None and isinstance(value, Scalar) and self._is_better_as_block(value, room, flat, indent):
            flat = None
        if flat is not None:
            self._add_on_one_line(f"{head:<{width}} ", flat, value, key, indent)
        elif isinstance(value, Scalar):
            self._add_scalar(head, value, key, indent)
        else:
            behind = self._page.take_comment_behind(value.span.end) if value.flow else None
            self._page.add([_line(head, behind)], key.start, indent)
            self._page.opened = True
            least = max(self._column(value.span.start), self._column(key.start) + 1)
            self._inside(value, indent + STEP, end, least)

    def _add_on_one_line(self, head: str, flat: str, value: YamlNode, key: Span, indent: int) -> None:
        """Add a line; a comment between key and value goes above it, or behind it."""
        comments = self._page.take_comments(key.end, value.span.end)
        behind = comments.pop() if comments and not comments[-1].own_line else None
        for comment in comments:
            self._page.add([Line(comment.text)], key.start, indent)
        self._page.add([_line(f"{head}{flat}".rstrip(" "), behind)], key.start, indent)
        self._page.pass_to(value.span.end)

    def _flat(self, node: YamlNode, room: int, *, flow: bool) -> str | None:
        """Return a node as text on one line; None when it is better, or has to be, on several."""
        match node:
            case Scalar():
                return self._flat_scalar(node, room, flow=flow)
            case Sequence():
                parts = [self._flat(item, _ANY_ROOM, flow=True) for item in node.items]
                return self._flat_collection(node, "[]", parts, room)
            case Mapping():
                values = [self._flat(value, _ANY_ROOM, flow=True) for _, value in node.entries]
                keys = [self._key(key) for key, _ in node.entries]
                entries = [None if v is None else f"{k}: {v}" for k, v in zip(keys, values, strict=True)]
                return self._flat_collection(node, "{}", entries, room)

    def _flat_collection(
        self, node: Mapping | Sequence, brackets: str, parts: list[str | None], room: int
    ) -> str | None:
        texts = [part for part in parts if part is not None]
        if parts and (len(texts) < len(parts) or self._page.has_comments(node.span.start, node.span.end)):
            return None
        text = brackets[0] + ", ".join(texts) + brackets[1]
        return text if node.flow and (len(text) <= room or not parts) else None

    # --- scalars ---

    def _cell_text(self, node: Scalar) -> CellText | None:
        """Return a scalar's Cell text; None where it has none, or characters that only an escape can stand for."""
        place = self._places.get(node.span, "template")
        if place == "template" or scalars.UNWRITABLE.search(node.content):
            return None
        if node.span not in self._texts:
            self._texts[node.span] = CellText(place, node.content)
        return self._texts[node.span]

    def _flat_scalar(self, node: Scalar, room: int, *, flow: bool) -> str | None:
        text = self._cell_text(node)
        is_block = node.style in {"literal", "folded"}
        lines = text.lines(room) if text else None
        if lines is None:
            return self._kept(node)
        stays_block = is_block and self._places[node.span] == "script"
        return None if stays_block or len(lines) > 1 else scalars.inline(lines[0], flow=flow, was=node.style)

    def _kept(self, node: Scalar) -> str | None:
        """Return a scalar as it is written when that is one line; what is in the holes of a template is formatted."""
        written = self._source.cut(node.span)
        if _BREAK.search(written) or node.style in {"literal", "folded"}:
            return None
        if self._places.get(node.span) != "template" or scalars.UNWRITABLE.search(node.content):
            return written
        made = format_template(node.content)
        return written if made == node.content else scalars.rewritten(node, made)

    def _block_lines(self, node: Scalar, indent: int) -> list[str] | None:
        text = self._cell_text(node)
        return text.lines(WIDTH - indent - STEP) if text else None

    def _is_better_as_block(self, node: Scalar, room: int, flat: str, indent: int) -> bool:
        """Return whether a text that is too long for its line gets shorter lines, or any room, in a block."""
        lines = self._block_lines(node, indent) if len(flat) > room else None
        return lines is not None and (len(lines) > 1 or len(lines[0]) <= WIDTH - indent - STEP)

    def _add_scalar(self, head: str, node: Scalar, key: Span, indent: int) -> None:
        """Add a scalar on several lines: Cell text as a literal block, any other as it is written."""
        written = self._source.cut(node.span)
        lines = self._block_lines(node, indent)
        comments = self._page.take_comments(key.end, node.span.end)
        if lines is not None:
            header = "|" if self._places[node.span] == "script" else "|-"
            lines = [header, *(" " * STEP + line if line else "" for line in lines)]
        elif node.style in {"literal", "folded"}:
            lines = scalars.moved_block(node, written, self._block_column(node), STEP)
        else:
            lines = scalars.moved_lines(written, STEP)
        for comment in comments:
            self._page.add([Line(comment.text)], key.start, indent)
        first = Line(f"{head} {lines[0]}", scalars.header_comment(written))
        self._page.add([first, *map(Line, lines[1:])], key.start, indent)
        self._page.pass_to(node.span.end)

    def _block_column(self, node: Scalar) -> int:
        """Return the column in which the content of a block scalar begins."""
        first = len(node.content) - len(node.content.lstrip("\n"))
        return self._column(node.text.start_of(first)) if first < len(node.content) else 0


def _first(node: YamlNode) -> Span:
    """Return the place of the first scalar in a node, or of an empty collection."""
    match node:
        case Mapping(entries) if entries:
            return entries[0][0].span
        case Sequence(items) if items:
            return _first(items[0])
        case _:
            return node.span


def _line(text: str, behind: Comment | None) -> Line:
    return Line(text, behind.text, behind.column) if behind else Line(text)
