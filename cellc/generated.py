"""Files that cellc writes for people to keep: it knows its own by a hash at their top, and overwrites no other.

The hash covers the rest of the file. So one that somebody has changed, or formatted in another way, is no longer ours.
"""

import hashlib
import re
from pathlib import Path

from cellc.exits import CannotDo, Refused, problem
from cellc.replacing import make_file, replace_file

_SEALED = re.compile(r"# Written by `cellc gen [^\n]*\n# sha256: (?P<hash>[0-9a-f]{64})\n(?P<rest>.*)\Z", re.DOTALL)


def sealed(text: str, command: str, source: str) -> str:
    """Return Python text under two lines that say which command made it, and of which file."""
    top = f"# Written by `{command} {source}`: change that file, not this one."
    return f"{top}\n# sha256: {_hash(text)}\n{text}"


def write(path: str, text: str) -> bool:
    """Write a sealed text to `path`, and return whether that changed anything. Raises Refused, CannotDo."""
    file = Path(path)
    found = _read(file)
    if found is None:
        problems = make_file(file, text.encode())
    elif _plain(found) == text:
        return False
    elif not _is_ours(_plain(found)):
        raise Refused(problem("E824", path=path))
    else:
        problems = replace_file(file, found, text.encode())
    if problems:
        raise CannotDo(problems)
    return True


def compare(path: str, text: str, command: str) -> None:
    """Do nothing where `path` holds this text. Raises Refused, with the `command` that would write it; CannotDo."""
    found = _read(Path(path))
    if found is None:
        raise Refused(problem("E825", path=path, what="is not there", command=command))
    if _plain(found) != text:
        raise Refused(problem("E825", path=path, what="is not what the program says now", command=command))


def _read(path: Path) -> bytes | None:
    """Return what the file holds, None where there is none. Raises CannotDo."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as reason:
        raise CannotDo(problem("E821", reason=f"{path}: {(reason.strerror or str(reason)).lower()}")) from None


def _plain(content: bytes) -> str:
    """Return the text; a checkout may have changed its line ends."""
    return content.decode("utf-8", "replace").replace("\r\n", "\n")


def _is_ours(text: str) -> bool:
    found = _SEALED.match(text)
    return found is not None and found["hash"] == _hash(found["rest"])


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
