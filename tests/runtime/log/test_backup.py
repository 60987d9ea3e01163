"""A backup of a log that is being written to is one whole, checked file, and says that it is a copy."""

import threading
from pathlib import Path

import pytest

from cellc.runtime.audit import Finding
from cellc.runtime.backup import back_up
from cellc.runtime.log_problems import BackupNotMade, LogCopied, LogMissing
from cellc.runtime.log_reading import read_log
from cellc.runtime.log_sqlite import open_log
from cellc.runtime.ports import Append
from tests.runtime.fabric.worlds import AT
from tests.runtime.log.worked import edit, worked


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "log.db"


def test_a_backup_has_what_the_log_has_and_is_one_file(path: Path, tmp_path: Path) -> None:
    worked(path).close()
    target = tmp_path / "backups" / "monday.db"
    target.parent.mkdir()
    done = back_up(path, target)
    assert (done.runs, done.events, done.findings) == (2, 8, [])
    assert [*target.parent.iterdir()] == [target]
    log, copy = read_log(path), read_log(target)
    assert copy.identity == log.identity
    assert [*copy.heads()] == [*log.heads()]
    assert [copy.stored_run(run) for run in (1, 2)] == [log.stored_run(run) for run in (1, 2)]


def test_the_owner_goes_on_while_a_backup_is_made(path: Path, tmp_path: Path) -> None:
    owner = worked(path)
    owner.append([Append(1, [b"w" * 500]) for _ in range(2000)])
    making = threading.Thread(target=back_up, args=(path, tmp_path / "b.db"))
    making.start()
    commits = 0
    while making.is_alive() or commits < 10:
        owner.append([Append(2, [b"more"])])
        commits += 1
    making.join()
    owner.close()
    copied = [*read_log(tmp_path / "b.db").events(2)]
    assert copied == [*read_log(path).events(2)][: len(copied)]


def test_a_backup_goes_on_only_when_it_is_adopted(path: Path, tmp_path: Path) -> None:
    worked(path).close()
    back_up(path, tmp_path / "b.db")
    with pytest.raises(LogCopied, match=rf"b\.db is a copy of a backup of {path}"):
        open_log(tmp_path / "b.db", AT)
    open_log(tmp_path / "b.db", AT, adopt=True).close()
    open_log(tmp_path / "b.db", AT).close()


def test_what_is_wrong_with_the_log_is_found_in_its_backup(path: Path, tmp_path: Path) -> None:
    worked(path).close()
    edit(path, "DELETE FROM events WHERE run = 1 AND seq = 2")
    assert back_up(path, tmp_path / "b.db").findings == [Finding("it is missing", "run-1", 2)]
    assert (tmp_path / "b.db").exists()


def test_nothing_is_overwritten_and_nothing_half_made_stays(path: Path, tmp_path: Path) -> None:
    worked(path).close()
    (tmp_path / "there.db").write_text("mine")
    with pytest.raises(BackupNotMade, match="there is a file of that name"):
        back_up(path, tmp_path / "there.db")
    with pytest.raises(BackupNotMade, match="No such file or directory"):
        back_up(path, tmp_path / "no" / "b.db")
    with pytest.raises(LogMissing):
        back_up(tmp_path / "none.db", tmp_path / "b.db")
    assert (tmp_path / "there.db").read_text() == "mine"
    assert {file.name for file in tmp_path.iterdir()} <= {"log.db", "log.db-owner", "there.db"}
