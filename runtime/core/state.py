"""Where a run stands: frames, calls, and what is in flight at each place. Mutable, and private to the core.

A frame is one entry into a cell: its slots and where control is. What is in flight at a place of a frame is a call, a
frame of another cell, a group of both, or an unwinding of what was in flight there. Finished frames and calls are
forgotten but for their undos, so a run's size is that of what is open, never of its history. Only the fold and
`decide.py` change these objects.
"""

from collections import deque
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, TypeAlias, assert_never

from cellc.runtime.core.plan import Calling, CellPlan, Node, UndoPlan


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
    EVENT = 5
    """Waits for an event; nobody performs it."""
    TASK = 6
    """Waits for a person's answer; nobody performs it."""
    PROBED = 7
    """Its outcome is unknown, and its probe is asked."""


ARMED = frozenset({Phase.TIMER, Phase.EVENT, Phase.TASK})
"""Phases of calls that nobody performs."""


class Role(IntEnum):
    """What an open call is for."""

    WORK = 1
    """A call of the program."""
    UNDO = 2
    """Takes an earlier one back."""
    WITHIN = 3
    """A timer: the deadline of a place, or of one member of a group."""
    WAIT = 4
    """A timer: how long a quorum waits."""
    PROBE = 5
    """Asks whether another call happened."""


@dataclass(slots=True, eq=False)
class Call:
    """A call of an effect, or a deadline, that has no result yet. Its number is given when its event is complete.

    `wants` is the event that it waits for. `attempt` is the one to make or being made; `first` is the one that the
    retry policy counts from. `sent`: the durable mark of a `once` call. `maybe_sent`: a process that has ended may have
    performed it; `doubt`: an attempt under this key may have happened, as the log knows. None before `renewed` has.
    `probes` counts how often it was asked about; `probe` is the call that asks now, and `about` what such a call asks
    about. `unwinding`: what its answer goes to instead of its place. `undoable`: Python code,
    which made it, can say how it is undone.
    """

    frame: "Frame"
    node: Calling
    occurrence: int
    item: int
    effect: str
    input: dict[str, Any]
    key: str
    since: int
    role: Role = Role.WORK
    unwinding: "Unwinding | None" = None
    phase: Phase = Phase.READY
    due: int | None = None
    wants: "Wanted | None" = None
    number: int = -1
    attempt: int = 1
    first: int = 1
    sent: bool = False
    maybe_sent: bool = False
    doubt: bool = False
    renewed: int | None = None
    probes: int = 0
    probe: "Call | None" = None
    about: "Call | None" = None
    undoable: bool = False
    reason: str = ""
    kind: str = ""
    open: bool = True

    @property
    def uncertain(self) -> bool:
        """Whether it may have happened already, under its key."""
        return self.doubt or self.maybe_sent


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which event a call waits for; `key` in its stored form, None where any key will do."""

    event: str
    key: str | None


@dataclass(slots=True, eq=False)
class Undo:
    """What takes a completed call back, with the arguments that it had then.

    `order` counts completions in the run; `path` is the call's. `scope` are the `try` bodies of its frame in which it
    was done and that are still open. `attempt` counts how often it was begun.
    """

    order: int
    plan: UndoPlan
    arguments: dict[str, Any]
    frame: "Frame"
    node: Calling
    occurrence: int
    item: int
    path: str
    scope: tuple[str, ...] = ()
    attempt: int = 0


@dataclass(slots=True, eq=False)
class Done:
    """A call or cell that is done, and whose undo has not been evaluated yet. `undos` are those that it hands up."""

    source: "Call | Frame"
    value: Any
    undos: list[Undo]


@dataclass(slots=True, eq=False)
class Group:
    """An `each` or `fork` that has begun: its members in flight by index, and what the others came to.

    `items` of an `each` (the branches of a fork count as their numbers); `next` is the first that has not started.
    `results` by index; `order` are the indexes in order of success; `failed` counts the failed votes of a quorum of
    `count`. `undos` are those of members that are done.
    """

    node: Calling
    occurrence: int
    items: list[Any]
    limit: int
    count: int
    results: list[Any]
    order: list[int] = field(default_factory=list)
    failed: int = 0
    undos: list[Undo] = field(default_factory=list)
    members: "dict[int, InFlight]" = field(default_factory=dict)
    next: int = 0


@dataclass(frozen=True, slots=True)
class Failure:
    """An error on its way: qualified name, fields, the step that ended in it (None for `raise`), and its place."""

    error: str
    fields: dict[str, Any]
    step: str | None
    place: str


@dataclass(frozen=True, slots=True)
class Handle:
    """After an unwinding: the error goes on to its handler, at place `target`, bound to a slot."""

    node: Node
    failure: Failure
    target: int
    slot: int | None


@dataclass(frozen=True, slots=True)
class Fail:
    """After an unwinding: the frame has ended in the error."""

    failure: Failure


@dataclass(frozen=True, slots=True)
class Finish:
    """After an unwinding: the place is done, with the value; `kept` are undos that stay."""

    node: Node
    value: Any
    kept: list[Undo]


@dataclass(frozen=True, slots=True)
class TimeOut:
    """After an unwinding: the place, or the member `item` of its group, has ended in `Timeout`."""

    node: Calling
    item: int
    failure: Failure


@dataclass(frozen=True, slots=True)
class CancelRun:
    """After an unwinding: the run has been taken back."""


Then: TypeAlias = Handle | Fail | Finish | TimeOut | CancelRun


@dataclass(slots=True, eq=False)
class Unwinding:
    """The way out of a scope that has failed, or of calls that are not wanted any more.

    First what is in flight and has to be known is awaited (`awaited`: calls, and cells that undo), then `undos` run one
    at a time, the last one done first, then `then` follows. `done` are calls whose undo has to be evaluated first.
    `current` is the undo that runs.
    """

    frame: "Frame"
    then: Then
    undos: list[Undo] = field(default_factory=list)
    done: list[Done] = field(default_factory=list)
    awaited: "list[Call | Frame]" = field(default_factory=list)
    current: Undo | None = None
    fault: "FaultAt | None" = None
    over: bool = False


@dataclass(slots=True)
class Round:
    """A loop that is being walked: the items of a `for`, and how many rounds have begun."""

    items: list[Any]
    next: int = 0


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that code has made, as far as a replay is compared with it.

    `digest` is of its stored inputs and `shown` their beginning, for people. `move` is the one that made it.
    """

    effect: str
    digest: str
    shown: str
    undoable: bool
    move: int


