"""The log's file: what survives, what is refused, and that a refusal changes nothing."""

import os
import shutil
import threading
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cellc.runtime.audit import broken
from cellc.runtime.log_problems import LogDamaged, LogForeign, LogMissing, LogNewer, LogOwned, LogPlace, LogProblem
from cellc.runtime.log_reading import LogReader, log_files, read_log
from cellc.runtime.log_sqlite import SqliteLog, open_log
from cellc.runtime.ports import Append, Fenced, KeptState, LogFailed, RunHead
from cellc.runtime.sqlite_library import sqlite3

AT = datetime(2026, 3, 1, tzinfo=UTC)


def head_of(number: int) -> RunHead:
    return RunHead(number=number, id=f"id-{number}", graph="g", cell="m.c", status="running", started_at=AT)


def filled(path: Path, *bodies: bytes) -> SqliteLog:
    log = open_log(path, AT)
    run = log.next_run()
    log.append([Append(run, bodies or [b"one", b"two", b"three"], head_of(run))])
    return log


def wrong(log: LogReader) -> list[tuple[int, str]]:
    """Return what is wrong with the rows of the first run."""
    return [*broken(log.identity, 1, log.stored_run(1)[1])]


def edit(path: Path, statement: str, *parameters: object) -> None:
    connection = sqlite3.connect(path)
    with connection:
        connection.execute(statement, parameters)
    connection.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "log.db"


def test_a_log_goes_on_where_it_was_closed(path: Path):
    filled(path).close()
    log = open_log(path, AT)
    log.append([Append(1, [b"four"])])
    assert list(log.events(1)) == [b"one", b"two", b"three", b"four"]
    assert log.next_run() == 2
    assert wrong(log) == []
    log.close()


def test_a_run_number_is_not_given_again_after_its_run_was_deleted(path: Path):
    filled(path).close()
    edit(path, "DELETE FROM runs")
    log = open_log(path, AT)
    assert log.next_run() == 2
    log.close()


def test_each_owner_has_a_higher_epoch_that_names_the_runs_it_found_running(path: Path):
    filled(path).close()
    log = open_log(path, AT)
    assert log.epoch == 2
    log.close()
    rows = sqlite3.connect(path).execute("SELECT epoch, pid, in_flight FROM epochs").fetchall()
    assert rows == [(1, os.getpid(), "[]"), (2, os.getpid(), "[1]")]


def test_a_commit_is_synced_before_it_returns(path: Path):
    log = filled(path)
    assert log._connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert log._connection.execute("PRAGMA synchronous").fetchone() == (2,)
    log.close()


def test_a_failed_append_adds_nothing_of_its_batch(path: Path):
    log = filled(path)
    with pytest.raises(LogFailed):
        log.append(
            [Append(1, [b"four"]), Append(2, [b"a"], head_of(2)), Append(3, [b"a"], replace(head_of(3), id="id-2"))]
        )
    assert list(log.events(1)) == [b"one", b"two", b"three"]
    log.append([Append(1, [b"four"])])
    assert wrong(log) == []
    log.close()


def test_a_full_disk_is_a_failed_append_and_loses_nothing(path: Path):
    log = filled(path)
    pages = log._connection.execute("PRAGMA page_count").fetchone()[0]
    log._connection.execute(f"PRAGMA max_page_count={pages}")
    with pytest.raises(LogFailed, match="full"):
        log.append([Append(1, [b"z" * 1000] * 100)])
    log._connection.execute("PRAGMA max_page_count=1000000")
    log.append([Append(1, [b"four"])])
    assert list(log.events(1)) == [b"one", b"two", b"three", b"four"]
    log.close()


def test_a_state_that_was_kept_at_another_event_is_not_used(path: Path):
    log = filled(path)
    log.append([Append(1, [b"four"], kept=KeptState("f", b"state"))])
    log.close()
    edit(path, "UPDATE events SET chain = zeroblob(16) WHERE seq = 4")
    assert read_log(path).kept_state(1) is None


# --- one owner --------------------------------------------------------------------------------------------------------


def test_a_second_owner_is_refused_and_told_the_first_ones_process(path: Path):
    log = filled(path)
    with pytest.raises(LogOwned, match=f"in use by the running process {os.getpid()}"):
        open_log(path, AT)
    log.close()
    open_log(path, AT).close()


def test_a_zombie_is_fenced_off_and_adds_nothing(path: Path):
    zombie = filled(path)
    path.with_name("log.db-owner").unlink()  # what a person does who believes the owner dead
    owner = open_log(path, AT)
    with pytest.raises(Fenced):
        zombie.append([Append(1, [b"late"])])
    owner.append([Append(1, [b"four"])])
    assert list(owner.events(1)) == [b"one", b"two", b"three", b"four"]
    owner.close()
    zombie.close()


