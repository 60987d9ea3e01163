"""`catch` around a topology's call: the block with the call in a `try`, and a handler for each error.

A handler is a call, an expression or a `raise`; `it` is the caught error there. The node is then what the call gives,
or what the handler does: its type holds all of them.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from cellc.compiler.blocks import Block, result_of, unreported
from cellc.compiler.body import Idle
from cellc.compiler.calls import RESULT, Request
from cellc.compiler.combinators import Flows, refuse_clauses
from cellc.compiler.fit import BROKEN_VALUE, Expected, Typed
from cellc.compiler.free_names import free_names
from cellc.compiler.places import Exit
from cellc.compiler.raising import caught_type, error_fields
from cellc.compiler.scope import Local, Scope
from cellc.compiler.symbols import ErrorSymbol
from cellc.language import ast, suggest
from cellc.language.diagnostics import Label
from cellc.language.span import Span
from cellc.language.types import BROKEN

RAISED_BY = {
    "Timeout": "only a deadline raises it: `within 1h` after the call",
    "Exhausted": "only a number of rounds raises it: `max: 20`, beside `until:`",
}
"""What a node lacks whose handler waits for an error of the language itself."""


@dataclass(slots=True)
class _End:
    """A way that ends with a value of the node, and what is known there."""

    value: Typed
    span: Span
    ways: list[Exit]
    scope: dict[str, Local]


@dataclass(frozen=True, slots=True)
class Catching:
    """The handlers of a node."""

    node: ast.Node
    catch: tuple[ast.Catch, ...]
    flows: Flows

    def lower(self, block: Block, call: Callable[[Scope], Request | None]) -> Request | None:
        """Build the block; return the call of it, None where it is not known who is called."""
        request = call(block.scope)
        caught = self._caught()
        idle = self._idle(request, {error.name: catch for catch, error in caught})
        block.body.idle += idle
        impossible = {handler.error for handler in idle}
        block.doubtful = len(caught) < len(self.catch) or bool(idle)  # one may be meant for what none takes
        ends = [] if request is None else [self._try(block, request, {e.name for _, e in caught})]
        source = ends[0].ways[0].source if ends else None
        for catch, error in sorted(caught, key=lambda c: c[1].name):
            binding = RESULT if RESULT in free_names(catch.value) else None
            block.places.open = [Exit(source, "error", errors=(error.name,), binding=binding)] if source else []
            seen = BROKEN if error.name in impossible else caught_type(error)
            block.scope = {**block.inputs, RESULT: Local(seen, RESULT)}
            ends += self._handled(block, catch, error, request)
        types = self.flows.calls.expressions.types
        output, values = types.joined([e.value for e in ends], self.node.value.span, "catch")
        for end, value in zip(ends, values, strict=True):
            block.places.open, block.scope = end.ways, end.scope
            block.give(value, end.span)
        return block.finish(output) if request is not None else None

    def _try(self, block: Block, request: Request, caught: set[str]) -> _End:
        name, span = self.node.name.text, self.node.value.span
        attempt, _ = block.places.name("try", kind=True)
        block.places.scope.append(attempt)
        place = block.call(request, name, name)
        block.places.scope.pop()
        for error, source in request.errors.items() if not block.doubtful else ():
            if error not in caught:
                block.escape(error, source, place)
        value = Typed(result_of(request), ["var", name])
        return _End(value, span, block.places.open, dict(block.scope))

    def _caught(self) -> list[tuple[ast.Catch, ErrorSymbol]]:
        """Return the handlers with their errors; report those of errors that are handled already."""
        names, found = self.flows.calls.expressions.names, dict[str, tuple[ast.Catch, ErrorSymbol]]()
        for catch in self.catch:
            error = names.error(catch.error)
            if error is not None and error.name in found:
                label = Label(found[error.name][0].error.span, "here")
                names.report.add("E406", catch.error.span, labels=(label,), error=catch.error.text)
            elif error is not None:
                found[error.name] = (catch, error)
        return [*found.values()]

    def _idle(self, request: Request | None, caught: dict[str, ast.Catch]) -> list[Idle]:
        """Return the handlers of errors that the call is not known to end in."""
        if request is None or request.doubtful:
            return []
        names, found = self.flows.calls.expressions.names, []
        callees = frozenset(asked.callee.name for asked in request.asked)
        shown = [names.shown(e) for e in request.errors if e not in caught]
        for error, catch in caught.items():
            if error not in request.errors:
                near = RAISED_BY.get(error) or suggest.hint(catch.error.text, shown, "remove the handler")
                found.append(Idle(error, catch.error, f"the call of `{self.node.name.text}`", near, callees))
        return found

    # --- handlers ---

    def _handled(self, block: Block, catch: ast.Catch, error: ErrorSymbol, request: Request | None) -> list[_End]:
        flow, report = catch.value, self.flows.calls.report
        if flow is None:
            return [_End(BROKEN_VALUE, catch.error.span, block.places.open, dict(block.scope))]
        for name, span in _of_the_node(flow):
            report.add("E511", span, name=name)
        if isinstance(flow, ast.Raise):
            self._raised(block, flow)
            return []
        if self.flows.calls.is_call(flow.value, block.scope):
            value = self._called(block, flow, flow.value, error)
        else:
            refuse_clauses(flow, report)
            value = self._value(flow.value, request, block.scope)
        return [_End(value, flow.span, block.places.open, dict(block.scope))]

    def _raised(self, block: Block, written: ast.Raise) -> None:
        expressions = self.flows.calls.expressions
        error = expressions.names.error(written.error)
        block.doubtful = block.doubtful or error is None
        if error is not None:
            block.throw(error.name, error_fields(error, written, expressions, block.scope), written.span)

    def _called(self, block: Block, flow: ast.Flow, call: ast.Call, error: ErrorSymbol) -> Typed:
        name = self.node.name.text
        made = self.flows.request(flow, call, name, block.scope)
        if made is None:
            block.doubtful = True
            return BROKEN_VALUE
        place = block.call(made, error.name.rpartition(".")[2], name)
        for raised, span in made.errors.items():
            block.escape(raised, span, place)
        return Typed(result_of(made), ["var", name])

    def _value(self, expr: ast.Expr, request: Request | None, scope: Scope) -> Typed:
        """Return a handler's value as a result of the call where it can be one, else as what it is."""
        expressions = self.flows.calls.expressions
        if request is not None:
            expected, quiet = Expected(result_of(request), ""), unreported(expressions)
            quiet.check(expr, scope, expected)
            if not quiet.names.report.diagnostics:
                return expressions.check(expr, scope, expected)
        return expressions.infer(expr, scope)


def _of_the_node(flow: ast.Flow | ast.Raise) -> Iterator[tuple[str, Span]]:
    """Yield the clauses after a handler that only a whole node has."""
    if flow.when is not None:
        yield "when", flow.when.span
    if flow.after:
        yield "after", flow.after[0].span
