"""Snippets: what stands under what, as a person sees it."""

from textwrap import dedent

import pytest

from cellc.language.diagnostics import Diagnostic, Label
from cellc.language.span import Source, Span
from cellc.line_cells import line_cells
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
        ("\U0001f600 = x", "x", "     ^"),
        ("\u2764\ufe0f = x", "x", "    ^"),
        ("\u1112\u1161\u11ab = x", "x", "     ^"),
        ("\u202e = x", "x", "    ^"),
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
    text = "do: |\n  if a:\n    b\n    c\n    d\n  e\n"
    assert snippet(text, "if a:\n    b\n    c\n    d") == dedent("""\
         --> a.cell.yaml:2:3
          |
        2 |   if a:
          |   ^^^^^
        ...
        5 |     d
          |     ^
          |""")


def test_a_second_place_has_dashes_and_words() -> None:
    text = "a: 1\nb: 2\nc: 3\nd: 4\n"
    assert snippet(text, "d", Label(at(text, "a"), "first here")) == dedent("""\
         --> a.cell.yaml:4:1
          |
        1 | a: 1
          | - first here
        ...
        4 | d: 4
          | ^
          |""")


def test_words_about_the_place_itself_stand_behind_its_carets() -> None:
    text = "match state:"
    assert snippet(text, "state", Label(at(text, "state"), "this is text")).splitlines()[3:-1] == [
        "  |       ^^^^^ this is text"
    ]


def test_two_places_with_one_line_between_show_it() -> None:
    text = "a: 1\nb: 2\nc: 3\n"
    lines = snippet(text, "c", Label(at(text, "a"), "first here")).splitlines()
    assert lines[2:5] == ["1 | a: 1", "  | - first here", "2 | b: 2"]


def test_places_in_one_line_share_a_row_when_words_stand_behind_the_last_only() -> None:
    text = "total = price * count"
    last, first = Label(at(text, "count"), "an int"), Label(at(text, "total"), "a text")
    assert snippet(text, "price", last).splitlines()[3:-1] == ["  |         ^^^^^   ----- an int"]
    assert snippet(text, "price", first).splitlines()[3:-1] == ["  |         ^^^^^", "  | ----- a text"]


def test_a_place_in_another_file_has_its_own_snippet() -> None:
    other = Label(Span("b.cell.yaml", 0, 4), "declared here")
    diagnostic = Diagnostic("E204", Span("a.cell.yaml", 0, 1), {"name": "x", "near": "n"}, (other,))
    sources = {name: Source(name, "text") for name in ("a.cell.yaml", "b.cell.yaml")}
    assert "\n ::: b.cell.yaml:1:1\n  |\n1 | text\n  | ---- declared here\n" in render(diagnostic, sources, PLAIN)


@pytest.mark.parametrize(
    ("before", "after"),
    [("x" * 5000, "x" * 5000), ("日" * 900, "本" * 900), ("\t" * 90, "e\u0301" * 90), ("x" * 71, ""), ("", "x" * 90)],
)
def test_a_long_line_is_cut_around_what_is_marked(before: str, after: str) -> None:
    line, carets = snippet(f"{before} here {after}", "here").splitlines()[2:4]
    assert line_cells(line).starts[-1] <= 80
    assert line_cells(line[: line.index("here")]).starts[-1] == carets.index("^^^^")
    assert ("…" in line[: line.index("here")]) is (len(before) > 0)
    assert line.endswith("…") is (len(after) > 0)


def test_a_mark_longer_than_the_terminal_is_cut_with_its_line() -> None:
    line, carets = snippet("a = " + "x" * 500, "x" * 500).splitlines()[2:4]
    assert len(line) == 80
    assert line.endswith("x…")
    assert len(carets) <= 80


def test_a_narrow_terminal_cuts_sooner() -> None:
    text = "value = " + "x" * 40 + " + here"
    diagnostic = Diagnostic("E204", at(text, "here"), {"name": "x", "near": "n"})
    lines = render(diagnostic, {"a.cell.yaml": Source("a.cell.yaml", text)}, PLAIN, width=30).splitlines()
    assert lines[3] == "1 | …xxxxxxxxxxxxxxxxxx + here"


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
