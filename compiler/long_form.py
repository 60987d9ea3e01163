"""Topology nodes in the long form: `catch` and `until` around a call become blocks (`graph.py`).

So a topology stays a graph without control edges, and each part of a node means what it means everywhere else:

- With `until`, the node's block is the loop. With `catch` it is a `try` around the call, and the handlers. With both,
  `CELL/NODE` catches, and calls `CELL/NODE/loop`.
- `within` is the time of all rounds, and stands where its `Timeout` can be handled: on the call in the `try`, else on
  the call of the block.
- `undo` belongs to the call itself, in the innermost block. A block that ends well hands its undos to its caller, as
  every cell does, so nothing has to be lifted out; of a loop, the call of each round is undone.
- `when` and `after` are the node's: they skip, or delay, its call of the block.

Places in a block are named by the node, the error that is handled, or their kind, and handlers stand in the order of
their errors' names, so layout changes no name.
"""

from dataclasses import dataclass, field, replace

from msgspec import structs

from cellc.compiler.blocks import Block, result_of, unreported
from cellc.compiler.body import Body
from cellc.compiler.calls import Calls, Request
from cellc.compiler.catching import Catching
from cellc.compiler.combinators import Flows
from cellc.compiler.expressions import Expressions
from cellc.compiler.rounds import Rounds
from cellc.compiler.scope import Scope
from cellc.compiler.symbols import CellSymbol
from cellc.language import ast
from cellc.language.types import BROKEN, Type


@dataclass(slots=True)
class LongForm:
    """Lowers the calls of one topology's nodes; `blocks` are those that were made, inner ones first."""

    cell: CellSymbol
    flows: Flows
    blocks: list[Body] = field(default_factory=list)

    def request(self, node: ast.Node, flow: ast.Flow, call: ast.Call, scope: Scope) -> Request | None:
        """Return what a node asks: what its text says, or its block; None, reported, where that is not known."""
        policies, name = node.policies, f"{self.cell.name}/{node.name.text}"
        flow = structs.replace(flow, when=None, after=())
        if policies is None:
            return self.flows.request(flow, call, node.name.text, scope)
        if not policies.catch:
            return self._inner(name, node, flow, policies, call, scope)

        def inner(inside: Scope) -> Request | None:
            return self._inner(f"{name}/loop", node, flow, policies, call, inside)

        block = self._block(name, node, (flow, policies), scope)
        return self._made(block, Catching(node, policies.catch, self.flows).lower(block, inner))

    def _inner(
        self, name: str, node: ast.Node, flow: ast.Flow, policies: ast.Policies, call: ast.Call, scope: Scope
    ) -> Request | None:
        """Return the call that `catch` is around: one, or the block `name` of all rounds."""
        own = node.name.text
        if policies.until is None:
            return self.flows.request(flow, call, own, scope)
        each = structs.replace(flow, within=None)
        block = self._block(name, node, (each, structs.replace(policies, catch=())), scope)
        rounds = Rounds(node, policies, policies.until, self._expressions, lambda s: self._result(each, call, s))
        made = rounds.lower(block, lambda inside: self.flows.request(each, call, own, inside))
        return self._within(self._made(block, made), flow.within, scope)

    def _within(self, made: Request | None, within: ast.Expr | None, scope: Scope) -> Request | None:
        """Add the deadline of all rounds."""
        time = None if within is None else self.flows.calls.within(within, scope)
        if made is None or within is None:
            return made
        errors = {"Timeout": within.span, **made.errors}
        return replace(made, place=structs.replace(made.place, within=time), errors=errors)

    def _result(self, flow: ast.Flow, call: ast.Call, scope: Scope) -> Type:
        """Return what a call gives, without a report: that comes when it is lowered."""
        request = Flows(Calls(unreported(self._expressions))).request(
            structs.replace(flow, undo=None), call, None, scope
        )
        return BROKEN if request is None else result_of(request)

    def _block(self, name: str, node: ast.Node, text: object, scope: Scope) -> Block:
        return Block(name, self.cell, node, text, scope, self._expressions)

    def _made(self, block: Block, made: Request | None) -> Request | None:
        if made is not None:
            self.blocks.append(block.body)
        return made

    @property
    def _expressions(self) -> Expressions:
        return self.flows.calls.expressions
