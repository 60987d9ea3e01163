"""Files below one folder: however a path is written, and whatever is swapped on its way, nothing outside is opened."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cellc.stdlib_effects.surroundings import Forbidden

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC


@contextmanager
def folder_of(root: Path, path: str) -> Iterator[tuple[int, str]]:
    """Open the folder of the file that `path` means below `root`; give its descriptor, and the file's name there.

    Links are followed as far as they stay below `root`. The way is walked again from there without following any: a
    folder that has been swapped for a link since is not entered. Raises Forbidden for what is outside, and OSError.
    """
    real = root.resolve()
    target = (real / path).resolve()
    if not target.is_relative_to(real):
        raise Forbidden(f"{path} is outside of {root}, and files are only read and written below it")
    *folders, name = target.relative_to(real).parts or (".",)
    descriptor = os.open(real, _FOLDER)
    try:
        for folder in folders:
            inner = os.open(folder, _FOLDER | os.O_NOFOLLOW, dir_fd=descriptor)
            os.close(descriptor)
            descriptor = inner
        yield descriptor, name
    finally:
        os.close(descriptor)
