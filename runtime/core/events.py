"""The events of a run: what the log keeps, and all that the fold in `advance.py` sees.

One event for each input that meant something. An event carries the calls that it made ready, so that after a crash
every ready call without a result is known to be maybe sent. A row is one byte of schema version and a JSON array; or,
for completed calls, which are most events, half as long in MessagePack: the time, the call, its value as JSON text,
and the calls made ready, their keys as bytes and not as digits. A released shape is never edited: a new one is added
and old rows are lifted in `decode`, so that the fold sees only current shapes. Times are microseconds since 1970 in
UTC; values are in their stored form (`values.encode`) and are decoded where they are applied, so that live and
recovered values are equal.
"""

from datetime import UTC, datetime, timedelta
from typing import TypeAlias

import msgspec

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def to_micros(moment: datetime) -> int:
    """Return `moment` as microseconds since 1970."""
    return (moment - _EPOCH) // _MICROSECOND


def from_micros(micros: int) -> datetime:
    """Return the moment, in UTC."""
    return _EPOCH + timedelta(microseconds=micros)


class CallReady(msgspec.Struct, frozen=True, array_like=True):
    """A call that an event made ready: its number in the run, where it stands, and the key that handlers see.

    `node` is the place's index in its cell's graph, `occurrence` counts entries to it in this frame from 0, `item` is
    the index in a fan-out, else -1.
    """

    call: int
    frame: int
    node: int
    occurrence: int
    item: int
    key: str


class _Event(msgspec.Struct, frozen=True, array_like=True):
    at: int


class RunStarted(_Event, frozen=True, array_like=True, tag="started"):
    """The run began: `cell` of the graph with hash `graph`, on `input`."""

    graph: str
    cell: str
    input: msgspec.Raw
    calls: tuple[CallReady, ...] = ()


class CallCompleted(_Event, frozen=True, array_like=True, tag="completed"):
    """An effect happened, with this result."""

    call: int
    value: msgspec.Raw
    calls: tuple[CallReady, ...] = ()


class CallRaised(_Event, frozen=True, array_like=True, tag="raised"):
    """An effect ended in a declared error (by qualified name), or in a standard one."""

    call: int
    error: str
    fields: msgspec.Raw
    calls: tuple[CallReady, ...] = ()


class CallRetrying(_Event, frozen=True, array_like=True, tag="retrying"):
    """Attempt number `attempt` failed; the next one is due at `due`.

    `doubt`: this attempt, or one before it under the same key, may have happened all the same. `key` is the next one's,
    where that is another request than those before.
    """

    call: int
    attempt: int
    due: int
    reason: str
    doubt: bool = False
    key: str | None = None


class CallDeferred(_Event, frozen=True, array_like=True, tag="deferred"):
    """The next attempt is not made before `due`; none that counts has been made. `doubt` as in `CallRetrying`."""

    call: int
    due: int
    reason: str
    doubt: bool = False


class CallProbing(_Event, frozen=True, array_like=True, tag="probing"):
    """A call's outcome is unknown, and its effect's probe is asked whether it happened.

    `kind`: interrupted (an attempt may have been cut off), failed (an attempt has), or retried (by a person).
    """

    call: int
    kind: str
    reason: str
    calls: tuple[CallReady, ...] = ()


class CallDropped(_Event, frozen=True, array_like=True, tag="dropped"):
    """A call of a scope that is left is known not to have happened, and is not performed any more."""

    call: int
    calls: tuple[CallReady, ...] = ()


class CallSent(_Event, frozen=True, array_like=True, tag="sent"):
    """A `once` call is about to be performed: from here its outcome may be unknown."""

    call: int


class CallStalled(_Event, frozen=True, array_like=True, tag="stalled"):
    """A call stands until a person acts. `doubt` as in `CallRetrying`.

    `kind`: exhausted, permanent, deadly (processes end over it), or unknown (it may have happened, and must not be sent
    again).
    """

    call: int
    kind: str
    reason: str
    doubt: bool = False


class CallResolved(_Event, frozen=True, array_like=True, tag="resolved"):
    """A person has said how a call ended: in `value`, or in `error` with `value` as its fields."""

    call: int
    value: msgspec.Raw
    error: str | None = None
    calls: tuple[CallReady, ...] = ()


class CallAgain(_Event, frozen=True, array_like=True, tag="again"):
    """A person wants a call that stands to be made, which has not happened: it is made, under the key `key`."""

    call: int
    key: str


class TimerFired(_Event, frozen=True, array_like=True, tag="fired"):
    """A timer's time has come."""

    call: int
    calls: tuple[CallReady, ...] = ()


class EventReceived(_Event, frozen=True, array_like=True, tag="received"):
    """A call that waited for an event has got the one with this `id`; `value` is the call's result."""

    call: int
    id: str
    value: msgspec.Raw
    calls: tuple[CallReady, ...] = ()


class TaskCompleted(_Event, frozen=True, array_like=True, tag="answered"):
    """A person has answered; `value` is the call's result."""

    call: int
    value: msgspec.Raw
    calls: tuple[CallReady, ...] = ()


class Requested(msgspec.Struct, frozen=True, array_like=True):
    """A request that Python code has made. `undoable`: it can say how the request is undone."""

    effect: str
    input: msgspec.Raw
    undoable: bool


