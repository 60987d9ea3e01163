"""The inbox: commands for the owner of a log, in an SQLite file of their own beside it.

A sender adds a row, rings, and reads the verdict in the log, which the owner commits with the events that the command
came to. The owner only ever reads the inbox, so a sender that is stopped in the middle of a write blocks other senders
at most. The verdict is under the row's `inbox_id`: a row that is read again after a crash is not obeyed again. The
sender removes its row when it has the verdict; rows of senders that are gone stay until the next owner tidies up.

The bell is a named pipe: it wakes an owner, and says nothing.
"""

import asyncio
import contextlib
import os
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

from cellc.runtime.commands import Command, dump, load_command
from cellc.runtime.log_problems import InboxFull, LogPlace
from cellc.runtime.log_reading import connect
from cellc.runtime.ports import Log
from cellc.runtime.sqlite_library import DURABILITY, sqlite3

AGAIN_SECONDS = 0.1
"""When an inbox that could not be read is read again."""

COMMAND_CHARACTERS, COMMANDS_WAITING = 64 * 1024 * 1024, 10_000
"""How long a command may be, and how many may wait for the owner."""

_SCHEMA = """
    CREATE TABLE IF NOT EXISTS commands (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        inbox_id TEXT NOT NULL UNIQUE,
        log TEXT NOT NULL,
        command TEXT NOT NULL
    ) STRICT
"""
_UNREAD = "SELECT number, inbox_id, command FROM commands WHERE number > ? AND log = ? ORDER BY number"


def inbox_path(log: Path) -> Path:
    """Return the inbox of the log at `log`."""
    return log.with_name(log.name + "-inbox")


def bell_path(log: Path) -> Path:
    """Return the bell of the owner of the log at `log`."""
    return log.with_name(log.name + "-bell")


class Inbox:
    """The owner's end."""

    def __init__(self, log: Path, identity: str) -> None:
        self._path = inbox_path(log)
        self._bell_path = bell_path(log)
        self._identity = identity
        self._last = 0
        self._bell = -1
        self._ring: Callable[[], None] = lambda: None

    def listen(self, ring: Callable[[], None]) -> None:
        """Call `ring` whenever a sender rings, until `close`."""
        self._ring = ring
        with contextlib.suppress(FileExistsError):
            os.mkfifo(self._bell_path)
        self._bell = os.open(self._bell_path, os.O_RDWR | os.O_NONBLOCK)
        asyncio.get_running_loop().add_reader(self._bell, self._rung)

    def _rung(self) -> None:
        with contextlib.suppress(BlockingIOError):
            os.read(self._bell, 4096)
        self._ring()

    def unread(self, log: Log) -> list[tuple[str, Command]]:
        """Return the commands that have not been read and have no verdict, with their inbox ids."""
        rows = self._rows()
        self._last = max([self._last, *(number for number, _, _ in rows)])
        found = []
        for _, inbox_id, command in rows:
            if log.verdict(inbox_id) is None:
                with contextlib.suppress(ValueError):  # of a newer cellc: its sender waits for an owner that knows it
                    found.append((inbox_id, load_command(command)))
        return found

    def _rows(self) -> list[tuple[int, str, str]]:
        if not self._path.exists():
            return []
        try:
            with contextlib.closing(connect(self._path, "rw", wait=0)) as connection:
                return connection.execute(_UNREAD, (self._last, self._identity)).fetchall()
        except (sqlite3.Error, LogPlace):  # busy, or not made yet
            asyncio.get_running_loop().call_later(AGAIN_SECONDS, self._ring)
            return []

    def close(self) -> None:
        """Stop listening."""
        if self._bell >= 0:
            asyncio.get_running_loop().remove_reader(self._bell)
            os.close(self._bell)
            self._bell = -1


class Sent:
    """The sender's end of one command, which is in the inbox once this is made. Raises LogPlace."""

    def __init__(self, log: Path, identity: str, command: Command) -> None:
        self._log = log
        self.inbox_id = str(uuid4())
        self._put(identity, dump(command))

    def _put(self, identity: str, command: str) -> None:
        if len(command) > COMMAND_CHARACTERS:
            raise InboxFull(
                path=inbox_path(self._log), reason=f"a command has at most {COMMAND_CHARACTERS:,} characters"
            )
        try:
            with contextlib.closing(self._connect()) as connection:
                for pragma in DURABILITY:
                    connection.execute(pragma)
                connection.execute(_SCHEMA)
                ((waiting,),) = connection.execute("SELECT count(*) FROM commands").fetchall()
                if waiting >= COMMANDS_WAITING:
                    raise InboxFull(path=inbox_path(self._log), reason=f"{waiting:,} commands wait in it already")
                row = (self.inbox_id, identity, command)
                connection.execute("INSERT INTO commands (inbox_id, log, command) VALUES (?, ?, ?)", row)
        except sqlite3.Error as problem:
            raise LogPlace(path=inbox_path(self._log), reason=problem) from None

    def _connect(self) -> sqlite3.Connection:
        return connect(inbox_path(self._log), "rwc")

    def ring(self) -> None:
        """Wake the owner, where there is one."""
        try:
            bell = os.open(bell_path(self._log), os.O_WRONLY | os.O_NONBLOCK)
        except OSError:
            return
        with contextlib.suppress(BlockingIOError, BrokenPipeError):
            os.write(bell, b"!")
        os.close(bell)

    def remove(self) -> None:
        """Take the command out of the inbox, when its verdict is known."""
        with contextlib.suppress(sqlite3.Error), contextlib.closing(self._connect()) as connection:
            connection.execute("DELETE FROM commands WHERE inbox_id = ?", (self.inbox_id,))