@dataclass(frozen=True, slots=True)
class Told:
    """What a request came to, and when: a value, or the fields of `error`."""

    request: int
    at: int
    error: str | None
    value: Any


@dataclass(slots=True)
class Code:
    """How far the Python code of a frame is, and all that it takes to go on from there.

    Code moves until it waits: once when it begins, then once for each thing that it is told; `moves` counts these.
    `requests` and `answers` count what was asked and told so far; the lists have all of them for a function, which is
    replayed, and the last ones for a machine, whose state is `saved`. `at` is when it began.
    `orders` are the places of completed requests in the order of undoing, until their undos are taken. `undo`: the
    request whose undo is wanted although its frame has been left. `hash` is of the code that began, and `attempt`
    counts how often it was.
    """

    at: int
    moves: int = 0
    requests: int = 0
    answers: int = 0
    asked: list[Asked] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)
    saved: Any = None
    orders: dict[int, int] = field(default_factory=dict)
    undo: int | None = None
    hash: str = ""
    attempt: int = 1


@dataclass(frozen=True, slots=True)
class FaultAt:
    """Evaluation failed at a place; `came_from` is where control was before."""

    reason: str
    since: int
    came_from: int


@dataclass(slots=True, eq=False)
class Frame:
    """One entry into a cell, made by `parent` at its place `node` (for `item` of a group).

    `undos` take back what it has done so far. `unwinding`: what its end goes to instead of its place: it undoes; so do
    all frames inside it (`undoing`), and nothing of theirs is undone. `deadlines` are timers by place and member (-1:
    the place itself; -2: the wait of a quorum). `left` are the items of groups, by place, of which members are
    unwound. `exit`: how it unwinds after it has ended in an error.
    """

    number: int
    cell: CellPlan
    path: str
    slots: list[Any]
    parent: "Frame | None" = None
    node: Calling | None = None
    occurrence: int = 0
    item: int = -1
    unwinding: Unwinding | None = None
    undoing: bool = False
    open: bool = True
    active: "dict[int, InFlight]" = field(default_factory=dict)
    undos: list[Undo] = field(default_factory=list)
    deadlines: dict[tuple[int, int], Call] = field(default_factory=dict)
    left: dict[int, list[Any]] = field(default_factory=dict)
    exit: Unwinding | None = None
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
    # a body in Python; what is in flight is then in `active` by the number of its request
    code: Code | None = None

    def enter(self, node: int) -> int:
        """Count an entry to a place; return how many there were before."""
        before = self.occurrences.get(node, 0)
        self.occurrences[node] = before + 1
        return before


