"""The reference is true: every module in it compiles as its fence says."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from cellc.compiler.pipeline import Compiled

DOCS = Path(__file__).parents[2] / "docs"
PAGES = ("language.md", "sql.md")
FENCE = re.compile(r"^```cell(?P<codes>[ A-Z0-9]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


def modules() -> dict[str, tuple[str, list[str]]]:
    found = {}
    for name in PAGES:
        page = (DOCS / name).read_text(encoding="utf-8")
        for fence in FENCE.finditer(page):
            place = f"docs/{name} line {page.count(chr(10), 0, fence.start()) + 1}"
            found[place] = (fence["text"], fence["codes"].split())
    return found


@pytest.mark.parametrize("place", list(modules()))
def test_a_module_in_the_reference_compiles_as_its_fence_says(
    place: str, compile_text: Callable[[str], Compiled]
) -> None:
    text, codes = modules()[place]
    found = [d.code for d in compile_text(text).diagnostics]
    assert found == codes, place
