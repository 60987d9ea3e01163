"""Runs the literate suites: every fenced `cell.yaml` block is a module, and its comments say what is wrong on a line.

    # error: E301        an error starts on this line (several codes: `# error: E301 E302`)
    # warning: W221      a warning does
    # note: N390         a note does; notes are compared only in a block that has such a comment

A block without such comments must be silent. A block whose fence names a file (`cell.yaml stock`) is a module that the
other blocks under the same heading can use. `cellc: 1` is added where it is missing.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from cellc.compiler.pipeline import Compiled
from cellc.language.codes import CODES

SUITES = sorted(Path(__file__).parent.glob("*.md"))
EXPECTED = re.compile(r"#\s*(?:error|warning|note):\s*((?:[EWN]\d+\s*)+)")
FENCE = re.compile(r"^```cell\.yaml ?(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^#+ .*$", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    where: str
    text: str
    others: dict[str, str] = field(default_factory=dict)

    @property
    def expected(self) -> list[tuple[int, str]]:
        lines = enumerate(self.text.split("\n"), start=1)
        return sorted((n, code) for n, line in lines for m in EXPECTED.finditer(line) for code in m[1].split())

    @property
    def has_notes(self) -> bool:
        return any(code.startswith("N") for _, code in self.expected)


def blocks() -> Iterator[Block]:
    for suite in SUITES:
        text = suite.read_text(encoding="utf-8")
        starts = [m.start() for m in HEADING.finditer(text)] or [0]
        for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
            found = [(m[1], m[2], text.count("\n", 0, start + m.start()) + 1) for m in FENCE.finditer(text[start:end])]
            others = {name: complete(body) for name, body, _ in found if name}
            for name, body, line in found:
                if not name:
                    yield Block(f"{suite.stem}:{line}", complete(body), others)


def complete(text: str) -> str:
    return text if re.search(r"^cellc:", text, re.MULTILINE) else f"{text}cellc: 1\n"


BLOCKS = list(blocks())


@pytest.mark.parametrize("block", BLOCKS, ids=lambda b: b.where)
def test_a_module_has_the_problems_that_its_comments_say(block: Block, compile_text: Callable[..., Compiled]) -> None:
    compiled = compile_text(block.text, **block.others)
    found = [
        (compiled.sources[d.span.file].position(d.span.start).line, d.code)
        for d in (*compiled.diagnostics, *(compiled.notes if block.has_notes else ()))
        if d.span.file == "main.cell.yaml"
    ]
    assert sorted(found) == block.expected
    broken = any(code.startswith("E") for _, code in block.expected)
    elsewhere = [d for d in compiled.diagnostics if d.span.file != "main.cell.yaml"]
    assert (compiled.program is None) == (broken or bool(elsewhere))


def test_every_code_of_the_compiler_has_a_module_that_shows_it() -> None:
    shown = {code for block in BLOCKS for _, code in block.expected}
    assert sorted(code for code in CODES if "2" <= code[1] <= "5" and code not in shown) == []


def test_every_suite_has_silent_modules_too() -> None:
    silent = {block.where.partition(":")[0] for block in BLOCKS if not block.expected}
    assert sorted(silent) == [suite.stem for suite in SUITES]