InFlight: TypeAlias = Call | Frame | Group | Unwinding | Done


@dataclass(frozen=True, slots=True)
class Success:
    """The output of a cell."""

    value: Any


@dataclass(frozen=True, slots=True)
class Cancelled:
    """A person has ended the run: `undone`, or killed as it stood."""

    undone: bool


@dataclass(frozen=True, slots=True)
class Progress:
    """What a program has said about how far it is: `percent` from 0 to 100, `at` when."""

    text: str
    percent: int | None
    at: int


@dataclass(frozen=True, slots=True)
class Moved:
    """How a run came to the version of its program that it is on: from the graph `graph`, `by` whom, and why.

    `first` is the place of the first call that it has made since, None before that.
    """

    graph: str
    at: int
    by: str
    reason: str
    first: str | None = None


@dataclass(slots=True, eq=False)
class RunState:
    """A run. `run` is its id, from which keys are derived; so is `generation`, how often it was moved.

    `outcome` is what the events amount to, `ended` whether the log has it. `divergence` says how the log's calls
    differ from those that this graph and this cellc derive; nothing goes on then.
    """

    run: str
    at: int = 0
    started: bool = False
    ended: bool = False
    root: Frame | None = None
    outcome: Success | Failure | Cancelled | None = None
    divergence: str | None = None
    progress: Progress | None = None
    generation: int = 0
    moved: Moved | None = None
    calls: dict[int, Call] = field(default_factory=dict)
    phases: list[int] = field(default_factory=lambda: [0] * (max(Phase) + 1))
    """How many calls stand in each phase, by its number: hashing phases would cost more than all else in `status`."""
    faulted: int = 0
    thinking: "dict[int, Frame]" = field(default_factory=dict)
    """The frames whose Python code is to move, or to say how a request is undone."""
    next_call: int = 0
    next_frame: int = 0
    next_undo: int = 0
    unwindings: list[Unwinding] = field(default_factory=list)
    """Those that are not over, in the order in which they began."""
    timers: list[tuple[int, int]] = field(default_factory=list)
    """A heap of (due, call); entries of calls that are closed or due at another time are stale."""
    wanted: dict[Wanted, dict[int, Call]] = field(default_factory=dict)
    """The calls that wait for an event, by what they wait for and then by number, the oldest first."""
    unlogged: deque[tuple[int, int, str]] = field(default_factory=deque)
    """Faults (frame, place, reason) that the fold has met and the log does not say yet."""
    visits: int = 0
    """Places evaluated so far: the measure of work."""

    @property
    def status(self) -> str:
        """One of language.md section 7."""
        if self.outcome is None:  # asked for several times an event
            return self._open_status()
        match self.outcome:
            case Success():
                return "completed"
            case Failure():
                return "failed"
            case Cancelled(undone):
                return "cancelled" if undone else "killed"
            case _:
                assert_never(self.outcome)

    def _open_status(self) -> str:
        if self.divergence is not None:
            return "stalled"
        if self.phases[Phase.READY] or self.thinking:
            return "running"
        if self.phases[Phase.RETRY] or any(self.phases[phase] for phase in ARMED):
            return "waiting"
        return "stalled" if self.started else "running"
