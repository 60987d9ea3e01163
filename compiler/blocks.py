"""Builds a *block*: the cell of its own that a topology's node in the long form calls.

`CELL/NODE` is a `do` cell whose inputs are the names that the node refers to, as they are known there. Nobody who reads
a message hears of blocks: what a block asks and raises is reported as its cell's own, where it was written.
"""

from msgspec import structs

from cellc.compiler.body import Body, Escape
from cellc.compiler.calls import RESULT, Asked, Request
from cellc.compiler.casts import INVALID
from cellc.compiler.expressions import Expressions
from cellc.compiler.free_names import free_names
from cellc.compiler.liveness import of_script
from cellc.compiler.places import Exit, Places
from cellc.compiler.scope import Local, Scope
from cellc.compiler.symbols import CellSymbol
from cellc.language import ast
from cellc.language.graph import AnyPlace, Call, Choose, Ir, Raise, Return, Start
from cellc.language.span import Span
from cellc.language.types import BROKEN, Field, Null, Record, Type


class Block:
    """A block that is being built: its places so far, and the names that the next one sees.

    `text` is the part of the syntax tree that it is made of; the names in it that `scope` has are its inputs.
    `doubtful`: it may end in errors that are not known.
    """

    def __init__(
        self, name: str, cell: CellSymbol, node: ast.Node, text: object, scope: Scope, expressions: Expressions
    ) -> None:
        self._name = name
        self._cell = cell
        self._node = node.name
        named = set(free_names(text)) - {RESULT, node.name.text}
        self._outer = {n: scope[n] for n in sorted(named & scope.keys())}
        self._asked: list[Asked] = []
        self._errors: dict[str, Span] = {}
        self.doubtful = False
        self.inputs: Scope = {n: Local(x.type, n) for n, x in self._outer.items()}
        if node.name.text in scope:  # it waits for itself, which has been reported
            self.inputs = {**self.inputs, node.name.text: Local(BROKEN, node.name.text)}
        self.scope: dict[str, Local] = dict(self.inputs)
        self._casts = expressions.casts
        self.places = Places(expressions.types, frozenset((*self._outer, RESULT)))
        self.body = Body(cell, self.places)
        self.add(Start(id="start"), node.name.span)

    # --- places ---

    def add(self, place: AnyPlace, span: Span) -> None:
        """Add a place that follows all open ways."""
        self.places.add(place, span, self.scope)
        for cast in self._casts.take():
            self.doubtful = self.doubtful or cast.doubtful
            if not cast.doubtful:
                self.escape(INVALID, cast.span, place.id)

    def ask(self, place: str, asked: tuple[Asked, ...]) -> None:
        """Note whom a place asks: that is the block's, and in the end the cell's."""
        self.body.add_sites(place, asked)
        self._asked += asked

    def call(self, request: Request, base: str, target: str) -> str:
        """Add a call, whose result is `target` from here on; return its place."""
        name, _ = self.places.name(base, given=True)
        self.add(request.at(name, False, target), request.asked[0].span)
        self.ask(name, request.asked)
        self.doubtful = self.doubtful or request.doubtful
        self.scope[target] = Local(result_of(request), target)
        return name

    def choose(self, test: Ir, span: Span) -> tuple[Exit, Exit]:
        """Add a choice; return the ways that it leads, where `test` holds and where not."""
        name, _ = self.places.name("choose", kind=True)
        self.add(Choose(id=name, test=test), span)
        return Exit(name, "then"), Exit(name, "else")

    def give(self, value: Ir, span: Span) -> None:
        """End here with the block's output."""
        name, _ = self.places.name("return", kind=True)
        self.add(Return(id=name, value=value), span)
        self.places.open = []

    def throw(self, error: str, fields: dict[str, Ir], span: Span) -> None:
        """End here in an error."""
        name, _ = self.places.name("raise", kind=True)
        self.add(Raise(id=name, error=error, fields=fields), span)
        self.places.open = []
        self.escape(error, span, name)

    def escape(self, error: str, span: Span, place: str) -> None:
        """Note an error that leaves the block."""
        self.body.escapes.append(Escape(error, span, place))
        self._errors.setdefault(error, span)

    # --- the whole ---

    def finish(self, output: Type) -> Request:
        """Return the call of the block, which is complete now."""
        cell = self._cell
        self.body.cell = CellSymbol(
            name=self._name,
            unit=cell.unit,
            decl=structs.replace(cell.decl, errors=None, effects=None),
            input=Record(tuple(Field(n, x.type) for n, x in self._outer.items())),
            output=output,
            errors=tuple(self._errors),
            effects=None,
        )
        self.body.live = of_script(self.places.nodes, self.places.edges)
        args: dict[str, Ir] = {n: ["var", x.slot] for n, x in self._outer.items()}
        place = Call(id="", target=None, callee=self._name, cell=True, args=args)
        return Request(place, self._node.text, output, tuple(self._asked), self._errors, self.doubtful)


def result_of(request: Request) -> Type:
    """Return what a call gives; null for nothing."""
    return Null() if request.result is None else request.result


def unreported(expressions: Expressions) -> Expressions:
    """Return the same with a report of its own, for questions whose answer may be a problem."""
    return Expressions(expressions.names.quiet(), lambda base: base, raises=True)
