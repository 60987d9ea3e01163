"""What can happen to a run, as the shell tells the core. Every input carries its time (`at`, aware).

An input that no longer means anything (a repeated or late result, a tick too early) decides nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias


@dataclass(frozen=True, slots=True)
class Start:
    """Begin: `input` fits the input type of `cell`; `graph` is the program's hash."""

    at: datetime
    graph: str
    cell: str
    input: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Completed:
    """The effect happened; `value` fits its declared output."""

    at: datetime
    call: int
    value: Any


@dataclass(frozen=True, slots=True)
class Raised:
    """The effect ended in `error`, by the qualified name that the effect declares.

    `attempt` is the one that did (None: the one being made). `jitter` as in `Failed`, where the policy retries it.
    """

    at: datetime
    call: int
    error: str
    fields: Mapping[str, Any]
    attempt: int | None = None
    jitter: float = 0.5


@dataclass(frozen=True, slots=True)
class Failed:
    """Attempt number `attempt` did not work.

    `permanent`: it never will. `unknown`: it may have happened all the same (matters for `once`). `retry_after`
    (seconds) is the other side's wish. `jitter` is a random number from 0 to 1.
    """

    at: datetime
    call: int
    attempt: int
    reason: str
    permanent: bool = False
    unknown: bool = False
    retry_after: float | None = None
    jitter: float = 0.5


@dataclass(frozen=True, slots=True)
class Sent:
    """A `once` call is about to be performed: it may be, when the event of this input is durable."""

    at: datetime
    call: int


@dataclass(frozen=True, slots=True)
class NeverStarted:
    """Nobody has begun to perform a call, and nobody will: its scope was left while it waited for its turn."""

    at: datetime
    call: int


@dataclass(frozen=True, slots=True)
class Deferred:
    """Attempt number `attempt` is not made before `until`: what it would ask does not work now."""

    at: datetime
    call: int
    attempt: int
    until: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Resolved:
    """A person says how a call that stands ended: in `value`, which fits its effect's output."""

    at: datetime
    call: int
    value: Any


@dataclass(frozen=True, slots=True)
class ResolvedError:
    """A person says that a call that stands ended in `error`, which its effect declares, with fitting `fields`."""

    at: datetime
    call: int
    error: str
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Again:
    """A person says that a call that stands did not happen, and wants it to be made, under another key."""

    at: datetime
    call: int


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed: timers and retries that are due go on."""

    at: datetime


@dataclass(frozen=True, slots=True)
class EventArrived:
    """An event of `events:` has come, by qualified name; `data` fits its payload, `key` is its key (None: it has none).

    It goes to the oldest wait of the run that it fits, and to no other. That the event with this `id` is new, and that
    no other run has an older wait for it, is for the caller to know: the log is common to all runs, a run is not.
    """

    at: datetime
    event: str
    id: str
    key: Any
    data: Any


@dataclass(frozen=True, slots=True)
class TaskAnswered:
    """A person has answered a task; `data` fits what its form asks for."""

    at: datetime
    call: int
    data: Any


@dataclass(frozen=True, slots=True)
class CodeRequest:
    """A request of Python code; `input` fits the effect's. `undoable`: it can say how the request is undone."""

    effect: str
    input: Mapping[str, Any]
    undoable: bool = False


@dataclass(frozen=True, slots=True)
class Moved:
    """A frame's Python code has made its move number `move` and waits; see `events.CodeMoved`.

    `state` is there where `keeps` says so.
    """

    at: datetime
    frame: int
    move: int
    requests: tuple[CodeRequest, ...]
    code: str
    keeps: bool = False
    state: Any = None
    machine: bool = False


@dataclass(frozen=True, slots=True)
class CodeDone:
    """A frame's Python code has ended in its move number `move`: `value` fits its output, or the fields of `error`."""

    at: datetime
    frame: int
    move: int
    value: Any
    code: str
    error: str | None = None


@dataclass(frozen=True, slots=True)
class CodeFailed:
    """A frame's Python code has failed in its move number `move`, or while it said how to undo. `reason` says where."""

    at: datetime
    frame: int
    move: int
    reason: str


@dataclass(frozen=True, slots=True)
class UndoSaid:
    """A frame's Python code says how its request is undone; `effect` None: not at all."""

    at: datetime
    frame: int
    request: int
    effect: str | None
    input: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Retry:
    """A person wants what stands to be tried again. Of unknown outcomes only the probe is: it is asked once more."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Cancel:
    """A person wants the run taken back. Nothing, when it is on its way out already."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Kill:
    """A person wants the run to end as it stands."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Recovered:
    """The run was folded from its log. A `once` call that was sent has an unknown outcome.

    What was due after `since` no other process has begun: this one has owned the log since then. `adopted`: the log is
    a copy, and where it was copied from the run may have gone on. `deadly`: process after process has ended as soon as
    the run came back, so what it performs is left alone until a person acts.
    """

    at: datetime
    since: datetime
    adopted: bool = False
    deadly: bool = False


Input: TypeAlias = (
    Start
    | Completed
    | Raised
    | Failed
    | Sent
    | NeverStarted
    | Deferred
    | Resolved
    | ResolvedError
    | Again
    | Tick
    | EventArrived
    | TaskAnswered
    | Moved
    | CodeDone
    | CodeFailed
    | UndoSaid
    | Retry
    | Cancel
    | Kill
    | Recovered
)