class CodeMoved(_Event, frozen=True, array_like=True, tag="moved"):
    """A frame's Python code has gone on until it waits, and made these requests.

    `keeps`: it keeps `state` from here on. `machine`: it goes on from there, and nothing before is needed. `code` is
    the hash of what runs, in the first move.
    """

    frame: int
    requests: tuple[Requested, ...] = ()
    calls: tuple[CallReady, ...] = ()
    state: msgspec.Raw = msgspec.Raw(b"null")
    keeps: bool = False
    machine: bool = False
    code: str = ""


class CodeEnded(_Event, frozen=True, array_like=True, tag="returned"):
    """A frame's Python code has ended: with its output, or the fields of `error`."""

    frame: int
    value: msgspec.Raw
    calls: tuple[CallReady, ...] = ()
    error: str | None = None
    code: str = ""


class UndoTaken(_Event, frozen=True, array_like=True, tag="undo"):
    """Python code has said how its request number `request` is undone; `effect` None: not at all."""

    frame: int
    request: int
    effect: str | None
    input: msgspec.Raw
    calls: tuple[CallReady, ...] = ()


class CodeFaulted(_Event, frozen=True, array_like=True, tag="broken"):
    """A frame's Python code failed, or asked otherwise than it had: it stands until a person acts."""

    frame: int
    reason: str


class RunFaulted(_Event, frozen=True, array_like=True, tag="faulted"):
    """Evaluation at a place failed: a bug in the program."""

    frame: int
    node: int
    reason: str


class Retried(_Event, frozen=True, array_like=True, tag="retried"):
    """A person asked for everything that stands to be tried again. `keys` are the new ones, by the calls' numbers."""

    calls: tuple[CallReady, ...] = ()
    keys: dict[int, str] = {}


class RunCancelled(_Event, frozen=True, array_like=True, tag="cancelled"):
    """A person asked for the run to be taken back: what it has done is undone, then it ends."""

    calls: tuple[CallReady, ...] = ()


class RunKilled(_Event, frozen=True, array_like=True, tag="killed"):
    """A person ended the run as it stood: nothing is undone."""


class RunEnded(_Event, frozen=True, array_like=True, tag="ended"):
    """The run ended: "completed" with its output as `value`, "failed" with the fields of `error`, cancelled or killed.

    `place` is where the error was raised, for people.
    """

    status: str
    value: msgspec.Raw
    error: str | None = None
    place: str | None = None


class Compacted(_Event, frozen=True, array_like=True, tag="compacted"):
    """All events up to number `upto`, whose chain was `head`, are gone: `state` is what they came to, as a snapshot.

    It is the first event of a run then, and nobody has decided it: the log has been compacted.
    """

    upto: int
    head: str
    state: msgspec.Raw


class TopologyChanged(_Event, frozen=True, array_like=True, tag="topology"):
    """A person has moved the run from the graph `old` to the graph `new`, where its cell is `cell`.

    `state` is a snapshot of it in NEW: what follows goes on from there, and nothing before is needed. `by` is who asked
    for it, `reason` why.
    """

    old: str
    new: str
    cell: str
    by: str
    reason: str
    state: msgspec.Raw
    calls: tuple[CallReady, ...] = ()


Enabling: TypeAlias = (
    RunStarted
    | CallCompleted
    | CallRaised
    | CallProbing
    | CallDropped
    | CallResolved
    | TimerFired
    | EventReceived
    | TaskCompleted
    | CodeMoved
    | CodeEnded
    | UndoTaken
    | Retried
    | RunCancelled
    | TopologyChanged
)
"""Events that move control, and so can make calls ready."""

Event: TypeAlias = (
    Enabling
    | CallRetrying
    | CallDeferred
    | CallSent
    | CallStalled
    | CallAgain
    | CodeFaulted
    | RunFaulted
    | RunKilled
    | RunEnded
    | Compacted
)

_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)
_packer = msgspec.msgpack.Encoder()
_unpacker = msgspec.msgpack.Decoder(tuple[int, int, bytes, tuple[tuple[int, int, int, int, int, bytes], ...]])


def encode(event: Event) -> bytes:
    """Return the row of an event."""
    if type(event) is CallCompleted:
        calls = [(c.call, c.frame, c.node, c.occurrence, c.item, bytes.fromhex(c.key)) for c in event.calls]
        return b"\x02" + _packer.encode((event.at, event.call, bytes(event.value), calls))
    return b"\x01" + _encoder.encode(event)


_CHANGE = b'\x01["topology",'


def is_change(row: bytes) -> bool:
    """Return whether the event of a row moves its run to another graph, without reading it."""
    return row.startswith(_CHANGE)


def decode(row: bytes) -> Event:
    """Return the event of a row. Raises ValueError for a row that no version wrote."""
    match row[:1]:
        case b"\x01":
            return _decoder.decode(memoryview(row)[1:])
        case b"\x02":
            at, number, value, ready = _unpacker.decode(memoryview(row)[1:])
            calls = tuple([CallReady(call, f, node, n, item, key.hex()) for call, f, node, n, item, key in ready])
            return CallCompleted(at, number, msgspec.Raw(value), calls)
        case version:
            raise ValueError(f"an event of schema version {version.hex() or 'none'} cannot be read by this cellc")
