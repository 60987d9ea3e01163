"""`kill -9` of a real process in the middle of its appends loses no event that it had acknowledged."""

import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cellc.runtime.audit import broken
from cellc.runtime.log_problems import LogOwned
from cellc.runtime.log_sqlite import open_log

AT = datetime(2026, 3, 1, tzinfo=UTC)

WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from cellc.runtime.log_sqlite import open_log
from cellc.runtime.ports import Append, RunHead

at = datetime(2026, 3, 1, tzinfo=UTC)
log = open_log(Path(sys.argv[1]), at)
first = log.epoch * 10_000_000
log.append([Append(run, [b"start"], RunHead(run, f"{first}-{run}", "g", "c", "running", at)) for run in (1, 2)])
for number in range(first, first + 1_000_000):
    body = b"%d" % number
    log.append([Append(1, [body, body * 300]), Append(2, [body])])
    print(number, flush=True)
"""


@pytest.mark.parametrize("acknowledged", [1, 7, 120])
def test_kill_9_loses_no_acknowledged_event(acknowledged: int, tmp_path: Path):
    path = tmp_path / "log.db"
    kept: list[bytes] = []
    for _ in range(2):
        kept += acknowledged_before_kill(path, acknowledged)
        log = open_log(path, AT)
        assert [*broken(log.identity, 1, log.stored_run(1)[1]), *broken(log.identity, 2, log.stored_run(2)[1])] == []
        events = [event for event in log.events(2) if event != b"start"]
        assert set(kept) <= set(events)
        assert list(log.events(1)) == [part for event in log.events(2) for part in pair(event)]
        log.close()


def pair(event: bytes) -> list[bytes]:
    return [event] if event == b"start" else [event, event * 300]


def acknowledged_before_kill(path: Path, count: int) -> list[bytes]:
    """Let a writer run until it has acknowledged `count` commits, kill it, and return all that it acknowledged."""
    with subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE) as writer:
        assert writer.stdout
        lines = [writer.stdout.readline() for _ in range(count)]
        with pytest.raises(LogOwned, match=str(writer.pid)):
            open_log(path, AT)
        writer.send_signal(signal.SIGKILL)
        lines += writer.stdout.readlines()
    return [line.strip() for line in lines if line.endswith(b"\n")]
