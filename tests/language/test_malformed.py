"""Each snippet of grammar/malformed gives its message, with the carets under the right characters.

A case is its name after `---`, the snippet with carets below what each diagnostic underlines (one caret where it points
at a place between characters), then the messages. A case that proves an entry of the table of habits starts with the
entry's name.
"""

import re
from collections.abc import Callable
from importlib.resources import files

import pytest

from cellc.language import parser
from cellc.language.diagnostics import Diagnostic, Report
from cellc.language.habits import BEFORE_BRACKETS, HABITS
from cellc.language.text import Text, TextBuilder

READERS: dict[str, Callable[[Text, Report], object]] = {
    "scripts": parser.parse_script,
    "expressions": parser.parse_expression,
    "lines": parser.parse_line,
    "types": parser.parse_type,
}
CASES = [
    (kind, case)
    for kind in READERS
    for case in files("cellc.grammar").joinpath(f"malformed/{kind}.txt").read_text(encoding="utf-8").split("--- ")[1:]
]
CARETS = re.compile(r"\s*\^+\Z")
MESSAGE = re.compile(r"(E\d{3}|hint): ")


def snippet(case: str) -> str:
    lines = case.rstrip("\n").split("\n")[1:]
    return "\n".join(line for line in lines if not CARETS.match(line) and not MESSAGE.match(line))


def render(name: str, text: str, diagnostics: tuple[Diagnostic, ...]) -> str:
    out = [name]
    start = 0
    for line in text.split("\n"):
        out.append(line)
        for d in diagnostics:
            if start <= d.span.start <= start + len(line):
                width = min(d.span.end, start + len(line)) - d.span.start
                out.append(re.sub(r"[^\t]", " ", line[: d.span.start - start]) + "^" * max(width, 1))
        start += len(line) + 1
    for d in diagnostics:
        message = d.message.split(": ", 1)[1] if d.code in SHORTENED else d.message
        out.append(f"{d.code}: {message}")
        if d.hint:
            out.append(f"hint: {d.hint}")
    return "\n".join(out)


SHORTENED = {"E110", "E111", "E112", "E113", "E115"}


@pytest.mark.parametrize(("kind", "case"), CASES, ids=[f"{k}-{c.partition(chr(10))[0]}" for k, c in CASES])
def test_snippet_gives_its_message(kind: str, case: str) -> None:
    text = snippet(case)
    builder = TextBuilder("snippet", 0)
    builder.add(text, 0, len(text))
    report = Report()
    READERS[kind](builder.build(), report)
    assert report.diagnostics
    assert render(case.partition("\n")[0], text, report.diagnostics) == case.rstrip("\n")


@pytest.mark.parametrize("habit", [*BEFORE_BRACKETS, *HABITS], ids=lambda habit: habit.name)
def test_every_habit_is_proven_by_a_snippet(habit: object) -> None:
    wanted = re.compile(re.sub(r"\\\{\w+\\\}", ".+", re.escape(habit.reason)))
    cases = [case for _, case in CASES if re.match(rf"{habit.name}\b", case)]
    assert any(wanted.search(case) for case in cases)


def problems(kind: str, text: str) -> tuple[Diagnostic, ...]:
    builder = TextBuilder("snippet", 0)
    builder.add(text, 0, len(text))
    report = Report()
    READERS[kind](builder.build(), report)
    return report.diagnostics


@pytest.mark.parametrize(("kind", "case"), CASES, ids=[f"{k}-{c.partition(chr(10))[0]}" for k, c in CASES])
def test_a_change_that_is_certain_mends_its_problem(kind: str, case: str) -> None:
    text = snippet(case)
    before = problems(kind, text)
    for fix in [d.fix for d in before if d.fix][:1]:
        after = problems(kind, text[: fix.span.start] + fix.text + text[fix.span.end :])
        assert len(after) < len(before) or after[0].span.start > before[0].span.start
        assert {(d.message, d.span.start) for d in after}.isdisjoint((d.message, d.span.start) for d in before)
