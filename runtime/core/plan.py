"""A program made ready to run: integer places, slots, closures. Built once per graph, shared by all of its runs.

A place keeps the index that it has in its cell's graph; the graph's canonical order makes that index as stable as the
graph's hash, so events name places by it. Bindings live in slots of a frame's list, comprehension variables included.
Nothing here changes once `prepare.py` has made it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from cellc.language.expr import Closure
from cellc.language.graph import Effect

Fields: TypeAlias = Callable[[list[Any]], dict[str, Any]]
"""Evaluates arguments or fields by name, without the nulls that stand for absent optional ones."""


Over: TypeAlias = Callable[[Mapping[str, Any]], Any]
"""An expression over names."""


@dataclass(frozen=True, slots=True)
class Handler:
    """Where an error goes: the place, and the slot that gets the error."""

    errors: frozenset[str]
    target: int
    slot: int | None


@dataclass(frozen=True, slots=True)
class Node:
    """What all places have. `after` are a topology's places that wait for this one, or what follows in a `do`.

    `scope` are the loops (by their places' names) and `try` bodies around it, the outermost first, `tries` only these.
    """

    index: int
    name: str
    target: int | None
    when: Closure | None
    after: tuple[int, ...]
    handlers: tuple[Handler, ...]
    tries: tuple[str, ...]
    scope: tuple[str, ...]

    def handler(self, error: str) -> Handler | None:
        """Return the first handler of `error` at this place."""
        return next((handler for handler in self.handlers if error in handler.errors), None)


@dataclass(frozen=True, slots=True)
class PassNode(Node):
    """A place that does nothing: start, join."""


@dataclass(frozen=True, slots=True)
class BindNode(Node):
    """Evaluates a value."""

    value: Closure


@dataclass(frozen=True, slots=True)
class ChooseNode(Node):
    """Goes on at `then` or `other`."""

    test: Closure
    then: int
    other: int


@dataclass(frozen=True, slots=True)
class LoopNode(Node):
    """Binds the next item and goes on at `body`, or at `other`.

    Coming from a place of `inside` is another round; so it is from itself, where the body does nothing.
    """

    items: Closure
    variables: tuple[str, ...]
    bind: Callable[[list[Any], Any], None]
    body: int
    other: int
    inside: frozenset[int]


@dataclass(frozen=True, slots=True)
class WhileNode(Node):
    """Goes on at `body` while its test holds, then at `other` (-1: that never comes). `inside` as in a `LoopNode`."""

    test: Closure
    body: int
    other: int
    inside: frozenset[int]


@dataclass(frozen=True, slots=True)
class MatchNode(Node):
    """Goes on at the target of the first case that takes the value."""

    value: Closure
    cases: tuple[tuple[Callable[[Any], bool], int], ...]


@dataclass(frozen=True, slots=True)
class CommitNode(Node):
    """Drops the undos of its cell."""


@dataclass(frozen=True, slots=True)
class UndoPlan:
    """How a call is undone; its result is in the slot `it` while the arguments are evaluated."""

    callee: str
    shown: str
    cell: bool
    arguments: Fields
    it: int


@dataclass(frozen=True, slots=True)
class Member:
    """One call that a place makes: of an effect, or of a cell. `name` tells the branches of a fork apart."""

    name: str
    callee: str
    shown: str
    cell: bool
    arguments: Fields
    within: Closure | None
    undo: UndoPlan | None


@dataclass(frozen=True, slots=True)
class CallNode(Node):
    """Makes one call."""

    call: Member


@dataclass(frozen=True, slots=True)
class GroupNode(Node):
    """Has several calls in flight. `mode` is par, race or quorum; `within` and `undo` are those of the whole."""

    mode: str
    within: Closure | None
    undo: UndoPlan | None


@dataclass(frozen=True, slots=True)
class EachNode(GroupNode):
    """Makes one call for each item."""

    call: Member
    items: Closure
    bind: Callable[[list[Any], Any], None]
    where: Closure | None
    limit: Closure | None
    count: Closure | None
    wait: Closure | None


@dataclass(frozen=True, slots=True)
class ForkNode(GroupNode):
    """Makes some named calls."""

    branches: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class CodeNode(Node):
    """The requests of a cell whose body is Python: its only place. `call` is what is common to them.

    `undos` are the effects that may undo one, by name.
    """

    call: Member
    undos: Mapping[str, UndoPlan]


@dataclass(frozen=True, slots=True)
class RaiseNode(Node):
    """Ends in an error."""

    error: str
    fields: Fields


@dataclass(frozen=True, slots=True)
class ReturnNode(Node):
    """Ends with a value."""

    value: Closure


AnyNode: TypeAlias = (
    PassNode
    | BindNode
    | ChooseNode
    | LoopNode
    | WhileNode
    | MatchNode
    | CommitNode
    | CallNode
    | EachNode
    | ForkNode
    | CodeNode
    | RaiseNode
    | ReturnNode
)

Calling: TypeAlias = CallNode | EachNode | ForkNode | CodeNode
"""Places with something in flight."""


def member_of(node: Calling, item: int) -> Member:
    """Return the call that a place makes for an item, or as its branch of this number."""
    return node.branches[item] if isinstance(node, ForkNode) else node.call


@dataclass(frozen=True, slots=True)
class CellPlan:
    """A cell. `entry` is where a `do` begins.

    For a topology: `waits` counts, per place, what must settle first; `first` are the places that wait for nothing;
    `result` is its return place. For a body in Python: `python` names it (`module:name`), and its one slot holds the
    whole input.
    """

    name: str
    nodes: tuple[AnyNode, ...]
    slots: Mapping[str, int]
    inputs: tuple[tuple[str, int], ...]
    is_topology: bool
    entry: int = -1
    waits: tuple[int, ...] = ()
    first: tuple[int, ...] = ()
    result: int | None = None
    python: str = ""


@dataclass(frozen=True, slots=True)
class ProbePlan:
    """The effect that tells whether a call happened; `inputs` are those of the call that it takes.

    `happened` and `result` are functions of its answer: whether, and with which result.
    """

    effect: str
    inputs: tuple[str, ...]
    happened: Callable[[Any], bool]
    result: Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class EffectPlan:
    """An effect's contract, and its declared key as a function of its input.

    For one that waits: `wanted`, the key of the event that it waits for, over its input; `where`, over that and the
    payload `data`; `result`, over the input and what has come as `response`.
    """

    contract: Effect
    key: Over | None
    wanted: Over | None = None
    where: Over | None = None
    result: Over | None = None
    probe: ProbePlan | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """A whole program."""

    graph: str
    main: str
    cells: Mapping[str, CellPlan]
    effects: Mapping[str, EffectPlan] = field(default_factory=dict)
