"""The page about testing shows what `cellc test` prints, and its cases pass; `make golden` writes it anew."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from cellc.cli import command

PAGE = Path(__file__).parents[2] / "docs" / "testing.md"
FENCE = re.compile(r"^```(?P<kind>\w+)(?: (?P<name>\S+))?\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)


def test_the_page_shows_what_is_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, update_golden: bool) -> None:
    monkeypatch.chdir(tmp_path)
    page = PAGE.read_text(encoding="utf-8")
    for fence in FENCE.finditer(page):
        if fence["kind"] == "yaml":
            Path(fence["name"]).write_text(fence["body"], encoding="utf-8")

    def printed(fence: re.Match[str]) -> str:
        if fence["kind"] != "console":
            return fence[0]
        line = fence["body"].partition("\n")[0]
        result = CliRunner().invoke(command, line.removeprefix("$ cellc ").split(), standalone_mode=False)
        assert result.return_value == (1 if line.startswith("$ cellc fuzz") else 0), result.output
        return f"```console\n{line}\n{result.output}```"

    fresh = FENCE.sub(printed, page)
    if update_golden:
        PAGE.write_text(fresh, encoding="utf-8")
    assert fresh == page or update_golden
