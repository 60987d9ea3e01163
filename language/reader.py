"""From YAML text to a tree of mappings, sequences and scalars with places; only this module and its events know YAML.

Rules: values are never constructed; a scalar stays text (`version: 1.10` is "1.10") and knows the place of each of its
characters. Only the plain part of YAML is let in: no anchors, aliases, tags, merge keys, directives, several documents,
tabs as indentation or duplicate keys. The first three end the reading where they stand, so an alias bomb costs nothing.
Everything that is refused is a diagnostic; no text makes this module raise.

Known weakness: a text that is not YAML at all yields its first problem only, because nothing after it can be trusted.
"""

import re
from typing import Any, Final, NoReturn, TypeAlias

import msgspec
from ruamel.yaml import events
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from cellc.language.diagnostics import Label, Report
from cellc.language.scalars import Style, decode
from cellc.language.span import Source, Span
from cellc.language.text import Text, TextBuilder
from cellc.language.yaml_events import EventParser, EventScanner
from cellc.language.yaml_wording import reword

MAX_CHARACTERS: Final = 2 * 1024 * 1024
MAX_NODES: Final = 100_000
"""Keys, values and collections: twice a module of 20,000 lines, and still a matter of seconds."""

MAX_NESTING: Final = 50

_STYLES: Final[dict[str | None, Style]] = {
    None: "plain",
    "'": "single",
    '"': "double",
    "|": "literal",
    ">": "folded",
}
# YAML 1.1 readers break lines at U+0085, U+2028 and U+2029, YAML 1.2 readers do not; a byte order mark belongs first.
_UNREADABLE = re.compile(
    "[^\\t\\n\\r\\x20-\\x7e\\xa0-\\u2027\\u202a-\\ud7ff\\ue000-\\ufefe\\uff00-\\ufffd\\U00010000-\\U0010ffff]"
)
_HALF_CHARACTER = re.compile(r"\\u[dD][89a-fA-F][0-9a-fA-F]{2}|\\U(?!00(?:0[0-9a-fA-F]|10))[0-9a-fA-F]{8}")


class Scalar(msgspec.Struct, frozen=True):
    """One scalar: its decoded text, how it was written, and its place with quotes and indicators."""

    text: Text
    style: Style
    span: Span

    @property
    def content(self) -> str:
        """The decoded characters."""
        return self.text.content


class Mapping(msgspec.Struct, frozen=True):
    """Keys and values in the order of the file; keys are unique. `flow` when written with braces."""

    entries: tuple[tuple[Scalar, "YamlNode"], ...]
    flow: bool
    span: Span


class Sequence(msgspec.Struct, frozen=True):
    """Items in the order of the file. `flow` when written with brackets."""

    items: tuple["YamlNode", ...]
    flow: bool
    span: Span


YamlNode: TypeAlias = Scalar | Mapping | Sequence


def read(source: Source, report: Report, first: str = "cellc: 1") -> YamlNode | None:
    """Return the tree of the one document in `source`; None when there is none, which has been reported.

    `first` is what such a file starts with.
    """
    if len(source.text) > MAX_CHARACTERS:
        size, limit = (f"{n / 1024 / 1024:.1f} MiB" for n in (len(source.text), MAX_CHARACTERS))
        report.add("E104", Span(source.path, 0, 0), size=size, limit=limit)
        return None
    try:
        return _Composer(source, report).compose(first)
    except _RefusedError:
        return None


class _RefusedError(Exception):
    """The reading ends here; what is wrong has been reported."""


