"""Checking a log: which of its rows are not as they were written, and which are missing.

Each row carries a hash over its bytes and the row before it in its run, so a changed row, and a missing one that others
follow, show by themselves. A run whose last rows have been cut off looks like one that is not so far yet; that shows
only against heads that were exported before and kept elsewhere (`exporting.py`).

Known weakness: the hashes are no signatures. Whoever can write to the log can make them anew; exported heads show it.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256

import msgspec

from cellc.language.graph import UNHASHED
from cellc.runtime.core.events import Compacted, RunEnded, RunStarted, TopologyChanged, decode, is_change
from cellc.runtime.log_reading import LogReader, StoredRow, chain_link, chain_seed, value_key
from cellc.runtime.ports import RunHead

_ORPHANS = "SELECT DISTINCT run FROM events WHERE run NOT IN (SELECT number FROM runs) ORDER BY run"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it was written: in the event `seq` of the run with the id `run`, where it is in one."""

    what: str
    run: str | None = None
    seq: int | None = None


@dataclass(frozen=True, slots=True)
class ExportedHead:
    """What an export says of a run: how many events it had, and the chain of the last one, in hexadecimal digits."""

    run: str
    events: int
    head: str


@dataclass(slots=True)
class Audit:
    """What a check has looked at, and what it has found."""

    runs: int = 0
    events: int = 0
    findings: list[Finding] = field(default_factory=list)


def audit(log: LogReader, exported: Iterable[ExportedHead] = ()) -> Audit:
    """Check every page and every row of a log, and that it has all that was exported."""
    done = Audit()
    done.findings += (Finding(f"SQLite finds: {text}") for (text,) in log.query("PRAGMA quick_check") if text != "ok")
    known = {head.run: head for head in exported}
    graphs: dict[str, bool] = {}
    for listed in log.heads():
        head, rows = log.stored_run(listed.number)
        done.runs += 1
        done.events += len(rows)
        found = [*_broken(log.identity, head, rows), *_cut(head, rows, known.pop(head.id, None))]
        for graph in (head.graph, *left_graphs(rows)):
            if graph not in graphs:
                graphs[graph] = _is_whole(log, graph)
            if not graphs[graph]:
                which = "it runs" if graph == head.graph else "it was moved from"
                found.append(Finding(f"the program that {which} is missing or is not as it was written", head.id))
        done.findings += found or _other_head(head, rows)
    done.findings += (Finding(f"there are events of a run {run}, which has no head") for (run,) in log.query(_ORPHANS))
    done.findings += (Finding("the run was exported and is missing", run) for run in known)
    return done


def broken(identity: str, run: int, rows: Sequence[StoredRow]) -> Iterator[tuple[int, str]]:
    """Yield the numbers of events that are missing or not as they were written, with what is wrong."""
    chain, expected = _beginning(identity, run, rows)
    for row in rows:
        if row.seq != expected:
            yield (
                expected,
                "it is missing" if row.seq == expected + 1 else f"it and all up to {row.seq - 1} are missing",
            )
            chain = None  # what the row is chained to is gone
        if chain is not None and chain_link(chain, row.body) != row.chain:
            yield row.seq, "it is not as it was written"
        if row.large and row.value is None:
            yield row.seq, "its value is missing"
        elif row.large and row.value is not None and value_key(row.value) != row.body:
            yield row.seq, "its value is not as it was written"
        chain, expected = row.chain, row.seq + 1


def _beginning(identity: str, run: int, rows: Sequence[StoredRow]) -> tuple[bytes | None, int]:
    """Return what a run's first row is chained to, and its number: those of a compacted run are in that row."""
    first = compaction(rows)
    return (chain_seed(identity, run), 1) if first is None else (bytes.fromhex(first.head), first.upto + 1)


def compaction(rows: Sequence[StoredRow]) -> Compacted | None:
    """Return what a run was compacted to; None where it was not, or that cannot be read."""
    if not rows or rows[0].seq == 1:
        return None
    try:
        first = decode(rows[0].event)
    except ValueError:
        return None
    return first if isinstance(first, Compacted) else None


def left_graphs(rows: Sequence[StoredRow]) -> list[str]:
    """Return the hashes of the graphs that a run has been moved from, as far as its events can be read."""
    found = []
    for row in rows:
        with suppress(ValueError):
            if is_change(row.event) and isinstance(event := decode(row.event), TopologyChanged):
                found.append(event.old)
    return found


def _broken(identity: str, head: RunHead, rows: Sequence[StoredRow]) -> Iterator[Finding]:
    for seq, what in broken(identity, head.number, rows):
        yield Finding(what, head.id, seq)
    if not rows:
        yield Finding("all its events are missing", head.id)


def _cut(head: RunHead, rows: Sequence[StoredRow], exported: ExportedHead | None) -> Iterator[Finding]:
    """Compare a run with what was exported of it."""
    if exported is None:
        return
    last = rows[-1].seq if rows else 0
    before = compaction(rows)
    known = {row.seq: row.chain.hex() for row in rows} | ({before.upto: before.head} if before else {})
    if exported.events > last:
        yield Finding(f"the events after {last} are missing: {exported.events} were exported", head.id)
    elif known.get(exported.events, exported.head) != exported.head:
        yield Finding("it is not the event that was exported", head.id, exported.events)


def _other_head(head: RunHead, rows: Sequence[StoredRow]) -> Iterator[Finding]:
    """Compare the head of a run, which is in no chain, with its events."""
    changes = [row.event for row in rows if is_change(row.event)]
    try:
        first, last = decode(changes[-1] if changes else rows[0].event), decode(rows[-1].event)
    except ValueError:  # of a newer cellc; the chain says that it is as it was written
        return
    if isinstance(first, TopologyChanged) and (first.new, first.cell) != (head.graph, head.cell):
        yield Finding("its head names another program than the event that has moved it last", head.id)
    if isinstance(first, RunStarted) and (first.graph, first.cell) != (head.graph, head.cell):
        yield Finding("its head names another program than its first event", head.id)
    status = last.status if isinstance(last, RunEnded) else None
    if status != (head.status if head.ended_at else None):
        told = f"ended as {status}" if status else "has not ended"
        yield Finding(f"its head says {head.status}, and by its events it {told}", head.id)


def _is_whole(log: LogReader, graph: str) -> bool:
    """Return whether a program in the log is the one that its hash says; the hash leaves out its places."""
    try:
        data = msgspec.json.decode(log.graph(graph), type=dict)
    except (KeyError, ValueError):
        return False
    covered = {name: part for name, part in data.items() if name not in UNHASHED}
    return sha256(msgspec.json.encode(covered, order="sorted")).hexdigest() == graph
