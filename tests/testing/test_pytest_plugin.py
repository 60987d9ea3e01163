"""pytest with cellc beside it: files are collected, and the fixture plays a case."""

import subprocess
import sys
from pathlib import Path

from tests.testing.test_command import PAID, PROGRAM

CODE = """
def test_it(cellc_run):
    ended = cellc_run(
        "shop.cell.yaml",
        input={"order": "A1"},
        handlers={"hold": [{"returns": {"id": "h", "until": "2026-02-01T00:00:00Z"}}], "charge": [{"after": "20s"}]},
    )
    assert (ended.status, ended.output["id"], ended.took.seconds) == ("completed", "h", 20)
"""


def test_cases_are_tests_and_the_fixture_plays_one(tmp_path: Path) -> None:
    (tmp_path / "shop.cell.yaml").write_text(PROGRAM, encoding="utf-8")
    (tmp_path / "shop.test.yaml").write_text(PAID.replace("at: 20s", "at: 21s"), encoding="utf-8")
    (tmp_path / "test_shop.py").write_text(CODE, encoding="utf-8")
    arguments = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(arguments, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "1 failed, 2 passed" in done.stdout, done.stdout + done.stderr
    assert "expected 21s, found 20s" in done.stdout
