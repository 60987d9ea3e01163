"""`file.read` and `file.write`: whole files of text, below one folder (`rooted.py`).

A write goes to a file of its own beside the target, is synced, and takes the target's name; so a crash leaves the old
text or the new one. The permissions of a file that is replaced are kept; its owner and links are not.
"""

import contextlib
import errno
import os
import secrets
from collections.abc import Callable, Mapping

from cellc.runtime.ports import Handler, Outcome, Permanent, Request, Result, Transient
from cellc.stdlib_effects.plain import Threaded
from cellc.stdlib_effects.rooted import folder_of
from cellc.stdlib_effects.surroundings import Forbidden, Surroundings

MAX_BYTES = 10 * 2**20
"""A larger text does not belong in a run's log."""

_MAY_PASS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE, errno.EIO, errno.EAGAIN, errno.ESTALE})


def handlers(surroundings: Surroundings) -> Mapping[str, Handler]:
    """Return the handlers of this module."""

    def read(request: Request) -> Outcome:
        return _attempt(request, surroundings, _read)

    def write(request: Request) -> Outcome:
        return _attempt(request, surroundings, lambda folder, name: _write(folder, name, request.input["text"]))

    return {"file.read": Threaded(read), "file.write": Threaded(write)}


def _attempt(request: Request, surroundings: Surroundings, do: Callable[[int, str], Outcome]) -> Outcome:
    path = request.input["path"]
    try:
        surroundings.check(surroundings.files / path, path)
        with folder_of(surroundings.files, path) as (folder, name):
            return do(folder, name)
    except Forbidden as problem:
        return Permanent(str(problem))
    except ValueError as problem:  # a name with a null character, a text that is not UTF-8
        return Permanent(f"{path}: {problem}")
    except OSError as problem:
        kind = Transient if problem.errno in _MAY_PASS else Permanent
        return kind(f"{path}: {problem.strerror}")


def _read(folder: int, name: str) -> Outcome:
    with os.fdopen(os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder), "rb") as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        return Permanent(f"{name} is larger than {MAX_BYTES} bytes")
    return Result(data.decode("utf-8"))


def _write(folder: int, name: str, text: str) -> Outcome:
    data, mode = text.encode("utf-8"), _mode(folder, name)
    temporary = f".{name}.{secrets.token_hex(8)}"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(temporary, flags, 0o600, dir_fd=folder)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        os.replace(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary, dir_fd=folder)
        raise
    os.fsync(folder)
    return Result(None)


def _mode(folder: int, name: str) -> int:
    """Return the permissions that the file has, or that a new one would get."""
    with contextlib.suppress(FileNotFoundError):
        return os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode & 0o7777
    return 0o644
