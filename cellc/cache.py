"""What can be computed again, kept in a folder that only this user can write. Losing or spoiling it costs time only.

The folder is CELLC_CACHE, else `cellc` in XDG_CACHE_HOME or ~/.cache. Files are written whole or not at all.
"""

import contextlib
import functools
import hashlib
import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

_ROOMS = ("language", "compiler", "grammar", "stdlib_effects")


def read(name: str) -> bytes | None:
    """Return what was kept under `name`, None when there is nothing."""
    folder = _folder()
    with contextlib.suppress(OSError):
        return (folder / name).read_bytes() if folder else None
    return None


def write(name: str, data: bytes) -> None:
    """Keep `data` under `name`, where it can be kept at all."""
    folder = _folder()
    if folder is None:
        return
    with contextlib.suppress(OSError):
        descriptor, temporary = tempfile.mkstemp(dir=folder)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        Path(temporary).replace(folder / name)


@functools.cache
def build() -> str:
    """Return a mark of this very cellc, over its files' names, sizes and times: a changed checkout is another build."""
    root = Path(__file__).parent
    digest = hashlib.sha256()
    for path, size, time in sorted(found for room in _ROOMS for found in _files(str(root / room))):
        digest.update(f"{path}:{size}:{time}\n".encode())
    return digest.hexdigest()


def _files(folder: str) -> Iterator[tuple[str, int, int]]:
    for entry in os.scandir(folder):
        if entry.is_file():
            found = entry.stat()
            yield entry.path, found.st_size, found.st_mtime_ns
        elif entry.is_dir() and entry.name != "__pycache__":
            yield from _files(entry.path)


def _folder() -> Path | None:
    given = os.environ.get("CELLC_CACHE")
    try:
        folder = Path(given) if given else Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "cellc"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.stat()
    except (OSError, RuntimeError):
        return None
    return folder if found.st_uid == os.geteuid() and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH) else None
