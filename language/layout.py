"""Line breaks and indentation of scripts, between the words of the grammar and its rules.

In a script a line break ends a statement, and deeper lines are a block: the filter turns indentation into `_INDENT` and
`_DEDENT`. Inside brackets, and in every text that is not a script, a line break is white space and is dropped.
State lives in one call, so one filter serves any number of texts at once.
"""

from collections.abc import Iterator

from cellc.language.lalr import Word, make_word

_OPEN = frozenset({"LPAR", "LSQB", "LBRACE"})
_CLOSE = frozenset({"RPAR", "RSQB", "RBRACE"})


class LayoutError(Exception):
    """The indentation from `start` to `end` of the text cannot be; `reason` and `hint` say why, for the user."""

    def __init__(self, start: int, end: int, reason: str, hint: str) -> None:
        super().__init__(reason)
        self.start, self.end, self.reason, self.hint = start, end, reason, hint


def without_layout(words: Iterator[Word], _text: str) -> Iterator[Word]:
    """Pass on the words of a text whose line breaks have no meaning."""
    return (word for word in words if word.type != "_NL")


def lay_out(words: Iterator[Word], text: str) -> Iterator[Word]:
    """Pass on the words of a script, with its line breaks and indentation."""
    brackets = 0
    levels: list[int] = []
    word = None
    for word in words:
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
            yield make_word("_NL", "", word.start_pos, word.end_pos)
        for _ in levels[1:]:
            yield make_word("_DEDENT", "", word.start_pos, word.end_pos)


def _indentation(line_break: Word, levels: list[int], text: str) -> Iterator[Word]:
    """Compare the line after `line_break` with the levels that are open."""
    end = line_break.end_pos
    if end == len(text):
        return
    column = _column(text, end)
    if column > levels[-1]:
        levels.append(column)
        yield make_word("_INDENT", "", line_break.start_pos, end)
    while column < levels[-1]:
        if len(levels) == 1 or column > levels[-2]:
            known = " or ".join(str(level - levels[0]) for level in levels)
            reason = "the indentation of this line fits no line above it"
            raise LayoutError(end - column, end, reason, f"indent it by {known} spaces")
        levels.pop()
        yield make_word("_DEDENT", "", line_break.start_pos, end)


def _column(text: str, at: int) -> int:
    start = text.rfind("\n", 0, at) + 1
    tab = text.find("\t", start, at)
    if tab >= 0 and not text[start:at].strip():
        raise LayoutError(tab, tab + 1, "a tab cannot indent", "indent with spaces")
    return at - start
