"""Live status: what only the owner of a log knows, why a call waits for a place. For people, and nothing depends on it.

The owner listens on a Unix socket beside the log, which only its own user may open. A connection asks about one run, by
its id in a line, and gets one JSON document. Where no socket can be had, there is no live status: runs go on.
"""

import asyncio
import contextlib
import os
import socket
import stat
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from itertools import islice
from pathlib import Path

import msgspec

SECONDS = 1.0
"""How long either side waits for the other."""

LONGEST_QUESTION, LONGEST_ANSWER = 1_000, 1_000_000
"""Bytes."""

MOST_CALLS = 100
"""Calls of a run that are told of: a place in line is counted anew for each."""

_LONGEST_ADDRESS = 100
"""Bytes that a socket's address surely may have; what is longer is named by way of its folder's descriptor."""


class Live(msgspec.Struct, frozen=True):
    """What an owner says of a run: its process, and why each call that waits for a place does, by the call's number."""

    process: int
    waiting: dict[int, str]


def status_path(log: Path) -> Path:
    """Return the socket of the owner of the log at `log`."""
    return log.with_name(log.name + "-status")


@asynccontextmanager
async def serving(log: Path, reasons: Callable[[str], Iterable[tuple[int, str]]]) -> AsyncIterator[None]:
    """Answer while the body runs. Whoever calls this owns the log, so a socket that is there is a dead process's."""
    path = status_path(log)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, ValueError, KeyError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            async with asyncio.timeout(SECONDS):
                run = (await reader.readuntil()).decode().strip()
                live = Live(os.getpid(), dict(islice(reasons(run), MOST_CALLS)))
                writer.write(msgspec.json.encode(live))
                await writer.drain()
        writer.close()

    try:
        server = await asyncio.start_unix_server(answer, sock=_bound(path), limit=LONGEST_QUESTION)
    except OSError:
        yield
        return
    try:
        yield
    finally:
        server.close()
        path.unlink(missing_ok=True)


def ask(log: Path, run: str) -> Live | None:
    """Return what the owner of a log says of a run; None where there is no owner, or it does not answer."""
    try:
        with _address(status_path(log)) as address, socket.socket(socket.AF_UNIX) as asking:
            asking.settimeout(SECONDS)
            asking.connect(address)
            asking.sendall(f"{run}\n".encode())
            data = b""
            while len(data) <= LONGEST_ANSWER and (part := asking.recv(65_536)):
                data += part
            return msgspec.json.decode(data, type=Live)
    except (OSError, msgspec.MsgspecError):
        return None


def _bound(path: Path) -> socket.socket:
    """Return a socket at `path`, in the place of one of a process that has ended. Raises OSError."""
    with contextlib.suppress(FileNotFoundError):
        if stat.S_ISSOCK(path.lstat().st_mode):
            path.unlink()
    made = socket.socket(socket.AF_UNIX)
    try:
        os.fchmod(made.fileno(), 0o600)  # Linux gives the file this mode, so it never has another
        with _address(path) as address:
            made.bind(address)
        path.chmod(0o600)
        made.listen()
    except OSError:
        made.close()
        raise
    return made


@contextmanager
def _address(path: Path) -> Iterator[str]:
    """Give an address for a socket's path, however long that is."""
    name = str(path.absolute())
    if len(os.fsencode(name)) <= _LONGEST_ADDRESS:
        yield name
        return
    folder = os.open(path.absolute().parent, os.O_RDONLY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)
