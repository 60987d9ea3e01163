"""The variables of a script: each has one type for the whole script, whatever is known of its value at a place."""

from collections.abc import Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from cellc.compiler.fit import Types
from cellc.compiler.load import walk
from cellc.compiler.scope import Scope
from cellc.language import ast
from cellc.language.diagnostics import Label
from cellc.language.span import Span
from cellc.language.subtype import widen
from cellc.language.types import BROKEN, Broken, List, Never, Null, Type


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable's own type, which every value that it gets must fit, and where it got it."""

    type: Type
    span: Span


class Variables:
    """The variables that have been declared, and where each was assigned first."""

    def __init__(self, types: Types) -> None:
        self._types = types
        self._known: dict[str, Variable] = {}
        self.assigned: dict[str, Span] = {}

    def get(self, name: str) -> Variable | None:
        """Return the variable called `name`, if it has been declared."""
        return self._known.get(name)

    def labels(self, name: str, text: str) -> tuple[Label, ...]:
        """Return the place where a variable got its type, as a label; nothing for what is no variable."""
        known = self._known.get(name)
        return (Label(known.span, text),) if known else ()

    def declare(self, name: ast.Ident, type_: Type, *, annotated: bool = False) -> None:
        """Give a variable its type; a second annotation is reported."""
        if name.text not in self._known:
            self._known[name.text] = Variable(type_, name.span)
        elif annotated:
            self._types.report.add("E206", name.span, labels=self.labels(name.text, "first here"), name=name.text)

    def first(self, name: ast.Ident, type_: Type) -> Type:
        """Declare a variable by its first value; return the type of that value."""
        whole = self._types.resolve(type_)
        unclear = isinstance(whole, Null | Never) or (isinstance(whole, List) and isinstance(whole.item, Never))
        if unclear:
            value = "null" if isinstance(whole, Null) else "[]"
            self._types.report.add("E314", name.span, name=name.text, value=value)
            type_ = BROKEN
        self.declare(name, type_ if isinstance(type_, Broken) else widen(type_))
        return type_

    def at_loop_head(self, body: Sequence[ast.Statement], scope: Scope) -> Scope:
        """Return what holds before any round: a variable that the body assigns may have any value of its own type."""
        known = {n: self._known[n].type for n in assigned(body) if n in scope and n in self._known}
        return {n: replace(x, type=known.get(n, x.type)) for n, x in scope.items()}

    def lasting(self, scope: Scope, before: Scope) -> Scope:
        """Return a scope without the names of a block that has ended: loop variables, the `e` of a handler."""
        return {n: x for n, x in scope.items() if n in before or n in self._known}


def assigned(body: Sequence[ast.Statement]) -> frozenset[str]:
    """Return the names that are assigned anywhere in some statements."""
    return frozenset(n.target.text for n in walk(tuple(body)) if isinstance(n, ast.Assign))
