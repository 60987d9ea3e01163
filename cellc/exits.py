"""Exit codes, and the ways in which a command ends early.

`Refused` is a clear no to what was asked; `CannotDo` means that it could not be tried. Both carry diagnostics, which
`command.py` prints; none of them is a bug.
"""

from collections.abc import Mapping, Sequence
from enum import IntEnum
from types import MappingProxyType

from cellc.language.diagnostics import Diagnostic
from cellc.language.span import Source, Span

NOWHERE = Span("", 0, 0)
"""The place of a problem that is in no file."""


class Exit(IntEnum):
    """What the exit code tells the caller."""

    DONE = 0
    NO = 1
    """Done, and the answer is no: diagnostics, a failed run."""
    CANNOT = 2
    """Could not be tried: wrong usage, a missing file."""
    UNFINISHED = 3
    """The run is durable and not finished: it waits or is stalled."""
    CANCELLED = 4
    CONFLICT = 5
    """Something else stands under the same key."""
    BUG = 70
    INTERRUPTED = 130
    """By Ctrl-C; runs stay durable."""
    TERMINATED = 143
    """By SIGTERM; the same."""


class Ended(Exception):  # noqa: N818 -- the end of a command, which is not always an error
    """A command ends here. `diagnostics` say why, `sources` hold the texts that they point into."""

    status: Exit

    def __init__(self, diagnostics: Sequence[Diagnostic], sources: Mapping[str, Source] = MappingProxyType({})) -> None:
        super().__init__(*(d.message for d in diagnostics))
        self.diagnostics = diagnostics
        self.sources = sources


class Refused(Ended):
    """The answer is no."""

    status = Exit.NO


class Conflict(Ended):
    """What was asked is not what stands under the same key."""

    status = Exit.CONFLICT


class CannotDo(Ended):
    """It could not be tried."""

    status = Exit.CANNOT


class Interrupted(Ended):
    """A signal came: 128 and its number."""

    def __init__(self, number: int) -> None:
        super().__init__(())
        self.status = Exit(128 + number)


def problem(code: str, span: Span = NOWHERE, **fields: str) -> tuple[Diagnostic, ...]:
    """Return one diagnostic, ready for `Refused` or `CannotDo`."""
    return (Diagnostic(code, span, fields),)
