"""The reference is true: every module in docs/language.md compiles as its fence says."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from cellc.compiler.pipeline import Compiled

PAGE = Path(__file__).parents[2] / "docs" / "language.md"
FENCE = re.compile(r"^```cell(?P<codes>[ A-Z0-9]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


def modules() -> dict[str, tuple[str, list[str]]]:
    page = PAGE.read_text(encoding="utf-8")
    found = FENCE.finditer(page)
    return {f"line {page.count(chr(10), 0, m.start()) + 1}": (m["text"], m["codes"].split()) for m in found}


@pytest.mark.parametrize("place", list(modules()))
def test_a_module_in_the_reference_compiles_as_its_fence_says(
    place: str, compile_text: Callable[[str], Compiled]
) -> None:
    text, codes = modules()[place]
    found = [d.code for d in compile_text(text).diagnostics]
    assert found == codes, f"docs/language.md {place}"
