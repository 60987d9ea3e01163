"""Where control stands while a script is walked: what the rules of all its statements share."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from cellc.compiler.body import Body, Escape
from cellc.compiler.casts import INVALID
from cellc.compiler.expressions import Expressions
from cellc.compiler.fit import Types
from cellc.compiler.places import Exit, Places
from cellc.compiler.scope import Scope, joined
from cellc.compiler.symbols import CellSymbol, Names
from cellc.compiler.variables import Variables
from cellc.language import ast
from cellc.language.graph import AnyPlace, Call, Each, Fork, Join, Raise, Return
from cellc.language.span import Span

Block: TypeAlias = Callable[[Sequence[ast.Statement], Scope], Scope | None]
"""Walks statements one after another; gives the scope at their end, None where control never comes there."""


@dataclass(slots=True)
class Attempt:
    """A `try` whose body is being walked: what its handlers catch, and what has been raised.

    `assigned` are the names that its body gives values. `vague` is the handler that lists an unknown error, if any: it
    takes what no other does. `passed` is what none takes.
    """

    handlers: list[tuple[str, ...]]
    exits: list[list[Exit]]
    scopes: list[list[Scope | None]]
    assigned: frozenset[str]
    vague: int | None = None
    raised: dict[str, None] = field(default_factory=dict)
    passed: list["Raised"] = field(default_factory=list)
    unclear: bool = False


@dataclass(frozen=True, slots=True)
class Raised:
    """An error that a place may end in, what holds there, and where that comes from in the text."""

    error: str
    place: str
    span: Span
    scope: Scope


@dataclass(slots=True)
class OpenLoop:
    """A loop whose body is being walked: the ways out of it by `break`, and the scopes there and at `continue`.

    `moves` says that a round may wait for a call, or end the loop.
    """

    place: str
    breaks: list[Exit] = field(default_factory=list)
    broken: list[Scope | None] = field(default_factory=list)
    continued: list[Scope | None] = field(default_factory=list)
    moves: bool = False


@dataclass(slots=True)
class Control:
    """The graph that is being built, and the loops and `try`s that are open around the place where control stands.

    `leaky`: after a `match` that was reported for what it leaves over, control goes on, as if it came from there.
    """

    cell: CellSymbol
    names: Names
    expressions: Expressions
    places: Places
    variables: Variables
    body: Body
    block: Block
    attempts: list[Attempt] = field(default_factory=list)
    loops: list[OpenLoop] = field(default_factory=list)
    leaky: bool = False

    @property
    def types(self) -> Types:
        """The type questions of this script."""
        return self.expressions.types

    def add(self, place: AnyPlace, span: Span, scope: Scope) -> None:
        """Add a place that all open ways lead to; the casts in its expressions may end it in `Invalid`."""
        self.places.add(place, span, scope)
        for cast in self.expressions.casts.take():
            if cast.doubtful:
                self.unclear()
            else:
                self.raised(INVALID, cast.span, scope)
        if isinstance(place, Call | Each | Fork | Raise | Return):
            for loop in self.loops:
                loop.moves = True

    def raised(self, error: str, span: Span, scope: Scope) -> None:
        """Lead an error that the place added last may end in to its handler, or out of the cell."""
        self.lead(Raised(error, self.places.open[-1].source, span, scope))

    def lead(self, raised: Raised) -> None:
        """Lead an error to a handler of the innermost `try`, past it when its body has been walked, or out."""
        if not self.attempts:
            self.body.escapes.append(Escape(raised.error, raised.span, raised.place))
            return
        attempt = self.attempts[-1]
        attempt.raised[raised.error] = None
        i = next((i for i, caught in enumerate(attempt.handlers) if raised.error in caught), attempt.vague)
        if i is None:
            attempt.passed.append(raised)
            return
        attempt.exits[i].append(Exit(raised.place, "error", errors=(raised.error,)))
        attempt.scopes[i].append(raised.scope)

    def unclear(self) -> None:
        """Something was reported that might raise anything: no handler around it is called impossible.

        It might wait or end a loop, too.
        """
        self.body.complete = False
        for attempt in self.attempts:
            attempt.unclear = True
        for loop in self.loops:
            loop.moves = True

    def leave(self) -> list[Exit]:
        """Take the open ways aside; nothing is open then."""
        ways, self.places.open = self.places.open, []
        return ways

    def meet(self, ends: list[Scope | None], ways: list[Exit], span: Span) -> Scope | None:
        """Go on where all these ways lead; return what holds there."""
        scope = joined(ends, self.types)
        self.places.open = ways
        if scope is not None and len(ways) > 1:
            place, _ = self.places.name("join", kind=True)
            self.add(Join(id=place), span, scope)
        return scope
