"""Where things are: flag, then environment, then `cellc.toml`, then the default."""

import os
import shlex
from pathlib import Path

PROJECT_FILE = "cellc.toml"


def log_path(flag: str | None) -> Path:
    """Return the log's place: `--log`, CELLC_LOG, or `.cellc/log.db` beside the nearest cellc.toml or else here."""
    given = flag or os.environ.get("CELLC_LOG")
    return Path(given) if given else project_folder() / ".cellc" / "log.db"


def typed(log: Path, *words: str) -> str:
    """Return a command about this log, as it can be typed here."""
    place = [] if log == log_path(None) else ["--log", str(log)]
    return shlex.join(["cellc", *words, *place])


def project_folder() -> Path:
    """Return the nearest folder with a cellc.toml, else the working directory, which is `.`."""
    here = Path.cwd()
    with_project = (folder for folder in (here, *here.parents) if (folder / PROJECT_FILE).is_file())
    found = next(with_project, here)
    return Path() if found == here else found
