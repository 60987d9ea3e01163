"""Programs that are torn: words taken out, doubled, exchanged, parts of others put in, odd characters, odd layout."""

import re
from collections.abc import Callable

from hypothesis import strategies as st

from tests.formatting.corpus import texts

PROGRAMS = tuple(text for _, text in texts())
WORDS = re.compile(r"\w+|\s+|[^\w\s]")
ODD = (
    *(
        "\0",
        "\x07",
        "\x85",
        "\ufeff",
        "\u2028",
        "\ud800",
        "\t",
        "\r",
        "é",
        "😀",
        "'",
        '"',
        "'''",
        "[",
        "]",
        "{",
        "}",
        "(",
    ),
    *(
        ")",
        ":",
        ",",
        "|",
        ">",
        "-",
        "?",
        "&",
        "*",
        "!",
        "%",
        "@",
        "`",
        "#",
        ";",
        "\\",
        "=",
        "==",
        "->",
        "??",
        "**",
        "..",
    ),
    *(
        'f"{x}"',
        'f"{',
        "${",
        "}}",
        "{{",
        "null",
        "it",
        "_",
        "when",
        "after",
        "within",
        "undo",
        "par(",
        "race(",
        "enum(",
    ),
    *(
        "quorum(",
        "case",
        "match",
        "while",
        "commit",
        "break",
        "try",
        "1e999",
        "1e-999",
        "9" * 26,
        "0x10",
        "90s",
        "1.5.5",
    ),
    *("/[/", "/(a+)+b/", "secret(", "list(", "map(", "string(/", "http.get", "time.sleep"),
)
LAYOUT = ("\n", "\r\n", "\n\n", "  ", "    ", "\n      ", " " * 300, "x" * 3000, "[" * 120, "(" * 300, "- " * 60)

Words = list[str]
Tear = Callable[[st.DrawFn, Words, int], None]


def _remove(draw: st.DrawFn, words: Words, at: int) -> None:
    del words[at : at + draw(st.integers(1, 3))]


def _double(_: st.DrawFn, words: Words, at: int) -> None:
    words.insert(at, words[at])


def _exchange(draw: st.DrawFn, words: Words, at: int) -> None:
    other = draw(st.integers(0, len(words) - 1))
    words[at], words[other] = words[other], words[at]


def _put_odd(draw: st.DrawFn, words: Words, at: int) -> None:
    words.insert(at, draw(st.sampled_from((*ODD, *LAYOUT))))


def _put_text(draw: st.DrawFn, words: Words, at: int) -> None:
    words.insert(at, draw(st.text(max_size=5)))


def _splice(draw: st.DrawFn, words: Words, at: int) -> None:
    other = WORDS.findall(draw(st.sampled_from(PROGRAMS)))
    start = draw(st.integers(0, len(other) - 1))
    words[at : at + draw(st.sampled_from((0, 1, 20)))] = other[start : start + draw(st.integers(1, 30))]


def _indent(draw: st.DrawFn, words: Words, at: int) -> None:
    lines = "".join(words).split("\n")
    line = at % len(lines)
    lines[line] = draw(st.sampled_from((" ", "  ", "\t"))) + lines[line] if draw(st.booleans()) else lines[line][2:]
    words[:] = ["\n".join(lines)]


def _move_line(draw: st.DrawFn, words: Words, at: int) -> None:
    lines = "".join(words).split("\n")
    lines.insert(draw(st.integers(0, len(lines))), lines[at % len(lines)])
    words[:] = ["\n".join(lines)]


TEARS: tuple[Tear, ...] = (_remove, _double, _exchange, _put_odd, _put_text, _splice, _indent, _move_line)


@st.composite
def torn(draw: st.DrawFn) -> str:
    """A program of the repository, torn in a few places."""
    text = draw(st.sampled_from(PROGRAMS))
    for tear in draw(st.lists(st.sampled_from(TEARS), min_size=1, max_size=5)):
        words = WORDS.findall(text) or [""]
        tear(draw, words, draw(st.integers(0, len(words) - 1)))
        text = "".join(words)
    return text.replace("\n", "\r\n") if draw(st.integers(0, 19)) == 0 else text
