"""Every example is silent, and every mistake in it is found: at its line, by its code, and with nothing else.

`docs/mistakes.md` is the table of what was tried; `make golden` writes it.
"""

from collections import Counter
from collections.abc import Iterator

import pytest

from tests.mutations.corpus import ROOT, SUBJECTS, told
from tests.mutations.kinds import KINDS, Kind
from tests.mutations.sites import Edit, Subject, made

TABLE = ROOT / "docs" / "mistakes.md"


def mutants(kind: Kind) -> Iterator[tuple[Subject, Edit]]:
    for subject in SUBJECTS:
        for edit in kind.edits(subject):
            yield subject, edit


@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda s: str(s.path))
def test_a_module_without_a_mistake_is_silent(subject: Subject) -> None:
    assert told(subject, subject.text) == []


@pytest.mark.parametrize("name", sorted(KINDS))
def test_a_mistake_is_found_at_its_line_by_its_code_and_nothing_else_is(name: str) -> None:
    tried = [(subject, *made(subject.text, [edit])) for subject, edit in mutants(KINDS[name])]
    found = [(str(subject.path), expected, told(subject, text)) for subject, text, expected in tried]
    assert tried, "no module has a place for this mistake"
    assert [case for case in found if case[1] != case[2]] == []


def test_the_table_says_what_was_tried(update_golden: bool) -> None:
    rows, whole = [], 0
    for kind in KINDS.values():
        tried = [edit for _, edit in mutants(kind)]
        whole += len(tried)
        rows.append(f"| {kind.name} | {len(tried)} | {_codes(tried)} |")
    text = "\n".join(
        [
            "# Mistakes, and who finds them",
            "",
            f"{len(KINDS)} kinds of mistakes are made at every place where they can be made, in every example and in",
            f"the modules of `tests/mutations/modules`: {whole} wrong modules. `tests/mutations` works out what has",
            "to be found in each, which code on which line, from the text and its declarations alone, and fails where",
            "anything else is found, or anything less, at every test run.",
            "",
            "A mistake is told once, at each place that it makes wrong: two, where two arguments are exchanged. Codes",
            "with a number are found in so many of the modules.",
            "",
            "| mistake | modules | found by |",
            "|---|---|---|",
            *rows,
            "",
        ]
    )
    if update_golden:
        TABLE.write_text(text, encoding="utf-8")
    assert TABLE.read_text(encoding="utf-8") == text


def _codes(tried: list[Edit]) -> str:
    """Return the codes that are found in all of these modules, then in some, each with their number."""
    found = Counter(code for edit in tried for code in {f.code for f in edit.found})
    return ", ".join(c if n == len(tried) else f"{c} ({n})" for c, n in sorted(found.items(), key=lambda x: (-x[1], x)))
