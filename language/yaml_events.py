"""YAML's events, from ruamel's scanner and parser, with short ways past what almost every line of a module is made of.

ruamel looks at each character several times, and asks before each token whether it must look further. A module is keys,
short plain texts and line breaks; those are taken whole here, by regular expressions that fit only where ruamel's own
way could not end elsewhere. Everything else goes its way, so what is YAML, and what is wrong with a text that is not,
is ruamel's word. A test compares all events and problems with those of ruamel alone.
"""

# ruff: noqa: D102 - a method is ruamel's of its name

import re
from collections.abc import Callable
from typing import Any, Final, NoReturn

from ruamel.yaml import events, tokens
from ruamel.yaml.parser import Parser
from ruamel.yaml.reader import Reader
from ruamel.yaml.scanner import Scanner, ScannerError

_BLANKS: Final = re.compile(r" *+(?:(?:#[^\n\r\0\x85\u2028\u2029]*+)?\n *+)*+")
_BLANK_STARTS: Final = frozenset(" \t\r\n#\ufeff\x85\u2028\u2029")
_FETCHES: Final[dict[str, Callable[[Scanner], None]]] = {
    **dict.fromkeys("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_", Scanner.fetch_plain),
    "[": Scanner.fetch_flow_sequence_start,
    "]": Scanner.fetch_flow_sequence_end,
    "{": Scanner.fetch_flow_mapping_start,
    "}": Scanner.fetch_flow_mapping_end,
    ",": Scanner.fetch_flow_entry,
    "'": Scanner.fetch_single,
    '"': Scanner.fetch_double,
}
"""What a token that starts with this character is, without another look."""

# A plain text of one line, up to what surely ends it: in a flow collection a bracket, comma or `: `; elsewhere `: `, or
# a line break with an indented line after it. The character after the indentation says whether that is a short way.
_IN_FLOW: Final = re.compile(r"[^\s,:\[\]{}#]++(?: ++[^\s,:\[\]{}#]++)*+(?=[,\]}]|:[ \n])")
_IN_BLOCK: Final = re.compile(r"[^\s:#]++(?: ++[^\s:#]++)*+(?=:[ \n]|\n( *+)[A-Za-z0-9_\"'])")


class Mark:
    """A place in the text."""

    __slots__ = ("column", "index", "line")

    def __init__(self, index: int, line: int, column: int) -> None:
        self.index, self.line, self.column = index, line, column


class _Reader(Reader):
    """ruamel's reader over one text in memory."""

    def __init__(self, text: str) -> None:
        self.reset_reader()
        self.buffer = text + "\0"
        self._mark = Mark(0, 0, 0)

    def peek(self, index: int = 0) -> str:
        return self.buffer[self.pointer + index]

    def prefix(self, length: int = 1) -> str:
        return self.buffer[self.pointer : self.pointer + length]

    def forward(self, length: int = 1) -> None:
        passed = self.buffer[self.pointer : self.pointer + length]
        if "\n" in passed or "\r" in passed or "\ufeff" in passed or len(passed) < length:
            super().forward(length)
        else:
            self.within_line(length)

    def within_line(self, length: int) -> None:
        """Go forward past characters that end no line."""
        self.pointer += length
        self.index += length
        self.column += length

    def past_lines(self, end: int, breaks: int) -> None:
        """Go forward to `end`, past some line breaks, each one character."""
        self.line += breaks
        self.column = end - self.buffer.rfind("\n", self.pointer, end) - 1
        self.pointer = self.index = end

    def get_mark(self) -> Mark:
        if self._mark.index != self.index:
            self._mark = Mark(self.index, self.line, self.column)
        return self._mark


class EventScanner(Scanner):
    """ruamel's scanner over one text, which also remembers the indentation around each block scalar."""

    scanner_processing_version = (1, 2)
    processing_version = (1, 2)  # the parser asks by this name
    comment_handling = None  # and here, whether comments are kept: they are not
    reader: Any = None  # in place of a property that looks the reader up for every character

    def __init__(self, text: str) -> None:
        self.reader = _Reader(text)
        self.indent_around: dict[int, int] = {}
        self._enough = -1  # as many tokens were taken when the next one was found not to be a key
        super().__init__()

    # --- tokens ---

    def need_more_tokens(self) -> bool:
        if self._enough == self.tokens_taken:
            return False
        needed: bool = super().need_more_tokens()
        if not needed and self.tokens:
            self._enough = self.tokens_taken
        return needed

    def check_token(self, *choices: Any) -> bool:
        while self._enough != self.tokens_taken and self.need_more_tokens():
            self.fetch_more_tokens()
        return bool(self.tokens) and (not choices or isinstance(self.tokens[0], choices))

    def fetch_more_tokens(self) -> Any:
        self.scan_to_next_token()
        character = self.reader.peek()
        fetch = _FETCHES.get(character)
        if fetch is None and not (character == ":" and self.check_value()):
            return super().fetch_more_tokens()
        self.stale_possible_simple_keys()
        self.unwind_indent(self.reader.column)
        return fetch(self) if fetch else self.fetch_value()

    def stale_possible_simple_keys(self) -> None:
        if self.possible_simple_keys:
            super().stale_possible_simple_keys()

    # --- characters ---

    def scan_to_next_token(self) -> Any:
        reader = self.reader
        if reader.peek() in _BLANK_STARTS:
            self._skip_blanks(reader)
            if reader.peek() in _BLANK_STARTS:
                super().scan_to_next_token()

    def _skip_blanks(self, reader: _Reader) -> None:
        found = _BLANKS.match(reader.buffer, reader.pointer)
        end = found.end() if found is not None else reader.pointer
        breaks = reader.buffer.count("\n", reader.pointer, end)
        if breaks:
            reader.past_lines(end, breaks)
            self.allow_simple_key = self.allow_simple_key or not self.flow_context
        else:
            reader.within_line(end - reader.pointer)

    def scan_plain(self) -> Any:
        reader = self.reader
        found = (_IN_FLOW if self.flow_context else _IN_BLOCK).match(reader.buffer, reader.pointer)
        if found is None or not self._ends_here(found):
            return super().scan_plain()
        start = reader.get_mark()
        reader.within_line(found.end() - found.start())
        token = tokens.ScalarToken(found.group(), True, start, reader.get_mark())
        self.allow_simple_key = False
        if found.lastindex:
            reader.past_lines(found.end(1), 1)
            self.allow_simple_key = True
        return token

    def _ends_here(self, found: re.Match[str]) -> bool:
        """Return whether the line below, if the text ends with its line, is not part of it."""
        return not found.lastindex or found.end(1) - found.start(1) <= self.indent

    def scan_block_scalar(self, style: Any, rt: bool | None = False) -> Any:
        self.indent_around[self.reader.index] = self.indent
        return super().scan_block_scalar(style, rt)

    def fetch_directive(self) -> NoReturn:
        raise ScannerError(problem="a directive", problem_mark=self.reader.get_mark())


class EventParser(Parser):
    """ruamel's parser over that scanner."""

    scanner: Any = None
    resolver: Any = None

    def __init__(self, scanner: EventScanner) -> None:
        super().__init__(loader=scanner)
        self.scanner = scanner
        self.resolver = scanner

    def parse_node(self, block: bool = False, indentless_sequence: bool = False) -> Any:
        token = self.scanner.peek_token()
        if not isinstance(token, tokens.ScalarToken):
            return super().parse_node(block, indentless_sequence)
        self.scanner.get_token()
        self.state = self.states.pop()
        implicit = (token.plain, not token.plain)
        return events.ScalarEvent(None, None, implicit, token.value, token.start_mark, token.end_mark, token.style)
