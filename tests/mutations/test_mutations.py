"""Every example is silent, and every mistake in it is found: at its line, by its code, once.

`docs/mistakes.md` is the table of what was tried; `make golden` writes it.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from cellc.compiler.pipeline import Compiled, compile_module
from cellc.language.codes import Severity
from cellc.language.diagnostics import Diagnostic
from cellc.language.span import Source
from tests.conftest import MemorySources
from tests.mutations import effects_and_flow, names_and_types
from tests.mutations.kinds import KINDS, Kind
from tests.mutations.sites import Edit, Subject

MISTAKES = (names_and_types, effects_and_flow)
"""The modules that register them."""

ROOT = Path(__file__).parents[2]
TABLE = ROOT / "docs" / "mistakes.md"
EXAMPLES = sorted((ROOT / "examples").glob("*/*.cell.yaml"))
SUBJECTS = [Subject(path.relative_to(ROOT), path.read_text(encoding="utf-8")) for path in EXAMPLES]


def compiled(subject: Subject, text: str) -> Compiled:
    files = {str(other.path): other.text for other in SUBJECTS}
    return compile_module(str(subject.path), MemorySources({**files, str(subject.path): text}))


def mutants(kind: Kind) -> Iterator[tuple[Subject, Edit]]:
    for subject in SUBJECTS:
        for edit in kind.mistakes(subject):
            yield subject, edit


@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda s: str(s.path))
def test_an_example_is_silent(subject: Subject) -> None:
    assert compiled(subject, subject.text).diagnostics == ()


@dataclass(frozen=True)
class Miss:
    """A mistake that was not found as it should be."""

    line: str
    found: list[str]


def judged(kind: Kind, subject: Subject, edit: Edit) -> Miss | None:
    result = compiled(subject, edit.text)
    source = Source(str(subject.path), edit.text)
    first, last = source.position(edit.at.start).line, source.position(max(edit.at.start, edit.at.end - 1)).line

    def is_there(problem: Diagnostic) -> bool:
        start, end = source.position(problem.span.start).line, source.position(problem.span.end).line
        return problem.span.file == str(subject.path) and start <= last and end >= first

    found = [f"{d.code} line {source.position(d.span.start).line}" for d in result.diagnostics]
    hit = [d for d in result.diagnostics if d.code in kind.codes and is_there(d)]
    strange = [d for d in result.diagnostics if d.code not in kind.codes and d.severity is Severity.ERROR]
    errors = [d for d in result.diagnostics if d.severity is Severity.ERROR]
    alone = kind.many or len(errors) <= 1
    if hit and not strange and alone:
        return None
    return Miss(edit.text.split("\n")[first - 1].strip(), found)


@pytest.mark.parametrize("name", sorted(KINDS))
def test_a_mistake_is_found_at_its_line_by_its_code_and_alone(name: str) -> None:
    kind = KINDS[name]
    tried = list(mutants(kind))
    missed = [miss for subject, edit in tried if (miss := judged(kind, subject, edit)) is not None]
    assert tried, "no example has a place for this mistake"
    assert missed == []


def test_the_table_says_what_was_tried(update_golden: bool) -> None:
    counts = Counter({name: sum(1 for _ in mutants(kind)) for name, kind in KINDS.items()})
    rows = [f"| {k.name} | {', '.join(k.codes)} | {counts[n]} |" for n, k in KINDS.items()]
    text = "\n".join(
        [
            "# Mistakes, and who finds them",
            "",
            f"{len(KINDS)} kinds of mistakes are made at every place of every example where they can be made:",
            f"{sum(counts.values())} wrong modules. Each is found at its line, by one of the codes named here.",
            "`tests/mutations` does it again at every test run, and fails where one is missed, or where one says more",
            "than one thing.",
            "",
            "| mistake | found by | tried |",
            "|---|---|---|",
            *rows,
            "",
        ]
    )
    if update_golden:
        TABLE.write_text(text, encoding="utf-8")
    assert TABLE.read_text(encoding="utf-8") == text