def test_a_forked_child_cannot_use_the_log_and_does_not_keep_it_owned(path: Path):
    log = filled(path)
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            log.append([Append(1, [b"child"])])
        except RuntimeError as problem:
            os.write(write, str(problem).encode())
        os._exit(0)
    os.waitpid(child, 0)
    assert b"before a fork" in os.read(read, 1000)
    assert list(log.events(1)) == [b"one", b"two", b"three"]
    log.close()


def test_the_log_stays_in_its_thread(path: Path):
    log = filled(path)
    raised: list[BaseException] = []

    def use() -> None:
        try:
            log.append([Append(1, [b"other thread"])])
        except (LogFailed, sqlite3.Error) as problem:
            raised.append(problem)

    thread = threading.Thread(target=use)
    thread.start()
    thread.join()
    assert raised
    log.close()


# --- reading beside an owner ------------------------------------------------------------------------------------------


def test_a_reader_sees_what_the_owner_commits(path: Path):
    log = filled(path)
    reader = read_log(path)
    log.append([Append(1, [b"four"])])
    assert list(reader.events(1))[-1] == b"four"
    assert [head.id for head in reader.heads()] == ["id-1"]
    reader.close()
    log.close()


def test_a_reader_makes_no_file(path: Path):
    filled(path).close()
    before = sorted(path.parent.iterdir())
    reader = read_log(path)
    assert list(reader.events(1)) == [b"one", b"two", b"three"]
    assert sorted(path.parent.iterdir()) == before
    reader.close()


def test_a_reader_follows_an_owner_that_comes_and_goes(path: Path):
    filled(path).close()
    reader = read_log(path)
    assert len(list(reader.events(1))) == 3
    log = open_log(path, AT)
    log.append([Append(1, [b"four"])])
    assert len(list(reader.events(1))) == 4
    log.close()
    log = open_log(path, AT)
    log.append([Append(1, [b"five"])])
    log.close()
    assert len(list(reader.events(1))) == 5
    reader.close()


def test_a_reader_that_is_never_closed_does_not_block_the_owner(path: Path):
    filled(path).close()
    reader = read_log(path)
    list(reader.heads())
    for _ in range(3):
        log = open_log(path, AT)
        log.append([Append(1, [b"more"])])
        log.close()
    assert len(list(reader.events(1))) == 6
    reader.close()


# --- what is refused --------------------------------------------------------------------------------------------------


def test_a_missing_file_is_named_and_not_made(path: Path):
    with pytest.raises(LogMissing, match=r"there is no log at .*log\.db"):
        read_log(path)
    assert not path.exists()


def make_folder(path: Path) -> None:
    path.mkdir()


def make_text(path: Path) -> None:
    path.write_text("not a database, but long enough to be one by its size alone\n" * 100)


def make_other_database(path: Path) -> None:
    edit(path, "CREATE TABLE notes (text TEXT)")


def make_newer_log(path: Path) -> None:
    filled(path).close()
    edit(path, "PRAGMA user_version=99")


def make_link(path: Path) -> None:
    other = path.with_name("elsewhere.db")
    filled(other).close()
    path.symlink_to(other)


def make_hard_link(path: Path) -> None:
    other = path.with_name("elsewhere.db")
    filled(other).close()
    path.hardlink_to(other)


def make_torn_header(path: Path) -> None:
    filled(path).close()
    os.truncate(path, 50)


REFUSED = {
    make_folder: (LogPlace, "it is a folder"),
    make_text: (LogForeign, "is not a cellc log: it is not an SQLite file"),
    make_other_database: (LogForeign, "is not a cellc log: it is a database of something else"),
    make_newer_log: (LogNewer, "its log format is 99, this one knows 8"),
    make_link: (LogPlace, "it is a link"),
    make_hard_link: (LogPlace, "it is a link"),
    make_torn_header: (LogForeign, "disk image is malformed"),
}


@pytest.mark.parametrize("make", REFUSED, ids=lambda make: make.__name__)
@pytest.mark.parametrize("opening", ["owner", "reader"])
def test_what_is_no_log_is_refused_in_words_and_left_alone(make, opening: str, path: Path):
    make(path)
    kind, words = REFUSED[make]
    before = {file: file.read_bytes() for file in path.parent.iterdir() if file.is_file()}
    with pytest.raises(kind, match=words) as raised:
        open_log(path, AT) if opening == "owner" else read_log(path)
    assert raised.value.hint
    assert {file: file.read_bytes() for file in path.parent.iterdir() if file.is_file()} == before


