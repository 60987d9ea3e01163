"""What went wrong in a text that is not YAML, in the user's words: a table over the YAML library's own messages."""

import re
from typing import Final, NamedTuple


class _Wording(NamedTuple):
    """What we say where the pattern `problem` is in the library's message and `near` at the place in the text."""

    problem: str
    near: str
    reason: str
    hint: str


_QUOTE_IT = "put the whole text in quotes, or below the key with `|-`"

_WORDINGS: Final = (
    _Wording("", r"\t", "a tab cannot indent", "indent with spaces"),
    _Wording("a directive", "", "a line cannot start with `%` here", "a `.cell.yaml` file has no YAML directives"),
    _Wording("does not exist|too large|arg not in range", "", "this escape names no character", ""),
    _Wording("mapping values are not allowed", "", "a `: ` cannot stand inside this plain text", _QUOTE_IT),
    _Wording("could not find expected ':'", "", "this line is neither a key with `:` nor part of the text above", ""),
    _Wording("found unexpected end of stream", "", "a quoted text is never closed", "close it with the same quote"),
    _Wording(
        "found unexpected document separator", "", "a quoted text is never closed", "close it with the same quote"
    ),
    _Wording("found unknown escape character", "", "this escape is not known in double quotes", "write `\\\\`"),
    _Wording("hexdecimal numbers", "", "this escape needs hexadecimal digits", ""),
    _Wording("cannot start any token", r"[@`%]", "plain text cannot start with this character", _QUOTE_IT),
    _Wording("expected alphabetic or numeric", r"[*&\s]?", "plain text cannot start with `*` or `&`", _QUOTE_IT),
    _Wording(
        "expected <block end>",
        "",
        "this does not belong to the lines above it",
        "check its indentation; a text that starts with a quote or bracket must end with it",
    ),
    _Wording(
        "expected ',' or '}'",
        "",
        "a `,` or `}` must stand here",
        "inside `{ }`, text with brackets, commas or `: ` must be quoted",
    ),
    _Wording(
        "expected ',' or ']'",
        "",
        "a `,` or `]` must stand here",
        "inside `[ ]`, text with brackets, commas or `: ` must be quoted",
    ),
    _Wording("chomping or indentation", "", "only `+`, `-` and a digit may follow `|` or `>` on its line", ""),
    _Wording("expected a comment or a line break", "", "the text must start on the line below `|` or `>`", ""),
    _Wording("more indented follow up line", "", "an empty line here is indented deeper than the text below it", ""),
)


def reword(problem: str, text: str, at: int) -> tuple[str, str]:
    """Return a reason and a hint for the library's message `problem` about the place `at` in `text`."""
    for wording in _WORDINGS:
        if re.search(wording.problem, problem) and re.compile(wording.near).match(text, at):
            return wording.reason, wording.hint
    return problem, ""
