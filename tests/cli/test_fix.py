"""`cellc check --fix` on real files: what is written, what never is, and what is said."""

import os
import stat
from pathlib import Path

import pytest

from tests.cli.processes import Cellc

MENDABLE = """\
cells:
  work:  # said
    out: string
    do: |
      text = "a"
      text += "b"
      log.info(message=text)
      return text.Upper()
"""

MENDED = """\
cellc: 1
cells:
  work:  # said
    out: string
    effects: [log.info]
    do: |
      text = "a"
      text = text + "b"
      log.info(message=text)
      return upper(text)
"""


def test_everything_that_is_certain_is_mended_and_told(cellc: Cellc, folder: Path) -> None:
    file = folder / "work.cell.yaml"
    file.write_text(MENDABLE.replace("Upper", "upper"))
    done = cellc("check", "--fix", "work.cell.yaml")
    assert (done.code, done.out) == (0, "1 file checked: all is well\n")
    assert file.read_text() == MENDED
    assert done.err.splitlines()[0] == "work.cell.yaml:1:1: fixed[E106] a module needs the key `cellc`"
    assert done.err.splitlines()[-1] == "4 problems fixed in 1 file"
    again = cellc("check", "--fix", "work.cell.yaml")
    assert (again.code, again.out, again.err) == (0, "1 file checked: all is well\n", "")
    assert file.read_text() == MENDED


def test_what_is_left_decides_the_exit_code_and_is_told_in_the_form_asked_for(cellc: Cellc, folder: Path) -> None:
    file = folder / "work.cell.yaml"
    file.write_text(MENDABLE)
    done = cellc("check", "--fix", "--format=concise", ".")
    assert done.code == 1
    assert done.out == "work.cell.yaml:10:14: error[E203] there is no cell, effect or function `text.Upper`\n"
    assert file.read_text() == MENDED.replace("upper(text)", "text.Upper()")


def test_permissions_line_ends_and_the_mark_at_the_start_stay(cellc: Cellc, folder: Path) -> None:
    file = folder / "work.cell.yaml"
    file.write_bytes(("\ufeff" + MENDABLE.replace("\n", "\r\n")).replace("Upper", "upper").encode())
    file.chmod(0o640)
    assert cellc("check", "--fix", "work.cell.yaml").code == 0
    assert file.read_bytes() == ("\ufeff" + MENDED.replace("\n", "\r\n")).encode()
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert sorted(path.name for path in folder.iterdir()) == ["hello.cell.yaml", "work.cell.yaml"]


def test_a_module_that_was_not_named_is_not_touched(cellc: Cellc, folder: Path) -> None:
    (folder / "lib").mkdir()
    other = folder / "lib" / "other.cell.yaml"
    other.write_text(MENDABLE)
    user = folder / "user.cell.yaml"
    user.write_text("use: {o: ./lib/other.cell.yaml}\ncells:\n  a:\n    do: x = o.work()\n")
    done = cellc("check", "--fix", "user.cell.yaml")
    assert done.code == 1
    assert user.read_text().startswith("cellc: 1\n")
    assert other.read_text() == MENDABLE


def test_a_link_is_followed_where_it_was_named_and_not_out_of_a_folder(cellc: Cellc, folder: Path) -> None:
    outside = folder / "outside.cell.yaml"
    outside.write_text(MENDABLE.replace("Upper", "upper"))
    (folder / "in").mkdir()
    link = folder / "in" / "link.cell.yaml"
    link.symlink_to(outside)
    assert cellc("check", "--fix", "in").code == 1
    assert outside.read_text() == MENDABLE.replace("Upper", "upper")
    assert cellc("check", "--fix", "in/link.cell.yaml").code == 0
    assert outside.read_text() == MENDED
    assert link.is_symlink()


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_folder_that_cannot_be_written_is_2_and_nothing_has_changed(cellc: Cellc, folder: Path) -> None:
    (folder / "locked").mkdir()
    file = folder / "locked" / "work.cell.yaml"
    file.write_text(MENDABLE)
    (folder / "locked").chmod(0o500)
    done = cellc("check", "--fix", "locked")
    (folder / "locked").chmod(0o700)
    assert done.code == 2
    assert "error[E821]: this file could not be written: permission denied" in done.out
    assert file.read_text() == MENDABLE


def test_stdin_cannot_be_fixed(cellc: Cellc) -> None:
    assert cellc("check", "--fix", "-", stdin=MENDABLE).code == 2
