"""What extras of cellc bring: told before a run starts where it is missing, and imported only by what uses it."""

import os
from pathlib import Path

import pytest

from tests.cli.processes import Cellc

LETTER = """\
cellc: 1
main: work
cells:
  work:
    effects: [time.now, mail.send]
    do: |
      now = time.now()
      mail.send(to="ada@example.com", subject="Hello", text=f"It is {now}")
  rest:
    out: int
    do: return 1
"""

EXTRAS = ("aiohttp", "aiosmtplib", "psycopg", "pydantic", "sqlalchemy")
"""The packages of all extras: `serve`, `mail`, `postgres`, `python`."""


@pytest.fixture
def letter(folder: Path) -> str:
    (folder / "letter.cell.yaml").write_text(LETTER)
    return "letter.cell.yaml"


@pytest.fixture
def without(tmp_path: Path) -> dict[str, str]:
    """Give an environment of a Python in which no package of an extra is to be found."""
    return _at_start(tmp_path, f"import sys\nsys.modules.update(dict.fromkeys({EXTRAS}))\n")


def _at_start(tmp_path: Path, code: str) -> dict[str, str]:
    (tmp_path / "start").mkdir()
    (tmp_path / "start" / "sitecustomize.py").write_text(code)
    inherited = os.environ.get("PYTHONPATH", "")
    return {"PYTHONPATH": f"{tmp_path / 'start'}{os.pathsep}{inherited}".rstrip(os.pathsep)}


def test_a_package_that_an_effect_needs_is_named_before_the_run_starts(
    letter: str, without: dict[str, str], cellc: Cellc, folder: Path
) -> None:
    done = cellc("run", letter, env=without)
    assert (done.code, done.out) == (1, "")
    assert "error[E887]: `mail.send` needs the package aiosmtplib, which is not installed\n" in done.err
    assert "--> letter.cell.yaml:8:7\n" in done.err
    assert "help: install it: pip install 'cellc[mail]'\n" in done.err
    assert not (folder / ".cellc").exists(), "the run was started"


def test_it_is_named_beside_all_else_that_is_missing(letter: str, without: dict[str, str], cellc: Cellc) -> None:
    done = cellc("run", letter, "--deny", "mail.*", env=without)
    assert [line[6:10] for line in done.err.splitlines() if line.startswith("error[")] == ["E826", "E887"]


def test_cells_that_do_not_come_to_it_run_without_it(letter: str, without: dict[str, str], cellc: Cellc) -> None:
    done = cellc("run", letter, "--cell", "rest", env=without)
    assert (done.code, done.out) == (0, "1\n")


def test_runs_import_of_the_extras_only_what_they_use(tmp_path: Path, letter: str, cellc: Cellc) -> None:
    code = f"import atexit, sys\natexit.register(lambda: print(*(m for m in {EXTRAS} if m in sys.modules)))\n"
    watched = _at_start(tmp_path, code)
    assert cellc("run", letter, "--cell", "rest", env=watched).out == "1\n\n"
    assert cellc("run", letter, env=watched).out == "aiosmtplib\n"