def test_a_reader_refuses_an_empty_file_and_an_owner_fills_it(path: Path):
    path.touch()
    with pytest.raises(LogForeign, match="it is empty"):
        read_log(path)
    filled(path).close()
    assert wrong(read_log(path)) == []


def test_a_folder_that_is_not_there_is_made_but_not_a_whole_path(tmp_path: Path):
    filled(tmp_path / ".cellc" / "log.db").close()
    with pytest.raises(LogPlace, match="No such file or directory"):
        open_log(tmp_path / "a" / "b" / "log.db", AT)


def test_a_place_that_cannot_be_written_is_refused():
    with pytest.raises(LogPlace, match="cannot hold a log"):
        open_log(Path("/proc/log.db"), AT)


def test_every_problem_of_a_log_has_words_and_a_hint(path: Path):
    fields = {"path": path, "reason": "r", "found": 2, "known": 1, "pid": 3, "origin": "o"}
    for kind in LogProblem.__subclasses__():
        problem = kind(**fields)
        assert str(path) in str(problem)
        assert problem.hint


def test_the_files_of_a_log_are_known(path: Path):
    log = filled(path)
    assert set(path.parent.iterdir()) <= log_files(path)
    log.close()


# --- changed rows -----------------------------------------------------------------------------------------------------

LARGE = b"v" * 4000


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("UPDATE events SET body = CAST('TWO' AS BLOB) WHERE seq = 2", (2, "it is not as it was written")),
        ("UPDATE events SET chain = zeroblob(16) WHERE seq = 5", (5, "it is not as it was written")),
        ("DELETE FROM events WHERE seq = 2", (2, "it is missing")),
        ("DELETE FROM events WHERE seq < 4", (1, "it and all up to 3 are missing")),
        ("UPDATE vals SET bytes = zeroblob(4000)", (4, "its value is not as it was written")),
        ("DELETE FROM vals", (4, "its value is missing")),
        ("UPDATE meta SET value = 'another log' WHERE key = 'identity'", (1, "it is not as it was written")),
    ],
)
def test_what_is_wrong_with_a_row_is_found_and_the_others_are_not_blamed(
    statement: str, found: tuple[int, str], path: Path
):
    filled(path, b"one", b"two", b"three", LARGE, b"five").close()
    assert wrong(read_log(path)) == []
    edit(path, statement)
    assert wrong(read_log(path)) == [found]


def test_every_row_that_is_wrong_is_found(path: Path):
    filled(path, *(b"%d" % number for number in range(20))).close()
    edit(path, "UPDATE events SET body = zeroblob(1) WHERE seq IN (3, 9)")
    edit(path, "DELETE FROM events WHERE seq IN (5, 14, 15)")
    assert [seq for seq, _ in wrong(read_log(path))] == [3, 5, 9, 14]


def test_rows_cannot_change_places_between_runs(path: Path):
    log = filled(path, b"same")
    log.append([Append(log.next_run(), [b"same"], head_of(2))])
    log.close()
    edit(path, "UPDATE events SET run = run + 10")
    edit(path, "UPDATE events SET run = 13 - run")
    assert wrong(read_log(path)) == [(1, "it is not as it was written")]


def test_a_damaged_page_is_a_damaged_log_and_not_a_traceback(path: Path):
    filled(path, *[b"w" * 900] * 200).close()
    whole = path.read_bytes()
    path.write_bytes(whole[:8192] + bytes(len(whole) - 8192))
    with pytest.raises(LogDamaged, match="cannot be read"):
        list(read_log(path).events(1))


def test_a_torn_end_of_the_journal_is_only_what_was_never_acknowledged(path: Path, tmp_path: Path):
    log = filled(path, b"one")
    log.append([Append(1, [b"two"])])
    whole = path.with_name("log.db-wal").read_bytes()
    log.append([Append(1, [b"three"])])
    torn = path.with_name("log.db-wal").read_bytes()
    log_copy = tmp_path / "copy" / "log.db"
    log_copy.parent.mkdir()
    shutil.copy(path, log_copy)
    for end in range(len(whole), len(torn), 500):
        log_copy.with_name("log.db-wal").write_bytes(torn[:end])
        log_copy.with_name("log.db-shm").unlink(missing_ok=True)
        reader = read_log(log_copy)
        assert list(reader.events(1)) == [b"one", b"two"]
        reader.close()
    log.close()
