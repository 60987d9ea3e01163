"""Real `cellc` processes, each test in a folder and with a cache of its own."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.cli.processes import HELLO, Cellc, Done


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """What a process sees: nothing that would change how it looks or where it puts things."""
    hidden = {"NO_COLOR", "FORCE_COLOR", "CELLC_LOG", "CELLC_DEBUG"}
    own = {"CELLC_CACHE": str(tmp_path / "cache"), "TERM": "xterm", "COLUMNS": "100"}
    return {name: value for name, value in os.environ.items() if name not in hidden} | own


@pytest.fixture
def cellc(tmp_path: Path, environment: dict[str, str]) -> Cellc:
    """Run `cellc` in a folder of its own, where `hello.cell.yaml` is, and return what came out."""
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / "hello.cell.yaml").write_text(HELLO)

    def run(*arguments: str, stdin: str = "", env: Mapping[str, str] | None = None) -> Done:
        done = subprocess.run(
            [sys.executable, "-m", "cellc", *arguments],
            cwd=folder,
            env=environment | dict(env or {}),
            input=stdin,
            capture_output=True,
            text=True,
            timeout=25,
            check=False,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return Done(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture
def folder(tmp_path: Path, cellc: Cellc) -> Path:  # noqa: ARG001 -- the fixture makes the folder
    """Where `cellc` runs."""
    return tmp_path / "work"
