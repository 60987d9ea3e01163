"""The front page is true: its program is the example, and its links lead somewhere."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = ["README.md", "ARCHITECTURE.md", "CHANGELOG.md", "docs/cli.md", "docs/language.md", "docs/python.md"]


def test_the_programs_on_the_front_page_are_the_examples() -> None:
    programs = re.findall(r"```yaml\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    hello, book = programs
    assert hello == (ROOT / "examples" / "hello" / "hello.cell.yaml").read_text(encoding="utf-8")
    assert book in (ROOT / "examples" / "travel" / "travel.cell.yaml").read_text(encoding="utf-8")


def test_the_number_of_mistakes_on_the_front_page_is_that_of_the_table() -> None:
    table = (ROOT / "docs" / "mistakes.md").read_text(encoding="utf-8")
    (kinds,) = re.findall(r"^(\d+) kinds of mistakes", table, re.MULTILINE)
    assert f"[{kinds} kinds of mistakes]" in (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", (ROOT / page).read_text(encoding="utf-8"))
    assert [link for link in links if not ((ROOT / page).parent / link).exists()] == []
