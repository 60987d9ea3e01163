"""All modules of the repository: examples, standard effects, and the programs in documents and tests."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cellc.language.diagnostics import Report
from cellc.language.document import parse_module
from cellc.language.formatting.format_module import format_module
from cellc.language.span import Source
from tests.formatting.trees import bare

ROOT = Path(__file__).parents[2]
FENCE = re.compile(r"^```(?:cell|cell\.yaml|yaml)\b[^\n]*\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


def texts() -> Iterator[tuple[str, str]]:
    """Yield the place and the text of every module, right or wrong."""
    for room in ("examples", "stdlib_effects", "tests"):
        for path in sorted((ROOT / room).rglob("*.cell.yaml")):
            yield str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")
    for path in sorted([*(ROOT / "docs").rglob("*.md"), *(ROOT / "tests").rglob("*.md"), ROOT / "README.md"]):
        page = path.read_text(encoding="utf-8")
        for found in FENCE.finditer(page):
            text = found["text"] if re.search(r"^cellc:", found["text"], re.MULTILINE) else found["text"] + "cellc: 1\n"
            yield f"{path.relative_to(ROOT)}:{page.count(chr(10), 0, found.start()) + 1}", text


def meaning(text: str) -> Any:
    """Return the tree of a module without places; None when something is wrong with it."""
    report = Report()
    module = parse_module(Source("m.cell.yaml", text), report)
    return None if module is None or report.failed else bare(module)


def formatted(text: str) -> str | None:
    return format_module(Source("m.cell.yaml", text), Report())


MODULES = {place: text for place, text in texts() if meaning(text) is not None}
