"""Where a run stands: frames, calls, and what is in flight at each place. Mutable, and private to the core.

A frame is one entry into a cell: its slots and where control is. What is in flight at a place of a frame is a call, a
frame of another cell, or a fan-out of either; all three can be closed. Finished frames and calls are forgotten, so a
run's size is that of what is open, never of its history. Only `advance.py` and `decide.py` change these objects.
"""

from collections import Counter, deque
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, TypeAlias

from cellc.runtime.core.plan import CallNode, CellPlan, EachNode


class Phase(IntEnum):
    """How an open call stands."""

    READY = 1
    """To be performed, or being performed."""
    RETRY = 2
    """Its last attempt failed; the next is due at `due`."""
    TIMER = 3
    """Waits for `due`; nobody performs it."""
    STALLED = 4
    """Stands until a person acts."""


@dataclass(slots=True, eq=False)
class Call:
    """A call of an effect that has no result yet. Its number is given when its event is complete.

    `attempt` is the one to make or being made; `first` is the one that the retry policy counts from. `sent`: the
    durable mark of a `once` call. `maybe_sent`: a process that has ended may have performed it.
    """

    frame: "Frame"
    node: CallNode
    occurrence: int
    item: int
    effect: str
    input: dict[str, Any]
    key: str
    since: int
    phase: Phase = Phase.READY
    due: int | None = None
    number: int = -1
    attempt: int = 1
    first: int = 1
    sent: bool = False
    maybe_sent: bool = False
    reason: str = ""
    kind: str = ""
    open: bool = True


@dataclass(slots=True, eq=False)
class FanOut:
    """An `each` that has begun. `members` are in flight, by index; `next` is the first that has not started."""

    node: EachNode
    occurrence: int
    items: list[Any]
    limit: int
    results: list[Any]
    members: "dict[int, Call | Frame]" = field(default_factory=dict)
    next: int = 0


@dataclass(slots=True)
class Round:
    """A `for` loop that is being walked: its items, and the index of the next one."""

    items: list[Any]
    next: int = 0


@dataclass(frozen=True, slots=True)
class FaultAt:
    """Evaluation failed at a place; `came_from` is where control was before."""

    reason: str
    since: int
    came_from: int


@dataclass(slots=True, eq=False)
class Frame:
    """One entry into a cell, made by `parent` at its place `node` (for `item` of a fan-out)."""

    number: int
    cell: CellPlan
    path: str
    slots: list[Any]
    parent: "Frame | None" = None
    node: CallNode | None = None
    item: int = -1
    open: bool = True
    active: "dict[int, InFlight]" = field(default_factory=dict)
    occurrences: dict[int, int] = field(default_factory=dict)
    faults: dict[int, FaultAt] = field(default_factory=dict)
    # a `do`: the place to go on at, where control came from, and the loops around it
    position: int = -1
    came_from: int = -1
    rounds: dict[int, Round] = field(default_factory=dict)
    # a topology: what each place still waits for, places settled and skipped, and places that can start
    waits: list[int] = field(default_factory=list)
    settled: dict[int, bool] = field(default_factory=dict)
    startable: list[int] = field(default_factory=list)

    def enter(self, node: int) -> int:
        """Count an entry to a place; return how many there were before."""
        before = self.occurrences.get(node, 0)
        self.occurrences[node] = before + 1
        return before


InFlight: TypeAlias = Call | Frame | FanOut


@dataclass(frozen=True, slots=True)
class Failure:
    """An error on its way: qualified name, fields, the step that ended in it (None for `raise`), and its place."""

    error: str
    fields: dict[str, Any]
    step: str | None
    place: str


@dataclass(frozen=True, slots=True)
class Success:
    """The output of a cell."""

    value: Any


@dataclass(slots=True, eq=False)
class RunState:
    """A run. `run` is its id, from which keys are derived.

    `outcome` is what the events amount to, `ended` whether the log has it. `divergence` says how the log's calls
    differ from those that this graph and this cellc derive; nothing goes on then.
    """

    run: str
    at: int = 0
    started: bool = False
    ended: bool = False
    root: Frame | None = None
    outcome: Success | Failure | None = None
    divergence: str | None = None
    calls: dict[int, Call] = field(default_factory=dict)
    phases: Counter[Phase] = field(default_factory=Counter)
    faulted: int = 0
    next_call: int = 0
    next_frame: int = 0
    timers: list[tuple[int, int]] = field(default_factory=list)
    """A heap of (due, call); entries of calls that are closed or due at another time are stale."""
    unlogged: deque[tuple[int, int, str]] = field(default_factory=deque)
    """Faults (frame, place, reason) that the fold has met and the log does not say yet."""
    visits: int = 0
    """Places evaluated so far: the measure of work."""

    @property
    def status(self) -> str:
        """One of language.md section 7."""
        if self.ended or self.outcome is not None:
            return "failed" if isinstance(self.outcome, Failure) else "completed"
        if self.divergence is not None:
            return "stalled"
        if self.phases[Phase.READY]:
            return "running"
        if self.phases[Phase.TIMER] or self.phases[Phase.RETRY]:
            return "waiting"
        return "stalled" if self.started else "running"
