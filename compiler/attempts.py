"""`try` and `raise`: which errors a handler sees, and what holds where it begins."""

from msgspec.structs import replace

from cellc.compiler.body import Idle
from cellc.compiler.control import Attempt, Control
from cellc.compiler.raising import caught_type, error_fields
from cellc.compiler.scope import Local, Scope, joined
from cellc.compiler.symbols import ErrorSymbol
from cellc.compiler.variables import assigned
from cellc.language import ast, suggest
from cellc.language.diagnostics import Label
from cellc.language.graph import Raise
from cellc.language.types import BROKEN, union


def attempt(control: Control, statement: ast.Try, scope: Scope) -> Scope | None:
    """Lower `try`: its handlers see the join of what holds at the places that raise what they catch."""
    caught = _caught(control, statement)
    handlers = [tuple(e.name for e in errors) for errors in caught]
    asked = len(control.body.sites)
    open_ = Attempt(
        handlers, [[] for _ in caught], [[] for _ in caught], assigned(statement.body), _vague(control, statement)
    )
    base, _ = control.places.name("try", kind=True)
    control.attempts.append(open_)
    control.places.scope.append(base)
    ends = [control.block(statement.body, scope)]
    control.places.scope.pop()
    control.attempts.pop()
    ways = control.leave()
    callees = frozenset(site.callee.name for site in control.body.sites[asked:])
    idle = [x for handler in statement.handlers for x in _idle(control, handler, open_, callees)]
    control.body.idle += idle
    if idle:  # one of these handlers was meant for what none takes
        control.unclear()
    for raised in open_.passed if not idle else ():
        control.lead(raised)
    for i, handler in enumerate(statement.handlers):
        possible = [e for e in caught[i] if e.name not in {x.error for x in idle}]
        ends.append(_handler(control, handler, possible, open_, i, scope))
        ways += control.leave()
    return control.meet(ends, ways, statement.span)


def _caught(control: Control, statement: ast.Try) -> list[list[ErrorSymbol]]:
    """Return the errors of each handler."""
    seen: dict[str, ast.Ident] = {}
    caught = []
    for handler in statement.handlers:
        errors: list[ErrorSymbol] = []
        for ident in handler.errors:
            error = control.names.error(ident)
            if error is None:
                continue
            if error.name in seen:
                label = Label(seen[error.name].span, "here")
                control.names.report.add("E406", ident.span, labels=(label,), error=ident.text)
                continue
            seen[error.name] = ident
            errors.append(error)
        caught.append(errors)
    return caught


def _vague(control: Control, statement: ast.Try) -> int | None:
    """Return the first handler that lists an error which is not known."""
    unknown = (i for i, h in enumerate(statement.handlers) if not all(map(control.names.knows_error, h.errors)))
    return next(unknown, None)


def _idle(control: Control, handler: ast.Handler, attempt_: Attempt, callees: frozenset[str]) -> list[Idle]:
    """Return the errors of a handler that nothing in its `try` is known to raise."""
    names = control.names
    shown = {names.shown(e): None for e in attempt_.raised}
    handled = {e for errors in attempt_.handlers for e in errors}
    open_ = [names.shown(e) for e in attempt_.raised if e not in handled]
    found = []
    for ident in handler.errors:
        known = names.known_error(ident.text)
        if known is None or known in attempt_.raised or attempt_.unclear:
            continue
        near = suggest.hint(ident.text, open_ or shown, "nothing in it raises an error")
        found.append(Idle(known, ident, "this `try`", near, callees))
    return found


def _handler(
    control: Control, handler: ast.Handler, errors: list[ErrorSymbol], attempt_: Attempt, index: int, before: Scope
) -> Scope | None:
    binding = handler.binding.text if handler.binding else None
    control.places.open = [replace(way, binding=binding) for way in attempt_.exits[index]]
    scope = joined(attempt_.scopes[index], control.types)
    inside = {n: Local(BROKEN, n) for n in attempt_.assigned} | dict(before) if scope is None else dict(scope)
    if handler.binding is not None:
        if handler.binding.text in before:
            control.names.report.add("E206", handler.binding.span, name=handler.binding.text)
        type_ = union(caught_type(e) for e in errors) if len(errors) == len(handler.errors) else BROKEN
        inside[handler.binding.text] = Local(type_, handler.binding.text)
    end = control.block(handler.body, inside)
    if scope is None:
        control.places.open = []
        return None
    return None if end is None else {n: x for n, x in end.items() if n != binding or n in before}


def raise_error(control: Control, statement: ast.Raise, scope: Scope) -> Scope | None:
    """Lower `raise`."""
    error = control.names.error(statement.error)
    if error is None:
        for argument in statement.arguments:
            control.expressions.infer(argument.value, scope)
        control.unclear()
        return None
    fields = error_fields(error, statement, control.expressions, scope)
    place, _ = control.places.name("raise", kind=True)
    control.add(Raise(id=place, error=error.name, fields=fields), statement.span, scope)
    control.raised(error.name, statement.span, scope)
    control.places.open = []
    return None