class _Composer:
    """Builds the tree from the parser's events, and refuses what the language does not let in."""

    def __init__(self, source: Source, report: Report) -> None:
        self._source = source
        self._report = report
        self._refuse_unreadable()
        self._scanner = EventScanner(source.text)
        self._parser = EventParser(self._scanner)
        self._nodes = 0

    def compose(self, first: str) -> YamlNode:
        """Return the document's root."""
        self._next(events.StreamStartEvent)
        start = self._event()
        if isinstance(start, events.StreamEndEvent):
            self._stop("E107", 0, 0, where="the file", expected=f"a mapping that starts with `{first}`", found="empty")
        root = self._node(self._event(), 1)
        self._next(events.DocumentEndEvent)
        end = self._event()
        if not isinstance(end, events.StreamEndEvent):
            place = end.start_mark.index
            self._stop("E103", place, place + 3, feature="a second document", hint="give each module a file of its own")
        return root

    # --- events ---

    def _event(self) -> Any:
        """Return the next event; where the text is not YAML, report that and stop."""
        try:
            return self._parser.get_event()
        except MarkedYAMLError as problem:
            mark = problem.problem_mark or problem.context_mark
            self._not_yaml(str(problem.problem or problem.context), mark.index if mark else 0)
        except (YAMLError, ValueError, OverflowError) as problem:
            # ruamel lets the last two out for escapes of characters that do not exist
            self._not_yaml(str(problem), self._scanner.reader.index)

    def _next(self, kind: type[events.Event]) -> None:
        event = self._event()
        assert isinstance(event, kind), f"{event} where {kind.__name__} must come"  # noqa: S101 - ruamel's grammar

    def _node(self, event: Any, depth: int) -> YamlNode:
        start, end = event.start_mark.index, event.end_mark.index
        if isinstance(event, events.AliasEvent):
            self._stop("E103", start, end, feature="an alias (`*name`)")
        if event.anchor is not None:
            self._stop("E103", start, start + 1 + len(event.anchor), feature="an anchor (`&name`)")
        if event.tag is not None:
            end = start + len(re.split(r"[\s,\[\]{}]", self._source.text[start : start + 80], maxsplit=1)[0])
            self._stop("E103", start, end, feature="a tag (`!name`)", hint="put text that starts with `!` in quotes")
        self._nodes += 1
        if self._nodes > MAX_NODES:
            self._stop("E104", start, end, size=f"more than {MAX_NODES:,} keys and values", limit="as many")
        if depth > MAX_NESTING:
            self._stop("E117", start, end, limit=MAX_NESTING)
        if isinstance(event, events.ScalarEvent):
            return self._scalar(event)
        if isinstance(event, events.MappingStartEvent):
            return self._mapping(event, depth)
        return self._sequence(event, depth)

    def _scalar(self, event: Any) -> Scalar:
        start, end = event.start_mark.index, event.end_mark.index
        style = _STYLES[event.style]
        if style == "double":
            self._refuse_half_characters(start, end)
        indent = self._scanner.indent_around.get(start, -1)
        text = decode(self._source.path, self._source.text, start, end, style, indent)
        if text.content != event.value:
            raise AssertionError(f"a {style} scalar was decoded as {text.content!r}, by ruamel as {event.value!r}")
        if style in {"literal", "folded"}:
            end = max(text.whole.end, start + 1)
        return Scalar(text, style, Span(self._source.path, start, end))

    def _mapping(self, start: Any, depth: int) -> Mapping:
        entries: list[tuple[Scalar, YamlNode]] = []
        seen: dict[str, Scalar] = {}
        while not isinstance(event := self._event(), events.MappingEndEvent):
            key = self._node(event, depth + 1)
            value = self._beside(key, self._node(self._event(), depth + 1))
            if isinstance(key, Scalar) and self._accept(key, seen):
                entries.append((key, value))
            elif not isinstance(key, Scalar):
                self._report.add("E103", key.span, feature="a key that is itself a collection")
        last = entries[-1][1].span.end if entries else event.end_mark.index
        return Mapping(tuple(entries), bool(start.flow_style), self._collection_span(start, event, last))

    def _beside(self, key: YamlNode, value: YamlNode) -> YamlNode:
        """Return an absent value as one right after its key's colon; ruamel puts it at the next line's start."""
        if value.span.start < value.span.end:
            return value
        at = self._source.text.find(":", key.span.end, value.span.end) + 1 or key.span.end
        place = Span(self._source.path, at, at)
        return Scalar(TextBuilder(self._source.path, at).build(), "plain", place)

    def _sequence(self, start: Any, depth: int) -> Sequence:
        items: list[YamlNode] = []
        while not isinstance(event := self._event(), events.SequenceEndEvent):
            items.append(self._node(event, depth + 1))
        last = items[-1].span.end if items else event.end_mark.index
        return Sequence(tuple(items), bool(start.flow_style), self._collection_span(start, event, last))

    def _collection_span(self, start: Any, end: Any, last: int) -> Span:
        # a block collection's end event lies at the next token, lines below
        return Span(self._source.path, start.start_mark.index, end.end_mark.index if start.flow_style else last)

    def _accept(self, key: Scalar, seen: dict[str, Scalar]) -> bool:
        """Return whether `key` may stand here, and remember it; report it otherwise."""
        if key.content == "<<" and key.style == "plain":
            self._report.add("E103", key.span, feature="a merge key (`<<`)")
            return False
        first = seen.setdefault(key.content, key)
        if first is not key:
            labels = (Label(first.span, "here first"),)
            self._report.add("E102", key.span, labels=labels, key=key.content)
        return first is key

    # --- refusals ---

    def _stop(self, code: str, start: int, end: int, **fields: Any) -> NoReturn:
        self._report.add(code, Span(self._source.path, start, end), **fields)
        raise _RefusedError

    def _not_yaml(self, problem: str, at: int) -> NoReturn:
        reason, hint = reword(problem, self._source.text, at)
        end = min(at + 1, len(self._source.text))
        self._stop("E101", min(at, end), end, reason=reason, hint=hint)

    def _refuse_unreadable(self) -> None:
        begin = 1 if self._source.text.startswith("\ufeff") else 0
        found = _UNREADABLE.search(self._source.text, begin)
        if found:
            reason = f"the character U+{ord(found.group()):04X} cannot stand in the file"
            hint = "delete it, or write it as an escape in a double-quoted text"
            self._stop("E101", found.start(), found.end(), reason=reason, hint=hint)

    def _refuse_half_characters(self, start: int, end: int) -> None:
        found = _HALF_CHARACTER.search(self._source.text, start, end)
        if found:
            reason = f"`{found.group()}` is not a whole character"
            self._stop("E101", found.start(), found.end(), reason=reason, hint="write the character itself")
