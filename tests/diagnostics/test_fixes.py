"""What `--fix` changes in the failing example of each page: the problem is gone, nothing else is wrong or lost."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping

import pytest

from cellc.compiler.fixes import FIXES
from cellc.compiler.pipeline import Compiled
from cellc.fixing import apply
from cellc.language.codes import CODES, Severity
from cellc.language.diagnostics import Fix
from tests.conftest import CompileText
from tests.diagnostics.test_pages import PAGES, sections

SYNTAX = {"E110", "E111", "E112", "E113"}
"""Codes whose changes come from the table of habits."""

COMMENT = re.compile(r"#[^\r\n]*")
EXAMPLE = "example.cell.yaml"


def files(code: str) -> dict[str, str]:
    wrong = sections((PAGES / f"{code}.md").read_text(encoding="utf-8"))[0]
    return dict(wrong.files())


EXAMPLES = {code: found for code in sorted(CODES) if EXAMPLE in (found := files(code))}

STYLES = {
    "as it is": lambda text: text,
    "with Windows line ends": lambda text: text.replace("\n", "\r\n"),
    "with a comment on every line": lambda text: re.sub(r"(?m)(?<=[^\n])$", "  # said", text),
    "with comment lines": lambda text: re.sub(r"(?m)^( *)(?=\S)", r"\1# said\n\1", text),
}


def compiled(text: str, others: Mapping[str, str], compile_text: CompileText) -> Compiled:
    beside = {name.removesuffix(".cell.yaml"): body for name, body in others.items() if name != EXAMPLE}
    return compile_text(text, EXAMPLE, **beside)


def errors(found: Compiled) -> Counter[str]:
    return Counter(d.code for d in found.diagnostics if d.severity is Severity.ERROR)


def changes(found: Compiled) -> Iterator[tuple[str, Fix]]:
    yield from ((d.code, d.fix) for d in found.diagnostics if d.fix is not None)


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("code", EXAMPLES)
def test_a_change_mends_its_problem_makes_no_other_and_keeps_comments(
    code: str, style: str, compile_text: CompileText
) -> None:
    text = STYLES[style](EXAMPLES[code][EXAMPLE])
    before = compiled(text, EXAMPLES[code], compile_text)
    for mended, change in changes(before):
        fixed = apply(text, [change])
        after = compiled(fixed, EXAMPLES[code], compile_text)
        assert [d.code for d in after.diagnostics].count(mended) < [d.code for d in before.diagnostics].count(mended)
        assert errors(after) <= errors(before)
        assert COMMENT.findall(fixed) == COMMENT.findall(text)
        assert ("\r\n" in text) == ("\r\n" in fixed)
        assert "\n" not in fixed.replace("\r\n", "") or "\r\n" not in text


def test_pages_say_what_is_fixed(compile_text: CompileText) -> None:
    fixed = {code for code, found in EXAMPLES.items() if any(changes(compiled(found[EXAMPLE], found, compile_text)))}
    said = {path.stem for path in PAGES.glob("*.md") if "`cellc check --fix`" in path.read_text(encoding="utf-8")}
    assert sorted({*FIXES, *SYNTAX, *fixed} - said) == []
