"""What is known of a cell after its body was read: its graph, whom it calls, and which errors leave it."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from cellc.compiler.calls import Asked
from cellc.compiler.places import Places
from cellc.compiler.symbols import CellSymbol, EffectSymbol
from cellc.language import ast
from cellc.language.span import Span


@dataclass(frozen=True, slots=True)
class Site:
    """A call of a cell or effect at a place, for its result or as its `undo`; a `python` cell calls at ""."""

    callee: CellSymbol | EffectSymbol
    place: str
    span: Span
    undo: bool = False


@dataclass(frozen=True, slots=True)
class Escape:
    """An error, by qualified name, that leaves the cell from a place of it."""

    error: str
    span: Span
    place: str


@dataclass(frozen=True, slots=True)
class Idle:
    """A handler of an error, by qualified name, that nothing `where` it stands is known to end in.

    One of the `callees` there may all the same, without a word of it: that is reported where the callee is declared.
    """

    error: str
    written: ast.Ident
    where: str
    near: str
    callees: frozenset[str]


@dataclass(slots=True)
class Body:
    """A cell whose body was read; not `complete` where it calls something that is not known, which may do anything.

    `mode` is that of `graph.CellInfo`. `blocks` are the bodies of nodes in the long form (`blocks.py`): what they call
    and raise is also this cell's own, at the node. `unread` are a topology's calls whose results nothing refers to;
    it is not `ordered` where one of its references leads nowhere, or in a circle.
    """

    cell: CellSymbol
    places: Places
    mode: str = "do"
    live: dict[str, frozenset[str]] = field(default_factory=dict)
    sites: list[Site] = field(default_factory=list)
    escapes: list[Escape] = field(default_factory=list)
    idle: list[Idle] = field(default_factory=list)
    guards: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    blocks: list["Body"] = field(default_factory=list)
    complete: bool = True
    ordered: bool = True

    def add_sites(self, place: str, asked: Iterable[Asked]) -> None:
        """Note whom `place` asks."""
        self.sites += [Site(a.callee, place, a.span, a.undo) for a in asked]
