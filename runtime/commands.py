"""What people and other processes ask of the owner of a log, and what becomes of it. Plain data with a JSON text.

Payloads and answers are JSON texts until the door has checked them: a decimal is never read as a float on its way.
"""

from dataclasses import dataclass
from typing import TypeAlias

import msgspec

from cellc.language.codes import CODES


class StartRun(msgspec.Struct, frozen=True, tag="start"):
    """A run of `cell` is to begin: `program` as the log keeps it, `input` in its stored form.

    With a `key` it begins only where no run holds that key.
    """

    program: str
    cell: str
    input: str
    key: str | None = None


class Serve(msgspec.Struct, frozen=True, tag="serve"):
    """The schedules of `program`, as the log keeps it, are to start runs from now on."""

    program: str


class Requested(msgspec.Struct, frozen=True, tag="requested"):
    """A request has come to a trigger of the program `graph`, which is served here; `body` is its JSON text."""

    graph: str
    trigger: str
    body: str


class Signal(msgspec.Struct, frozen=True, tag="signal"):
    """An event has happened. `id` makes it the same event when it is told again; `key` is checked where it is given."""

    event: str
    data: str
    id: str
    key: str | None = None


class Complete(msgspec.Struct, frozen=True, tag="complete"):
    """A person has answered the task that is the call `call` of a run."""

    run: str
    call: int
    data: str


class CancelRun(msgspec.Struct, frozen=True, tag="cancel"):
    """A run is to be taken back."""

    run: str


class KillRun(msgspec.Struct, frozen=True, tag="kill"):
    """A run is to end as it stands."""

    run: str


class ResumeRuns(msgspec.Struct, frozen=True, tag="resume"):
    """What has not ended is to go on: one run, or all."""

    run: str | None = None


class RetryRun(msgspec.Struct, frozen=True, tag="retry"):
    """What a run stands at is to be tried again."""

    run: str


class ResolveResult(msgspec.Struct, frozen=True, tag="result"):
    """The call that stands at a place of a run has happened, and this is its result."""

    run: str
    place: str
    result: str


class ResolveError(msgspec.Struct, frozen=True, tag="error"):
    """The call that stands at a place of a run has ended in an error, named with or without its module."""

    run: str
    place: str
    error: str
    fields: str


class ResolveAgain(msgspec.Struct, frozen=True, tag="again"):
    """The call that stands at a place of a run has not happened, and is to be made."""

    run: str
    place: str


class MoveRuns(msgspec.Struct, frozen=True, tag="move"):
    """These runs are to go on under `program`, those that can: `moving`, as JSON text, says how. By whom, and why."""

    program: str
    moving: str
    runs: tuple[str, ...]
    by: str
    reason: str


Resolve: TypeAlias = ResolveResult | ResolveError | ResolveAgain

Command: TypeAlias = (
    StartRun | Serve | Requested | Signal | Complete | CancelRun | KillRun | ResumeRuns | RetryRun | MoveRuns | Resolve
)
"""`run` is the whole id of a run."""


class Refusal(msgspec.Struct, frozen=True):
    """Why a command was refused: a code of `language/codes.py` with its fields."""

    code: str
    fields: dict[str, str]


class Verdict(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became of a command.

    `outcome`: "taken" (an event, by `run`), "kept", "dropped", "repeated" (an event that was known already, or the
    `run` that holds the key of a start), "done" (anything else, with the `run`), or "refused" for the reasons given.
    """

    outcome: str
    run: str = ""
    refusals: tuple[Refusal, ...] = ()

    @property
    def accepted(self) -> bool:
        """Whether the command was obeyed."""
        return not self.refusals


@dataclass(slots=True)
class Refused(Exception):  # noqa: N818 -- an answer, not a bug
    """A command cannot be obeyed."""

    refusals: tuple[Refusal, ...]

    def told(self) -> str:
        """Return the reasons in words."""
        return "; ".join(CODES[no.code].message.format_map(no.fields) for no in self.refusals)


def refused(code: str, **fields: str) -> Refused:
    """Return the one reason for which a command is refused."""
    return Refused((Refusal(code, fields),))


_commands: msgspec.json.Decoder[Command] = msgspec.json.Decoder(Command)
_verdicts = msgspec.json.Decoder(Verdict)


def dump(what: Command | Verdict) -> str:
    """Return the JSON text of a command or verdict."""
    return msgspec.json.encode(what).decode()


def load_command(text: str) -> Command:
    """Return the command of a text. Raises msgspec.ValidationError, a ValueError."""
    return _commands.decode(text)


def load_verdict(text: str) -> Verdict:
    """Return the verdict of a text."""
    return _verdicts.decode(text)
