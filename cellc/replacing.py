"""Writing a file that a user named: whole or not at all.

The new text of a file that is there is written beside it by another name, with its permissions, and renamed. A link
stays a link.
"""

import os
import stat
import tempfile
from pathlib import Path

from cellc.exits import problem
from cellc.language.diagnostics import Diagnostic
from cellc.language.span import Span


def replace_file(path: Path, before: bytes, after: bytes) -> tuple[Diagnostic, ...]:
    """Replace the content `before` of a file by `after`, or return why not: it may have changed meanwhile."""
    real = path.resolve()
    try:
        if real.read_bytes() != before:
            return _not_written(path, "it has changed meanwhile")
        descriptor, temporary = tempfile.mkstemp(dir=real.parent, prefix=f".{real.name}.")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(after)
                os.fchmod(file.fileno(), stat.S_IMODE(real.stat().st_mode))
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(real)
        except BaseException:
            Path(temporary).unlink()
            raise
    except OSError as reason:
        return _not_written(path, (reason.strerror or str(reason)).lower())
    return ()


def make_file(path: Path, content: bytes) -> tuple[Diagnostic, ...]:
    """Write a file that is not there yet, or return why not: it may be there by now."""
    try:
        with path.open("xb") as file:
            try:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            except BaseException:
                path.unlink()
                raise
    except OSError as reason:
        return _not_written(path, (reason.strerror or str(reason)).lower())
    return ()


def _not_written(path: Path, reason: str) -> tuple[Diagnostic, ...]:
    return problem("E821", Span(str(path), 0, 0), reason=reason)
