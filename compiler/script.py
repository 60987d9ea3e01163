"""The bodies of `do` cells: statements, checked and lowered to a control-flow graph in one walk.

The walk carries the scope: what each variable is where control stands, None where control never comes. A `try` keeps
the scopes at its raising places, whose join is what its handlers see; a loop those at its `break`s.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cellc.compiler.attempts import attempt, raise_error
from cellc.compiler.body import Body
from cellc.compiler.branches import choose, match
from cellc.compiler.calls import Calls, Request
from cellc.compiler.combinators import Flows, refuse_clauses
from cellc.compiler.control import Control
from cellc.compiler.expressions import Expressions
from cellc.compiler.fit import Expected, Typed, has_broken
from cellc.compiler.liveness import of_script
from cellc.compiler.load import walk
from cellc.compiler.loops import for_loop, leave_loop, while_loop
from cellc.compiler.places import Places
from cellc.compiler.scope import Local, Scope, inputs
from cellc.compiler.symbols import CellSymbol, Names
from cellc.compiler.type_exprs import type_of
from cellc.compiler.variables import Variables
from cellc.language import ast
from cellc.language.graph import Bind, Commit, Ir, Return, Start
from cellc.language.span import Span
from cellc.language.subtype import widen
from cellc.language.types import BROKEN, Broken, Null, Type


def script(cell: CellSymbol, body: ast.DoBody, names: Names) -> Body:
    """Check and lower the body of a `do` cell."""
    return _Script(cell, body, names).run()


_CONTROL: Mapping[type, Callable[[Control, Any, Scope], Scope | None]] = {
    ast.If: choose,
    ast.Match: match,
    ast.ForLoop: for_loop,
    ast.While: while_loop,
    ast.Break: leave_loop,
    ast.Continue: leave_loop,
    ast.Try: attempt,
    ast.Raise: raise_error,
}
"""The statements that lead control elsewhere than to the next one."""


class _Script:
    def __init__(self, cell: CellSymbol, body: ast.DoBody, names: Names) -> None:
        self._cell = cell
        self._statements = body.statements
        self._names = names
        self._report = names.report
        targets = {n.target.text for n in walk(body) if isinstance(n, ast.Assign)}
        reserved = targets | {f.name for f in cell.input.fields}
        self._expressions = Expressions(names, self._fresh, raises=True)
        self._types = self._expressions.types
        self._places = Places(self._types, frozenset(reserved))
        self._calls = Calls(self._expressions)
        self._flows = Flows(self._calls)
        self._variables = Variables(self._types)
        self._body = Body(cell, self._places, complete=not cell.unit.torn(cell.decl.span))
        self._control = Control(cell, names, self._expressions, self._places, self._variables, self._body, self._block)

    def _fresh(self, base: str) -> str:
        return self._places.fresh(base)

    def run(self) -> Body:
        scope = inputs(self._cell.input)
        for field in self._cell.decl.input:
            self._variables.declare(field.name, scope[field.name.text].type)
        start, _ = self._places.name("start")
        self._control.add(Start(id=start), self._cell.decl.name.span, scope)
        end = self._block(self._statements, scope)
        if end is not None:
            self._fall_off(end)
        self._unread()
        self._body.live = of_script(self._places.nodes, self._places.edges)
        return self._body

    def _fall_off(self, scope: Scope) -> None:
        """Return nothing at the end of the body."""
        decl = self._cell.decl
        if self._cell.output is not None and not self._may_be_absent(self._cell.output) and not self._control.leaky:
            shown = self._types.show(self._cell.output)
            self._report.add("E503", decl.name.span, cell=decl.name.text, type=shown)
        self._return(["lit", None], decl.name.span, scope)

    def _may_be_absent(self, output: Type) -> bool:
        return isinstance(output, Broken | Null)

    def _unread(self) -> None:
        for name, span in self._variables.assigned.items():
            if name not in self._expressions.read and not self._expressions.lost:
                self._report.add("W221", span, name=name)

    # --- statements ---

    def _block(self, statements: Sequence[ast.Statement], scope: Scope | None) -> Scope | None:
        for statement in statements:
            if scope is None:
                self._report.add("W501", statement.span)
                return None
            scope = self._statement(statement, scope)
            if self._expressions.lost:
                self._control.unclear()
        return scope

    def _statement(self, statement: ast.Statement, scope: Scope) -> Scope | None:
        match statement:
            case ast.Assign():
                return self._assign(statement, scope)
            case ast.Do(flow):
                return self._do(flow, scope)
            case ast.Return():
                self._returning(statement, scope)
                return None
            case ast.Pass():
                return scope
            case ast.Commit():
                self._commit(statement, scope)
                return scope
            case _:
                return _CONTROL[type(statement)](self._control, statement, scope)

    def _commit(self, statement: ast.Commit, scope: Scope) -> None:
        place, _ = self._places.name("commit", kind=True)
        self._control.add(Commit(id=place), statement.span, scope)

    def _do(self, flow: ast.Flow, scope: Scope) -> Scope:
        if self._calls.is_call(flow.value, scope):
            self._flow_call(flow, flow.value, None, scope)
        elif not isinstance(self._expressions.infer(flow.value, scope).type, Broken):
            self._report.add("E321", flow.value.span)
        return scope

    # --- assignment ---

    def _assign(self, statement: ast.Assign, scope: Scope) -> Scope:
        name = statement.target
        annotation = self._annotation(statement)
        if statement.value is None:
            return {**scope, name.text: Local(annotation or BROKEN, name.text, maybe_unset=True)}
        declared = self._variables.get(name.text)
        wanted = annotation or (declared.type if declared else None)
        flow = statement.value
        if self._calls.is_call(flow.value, scope):
            value = self._called(flow, flow.value, name, wanted, scope)
        else:
            value = self._bound(flow, name, wanted, scope)
        return {**scope, name.text: Local(value, name.text)}

    def _annotation(self, statement: ast.Assign) -> Type | None:
        if statement.annotation is None:
            return None
        type_ = type_of(statement.annotation, self._names)
        self._variables.declare(statement.target, type_, annotated=True)
        return type_

    def _bound(self, flow: ast.Flow, name: ast.Ident, wanted: Type | None, scope: Scope) -> Type:
        """Lower `name = expression`; return the variable's type from here on."""
        refuse_clauses(flow, self._report)
        if wanted is None:
            value = self._expressions.infer(flow.value, scope)
            value = Typed(self._variables.first(name, value.type), value.ir)
        else:
            value = self._expected(flow.value, wanted, name, scope)
        if not isinstance(value.type, Broken):
            self._variables.assigned.setdefault(name.text, name.span)
        place, explicit = self._places.name(name.text, given=True)
        self._control.add(Bind(id=place, explicit=explicit, target=name.text, value=value.ir), name.span, scope)
        doubtful = wanted is not None and (isinstance(value.type, Broken) or has_broken(wanted))
        return wanted if wanted is not None and doubtful else value.type

    def _expected(self, expr: ast.Expr, wanted: Type, name: ast.Ident, scope: Scope) -> Typed:
        """Return a value for a variable that has a type: its own type where that says more, else the variable's."""
        labels = self._variables.labels(name.text, f"`{name.text}` has its type from here")
        label = next((found for found in labels if found.span != name.span), None)
        return self._expressions.check(expr, scope, Expected(wanted, f"`{name.text}`", label))

    def _called(self, flow: ast.Flow, call: ast.Call, name: ast.Ident, wanted: Type | None, scope: Scope) -> Type:
        """Lower `name = call(...)`; return the variable's type from here on."""
        result = self._flow_call(flow, call, name, scope)
        if result is None:
            self._variables.declare(name, BROKEN)
            return BROKEN
        if wanted is None:
            self._variables.declare(name, widen(result) if not isinstance(result, Broken) else result)
            return result
        value = Typed(result, ["var", name.text])
        fitted = self._types.fit(value, Expected(wanted, f"`{name.text}`"), call.span)
        if fitted.ir != value.ir:
            place, _ = self._places.name(name.text, given=True)
            after = {**scope, name.text: Local(result, name.text)}
            self._control.add(Bind(id=place, target=name.text, value=fitted.ir), name.span, after)
        return fitted.type

    # --- calls ---

    def _flow_call(self, flow: ast.Flow, call: ast.Call, name: ast.Ident | None, scope: Scope) -> Type | None:
        """Lower a call; return its result's type, None when it gives none (reported where a value was wanted)."""
        request = self._flows.request(flow, call, name.text if name else None, scope)
        if request is None:
            self._control.unclear()
            return BROKEN
        if name is not None and request.result is None:
            self._report.add("E315", call.span, callee=call.callee.text)
        self._add_call(request, name.text if name else None, call.span, scope, given=name is not None)
        return request.result

    def _add_call(self, request: Request, target: str | None, span: Span, scope: Scope, *, given: bool) -> None:
        base = target if given and target else request.base
        place, explicit = self._places.name(base, given=given)
        self._control.add(request.at(place, explicit, target), span, scope)
        self._body.add_sites(place, request.asked)
        if request.doubtful:
            self._control.unclear()
        for error, source in request.errors.items():
            self._control.raised(error, source, scope)

    # --- return ---

    def _returning(self, statement: ast.Return, scope: Scope) -> None:
        flow, output = statement.value, self._cell.output
        name = self._cell.decl.name.text
        if flow is None:
            if output is not None and not self._may_be_absent(output):
                self._report.add("E503", statement.span, cell=name, type=self._types.show(output))
            self._return(["lit", None], statement.span, scope)
            return
        if output is None:
            self._report.add("E506", flow.span, cell=name)
            return
        expected = Expected(output, f"the output of `{name}`")
        if self._calls.is_call(flow.value, scope):
            self._return_call(flow, flow.value, expected, scope)
            return
        refuse_clauses(flow, self._report)
        self._return(self._expressions.check(flow.value, scope, expected).ir, statement.span, scope)

    def _return_call(self, flow: ast.Flow, call: ast.Call, expected: Expected, scope: Scope) -> None:
        request = self._flows.request(flow, call, None, scope)
        if request is None:
            self._control.unclear()
            return
        slot = self._places.fresh("result")
        if request.result is None:
            self._report.add("E315", call.span, callee=call.callee.text)
        self._add_call(request, slot, call.span, scope, given=False)
        value = Typed(BROKEN if request.result is None else request.result, ["var", slot])
        after = {**scope, slot: Local(value.type, slot)}
        self._return(self._types.fit(value, expected, call.span).ir, call.span, after)

    def _return(self, value: Ir, span: Span, scope: Scope) -> None:
        place, _ = self._places.name("return", kind=True)
        self._control.add(Return(id=place, value=value), span, scope)
        self._places.open = []
