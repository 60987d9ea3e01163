"""The log in memory: the same promises as the one on disk, kept for as long as the object lives.

For tests, and for trying programs out: whoever drops everything but this object and starts again sees what a process
sees that comes back after a crash. It has one owner by construction, so nothing is ever fenced.
"""

from collections.abc import Iterator, Sequence

from cellc.runtime.ports import Append, RunHead


class MemoryLog:
    """`ports.Log` without a disk."""

    def __init__(self) -> None:
        self._graphs: dict[str, bytes] = {}
        self._heads: dict[int, RunHead] = {}
        self._events: dict[int, list[bytes]] = {}
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

    def append(self, batch: Sequence[Append]) -> None:
        """Add all of `batch`."""
        for append in batch:
            self._events.setdefault(append.run, []).extend(append.events)
            if append.head is not None:
                self._heads[append.run] = append.head

    def heads(self, *, live: bool = False) -> Iterator[RunHead]:
        """Return the heads of all runs, oldest first; with `live`, only of those that have not ended."""
        heads = sorted(self._heads.values(), key=lambda head: head.number)
        return (head for head in heads if not live or head.ended_at is None)

    def head(self, run: int) -> RunHead:
        """Return one head. Raises KeyError."""
        return self._heads[run]

    def events(self, run: int) -> Iterator[bytes]:
        """Return a run's encoded events in order."""
        return iter(tuple(self._events.get(run, ())))

    def close(self) -> None:
        """Release nothing."""
