"""All runs of one version of a program in a log: how each would move to another, and moving them.

A log is looked at, or written by its owner, run by run and page by page: memory is that of one page, however many runs
there are. What was moved is not of OLD any more, so whoever is interrupted begins again and comes to the rest.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from cellc.language.graph import Program
from cellc.language.moving import Moving, Verdict
from cellc.runtime.core.moving import Stays, Who
from cellc.runtime.instances import Instance, RunUnreadable, load_run
from cellc.runtime.ports import Append, Log, RunHead
from cellc.runtime.topologies import Topologies
from cellc.runtime.transfer import Transfer
from cellc.runtime.turn import Change

PAGE = 200
"""Runs that are looked at, and moved, together: one commit each."""

Pages: TypeAlias = Iterator[Sequence[RunHead]]


@dataclass(frozen=True, slots=True)
class Judged:
    """A run, and why it stays; None: it goes on in NEW. One that cannot be read stays, too.

    `cancelled`: it is taken back, since it cannot be moved.
    """

    head: RunHead
    stays: Stays | None
    cancelled: bool = False


class Fleet:
    """The runs of the graph `old` that have not ended, and NEW.

    Raises GraphUnreadable where the log has no such graph.
    """

    def __init__(self, log: Log, topologies: Topologies, old: str, new: Program, moving: Moving) -> None:
        self._log = log
        self._topologies = topologies
        self._old = old
        self._new = new
        self._transfer = Transfer(topologies.get(old), topologies.prepare(new), moving)

    def all(self) -> Pages:
        """Yield the heads of all runs, in pages, the oldest first."""
        after = 0
        while heads := self._log.heads_of(self._old, after, PAGE):
            yield heads
            after = heads[-1].number

    def judge(self, pages: Pages, who: Who) -> Iterator[Judged]:
        """Yield how runs would move. Nothing is written."""
        for heads in pages:
            for head in heads:
                yield self._looked_at(head, lambda instance: self._transfer.judge(instance, who))

    def move(self, pages: Pages, who: Who, most: int | None) -> Iterator[Judged]:
        """Move at most so many runs (None: all that go), or take them back; yield what became of each.

        A page is one commit.

        The log is this process's own. Raises Fenced, LogFailed.
        """
        self._topologies.add(self._new)
        left = most
        for heads in pages:
            batch: list[Append] = []
            done: list[Judged] = []
            for head in heads:
                if left is not None and len(batch) >= left:
                    break
                done.append(self._looked_at(head, lambda instance: self._moved(instance, who, batch)))  # noqa: B023 -- called at once
            if batch:
                self._log.append(batch)
            yield from done
            left = None if left is None else left - len(batch)
            if left == 0:
                return

    def _looked_at(self, head: RunHead, look: Callable[[Instance], Stays | None]) -> Judged:
        if self._log.is_adopted(head.number):
            return Judged(head, stays(head, "pin", "it has not gone on since the log was adopted"))
        try:
            found = look(load_run(self._log, self._topologies, head))
        except RunUnreadable as problem:
            return Judged(head, stays(head, "refused", str(problem)))
        return Judged(head, found, found is not None and self._transfer.is_cancelled(found))

    def _moved(self, instance: Instance, who: Who, batch: list[Append]) -> Stays | None:
        found = None
        try:
            step = self._transfer.move(instance, who)
        except Stays as reason:
            if not self._transfer.is_cancelled(reason):
                return reason
            found, step = reason, self._transfer.cancel(instance, who)
        change = Change(instance)
        change.add(step)
        if step.events:
            batch.append(change.append())
        return found


def stays(head: RunHead, verdict: Verdict, reason: str) -> Stays:
    """Return that a whole run stays."""
    return Stays(head.cell, "", verdict, reason, head.cell.rpartition(".")[2])
