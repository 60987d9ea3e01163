"""The log in memory: the same promises as the one on disk, kept for as long as the object lives.

For tests, and for trying programs out: whoever drops everything but this object and starts again sees what a process
sees that comes back after a crash. It has one owner by construction, so nothing is ever fenced.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice

from cellc.runtime.ports import NO_VERDICTS, Append, Arrival, KeptState, LogFailed, RunHead, Schedule, Wait
from cellc.runtime.start_keys import FREES


class MemoryLog:
    """`ports.Log` without a disk."""

    identity = "memory"

    def __init__(self) -> None:
        self._graphs: dict[str, bytes] = {}
        self._heads: dict[int, RunHead] = {}
        self._events: dict[int, list[bytes]] = {}
        self._kept: dict[int, KeptState] = {}
        self._waits: dict[tuple[int, int], Wait] = {}
        self._arrivals: dict[tuple[str, str], Arrival] = {}
        self._verdicts: dict[str, str] = {}
        self._schedules: dict[str, Schedule] = {}
        self._revivals: dict[int, tuple[int, int]] = {}
        self.notes: list[tuple[datetime, str, str]] = []
        self._last_run = 0

    def put_graph(self, graph_hash: str, text: bytes) -> None:
        """Keep a compiled graph; keeping the same one again changes nothing."""
        self._graphs.setdefault(graph_hash, text)

    def graph(self, graph_hash: str) -> bytes:
        """Return a kept graph. Raises KeyError."""
        return self._graphs[graph_hash]

    def next_run(self) -> int:
        """Return a run number that has never been used."""
        self._last_run += 1
        return self._last_run

    def append(
        self,
        batch: Sequence[Append],
        arrivals: Sequence[Arrival] = (),
        verdicts: Mapping[str, str] = NO_VERDICTS,
        schedules: Sequence[Schedule] = (),
    ) -> None:
        """Add everything. Raises LogFailed where two runs would hold one key."""
        self._check_keys(batch)
        for append in batch:
            self._events.setdefault(append.run, []).extend(append.events)
            if append.head is not None:
                self._heads[append.run] = append.head
            if append.revived:
                self._revivals[append.run] = len(self._events[append.run]), self.revivals(append.run) + 1
            if append.kept is not None:
                self._kept[append.run] = replace(append.kept, seq=len(self._events[append.run]))
            for wait in append.waits:
                number = 1 + next((known.number for known in reversed(self._waits.values())), 0)
                known = self._waits.get((wait.run, wait.call))
                listed = replace(wait, number=number) if known is None else replace(known, place=wait.place)
                self._waits[wait.run, wait.call] = listed
            for call in append.unlisted:
                self._waits.pop((append.run, call), None)
        for arrival in arrivals:
            self._arrivals[arrival.event, arrival.id] = arrival
        self._verdicts.update(verdicts)
        self._schedules |= {schedule.trigger: schedule for schedule in schedules}

    def _check_keys(self, batch: Sequence[Append]) -> None:
        if not any(append.head is not None and append.head.key is not None for append in batch):
            return
        heads = self._heads | {append.run: append.head for append in batch if append.head is not None}
        held = [head.key for head in heads.values() if head.key is not None and head.status not in FREES]
        if len(held) > len(set(held)):
            raise LogFailed("two runs would hold the same key")

    def heads(self, *, live: bool = False) -> Iterator[RunHead]:
        """Return the heads of all runs, oldest first; with `live`, only of those that have not ended."""
        heads = sorted(self._heads.values(), key=lambda head: head.number)
        return (head for head in heads if not live or head.ended_at is None)

    def heads_of(self, graph: str, after: int, most: int) -> Sequence[RunHead]:
        """Return the heads of at most so many runs of a graph that have not ended, with numbers over `after`."""
        heads = (head for head in self.heads(live=True) if head.graph == graph and head.number > after)
        return [*islice(heads, most)]

    def head(self, run: int) -> RunHead:
        """Return one head. Raises KeyError."""
        return self._heads[run]

    def events(self, run: int, after: int = 0) -> Iterator[bytes]:
        """Return a run's encoded events after number `after` in order."""
        return iter(tuple(self._events.get(run, ()))[after:])

    def is_adopted(self, run: int) -> bool:  # noqa: ARG002 -- the port's signature
        """Return False: an object has no copies."""
        return False

    def revivals(self, run: int) -> int:
        """Return how many processes in a row have come back to a run, and ended before anything happened in it."""
        seq, times = self._revivals.get(run, (-1, 0))
        return times if seq == len(self._events[run]) else 0

    def note(self, at: datetime, kind: str, detail: str) -> None:
        """Keep what has happened to the log itself."""
        self.notes.append((at, kind, detail))

    def kept_state(self, run: int) -> KeptState | None:
        """Return the state that was kept last."""
        return self._kept.get(run)

    def graphs(self) -> Sequence[str]:
        """Return the hashes of all kept graphs, the newest first."""
        return list(reversed(self._graphs))

    def number_of(self, run_id: str) -> int:
        """Return the number of the run with this id. Raises KeyError."""
        return {head.id: number for number, head in self._heads.items()}[run_id]

    def holder(self, key: str) -> RunHead | None:
        """Return the head of the run that holds this key of starts, None where it is free."""
        return next((head for head in self._heads.values() if head.key == key and head.status not in FREES), None)

    def waits(self, event: str, key: str | None) -> Iterator[Wait]:
        """Return the waits for an event with this key, those that take any key among them, the oldest first."""
        return (wait for wait in [*self._waits.values()] if wait.event == event and wait.key in {None, key})

    def waits_of(self, run: int) -> Sequence[Wait]:
        """Return a run's waits, the oldest first."""
        return [wait for wait in self._waits.values() if wait.run == run]

    def tasks(self) -> Sequence[Wait]:
        """Return the waits for people, the oldest first."""
        return [wait for wait in self._waits.values() if wait.event is None]

    def arrival(self, event: str, id_: str) -> Arrival | None:
        """Return the event that has come with this id."""
        return self._arrivals.get((event, id_))

    def kept(self, event: str, key: str | None, at: datetime) -> Sequence[Arrival]:
        """Return the events that are kept at this time, the oldest first; None: with any key."""
        named = (
            arrival for arrival in self._arrivals.values() if arrival.event == event and key in {None, arrival.key}
        )
        return [arrival for arrival in named if arrival.until is not None and arrival.until > at]

    def schedule(self, trigger: str) -> Schedule | None:
        """Return how far the schedule of a trigger is, None where none of that name has been served."""
        return self._schedules.get(trigger)

    def verdict(self, inbox_id: str) -> str | None:
        """Return what became of the command with this inbox id, None where it has not been decided."""
        return self._verdicts.get(inbox_id)

    def close(self) -> None:
        """Release nothing."""
