"""Line breaks and indentation of scripts, between the words of the grammar and its rules.

In a script a line break ends a statement, and deeper lines are a block: the filter turns indentation into `_INDENT` and
`_DEDENT`. Inside brackets, and in every text that is not a script, a line break is white space and is dropped.
State lives in one call, so one filter serves any number of texts at once.
"""

from collections.abc import Iterator
from typing import Any

from cellc.language.reading import CURRENT

_OPEN = frozenset({"LPAR", "LSQB", "LBRACE"})
_CLOSE = frozenset({"RPAR", "RSQB", "RBRACE"})


class LayoutError(Exception):
    """The indentation from `start` to `end` of the text cannot be; `reason` and `hint` say why, for the user."""

    def __init__(self, start: int, end: int, reason: str, hint: str) -> None:
        super().__init__(reason)
        self.start, self.end, self.reason, self.hint = start, end, reason, hint


class Layout:
    """The filter, as the parsing library calls it."""

    always_accept = ("_NL",)

    def process(self, stream: Iterator[Any]) -> Iterator[Any]:
        """Pass the words on, with layout where the text is a script and without line breaks where it is not."""
        reading = CURRENT.get()
        if not reading.script:
            return (word for word in stream if word.type != "_NL")
        return _lay_out(stream, reading.text.content)


def _lay_out(stream: Iterator[Any], text: str) -> Iterator[Any]:
    brackets = 0
    levels: list[int] = []
    word = None
    for word in stream:
        if word.type == "_NL":
            if brackets == 0 and levels:
                yield word
                yield from _indentation(word, levels, text)
            continue
        if not levels:
            levels.append(_column(text, word.start_pos))
        brackets += (word.type in _OPEN) - (word.type in _CLOSE)
        yield word
    if word is not None and levels:
        if word.type != "_NL":
            yield word.new_borrow_pos("_NL", "", word)
        for _ in levels[1:]:
            yield word.new_borrow_pos("_DEDENT", "", word)


def _indentation(line_break: Any, levels: list[int], text: str) -> Iterator[Any]:
    """Compare the line after `line_break` with the levels that are open."""
    end = line_break.end_pos
    if end == len(text):
        return
    column = _column(text, end)
    if column > levels[-1]:
        levels.append(column)
        yield line_break.new_borrow_pos("_INDENT", "", line_break)
    while column < levels[-1]:
        if len(levels) == 1 or column > levels[-2]:
            known = " or ".join(str(level - levels[0]) for level in levels)
            reason = "the indentation of this line fits no line above it"
            raise LayoutError(end - column, end, reason, f"indent it by {known} spaces")
        levels.pop()
        yield line_break.new_borrow_pos("_DEDENT", "", line_break)


def _column(text: str, at: int) -> int:
    start = text.rfind("\n", 0, at) + 1
    tab = text.find("\t", start, at)
    if tab >= 0 and not text[start:at].strip():
        raise LayoutError(tab, tab + 1, "a tab cannot indent", "indent with spaces")
    return at - start
