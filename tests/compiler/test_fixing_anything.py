"""Any program, however it is torn: mending it comes to an end, keeps its comments, and leaves nothing to mend."""

import re

from hypothesis import given
from hypothesis import strategies as st

from cellc.fixing import ROUNDS, apply, chosen_changes
from cellc.formats.findings import Findings
from tests.conftest import CompileText
from tests.spec.test_spec import BLOCKS

TEXTS = sorted({block.text for block in BLOCKS if not block.others})
PIECES = [
    "&&",
    "||",
    "!",
    "True",
    "None",
    "+=",
    "++",
    ";",
    " let ",
    "'",
    '"',
    "#",
    ":",
    "  ",
    "\n",
    ", ",
    "[]",
    "await ",
    "X",
]


@st.composite
def torn(draw: st.DrawFn) -> str:
    """A program with some stretches taken out and some pieces put in."""
    text = draw(st.sampled_from(TEXTS))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        text = text[:start] + draw(st.sampled_from(["", *PIECES])) + text[start + draw(st.integers(0, 6)) :]
    return text


@given(torn())
def test_mending_comes_to_an_end_and_keeps_comments(compile_text: CompileText, text: str) -> None:
    now = text
    for _ in range(ROUNDS):
        compiled = compile_text(now)
        findings = Findings(("main.cell.yaml",), compiled.diagnostics, compiled.sources)
        changes = [d.fix for d in chosen_changes(findings).get("main.cell.yaml", []) if d.fix]
        if not changes:
            break
        now = apply(now, changes)
    else:
        raise AssertionError(f"it goes on and on: {now}")
    assert re.findall(r"# \w+: [A-Z]\d.*", now) == re.findall(r"# \w+: [A-Z]\d.*", text)
