"""Why a log cannot be opened or used: each a code with fields; the wording is in `language/codes.py`.

`LogProblem` is what a user can act on and what commands print. `Fenced` and `LogFailed` (`ports.py`) happen to a log
that was open.
"""

from typing import ClassVar

from cellc.language.codes import CODES


class LogProblem(Exception):  # noqa: N818 -- a kind of bad news for the user, not a bug
    """A log cannot be opened. `str()` is a sentence for people; `hint` says what to do next."""

    code: ClassVar[str]

    def __init__(self, **fields: object) -> None:
        self.fields = {name: str(value) for name, value in fields.items()}
        super().__init__(CODES[self.code].message.format_map(self.fields))

    @property
    def hint(self) -> str:
        """What to do about it."""
        return CODES[self.code].hint.format_map(self.fields)


class LogMissing(LogProblem):
    """There is no file at `path`, and nothing may be created."""

    code = "E810"


class LogPlace(LogProblem):
    """The `path` cannot hold a log, for the `reason` given."""

    code = "E811"


class LogForeign(LogProblem):
    """The file at `path` is something else; it has not been changed."""

    code = "E812"


class LogUnmade(LogForeign):
    """The file at `path` is empty: its first owner is just making a log of it, or has ended before it was made."""


class LogNewer(LogProblem):
    """The log's format is `found`, later than the `known` one."""

    code = "E813"


class LogOwned(LogProblem):
    """The running process `pid` owns the log."""

    code = "E814"


class LogDamaged(LogProblem):
    """The log at `path` is ours, and SQLite cannot read it."""

    code = "E815"


class LogCopied(LogProblem):
    """The log at `path` is a copy of `origin`, and nobody has said that it is to go on here."""

    code = "E841"


class BackupNotMade(LogProblem):
    """No backup could be written to `path`, for the `reason` given."""

    code = "E843"


class InboxFull(LogProblem):
    """A command cannot be put into the inbox at `path`, for the `reason` given; nothing has been asked."""

    code = "E847"
