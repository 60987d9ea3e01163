"""The pages of the diagnostic codes, as data: what `cellc explain` prints and reports of checks link to."""

import re
from pathlib import Path

from cellc.language.codes import CODES

PAGES = Path(__file__).parent / "pages"
"""The pages, a mount of docs/diagnostics."""

_BETWEEN_SENTENCES = re.compile(r"(?<=[.!?])\s+(?=[A-Z`])")


def find_code(given: str) -> str | None:
    """Return the code that a user names by its number, in any case, or by its slug; None when there is none."""
    known = given.upper()
    if known in CODES:
        return known
    return next((code.code for code in CODES.values() if code.slug == given.lower()), None)


def page_path(code: str) -> Path:
    """Return the file of a code's page."""
    return PAGES / f"{code}.md"


def page(code: str) -> str:
    """Return a code's page, in Markdown."""
    return page_path(code).read_text(encoding="utf-8")


def title(code: str) -> str:
    """Return what a code means in one sentence: the first of its page."""
    _, first, *_ = page(code).split("\n\n")
    return _BETWEEN_SENTENCES.split(" ".join(first.split()))[0]
