"""Snippets: what stands under what, as a person sees it."""

from textwrap import dedent

import pytest

from cellc.language.diagnostics import Diagnostic, Label
from cellc.language.span import Source, Span
from cellc.render import render, render_line, summary
from cellc.terminal import painter

PLAIN = painter(color=False)


def at(text: str, word: str, file: str = "a.cell.yaml") -> Span:
    start = text.index(word)
    return Span(file, start, start + len(word))


def shown(text: str, word: str, *labels: Label) -> str:
    diagnostic = Diagnostic("E204", at(text, word), {"name": "x", "near": "did you mean `y`?"}, labels)
    return render(diagnostic, {"a.cell.yaml": Source("a.cell.yaml", text)}, PLAIN)


def snippet(text: str, word: str, *labels: Label) -> str:
    """The lines between the message and the hint."""
    return "\n".join(shown(text, word, *labels).splitlines()[1:-1])


def test_message_place_line_carets_and_hint() -> None:
    assert shown("cells:\n  total = prise\n", "prise") == dedent("""\
        error[E204]: nothing here is called `x`
         --> a.cell.yaml:2:11
          |
        2 |   total = prise
          |           ^^^^^
          |
        help: did you mean `y`?""")


@pytest.mark.parametrize(
    ("line", "word", "carets"),
    [
        ("a = bcd", "bcd", "    ^^^"),
        ("\ta = b", "b", "        ^"),
        ("a\tb", "b", "    ^"),
        ("日本 = x", "x", "       ^"),
        ("x = '日本'", "日本", "     ^^^^"),
        ("e\u0301 = x", "x", "    ^"),
        ("a\x1b = x", "x", "     ^"),
    ],
)
def test_carets_stand_under_the_cells_of_the_span(line: str, word: str, carets: str) -> None:
    assert snippet(line, word).splitlines()[3] == f"  | {carets}"


def test_control_characters_are_shown_not_sent() -> None:
    assert "\x1b" not in shown("a\x1b[31m = x", "x")
    named = Diagnostic("E204", Span("a.cell.yaml", 0, 1), {"name": "\x1b[31m", "near": "\x1b[0m"})
    assert "\x1b" not in render(named, {}, PLAIN) + render_line(named, {})


def test_an_empty_span_has_one_caret_and_may_stand_at_the_end_of_a_line() -> None:
    source = Source("a.cell.yaml", "a:\nb: x")
    diagnostic = Diagnostic("E204", Span("a.cell.yaml", 2, 2), {"name": "x", "near": ""})
    assert render(diagnostic, {"a.cell.yaml": source}, PLAIN).splitlines()[3:5] == ["1 | a:", "  |   ^"]


def test_a_long_span_shows_its_first_and_last_line() -> None:
    text = "do: |\n  if a:\n    b\n    c\n  d\n"
    assert snippet(text, "if a:\n    b\n    c") == dedent("""\
         --> a.cell.yaml:2:3
          |
        2 |   if a:
          |   ^^^^^
        ...
        4 |     c
          |     ^
          |""")


def test_a_second_place_has_dashes_and_words() -> None:
    text = "a: 1\nb: 2\na: 3\n"
    label = Label(Span("a.cell.yaml", 0, 1), "first here")
    diagnostic = Diagnostic("E204", Span("a.cell.yaml", 10, 11), {"name": "a", "near": "n"}, (label,))
    assert "\n".join(render(diagnostic, {"a.cell.yaml": Source("a.cell.yaml", text)}, PLAIN).splitlines()[2:-1]) == (
        "  |\n1 | a: 1\n  | - first here\n...\n3 | a: 3\n  | ^\n  |"
    )


def test_a_place_in_another_file_has_its_own_snippet() -> None:
    other = Label(Span("b.cell.yaml", 0, 4), "declared here")
    diagnostic = Diagnostic("E204", Span("a.cell.yaml", 0, 1), {"name": "x", "near": "n"}, (other,))
    sources = {name: Source(name, "text") for name in ("a.cell.yaml", "b.cell.yaml")}
    assert "\n ::: b.cell.yaml:1:1\n  |\n1 | text\n  | ---- declared here\n" in render(diagnostic, sources, PLAIN)


def test_a_very_long_line_is_cut_to_what_is_marked() -> None:
    text = "x" * 5000 + " here " + "x" * 5000
    lines = snippet(text, "here").splitlines()
    assert len(lines[2]) < 200
    assert lines[2].index("here") == lines[3].index("^")


def test_a_problem_without_a_place_has_none() -> None:
    diagnostic = Diagnostic("E806", Span("", 0, 0), {"name": "7"})
    assert render(diagnostic, {}, PLAIN) == "error[E806]: the log has no run 7\nhelp: `cellc runs` lists them"


def test_a_problem_of_an_unread_file_names_the_file() -> None:
    diagnostic = Diagnostic("E100", Span("no.cell.yaml", 0, 0), {"reason": "there is no such file"})
    assert render(diagnostic, {}, PLAIN).splitlines()[1] == "--> no.cell.yaml"


def test_the_short_form_is_one_line() -> None:
    diagnostic = Diagnostic("E204", Span("a.cell.yaml", 3, 4), {"name": "b", "near": ""})
    sources = {"a.cell.yaml": Source("a.cell.yaml", "a:\nb")}
    assert render_line(diagnostic, sources) == "a.cell.yaml:2:1: error[E204] nothing here is called `b`"


def test_counts_are_told_in_words() -> None:
    error = Diagnostic("E204", Span("a", 0, 0), {"name": "b", "near": ""})
    warning = Diagnostic("W221", Span("a", 0, 0), {"name": "b"})
    assert summary([error, error, warning]) == "2 errors, 1 warning"
    assert summary([]) == ""


def test_colour_changes_no_text() -> None:
    diagnostic = Diagnostic("E204", Span("a.cell.yaml", 0, 1), {"name": "x", "near": "n"})
    sources = {"a.cell.yaml": Source("a.cell.yaml", "x = 1")}
    coloured = render(diagnostic, sources, painter(color=True))
    assert "\x1b[" in coloured
    from click import unstyle

    assert unstyle(coloured) == render(diagnostic, sources, PLAIN)
