"""Where things are: flag, then environment, then `cellc.toml`, then the default."""

import hashlib
import os
import stat
from pathlib import Path

PROJECT_FILE = "cellc.toml"


def log_path(flag: str | None) -> Path:
    """Return the log's place: `--log`, CELLC_LOG, or `.cellc/log.db` beside the nearest cellc.toml or else here."""
    given = flag or os.environ.get("CELLC_LOG")
    return Path(given) if given else _project_folder() / ".cellc" / "log.db"


def _project_folder() -> Path:
    here = Path.cwd()
    with_project = (folder for folder in (here, *here.parents) if (folder / PROJECT_FILE).is_file())
    return next(with_project, here)


def cache_folder() -> Path | None:
    """Return the folder for what can be computed again; None where there is none that only this user can write.

    It may hold pickled tables, so nobody else may be able to put a file there.
    """
    given = os.environ.get("CELLC_CACHE")
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    folder = Path(given) if given else Path(base).expanduser() / "cellc"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.stat()
    except (OSError, RuntimeError):
        return None
    return folder if found.st_uid == os.geteuid() and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH) else None


def build() -> str:
    """Return a mark of this very cellc, over its files' names, sizes and times: a changed checkout is another build."""
    root = Path(__file__).parent
    digest = hashlib.sha256()
    for room in ("language", "language/values", "language/subtype", "compiler", "grammar", "stdlib_effects", "."):
        _add_folder(digest, root / room)
    return digest.hexdigest()


def _add_folder(digest: "hashlib._Hash", folder: Path) -> None:
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name) if folder.is_dir() else ():
        if entry.is_file():
            found = entry.stat()
            digest.update(f"{entry.path}:{found.st_size}:{found.st_mtime_ns}\n".encode())
