"""A log belongs where it is: a move is no copy, a copy is told from it however it was made."""

import shutil
from pathlib import Path

import pytest

from cellc.runtime.log_problems import LogCopied
from cellc.runtime.log_sqlite import open_log
from tests.runtime.fabric.worlds import AT
from tests.runtime.log.worked import edit, worked


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "first" / "log.db"
    worked(path).close()
    return path


def test_a_log_that_is_moved_with_its_folder_or_alone_goes_on(path: Path, tmp_path: Path) -> None:
    path.parent.rename(tmp_path / "second")
    open_log(tmp_path / "second" / "log.db", AT).close()
    (tmp_path / "second" / "log.db").rename(tmp_path / "log.db")
    open_log(tmp_path / "log.db", AT).close()


def test_a_copy_is_refused_and_left_alone_until_it_is_adopted(path: Path, tmp_path: Path) -> None:
    shutil.copytree(path.parent, tmp_path / "second")
    copy = tmp_path / "second" / "log.db"
    before = copy.read_bytes()
    for _ in range(2):
        with pytest.raises(LogCopied, match=f"is a copy of {path}"):
            open_log(copy, AT)
    assert copy.read_bytes() == before
    open_log(copy, AT, adopt=True).close()
    open_log(copy, AT).close()
    open_log(path, AT).close()


def test_an_older_state_that_is_put_back_into_the_same_file_is_refused(path: Path, tmp_path: Path) -> None:
    shutil.copy(path, tmp_path / "older.db")
    open_log(path, AT).close()
    with path.open("r+b") as file:
        file.write((tmp_path / "older.db").read_bytes())
        file.truncate()
    with pytest.raises(LogCopied, match="is a copy of an earlier state of"):
        open_log(path, AT)
    log = open_log(path, AT, adopt=True)
    assert log.epoch == 3  # above any that was used here
    log.close()
    open_log(path, AT).close()


def test_a_new_log_in_the_place_of_an_old_one_is_no_copy(path: Path) -> None:
    path.unlink()
    open_log(path, AT).close()
    open_log(path, AT).close()


@pytest.mark.parametrize("text", ["", "4711\n", "4711 x\n", "no sense at all\n", "4711 identity 12"])
def test_a_side_file_that_was_left_behind_is_in_nobodys_way(text: str, path: Path) -> None:
    path.with_name("log.db-owner").write_text(text)
    open_log(path, AT).close()


def test_a_log_from_before_places_were_kept_is_no_copy(path: Path) -> None:
    edit(path, "DELETE FROM meta WHERE key = 'place'")
    open_log(path, AT).close()


def test_a_run_is_adopted_until_something_happens_in_it(path: Path, tmp_path: Path) -> None:
    shutil.copy(path, tmp_path / "log.db")
    log = open_log(tmp_path / "log.db", AT, adopt=True)
    assert [log.is_adopted(run) for run in (1, 2, 3)] == [True, True, False]
    log.close()
    log = open_log(path, AT)
    assert [log.is_adopted(run) for run in (1, 2, 3)] == [False] * 3
    log.close()
