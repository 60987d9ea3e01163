"""The life of runs in memory: folded from their events when something happens to them, parked when nothing will soon.

A parked run is a row of the log and an entry of the scheduler: no object, no task. Only the fabric changes instances.
"""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cellc.runtime.core.events import Compacted, Event, TopologyChanged, decode, is_change
from cellc.runtime.core.snapshot import SnapshotUnreadable, form
from cellc.runtime.core.state import Progress, RunState
from cellc.runtime.core.step import fold_on
from cellc.runtime.ports import KeptState, Log, RunHead
from cellc.runtime.telling import Teller
from cellc.runtime.topologies import GraphUnreadable, Topologies, Topology

STAYS = timedelta(minutes=1)
"""A run that is woken within this time stays in memory: folding its events again would cost more."""

KEEP_RUNNING, KEEP_PARKED = 64 * 1024, 4 * 1024
"""Bytes of events after which the state is kept, so that no more of them are folded again: less for a run that waits.

They are also to be as many as the last kept state has, so that keeping costs no more than the events themselves."""


RESIDENT = 10_000
"""Runs in memory at once. More are begun or come back only when some have ended or been parked."""


class RunUnreadable(Exception):  # noqa: N818 -- named for what it says of the run
    """A run's events or graph cannot be read; it stays in the log as it is."""


@dataclass(slots=True)
class Instance:
    """A run in memory. `recorded` is its head as the log has it, None before the first commit.

    `grown` are the bytes of its events since its state was kept, `kept` those of that state; `progress` is what its
    head says.
    """

    head: RunHead
    topology: Topology
    state: RunState
    teller: Teller
    recorded: RunHead | None = None
    grown: int = 0
    kept: int = 0
    progress: Progress | None = None

    def keep(self, rows: Sequence[bytes]) -> KeptState | None:
        """Return the state to keep with these new rows, where it is time; a run that has ended needs none."""
        self.grown += sum(map(len, rows))
        least = KEEP_RUNNING if self.state.status == "running" else KEEP_PARKED
        if self.grown < max(least, self.kept) or self.state.ended or self.state.divergence is not None:
            return None
        body = self.topology.snapshots.take(self.state)
        self.grown, self.kept = 0, len(body)
        return KeptState(form(), body)


class Instances:
    """The runs that are in memory, by their number."""

    def __init__(self, log: Log, topologies: Topologies) -> None:
        self._log = log
        self._topologies = topologies
        self._resident: dict[int, Instance] = {}

    def create(self, head: RunHead, topology: Topology) -> Instance:
        """Take in a run that is about to start."""
        instance = Instance(head, topology, RunState(head.id), Teller())
        self._resident[head.number] = instance
        return instance

    @property
    def room(self) -> int:
        """How many more runs may come to memory."""
        return max(0, RESIDENT - len(self._resident))

    def resident(self, run: int) -> Instance | None:
        """Return a run that is in memory."""
        return self._resident.get(run)

    def activate(self, run: int) -> Instance:
        """Return a parked run, folded from its events. Raises KeyError, RunUnreadable."""
        instance = load_run(self._log, self._topologies, self._log.head(run))
        self._resident[run] = instance
        return instance

    def park(self, instance: Instance, now: datetime) -> None:
        """Forget a run that has ended, or to which nothing will happen for a while."""
        wake_at = instance.head.wake_at
        if instance.state.status != "running" and (wake_at is None or wake_at - now > STAYS):
            del self._resident[instance.head.number]

    def clear(self) -> None:
        """Forget all runs: the log may have more or less than memory has."""
        self._resident.clear()


def load_run(log: Log, topologies: Topologies, head: RunHead) -> Instance:
    """Return a run as its events make it. Raises RunUnreadable."""
    try:
        topology = topologies.get(head.graph)
        state, kept = _kept_state(log, topology, head)
        rows = [*log.events(head.number, 0 if kept is None else kept.seq)]
        if kept is None:
            rows = since_change(rows)
        events = [decode(row) for row in rows]
        if kept is None:
            state = first_state(topology, head, events)
        fold_on(topology.plan, state, events)
    except (GraphUnreadable, ValueError) as problem:
        raise RunUnreadable(f"run {head.id} cannot be read: {problem}") from problem
    size = 0 if kept is None else len(kept.body)
    return Instance(head, topology, state, Teller(state), recorded=head, grown=sum(map(len, rows)), kept=size)


def since_change(rows: list[bytes]) -> list[bytes]:
    """Return the events of a run since it came to the version that it is on: what went before, its state has."""
    changes = [number for number, row in enumerate(rows) if is_change(row)]
    return rows[changes[-1] :] if changes else rows


def first_state(topology: Topology, head: RunHead, events: Sequence[Event]) -> RunState:
    """Return the state that a run's events go on from.

    That of a new run; where the first of them is that the run was compacted, or moved here, the state that it has.

    Raises ValueError where that cannot be read.
    """
    first = events[0] if events else None
    if not isinstance(first, Compacted | TopologyChanged):
        return RunState(head.id)
    state = topology.snapshots.restore(bytes(first.state))
    if state.run != head.id:
        raise ValueError("its first event holds the state of another run")
    return state


def _kept_state(log: Log, topology: Topology, head: RunHead) -> tuple[RunState, KeptState | None]:
    """Return the state to begin with: what was kept, or where that is nothing that can be used, that of a new run."""
    kept = log.kept_state(head.number)
    if kept is not None and kept.form == form():
        with contextlib.suppress(SnapshotUnreadable):
            return topology.snapshots.restore(kept.body), kept
    return RunState(head.id), None
