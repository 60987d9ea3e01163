"""`file.read` and `file.write`: whole files of text.

A write goes to a file of its own beside the target, is synced, and takes the target's name; so a crash leaves the old
text or the new one. The permissions of a file that is replaced are kept; its owner and links are not.
"""

import contextlib
import errno
import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from cellc.runtime.ports import Handler, Outcome, Permanent, Request, Result, Transient
from cellc.stdlib_effects.plain import Threaded
from cellc.stdlib_effects.surroundings import Forbidden, Surroundings

MAX_BYTES = 10 * 2**20
"""A larger text does not belong in a run's log."""

_MAY_PASS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE, errno.EIO, errno.EAGAIN, errno.ESTALE})


def handlers(surroundings: Surroundings) -> Mapping[str, Handler]:
    """Return the handlers of this module."""

    def read(request: Request) -> Outcome:
        return _attempt(request, surroundings, _read)

    def write(request: Request) -> Outcome:
        return _attempt(request, surroundings, lambda path: _write(path, request.input["text"]))

    return {"file.read": Threaded(read), "file.write": Threaded(write)}


def _attempt(request: Request, surroundings: Surroundings, do: Callable[[Path], Outcome]) -> Outcome:
    name = request.input["path"]
    try:
        return do(surroundings.resolve(name))
    except Forbidden as problem:
        return Permanent(str(problem))
    except ValueError as problem:  # a name with a null character, a text that is not UTF-8
        return Permanent(f"{name}: {problem}")
    except OSError as problem:
        kind = Transient if problem.errno in _MAY_PASS else Permanent
        return kind(f"{name}: {problem.strerror}")


def _read(path: Path) -> Outcome:
    with path.open("rb") as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        return Permanent(f"{path.name} is larger than {MAX_BYTES} bytes")
    return Result(data.decode("utf-8"))


def _write(path: Path, text: str) -> Outcome:
    target = path.resolve()
    data = text.encode("utf-8")
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fchmod(file.fileno(), _mode(target))
            os.fsync(file.fileno())
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync_folder(target.parent)
    return Result(None)


def _mode(target: Path) -> int:
    """Return the permissions that the file has, or that a new one would get."""
    with contextlib.suppress(FileNotFoundError):
        return target.stat().st_mode & 0o7777
    return 0o644


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
