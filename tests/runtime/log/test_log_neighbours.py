"""Who else is about: another user of SQLite in the process, stopped writers, an older SQLite."""

import os
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from cellc.runtime.commands import CancelRun
from cellc.runtime.inbox import Inbox, Sent, inbox_path
from cellc.runtime.log_reading import connect, read_log
from cellc.runtime.log_sqlite import open_log
from cellc.runtime.ports import Append, RunHead
from cellc.runtime.sqlite_library import sqlite3
from tests.runtime.fabric.worlds import AT

HEAD = RunHead(number=1, id="id", graph="g", cell="c", status="running", started_at=AT)

SECOND_USER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from cellc.runtime.log_sqlite import open_log
from cellc.runtime.ports import Append, RunHead

at = datetime(2026, 3, 1, tzinfo=UTC)
path = Path(sys.argv[1])
log = open_log(path, at)
import sqlite3                      # what a handler or a library in this process would do
assert sqlite3.__name__ == "pysqlite3", sqlite3
log._connection.execute("BEGIN IMMEDIATE")
other = sqlite3.connect(path)
other.execute("SELECT count(*) FROM events").fetchall()
other.close()                       # of a second library, this would drop the locks of the first
print("open", flush=True)
sys.stdin.readline()
log._connection.execute("ROLLBACK")
log.append([Append(1, [b"one"], RunHead(1, "id", "g", "c", "running", at))])
log.close()
"""

STOPPED_SENDER = """
import sys
from pathlib import Path
from cellc.runtime.log_reading import connect

connection = connect(Path(sys.argv[1]), "rw")
connection.execute("BEGIN IMMEDIATE")
connection.execute("INSERT INTO commands (inbox_id, log, command) VALUES ('x', 'y', 'z')")
print("writing", flush=True)
sys.stdin.readline()
"""

OLDER_SQLITE = """
import sys
sys.modules["pysqlite3"] = None
import sqlite3
sqlite3.sqlite_version_info = sqlite3.sqlite_version_info if sqlite3.sqlite_version_info < (3, 51, 3) else (3, 40, 1)
from datetime import UTC, datetime
from pathlib import Path
from cellc.runtime.log_sqlite import open_log
from cellc.runtime.ports import Append, RunHead

at = datetime(2026, 3, 1, tzinfo=UTC)
log = open_log(Path(sys.argv[1]), at)
print([log._connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")])
log.append([Append(1, [b"older"], RunHead(1, "id", "g", "c", "running", at))])
log.close()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "log.db"


def test_a_second_user_of_sqlite_in_the_process_is_the_same_library_and_drops_no_lock(path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SECOND_USER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as owner:
        assert owner.stdin
        assert owner.stdout
        assert owner.stdout.readline() == "open\n"
        with closing(connect(path, "rw", wait=0)) as writer, pytest.raises(sqlite3.OperationalError, match="locked"):
            writer.execute("BEGIN IMMEDIATE")
        owner.stdin.write("\n")
    assert owner.returncode == 0
    assert [*read_log(path).events(1)] == [b"one"]


def test_a_sender_that_is_stopped_while_it_writes_holds_up_no_owner(path: Path) -> None:
    with closing(open_log(path, AT)) as log:
        sent = Sent(path, log.identity, CancelRun("r"))
        command = [sys.executable, "-c", STOPPED_SENDER, str(inbox_path(path))]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as sender:
            assert sender.stdout
            assert sender.stdout.readline() == "writing\n"
            sender.send_signal(signal.SIGSTOP)
            os.waitid(os.P_PID, sender.pid, os.WSTOPPED)
            try:
                assert Inbox(path, log.identity).unread(log) == [(sent.inbox_id, CancelRun("r"))]
                log.append([Append(1, [b"one"], HEAD)])
            finally:
                sender.kill()
        assert [*log.events(1)] == [b"one"]


def test_a_reader_that_is_stopped_in_the_middle_holds_up_no_owner(path: Path) -> None:
    with closing(open_log(path, AT)) as log:
        log.append([Append(1, [b"one"], HEAD)])
        with closing(connect(path, "ro")) as stopped:
            stopped.execute("BEGIN")
            stopped.execute("SELECT count(*) FROM events").fetchall()
            log.append([Append(1, [b"two"] * 3000)])
            log.close()
            again = open_log(path, AT)
            again.append([Append(1, [b"three"])])
            assert [*again.events(1)][-1] == b"three"
            again.close()


def test_an_older_sqlite_writes_a_rollback_journal_and_a_newer_one_goes_on(path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", OLDER_SQLITE, str(path)], capture_output=True, text=True, check=True)
    assert done.stdout == "['truncate', 3]\n"
    with closing(open_log(path, AT)) as log:
        assert log.query("PRAGMA journal_mode") == [("wal",)]
        log.append([Append(1, [b"newer"])])
    subprocess.run([sys.executable, "-c", OLDER_SQLITE, str(path)], check=True)
    assert [*read_log(path).events(1)] == [b"older", b"newer", b"older"]
