"""The programs in the documents are in their canonical form; `pytest --update-golden` brings them there."""

import re
from pathlib import Path

import pytest

from tests.formatting.corpus import FENCE, ROOT, formatted

DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def tidy(fence: re.Match[str]) -> str:
    """Return a fence with its program in its form; what does not read, or is no program, stays."""
    made = formatted(fence["text"]) if fence["text"].startswith("cellc:") else None
    return fence[0].replace(fence["text"], made) if made else fence[0]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_a_document_shows_programs_in_their_form(path: Path, update_golden: bool) -> None:
    page = path.read_text(encoding="utf-8")
    fresh = FENCE.sub(tidy, page)
    if update_golden:
        path.write_text(fresh, encoding="utf-8")
    assert fresh == page or update_golden
