"""Pages that show what commands print about the files on them; `make golden` writes them anew."""

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from cellc.cli import command

DOCS = Path(__file__).parents[2] / "docs"
PAGES = ("handlers.md", "testing.md")
FENCE = re.compile(r"^```(?P<kind>\w+)(?: (?P<name>\S+))?\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("name", PAGES)
def test_the_page_shows_what_is_printed(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, update_golden: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    page = (DOCS / name).read_text(encoding="utf-8")
    for fence in FENCE.finditer(page):
        if fence["kind"] == "yaml":
            Path(fence["name"]).write_text(fence["body"], encoding="utf-8")

    def printed(fence: re.Match[str]) -> str:
        if fence["kind"] != "console":
            return fence[0]
        line = fence["body"].partition("\n")[0]
        result = CliRunner().invoke(command, shlex.split(line.removeprefix("$ cellc ")), standalone_mode=False)
        assert result.return_value == (1 if line.startswith("$ cellc fuzz") else 0), result.output
        return f"```console\n{line}\n{result.output}```"

    fresh = FENCE.sub(printed, page)
    if update_golden:
        (DOCS / name).write_text(fresh, encoding="utf-8")
    assert fresh == page or update_golden
