"""The bodies of `do` cells: statements, checked and lowered to a control-flow graph in one walk.

The walk carries the scope: what each variable is where control stands, None where control never comes. A `try` keeps
the scopes at its raising places, whose join is what its handlers see.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import assert_never

from cellc.compiler.body import Body, Escape
from cellc.compiler.calls import Calls, Request
from cellc.compiler.combinators import Flows, refuse_clauses
from cellc.compiler.expressions import Expressions
from cellc.compiler.fit import Expected, Typed
from cellc.compiler.liveness import of_script
from cellc.compiler.load import walk
from cellc.compiler.places import Exit, Places
from cellc.compiler.raising import caught_type, error_fields
from cellc.compiler.scope import Local, Scope, inputs, joined
from cellc.compiler.symbols import CellSymbol, ErrorSymbol, Names
from cellc.compiler.type_exprs import type_of
from cellc.language import ast, suggest
from cellc.language.diagnostics import Label
from cellc.language.graph import Bind, Choose, Ir, Join, Loop, Raise, Return, Start
from cellc.language.span import Span
from cellc.language.subtype import widen
from cellc.language.types import BROKEN, Broken, List, Never, Null, Type, union


def script(cell: CellSymbol, body: ast.DoBody, names: Names) -> Body:
    """Check and lower the body of a `do` cell."""
    return _Script(cell, body, names).run()


@dataclass(frozen=True, slots=True)
class _Variable:
    """A variable's own type, which every value that it gets must fit, and where it got it."""

    type: Type
    span: Span


@dataclass(slots=True)
class _Try:
    """A `try` whose body is being walked: what its handlers catch, and what has been raised."""

    handlers: list[tuple[str, ...]]
    exits: list[list[Exit]]
    scopes: list[list[Scope | None]]
    raised: dict[str, None] = field(default_factory=dict)
    unclear: bool = False


