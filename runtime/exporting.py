"""A log as lines of JSON, for audits, other programs, and keeping elsewhere: a format of its own, which stays as it is.

The first line says what is exported; then come programs, and each run with its events. Every line is an object whose
`type` says what it is. Events have named fields and times as text, values are in their stored form
(`language/values/codec.py`). A new kind of line, event or field may be added; `FORMAT` rises when one comes to mean
something else. Each run is as of one moment, while an owner goes on.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import cache
from typing import Any, TypeAlias

import msgspec

from cellc.runtime.audit import ExportedHead, left_graphs
from cellc.runtime.core import events as e
from cellc.runtime.instances import RunUnreadable
from cellc.runtime.log_reading import LogReader, StoredRow
from cellc.runtime.ports import RunHead

FORMAT = 1

_MOMENTS = frozenset({"at", "due"})


class LogLine(msgspec.Struct, frozen=True, tag_field="type", tag="log"):
    """What is exported: `format` of these lines, of the log with this `identity`, at `at`."""

    format: int
    identity: str
    log_format: int
    created_at: datetime
    at: datetime


class OwnerLine(msgspec.Struct, frozen=True, tag_field="type", tag="owner"):
    """A process became the owner of the log."""

    epoch: int
    pid: int
    started_at: datetime


class IncidentLine(msgspec.Struct, frozen=True, tag_field="type", tag="incident"):
    """Something happened to the log itself: `kind` is adopted, compacted or clock."""

    epoch: int
    at: datetime
    kind: str
    detail: str


class GraphLine(msgspec.Struct, frozen=True, tag_field="type", tag="graph"):
    """A compiled program; runs refer to it by its `hash`."""

    hash: str
    program: msgspec.Raw


class RunLine(msgspec.Struct, frozen=True, tag_field="type", tag="run"):
    """A run as it stands after `events` events. `head` is the chain of the last one: `verify --heads` compares it."""

    run: str
    number: int
    graph: str
    cell: str
    status: str
    started_at: datetime
    ended_at: datetime | None
    wake_at: datetime | None
    key: str | None
    events: int
    head: str


class EventLine(msgspec.Struct, frozen=True, tag_field="type", tag="event"):
    """The event number `seq` of a run: `what` happened, `version` of its schema, and its other fields as `data`."""

    run: str
    seq: int
    at: datetime
    what: str
    data: msgspec.Struct
    version: int
    chain: str


class ArrivalLine(msgspec.Struct, frozen=True, tag_field="type", tag="arrival"):
    """An event from outside has come: to the run with the number `run`, or kept for one until `kept_until`."""

    event: str
    id: str
    key: msgspec.Raw | None
    at: datetime
    run: int | None
    kept_until: datetime | None
    data: msgspec.Raw | None


Line: TypeAlias = LogLine | OwnerLine | IncidentLine | GraphLine | RunLine | EventLine | ArrivalLine


class HeadsUnreadable(Exception):  # noqa: N818 -- named for what it says of the text
    """A text is no export, or one of another log or of a newer format."""


_encode = msgspec.json.Encoder().encode


def export(log: LogReader, at: datetime, runs: Iterable[RunHead] | None = None, *, heads_only: bool) -> Iterator[bytes]:
    """Yield the lines of a log, or of some of its runs; `heads_only`: without programs, events and arrivals."""
    yield from map(_encode, _lines(log, at, [*log.heads()] if runs is None else [*runs], heads_only, runs is None))


def _lines(log: LogReader, at: datetime, runs: list[RunHead], heads_only: bool, whole: bool) -> Iterator[Line]:
    ((created,),) = log.query("SELECT value FROM meta WHERE key = 'created_at'")
    ((version,),) = log.query("PRAGMA user_version")
    yield LogLine(FORMAT, log.identity, version, datetime.fromisoformat(created), at)
    if whole and not heads_only:
        for epoch, pid, started in log.query("SELECT epoch, pid, started_at FROM epochs ORDER BY epoch"):
            yield OwnerLine(epoch, pid, datetime.fromisoformat(started))
        for epoch, at_, kind, detail in log.incidents():
            yield IncidentLine(epoch, datetime.fromisoformat(at_), kind, detail)
    if not heads_only:
        for graph in sorted(log.graphs() if whole else {graph for run in runs for graph in _graphs(log, run)}):
            yield GraphLine(graph, msgspec.Raw(log.graph(graph)))
    for listed in runs:
        head, rows = log.stored_run(listed.number)
        yield _run(head, rows)
        if not heads_only:
            yield from (_event(head, row) for row in rows)
    if whole and not heads_only:
        yield from _arrivals(log)


def _graphs(log: LogReader, run: RunHead) -> tuple[str, ...]:
    """Return the graphs that a run is on and has been on."""
    return run.graph, *left_graphs(log.stored_run(run.number)[1])


def _run(head: RunHead, rows: list[StoredRow]) -> RunLine:
    seq, chain = (rows[-1].seq, rows[-1].chain.hex()) if rows else (0, "")
    times = head.started_at, head.ended_at, head.wake_at
    return RunLine(head.id, head.number, head.graph, head.cell, head.status, *times, head.key, seq, chain)


def _event(head: RunHead, row: StoredRow) -> EventLine:
    try:
        event = e.decode(row.event)
    except ValueError as problem:
        raise RunUnreadable(f"event {row.seq} of the run {head.id} cannot be read: {problem}") from problem
    what = str(type(event).__struct_config__.tag)
    return EventLine(head.id, row.seq, e.from_micros(event.at), what, _named(event), row.event[0], row.chain.hex())


def _arrivals(log: LogReader) -> Iterator[ArrivalLine]:
    for arrival in log.arrivals():
        key, data = (None if raw is None else msgspec.Raw(raw) for raw in (arrival.key, arrival.data))
        yield ArrivalLine(arrival.event, arrival.id, key, arrival.at, arrival.run, arrival.until, data)


# --- events with named fields ----------------------------------------------------------------------------------------


def _named(event: msgspec.Struct) -> msgspec.Struct:
    """Return what an event says beside its time, as an object with named fields."""
    kind = named_kind(type(event))
    return kind(*(_plain(name, getattr(event, name)) for name in kind.__struct_fields__))


@cache
def named_kind(kind: type[msgspec.Struct]) -> type[msgspec.Struct]:
    """Return the type with named fields of a kind of event, in the order of its own."""
    fields = [field for field in msgspec.structs.fields(kind) if field.name != "at"]
    return msgspec.defstruct(kind.__name__, [(field.name, _type(field.name, field.type)) for field in fields])


def _type(name: str, type_: Any) -> Any:
    if name in _MOMENTS:
        return datetime
    return tuple[named_kind(e.CallReady), ...] if name == "calls" else type_  # type: ignore[misc]


def _plain(name: str, value: Any) -> Any:
    if name in _MOMENTS:
        return e.from_micros(value)
    return tuple(_named(call) for call in value) if name == "calls" else value


# --- heads that were exported ----------------------------------------------------------------------------------------


class _Known(msgspec.Struct):
    """What of a line tells heads."""

    type: str
    format: int = FORMAT
    identity: str = ""
    run: Any = None
    events: int = 0
    head: str = ""


def exported_heads(lines: Iterable[str], identity: str) -> Iterator[ExportedHead]:
    """Yield the heads that an export has. Raises HeadsUnreadable."""
    decoder = msgspec.json.Decoder(_Known)
    first = None
    for number, line in enumerate(lines, start=1):
        try:
            found = decoder.decode(line)
        except ValueError as problem:
            raise HeadsUnreadable(f"line {number} is no line of an export: {problem}") from None
        if first is None:
            first = found
            _check_first(found, identity)
        if found.type == "run":
            yield ExportedHead(str(found.run), found.events, found.head)
    if first is None:
        raise HeadsUnreadable("it is empty")


def _check_first(first: _Known, identity: str) -> None:
    if first.type != "log":
        raise HeadsUnreadable("its first line does not say which log it is of")
    if first.format > FORMAT:
        raise HeadsUnreadable(f"its format is {first.format}, and this cellc knows {FORMAT}")
    if first.identity != identity:
        raise HeadsUnreadable("it is of another log")
