"""`cellc fmt` on real files: what is written and said, and the exit code."""

import os
import stat
from pathlib import Path

import pytest

from tests.cli.processes import HELLO, Cellc

UGLY = HELLO.replace("cellc: 1", "cellc:   1   # edition")
TIDY = HELLO.replace("cellc: 1", "cellc: 1  # edition")
WRONG = "cellc: 1\ncells:\n  a:\n    do: x   +\n"


@pytest.fixture
def ugly(folder: Path) -> Path:
    path = folder / "ugly.cell.yaml"
    path.write_text(UGLY)
    return path


def test_a_file_is_written_in_its_form_and_said_so(cellc: Cellc, ugly: Path) -> None:
    ugly.chmod(0o640)
    done = cellc("fmt", ".")
    assert (done.code, done.out, done.err) == (0, "", "1 file formatted, 1 left unchanged\n")
    assert ugly.read_text() == TIDY
    assert stat.S_IMODE(ugly.stat().st_mode) == 0o640
    assert cellc("fmt", ".").err == "0 files formatted, 2 left unchanged\n"


def test_a_file_in_its_form_is_not_touched(cellc: Cellc, folder: Path) -> None:
    before = (folder / "hello.cell.yaml").stat()
    assert cellc("fmt", "hello.cell.yaml").code == 0
    after = (folder / "hello.cell.yaml").stat()
    assert (after.st_mtime_ns, after.st_ino) == (before.st_mtime_ns, before.st_ino)


def test_check_lists_and_writes_nothing(cellc: Cellc, ugly: Path) -> None:
    done = cellc("fmt", "--check", ".")
    assert (done.code, done.out) == (1, "ugly.cell.yaml\n")
    assert done.err == "1 file would be formatted, 1 left unchanged\n"
    assert ugly.read_text() == UGLY
    assert cellc("fmt", "--check", "hello.cell.yaml").code == 0


def test_diff_shows_and_writes_nothing(cellc: Cellc, ugly: Path) -> None:
    done = cellc("fmt", "--diff", "ugly.cell.yaml")
    assert done.code == 1
    assert done.out.startswith(
        "--- ugly.cell.yaml\n+++ ugly.cell.yaml\n@@ -1,4 +1,4 @@\n-cellc:   1   # edition\n+cellc: 1  # edition\n"
    )
    assert ugly.read_text() == UGLY


def test_diff_tells_a_missing_last_line_break(cellc: Cellc, folder: Path) -> None:
    (folder / "short.cell.yaml").write_text("cellc: 1")
    done = cellc("fmt", "--diff", "short.cell.yaml")
    assert done.out.endswith("-cellc: 1\n\\ No newline at end of file\n+cellc: 1\n")


def test_stdin_goes_to_stdout(cellc: Cellc) -> None:
    done = cellc("fmt", "-", stdin=UGLY)
    assert (done.code, done.out, done.err) == (0, TIDY, "")
    assert cellc("fmt", "--check", "-", stdin=UGLY).out == "<stdin>\n"
    assert cellc("fmt", "-", "hello.cell.yaml", stdin=UGLY).code == 2


def test_what_does_not_read_is_told_and_left_and_the_rest_is_written(cellc: Cellc, ugly: Path) -> None:
    wrong = ugly.parent / "wrong.cell.yaml"
    wrong.write_text(WRONG)
    done = cellc("fmt", ".")
    assert done.code == 1
    assert "error[E112]" in done.err
    assert (ugly.read_text(), wrong.read_text()) == (TIDY, WRONG)
    failed = cellc("fmt", "-", stdin=WRONG)
    assert (failed.code, failed.out) == (1, "")


def test_names_and_types_are_not_its_business(cellc: Cellc, folder: Path) -> None:
    (folder / "unknown.cell.yaml").write_text("cellc: 1\ncells:\n  a:\n    do: return   nobody\n")
    assert cellc("fmt", "unknown.cell.yaml").code == 0
    assert "return nobody" in (folder / "unknown.cell.yaml").read_text()


def test_what_is_not_there_is_2(cellc: Cellc, folder: Path) -> None:
    (folder / "empty").mkdir()
    assert cellc("fmt", "nothing.cell.yaml").code == 2
    assert cellc("fmt", "empty").code == 2


def test_a_link_stays_a_link(cellc: Cellc, ugly: Path) -> None:
    link = ugly.parent / "link.cell.yaml"
    link.symlink_to(ugly)
    assert cellc("fmt", "link.cell.yaml").code == 0
    assert link.is_symlink()
    assert ugly.read_text() == TIDY


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_folder_that_cannot_be_written_is_2(cellc: Cellc, ugly: Path) -> None:
    ugly.parent.chmod(0o500)
    done = cellc("fmt", "ugly.cell.yaml")
    ugly.parent.chmod(0o700)
    assert done.code == 2
    assert "error[E821]" in done.err