class _Script:
    def __init__(self, cell: CellSymbol, body: ast.DoBody, names: Names) -> None:
        self._cell = cell
        self._statements = body.statements
        self._names = names
        self._report = names.report
        targets = {n.target.text for n in walk(body) if isinstance(n, ast.Assign)}
        reserved = targets | {f.name for f in cell.input.fields}
        self._expressions = Expressions(names, self._fresh)
        self._places = Places(self._expressions.types, frozenset(reserved))
        self._calls = Calls(self._expressions)
        self._flows = Flows(self._calls)
        self._types = self._expressions.types
        self._body = Body(cell, self._places, complete=not cell.unit.damaged)
        self._variables: dict[str, _Variable] = {}
        self._assigned: dict[str, Span] = {}
        self._tries: list[_Try] = []

    def _fresh(self, base: str) -> str:
        return self._places.fresh(base)

    def run(self) -> Body:
        scope = inputs(self._cell.input)
        for field_ in self._cell.decl.input:
            type_ = scope[field_.name.text].type
            self._variables[field_.name.text] = _Variable(type_, field_.name.span)
        start, _ = self._places.name("start")
        self._places.add(Start(id=start), self._cell.decl.name.span, scope)
        end = self._block(self._statements, scope)
        if end is not None:
            self._fall_off(end)
        self._unread()
        self._body.live = of_script(self._places.nodes, self._places.edges)
        return self._body

    def _fall_off(self, scope: Scope) -> None:
        """Return nothing at the end of the body."""
        decl = self._cell.decl
        if self._cell.output is not None and not self._may_be_absent(self._cell.output):
            shown = self._types.show(self._cell.output)
            self._report.add("E503", decl.name.span, cell=decl.name.text, type=shown)
        self._return(["lit", None], decl.name.span, scope)

    def _may_be_absent(self, output: Type) -> bool:
        return isinstance(output, Broken | Null)

    def _unread(self) -> None:
        for name, span in self._assigned.items():
            if name not in self._expressions.read and not self._expressions.lost:
                self._report.add("W221", span, name=name)

    # --- statements ---

    def _block(self, statements: Sequence[ast.Statement], scope: Scope | None) -> Scope | None:
        for statement in statements:
            if scope is None:
                self._report.add("W501", statement.span)
                return None
            scope = self._statement(statement, scope)
        return scope

    def _statement(self, statement: ast.Statement, scope: Scope) -> Scope | None:
        match statement:
            case ast.Assign():
                return self._assign(statement, scope)
            case ast.Do(flow):
                return self._do(flow, scope)
            case ast.If():
                return self._if(statement, scope)
            case ast.ForLoop():
                return self._for(statement, scope)
            case ast.Try():
                return self._try(statement, scope)
            case ast.Raise():
                self._raise(statement, scope)
                return None
            case ast.Return():
                self._returning(statement, scope)
                return None
            case ast.Pass():
                return scope
            case ast.While() | ast.Match() | ast.Break() | ast.Continue() | ast.Commit():
                what = f"`{type(statement).__name__.lower()}`"
                self._report.add("E199", statement.span, what=what)
                self._unclear()
                return scope
            case _:
                assert_never(statement)

    def _unclear(self) -> None:
        """Something was reported that might raise anything: no handler around it is called impossible."""
        self._body.complete = False
        for attempt in self._tries:
            attempt.unclear = True

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
        self._declare(statement.target, type_, again=True)
        return type_

    def _declare(self, name: ast.Ident, type_: Type, *, again: bool = False) -> None:
        old = self._variables.get(name.text)
        if old is None:
            self._variables[name.text] = _Variable(type_, name.span)
        elif again:
            label = Label(old.span, "first here")
            self._report.add("E206", name.span, labels=(label,), name=name.text)

    def _bound(self, flow: ast.Flow, name: ast.Ident, wanted: Type | None, scope: Scope) -> Type:
        """Lower `name = expression`; return the variable's type from here on."""
        refuse_clauses(flow, self._report)
        if wanted is None:
            value = self._expressions.infer(flow.value, scope)
            value = Typed(self._first(name, value.type), value.ir)
        else:
            value = self._expected(flow.value, wanted, name, scope)
        if not isinstance(value.type, Broken):
            self._assigned.setdefault(name.text, name.span)
        place, explicit = self._places.name(name.text, given=True)
        self._places.add(Bind(id=place, explicit=explicit, target=name.text, value=value.ir), name.span, scope)
        return wanted if wanted is not None and isinstance(value.type, Broken) else value.type

    def _first(self, name: ast.Ident, type_: Type) -> Type:
        """Declare a variable by its first value; return the type of that value."""
        whole = self._types.resolve(type_)
        unclear = isinstance(whole, Null | Never) or (isinstance(whole, List) and isinstance(whole.item, Never))
        if unclear:
            value = "null" if isinstance(whole, Null) else "[]"
            self._report.add("E314", name.span, name=name.text, value=value)
            type_ = BROKEN
        self._declare(name, type_ if isinstance(type_, Broken) else widen(type_))
        return type_

    def _expected(self, expr: ast.Expr, wanted: Type, name: ast.Ident, scope: Scope) -> Typed:
        """Return a value for a variable that has a type: its own type where that says more, else the variable's."""
        label = Label(self._variables[name.text].span, f"`{name.text}` has its type from here")
        label_or_none = label if self._variables[name.text].span != name.span else None
        return self._expressions.check(expr, scope, Expected(wanted, f"`{name.text}`", label_or_none))

    def _called(self, flow: ast.Flow, call: ast.Call, name: ast.Ident, wanted: Type | None, scope: Scope) -> Type:
        """Lower `name = call(...)`; return the variable's type from here on."""
        result = self._flow_call(flow, call, name, scope)
        if result is None:
            self._declare(name, BROKEN)
            return BROKEN
        if wanted is None:
            self._declare(name, widen(result) if not isinstance(result, Broken) else result)
            return result
        value = Typed(result, ["var", name.text])
        fitted = self._types.fit(value, Expected(wanted, f"`{name.text}`"), call.span)
        if fitted.ir != value.ir:
            place, _ = self._places.name(name.text, given=True)
            after = {**scope, name.text: Local(result, name.text)}
            self._places.add(Bind(id=place, target=name.text, value=fitted.ir), name.span, after)
        return fitted.type

    # --- calls ---

    def _flow_call(self, flow: ast.Flow, call: ast.Call, name: ast.Ident | None, scope: Scope) -> Type | None:
        """Lower a call; return its result's type, None when it gives none (reported where a value was wanted)."""
        request = self._flows.request(flow, call, name.text if name else None, scope)
        if request is None:
            self._unclear()
            return BROKEN
        if name is not None and request.result is None:
            self._report.add("E315", call.span, callee=call.callee.text)
        self._add_call(request, name.text if name else None, call.span, scope, given=name is not None)
        return request.result

    def _add_call(self, request: Request, target: str | None, span: Span, scope: Scope, *, given: bool) -> None:
        base = target if given and target else request.base
        place, explicit = self._places.name(base, given=given)
        self._places.add(request.at(place, explicit, target), span, scope)
        self._body.add_sites(place, request.asked)
        if request.doubtful:
            self._unclear()
        for error, source in request.errors.items():
            self._raised(error, source, scope)

    def _raised(self, error: str, span: Span, scope: Scope) -> None:
        """Lead an error that the place added last may end in to its handler, or out of the cell."""
        source = self._places.open[-1].source
        for attempt in reversed(self._tries):
            attempt.raised[error] = None
            for i, caught in enumerate(attempt.handlers):
                if error in caught:
                    attempt.exits[i].append(Exit(source, "error", (error,)))
                    attempt.scopes[i].append(scope)
                    return
        self._body.escapes.append(Escape(error, span, source))

    # --- if and for ---

    def _if(self, statement: ast.If, scope: Scope) -> Scope | None:
        ends: list[Scope | None] = []
        ways: list[Exit] = []
        for branch in statement.branches:
            test = self._expressions.condition(branch.test, scope)
            place, _ = self._places.name("choose", kind=True)
            self._places.add(Choose(id=place, test=test), branch.test.span, scope)
            self._places.open = [Exit(place, "then")]
            ends.append(self._block(branch.body, self._expressions.after(branch.test, True, scope)))
            ways += self._leave()
            self._places.open = [Exit(place, "else")]
            scope = self._expressions.after(branch.test, False, scope)
        ends.append(self._block(statement.otherwise, scope))
        ways += self._leave()
        return self._meet(ends, ways, statement.span)

    def _leave(self) -> list[Exit]:
        ways, self._places.open = self._places.open, []
        return ways

    def _meet(self, ends: list[Scope | None], ways: list[Exit], span: Span) -> Scope | None:
        scope = joined(ends, self._types)
        self._places.open = ways
        if scope is not None and len(ways) > 1:
            place, _ = self._places.name("join", kind=True)
            self._places.add(Join(id=place), span, scope)
        return scope

    def _for(self, statement: ast.ForLoop, scope: Scope) -> Scope:
        items, types = self._expressions.items(statement.items, statement.targets, scope)
        for target in statement.targets:
            if target.text in scope:
                labels = (Label(self._variables[target.text].span, "here"),) if target.text in self._variables else ()
                self._report.add("E206", target.span, labels=labels, name=target.text)
        head = self._loop_head(statement, scope)
        place, _ = self._places.name("loop", kind=True)
        names = [t.text for t in statement.targets]
        self._places.add(Loop(id=place, targets=names, items=items.ir), statement.items.span, head)
        self._places.open = [Exit(place, "item")]
        self._places.scope.append(place)
        inside = {**head, **{n: Local(t, n) for n, t in zip(names, types, strict=True)}}
        end = self._block(statement.body, inside)
        self._places.scope.pop()
        self._places.connect(place)
        self._places.open = [Exit(place, "else")]
        after = joined([head, end], self._types) or head
        return {n: x for n, x in after.items() if n not in names or n in scope}

    def _loop_head(self, statement: ast.ForLoop, scope: Scope) -> Scope:
        """Before any round, a variable that the body assigns may have any value of its own type."""
        assigned = {n.target.text for n in walk(statement.body) if isinstance(n, ast.Assign)}
        known = {n: self._variables[n].type for n in assigned if n in scope and n in self._variables}
        return {n: replace(x, type=known.get(n, x.type)) for n, x in scope.items()}

    # --- try, raise, return ---

    def _try(self, statement: ast.Try, scope: Scope) -> Scope | None:
        caught = self._caught(statement)
        attempt = _Try([names for names, _ in caught], [[] for _ in caught], [[] for _ in caught])
        base, _ = self._places.name("try", kind=True)
        self._tries.append(attempt)
        self._places.scope.append(base)
        ends = [self._block(statement.body, scope)]
        self._places.scope.pop()
        self._tries.pop()
        ways = self._leave()
        for i, handler in enumerate(statement.handlers):
            self._impossible(handler, attempt)
            ends.append(self._handler(handler, caught[i][1], attempt, i, scope))
            ways += self._leave()
        return self._meet(ends, ways, statement.span)

    def _caught(self, statement: ast.Try) -> list[tuple[tuple[str, ...], list[ErrorSymbol]]]:
        seen: dict[str, Span] = {}
        caught = []
        for handler in statement.handlers:
            errors: list[ErrorSymbol] = []
            for ident in handler.errors:
                error = self._names.error(ident)
                if error is None:
                    continue
                if error.name in seen:
                    label = Label(seen[error.name], "here")
                    self._report.add("E406", ident.span, labels=(label,), error=ident.text)
                    continue
                seen[error.name] = ident.span
                errors.append(error)
            caught.append((tuple(e.name for e in errors), errors))
        return caught

    def _impossible(self, handler: ast.Handler, attempt: _Try) -> None:
        shown = {self._names.shown(e): None for e in attempt.raised}
        handled = {e for names in attempt.handlers for e in names}
        open_ = [self._names.shown(e) for e in attempt.raised if e not in handled]
        for ident in handler.errors:
            known = self._names.known_error(ident.text)
            if known is None or known in attempt.raised or attempt.unclear:
                continue
            near = suggest.hint(ident.text, open_ or shown, "nothing in it raises an error")
            self._report.add("E405", ident.span, error=ident.text, near=near)

    def _handler(
        self, handler: ast.Handler, errors: list[ErrorSymbol], attempt: _Try, index: int, before: Scope
    ) -> Scope | None:
        binding = handler.binding.text if handler.binding else None
        self._places.open = [replace(way, binding=binding) for way in attempt.exits[index]]
        scope = joined(attempt.scopes[index], self._types)
        inside = dict(scope if scope is not None else before)
        if handler.binding is not None:
            if handler.binding.text in before:
                self._report.add("E206", handler.binding.span, name=handler.binding.text)
            inside[handler.binding.text] = Local(
                union(caught_type(e) for e in errors) if errors else BROKEN, binding or ""
            )
        end = self._block(handler.body, inside)
        if scope is None:
            self._places.open = []
            return None
        return None if end is None else {n: x for n, x in end.items() if n != binding or n in before}

    def _raise(self, statement: ast.Raise, scope: Scope) -> None:
        error = self._names.error(statement.error)
        if error is None:
            self._unclear()
            return
        fields = error_fields(error, statement, self._expressions, scope)
        place, _ = self._places.name("raise", kind=True)
        self._places.add(Raise(id=place, error=error.name, fields=fields), statement.span, scope)
        self._raised(error.name, statement.span, scope)
        self._places.open = []

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
            self._unclear()
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
        self._places.add(Return(id=place, value=value), span, scope)
        self._places.open = []
