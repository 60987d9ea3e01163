"""One owner of a log: an `flock` on a side file, held for the life of the process.

The kernel drops the lock when the process ends, however it ends, so there is no stale lock to clean up. The lock says
who may *start*; what makes a late writer harmless is the epoch, which rises only after the lock is held and is checked
inside every append (`log_sqlite.py`). Known weakness: whoever deletes the side file invites a second owner; the epoch
then fences the first one.

The file says who the owner is, and up to which epoch the log with which identity has come here (`placing.py`).

`flock` and SQLite's own locks do not work over most network file systems, so those are refused.
"""

import fcntl
import os
from pathlib import Path
from weakref import WeakSet

from cellc.runtime.log_problems import LogOwned, LogPlace

SIDE_FILE_SUFFIX = "-owner"
"""Beside SQLite's own `-wal` and `-shm`."""

_NETWORK = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ncpfs", "ceph", "glusterfs", "fuse.sshfs"})

_held: WeakSet["Ownership"] = WeakSet()


class Ownership:
    """The right to write to the log at `path`, until `release`."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self.pid = os.getpid()
        self._descriptor = descriptor
        _, self._identity, self._epoch = _read(path)
        self._write()
        _held.add(self)

    def epoch_before(self, identity: str) -> int:
        """Return the epoch of the last owner here of the log with this identity, 0 where there was none."""
        return self._epoch if identity == self._identity else 0

    def note(self, identity: str, epoch: int) -> None:
        """Keep which log this owner has, and its epoch. It is durable there already, so this need not be."""
        self._identity, self._epoch = identity, epoch
        self._write()

    def _write(self) -> None:
        text = f"{self.pid} {self._identity} {self._epoch}\n".encode()
        os.pwrite(self._descriptor, text, 0)
        os.ftruncate(self._descriptor, len(text))

    @property
    def usable(self) -> bool:
        """False in a forked child: a connection that crossed a fork corrupts the log."""
        return os.getpid() == self.pid

    def release(self) -> None:
        """Let the next owner in."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def own(path: Path) -> Ownership:
    """Become the owner of the log at `path`. Raises LogOwned while another process is, LogPlace where none can be."""
    refuse_network(path)
    try:
        descriptor = os.open(_side_file(path), os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as problem:
        raise LogPlace(path=path, reason=problem.strerror) from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise LogOwned(path=path, pid=owner_pid(path) or "unknown") from None
    return Ownership(path, descriptor)


def owner_pid(path: Path) -> int | None:
    """Return the process that owns the log at `path`, or that did last; None when nobody ever has."""
    return _read(path)[0]


def _read(path: Path) -> tuple[int | None, str, int]:
    """Return what the side file says: a process, an identity, an epoch. What cannot be read says nothing."""
    try:
        pid, *rest = _side_file(path).read_text().split()
        identity, epoch = rest or ("-", "0")
        return int(pid), identity, int(epoch)
    except (OSError, ValueError):
        return None, "-", 0


def refuse_network(path: Path) -> None:
    """Raise LogPlace where `path` is on a file system whose locks cannot be trusted; silent where that is unknown."""
    kind = _file_system(path.parent)
    if kind in _NETWORK:
        raise LogPlace(path=path, reason=f"it is on a network file system ({kind}), whose locks cannot be trusted")


def _side_file(path: Path) -> Path:
    return path.with_name(path.name + SIDE_FILE_SUFFIX)


def _file_system(folder: Path) -> str | None:
    """Return the kind of file system that `folder` is on, where the kernel lists it."""
    try:
        device = folder.stat().st_dev
        mounts = Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    wanted = f"{os.major(device)}:{os.minor(device)}"
    for line in mounts.splitlines():
        fields = line.split()
        if fields[2] == wanted:
            return fields[fields.index("-") + 1]
    return None


def _forget_in_child() -> None:
    """Close the inherited descriptors: a child that outlives its parent would keep the lock."""
    for ownership in _held:
        ownership.release()


os.register_at_fork(after_in_child=_forget_in_child)
