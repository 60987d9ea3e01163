"""The seams of the runtime: everything that touches the world enters through one of these protocols.

`Log`, `Handlers`, `Clock` and `Ids` are the only ones; tests wrap them to crash at every call, to step time, to script
the world. The pure core sees none of them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Protocol

# --- effects ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Request:
    """What a handler is asked to do.

    `input` fits the effect's declared input; `key` is the same for every attempt of this call, after every crash;
    `attempt` counts from 1; `timeout` in seconds is what is left for this attempt, None without one.
    """

    effect: str
    input: Mapping[str, Any]
    key: str
    attempt: int
    timeout: float | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """The effect happened; `value` has the shape of the declared output (checked by the router)."""

    value: Any


@dataclass(frozen=True, slots=True)
class Raised:
    """The effect ended in an error that it declares: `error` is the name as declared, `fields` its data."""

    error: str
    fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Transient:
    """It did not work and may work later: retried by policy. `response` is what came back, where something did.

    `unknown`: it may have happened all the same; a `once` effect is then not tried again.
    """

    reason: str
    response: Any = None
    retry_after: float | None = None
    unknown: bool = True


@dataclass(frozen=True, slots=True)
class Permanent:
    """It did not work and will not: the run stalls with this reason. `unknown` as in `Transient`."""

    reason: str
    response: Any = None
    unknown: bool = False


Outcome = Result | Raised | Transient | Permanent


class Handler(Protocol):
    """Performs one effect. Raises nothing: what went wrong is an Outcome; an exception is a bug of the handler.

    Two methods more are called where a handler has them. `target(request) -> str | None` names what a request goes to,
    a server for instance, None where there is none: limits of the environment and a breaker are for all calls to it.
    `going_on(request) -> asyncio.Future | None` returns what still works on a request after `perform` was cancelled,
    and cannot be stopped: until that is done the call is in progress.
    """

    async def perform(self, request: Request) -> Outcome:
        """Perform `request`."""
        ...

    def payload(self, response: Any) -> Outcome:
        """Return what a binding `via` this effect gets from `response` (this effect's own output value).

        `http.post` gives the decoded JSON body for a 2xx status and Permanent otherwise; most give Result(response).
        """
        ...

    async def close(self) -> None:
        """Release connections."""
        ...


class Handlers(Protocol):
    """Finds the handler of a base effect ("http.post")."""

    def get(self, effect: str) -> Handler | None:
        """Return the handler of `effect`, or None when there is none."""
        ...

    async def close(self) -> None:
        """Close every handler that was opened."""
        ...


# --- cells in Python -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Context:
    """Where Python code runs: the run's id, and the cell's full name.

    `now` is when it began, or was told what it goes on with, in UTC: the same in every replay. `attempt` counts from
    1 how often it was begun, again by `cellc retry`; what it asks for must not depend on that.
    """

    run: str
    cell: str
    now: datetime
    attempt: int


class CellError(Exception):
    """An error of the language in code without models: `name`, qualified or not, and `fields`.

    Code catches it for what a request has ended in, and raises it for what its cell declares.
    """

    def __init__(self, name: str, fields: Mapping[str, Any] = MappingProxyType({})) -> None:
        super().__init__(f"{name} {dict(fields)}" if fields else name)
        self.name = name
        self.fields = dict(fields)


# --- time and identity -----------------------------------------------------------------------------------------------


class Clock(Protocol):
    """Wall time for records, monotonic time for waiting."""

    def now(self) -> datetime:
        """Return the time now, aware, in UTC."""
        ...

    async def sleep_until(self, due: datetime) -> None:
        """Wait until `due`; return at once when it has passed."""
        ...

    def jump(self) -> timedelta:
        """Return by how much the wall clock has been set, forwards or back, since this was asked last."""
        ...


class Ids(Protocol):
    """Makes the identity of runs, and the randomness of retry jitter."""

    def run_id(self, at: datetime) -> str:
        """Return a new UUIDv7 as text."""
        ...

    def jitter(self) -> float:
        """Return a number from 0 to 1."""
        ...


# --- the log ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RunHead:
    """What is known of a run without reading its events. `number` is the log's own, `id` the run's UUID.

    `status` is one of those of language.md section 7. `wake_at` is the next due time of a waiting run. `key` is what it
    was started under, `given` the digests of its input then (`start_keys.py`). `progress` and `percent` are what the
    program has said last about how far it is (`status.set`), the text cut to one line.
    """

    number: int
    id: str
    graph: str
    cell: str
    status: str
    started_at: datetime
    ended_at: datetime | None = None
    wake_at: datetime | None = None
    key: str | None = None
    given: str | None = None
    progress: str | None = None
    percent: int | None = None


@dataclass(frozen=True, slots=True)
class Wait:
    """A call that is found from outside: it waits for an event, or for a person (`event` is None then).

    `key` is the key that the event must have, in its stored form; None: any. `form` is what the person is asked, as
    JSON text. `number` says in which order waits were committed, 0 before that.
    """

    run: int
    call: int
    effect: str
    place: str
    since: datetime
    event: str | None = None
    key: str | None = None
    form: str | None = None
    number: int = 0


@dataclass(frozen=True, slots=True)
class Arrival:
    """An event that has come; another one of the same name and `id` is the same.

    `key` is in its stored form. `data`, encoded, is there while the event is kept for a wait that comes later: until
    `until`. `run` has got it.
    """

    event: str
    id: str
    key: str | None
    at: datetime
    until: datetime | None = None
    data: bytes | None = None
    run: int | None = None


@dataclass(frozen=True, slots=True)
class Schedule:
    """How far the schedule of a trigger is. `rule` is what it was then: cron's fields and the time zone.

    Due times up to `judged` have been decided. `previous` is the one that the last run was for, and `run` is that run.
    `queued` is one whose run begins when that one has ended.
    """

    trigger: str
    rule: str
    judged: datetime
    previous: datetime | None = None
    run: int | None = None
    queued: datetime | None = None


@dataclass(frozen=True, slots=True)
class KeptState:
    """A run's state after the event number `seq`: a cache of the events up to there. `form` says how to read `body`.

    The log gives `seq`: in an `Append` it is that of its last event.
    """

    form: str
    body: bytes
    seq: int = 0


@dataclass(frozen=True, slots=True)
class Append:
    """What one step adds to one run: encoded events, its head where that changed (start, park, end), and its waits.

    `waits` are to be found from here on (of one that is listed only the place changes), those in `unlisted` no more.
    `kept` is the state after these events, where it is time to keep one; it replaces the one before. `revived`: a
    process has come back to the run, which is running.
    """

    run: int
    events: Sequence[bytes]
    head: RunHead | None = None
    waits: Sequence[Wait] = ()
    unlisted: Sequence[int] = ()
    kept: KeptState | None = None
    revived: bool = False


class Fenced(Exception):  # noqa: N818 -- named for what happened, as the field does
    """Another owner has taken over the log: this process must stop writing."""


class LogFailed(Exception):  # noqa: N818 -- named for what happened
    """A commit failed, and its outcome may be unknown: the process must re-read before it acts again."""


class LogFull(LogFailed):
    """There is no room for a commit: nothing of it has happened, and it can be tried again."""


NO_VERDICTS: Mapping[str, str] = MappingProxyType({})


class Log(Protocol):
    """The append-only coordination log. All calls are synchronous; `append` is one durable, atomic, fenced commit.

    `identity` tells it from every other log.
    """

    identity: str

    def put_graph(self, graph_hash: str, text: bytes) -> None:
        """Keep a compiled graph; keeping the same one again changes nothing."""
        ...

    def graph(self, graph_hash: str) -> bytes:
        """Return a kept graph. Raises KeyError."""
        ...

    def next_run(self) -> int:
        """Return a run number that has never been used."""
        ...

    def append(
        self,
        batch: Sequence[Append],
        arrivals: Sequence[Arrival] = (),
        verdicts: Mapping[str, str] = NO_VERDICTS,
        schedules: Sequence[Schedule] = (),
    ) -> None:
        """Commit everything or nothing: events, arrivals and schedules (a known one is replaced), verdicts by inbox id.

        Raises Fenced, LogFull, LogFailed; the last of them too where two runs would hold one key.
        """
        ...

    def heads(self, *, live: bool = False) -> Iterator[RunHead]:
        """Return the heads of all runs, oldest first; with `live`, only of those that have not ended."""
        ...

    def heads_of(self, graph: str, after: int, most: int) -> Sequence[RunHead]:
        """Return the heads of at most so many runs of a graph that have not ended, with numbers over `after`."""
        ...

    def head(self, run: int) -> RunHead:
        """Return one head. Raises KeyError."""
        ...

    def events(self, run: int, after: int = 0) -> Iterator[bytes]:
        """Return a run's encoded events after number `after` in order, with every stored value in place."""
        ...

    def is_adopted(self, run: int) -> bool:
        """Return whether a run is as it was in the log that this one was copied from: it may have gone on there."""
        ...

    def revivals(self, run: int) -> int:
        """Return how many processes in a row have come back to a run, and ended before anything happened in it.

        One that has closed the log does not count.
        """
        ...

    def note(self, at: datetime, kind: str, detail: str) -> None:
        """Keep what has happened to the log itself. It is durable with the next append."""
        ...

    def kept_state(self, run: int) -> KeptState | None:
        """Return the state that was kept last, unless the event that it follows is not the one that it was kept at."""
        ...

    def graphs(self) -> Sequence[str]:
        """Return the hashes of all kept graphs, the newest first."""
        ...

    def number_of(self, run_id: str) -> int:
        """Return the number of the run with this id. Raises KeyError."""
        ...

    def holder(self, key: str) -> RunHead | None:
        """Return the head of the run that holds this key of starts, None where it is free."""
        ...

    def waits(self, event: str, key: str | None) -> Iterator[Wait]:
        """Return the waits for an event with this key, those that take any key among them, the oldest first."""
        ...

    def waits_of(self, run: int) -> Sequence[Wait]:
        """Return a run's waits, the oldest first."""
        ...

    def tasks(self) -> Sequence[Wait]:
        """Return the waits for people, the oldest first."""
        ...

    def arrival(self, event: str, id_: str) -> Arrival | None:
        """Return the event that has come with this id."""
        ...

    def kept(self, event: str, key: str | None, at: datetime) -> Sequence[Arrival]:
        """Return the events that are kept at this time, the oldest first; None: with any key."""
        ...

    def schedule(self, trigger: str) -> Schedule | None:
        """Return how far the schedule of a trigger is, None where none of that name has been served."""
        ...

    def verdict(self, inbox_id: str) -> str | None:
        """Return what became of the command with this inbox id, None where it has not been decided."""
        ...

    def close(self) -> None:
        """Release the log."""
        ...
