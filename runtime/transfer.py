"""Moving the runs of one version of a program to another, one at a time: what the core decides, as a change of the log.

The event that moves a run, its head, and its waits are one commit, so a crash leaves it wholly here or wholly there.
"""

from dataclasses import replace

import msgspec

from cellc.language.moving import Moving
from cellc.runtime.core.events import TopologyChanged, from_micros
from cellc.runtime.core.inputs import Cancel
from cellc.runtime.core.moving import Mover, Stays, Who
from cellc.runtime.core.state import RunState
from cellc.runtime.core.step import Step, change_topology, step
from cellc.runtime.instances import Instance
from cellc.runtime.topologies import Topology


class Transfer:
    """Moves runs from one topology to another as `moving` says."""

    def __init__(self, old: Topology, new: Topology, moving: Moving) -> None:
        self._old = old
        self._new = new
        self._moving = moving
        self._mover = Mover(old, new, moving)

    def judge(self, instance: Instance, who: Who) -> Stays | None:
        """Return why a run that has not ended stays, None where it goes on. The run is left as it is."""
        try:
            self._mover.carry(instance.state, who)
        except Stays as stays:
            return stays
        return None

    def is_cancelled(self, stays: Stays) -> bool:
        """Return whether a run that stays is to be taken back."""
        return not stays.passing and self._moving.stay_at(stays.cell, stays.place) == "cancel"

    def cancel(self, instance: Instance, who: Who) -> Step:
        """Let a run that stays be taken back, and return what that means: no events where it is on its way out."""
        return step(self._old.plan, instance.state, Cancel(from_micros(who.at)))

    def move(self, instance: Instance, who: Who) -> Step:
        """Let a run that has not ended go on in NEW, and return what that means. Raises Stays, and changes nothing."""
        state = self._mover.carry(instance.state, who)
        kept = msgspec.Raw(self._new.snapshots.take(state))
        cell = _cell(state)
        event = TopologyChanged(
            who.at, self._old.program.sha256, self._new.program.sha256, cell, who.by, who.reason, kept
        )
        state = self._new.snapshots.restore(bytes(kept))  # as whoever reads the log will have it
        instance.head = replace(instance.head, graph=self._new.program.sha256, cell=cell)
        instance.topology, instance.state = self._new, state
        instance.grown, instance.kept = 0, len(kept)
        return change_topology(self._new.plan, state, event)


def _cell(state: RunState) -> str:
    assert state.root is not None  # noqa: S101 -- for the type checker: only a run that has begun is moved
    return state.root.cell.name
