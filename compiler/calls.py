"""Calls of cells and effects: which input gets which argument, what a deadline adds, how a call is undone.

A `Request` is a checked call before it has its place; combinators, which hold several calls, are in `combinators.py`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeGuard

from msgspec import structs

from cellc.compiler.expressions import Expressions
from cellc.compiler.fit import Expected, Typed
from cellc.compiler.load import walk
from cellc.compiler.scope import Local, Scope
from cellc.compiler.symbols import CellSymbol, EffectSymbol
from cellc.language import ast, suggest
from cellc.language.builtins import BUILTINS
from cellc.language.diagnostics import Label, Report
from cellc.language.graph import Call, Each, Fork, Ir, Undo
from cellc.language.names import COMBINATORS
from cellc.language.span import Span
from cellc.language.types import BROKEN, DURATION, Broken, Field, Record, Type, optional

RESULT = "it"
"""The name of a call's own result in its `undo`."""

REPORTED = Undo(callee="", cell=False, args={})
"""Stands for an undo that is wrong, so that nothing is said of a call without one; it is never lowered."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A cell or effect that a place may ask: for its result, or to undo an earlier one."""

    callee: CellSymbol | EffectSymbol
    span: Span
    undo: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """One call with its own clauses. `errors`: what it may end with, by qualified name, and where that comes from."""

    callee: CellSymbol | EffectSymbol
    args: dict[str, Ir]
    result: Type | None
    within: Ir | None
    undo: Undo | None
    asked: tuple[Asked, ...]
    errors: dict[str, Span]

    @property
    def doubtful(self) -> bool:
        """Whether it may do more than is known: something in it has been reported."""
        return self.callee.doubtful or self.undo is REPORTED

    @property
    def fields(self) -> dict[str, object]:
        """Return what every graph form of a call says of it."""
        return {"callee": self.callee.name, "cell": isinstance(self.callee, CellSymbol), "args": self.args}


@dataclass(frozen=True, slots=True)
class Request:
    """A flow that calls, checked: its place still lacks its name. `result` is None for nothing.

    `base` names the place when the user does not; `doubtful`: it may end in errors that are not known.
    """

    place: Call | Fork | Each
    base: str
    result: Type | None
    asked: tuple[Asked, ...]
    errors: dict[str, Span]
    doubtful: bool

    def at(self, name: str, explicit: bool, target: str | None, when: Ir | None = None) -> Call | Fork | Each:
        """Return its place."""
        return structs.replace(self.place, id=name, explicit=explicit, target=target, when=when)


@dataclass(slots=True)
class Calls:
    """Checks the calls of one body."""

    expressions: Expressions

    def is_call(self, expr: ast.Expr, scope: Scope) -> TypeGuard[ast.Call]:
        """Return whether `expr` calls a cell, an effect or a combinator: not a built-in, not `value.method()`."""
        if not isinstance(expr, ast.Call) or expr.callee.text in BUILTINS:
            return False
        head, dot, _ = expr.callee.text.partition(".")
        return not (dot and head in scope)

    def single(self, flow: ast.Flow, call: ast.Call, target: str | None, scope: Scope) -> Request | None:
        """Return a call of one cell or effect; None, reported, when it is not known who is called."""
        part = self.part(call, flow.within, flow.undo, scope, target)
        if part is None:
            return None
        place = Call(id="", target=None, **part.fields, within=part.within, undo=part.undo)  # type: ignore[arg-type]
        base = part.callee.name.rpartition(".")[2]
        return Request(place, base, part.result, part.asked, part.errors, part.doubtful)

    def part(
        self, call: ast.Call, within: ast.Expr | None, undo: ast.Call | None, scope: Scope, target: str | None = None
    ) -> Part | None:
        """Return one call with its clauses; `target` also names its result in its `undo`."""
        callee = self.expressions.names.callee(call.callee)
        result = BROKEN if callee is None else callee.output
        deadline = None if within is None else self.within(within, scope)
        undone, asked = (None, ()) if undo is None else self.undo(undo, call, result, scope, target)
        if callee is None:
            inside = {RESULT: Local(BROKEN, RESULT), **scope}  # it may be a function that takes `by=`
            self._look_at([a.value for a in call.arguments if not _calls(a.value)], inside)
            return None
        args = self.arguments(call, callee, scope)
        errors = dict.fromkeys(callee.errors, call.span)
        if within is not None:
            errors.setdefault("Timeout", within.span)
        return Part(callee, args, result, deadline, undone, (Asked(callee, call.span), *asked), errors)

    # --- clauses ---

    def within(self, expr: ast.Expr, scope: Scope) -> Ir:
        """Return a deadline: a duration, counted from when the call becomes ready."""
        if isinstance(expr, ast.Constant) and isinstance(expr.value, timedelta) and expr.value <= timedelta():
            self.report.add("E409", expr.span, name="within", expected="longer than nothing", help="")
        return self.expressions.check(expr, scope, Expected(DURATION, "`within`")).ir

    def undo(
        self, undo: ast.Call, call: ast.Call, result: Type | None, scope: Scope, target: str | None
    ) -> tuple[Undo, tuple[Asked, ...]]:
        """Return how `call`, with this result, is undone; its inputs are taken when `call` completes."""
        if undo.callee.text in (*COMBINATORS, *BUILTINS):
            self.report.add("E600", undo.callee.span, name=undo.callee.text)
            return REPORTED, ()
        own = Local(BROKEN if result is None else result, RESULT)
        if result is None:
            self._no_result(undo, call, target)
        known = {**scope, RESULT: own, **({target: own} if target else {})}
        callee = self.expressions.names.callee(undo.callee)
        if callee is None:
            return REPORTED, ()
        with self.expressions.casts.refused("the inputs of an `undo`"):
            args = self.arguments(undo, callee, known)
        cell = isinstance(callee, CellSymbol)
        return Undo(callee=callee.name, cell=cell, args=args), (Asked(callee, undo.span, undo=True),)

    def _no_result(self, undo: ast.Call, call: ast.Call, target: str | None) -> None:
        """Report an undo that needs a value which is never there."""
        for node in walk(undo.arguments):
            if isinstance(node, ast.Name) and node.text in (RESULT, target):
                label = Label(call.callee.span, "it gives no result")
                self.report.add("E601", node.span, labels=(label,), name=node.text, callee=call.callee.text)
                return

    # --- arguments ---

    def arguments(self, call: ast.Call, callee: CellSymbol | EffectSymbol, scope: Scope) -> dict[str, Ir]:
        """Return an expression for each input that is given; report what is missing, unknown or does not fit."""
        if callee.unread:
            self._look_at([a.value for a in call.arguments], scope)
            return {}
        given = self._assign(call, callee, scope)
        args: dict[str, Ir] = {}
        for input_ in callee.input.fields:
            if input_.name in given:
                expected = _expected(input_, callee)
                args[input_.name] = self.expressions.check(given[input_.name].value, scope, expected).ir
        spreads = [self._spread(a, callee, scope, args) for a in call.arguments if a.spread]
        unclear = any(spread is None for spread in spreads) or len(given) + len(spreads) < len(call.arguments)
        missing = [f.name for f in callee.input.fields if not f.optional and f.name not in args]
        if missing and not unclear:
            lacks = ", ".join(f"`{name}`" for name in missing)
            self.report.add(
                "E304",
                call.span,
                labels=(Label(callee.decl.name.span, "declared here"),),
                callee=self._shown(callee),
                missing=lacks,
                signature=f"its inputs are {self.expressions.types.show(callee.input)}",
            )
        return args

    def _look_at(self, values: Iterable[ast.Expr], scope: Scope) -> None:
        """Report what is wrong inside values whose place is not known."""
        for value in values:
            self.expressions.infer(value, scope)

    def _assign(self, call: ast.Call, callee: CellSymbol | EffectSymbol, scope: Scope) -> dict[str, ast.Argument]:
        """Return the arguments by the input that each is for."""
        given: dict[str, ast.Argument] = {}
        unnamed = [a for a in call.arguments if a.name is None and not a.spread]
        for argument in (a for a in call.arguments if a.name is not None):
            self._give(given, argument.name, argument, callee)
        for argument in unnamed:
            name = self._unnamed(argument, callee, scope, alone=len(unnamed) == 1)
            if name is not None:
                self._give(given, ast.Ident(name, argument.span), argument, callee)
        taken = {id(argument) for argument in given.values()}
        self._look_at([a.value for a in call.arguments if a.name is not None and id(a) not in taken], scope)
        return given

    def _give(
        self,
        given: dict[str, ast.Argument],
        name: ast.Ident | None,
        argument: ast.Argument,
        callee: CellSymbol | EffectSymbol,
    ) -> None:
        if name is None:
            return
        if callee.input.get(name.text) is None and callee.unit.lost(name.text, callee.decl.span):
            return
        if callee.input.get(name.text) is None:
            near = suggest.hint(name.text, [f.name for f in callee.input.fields], "it takes no inputs")
            label = Label(callee.decl.name.span, "declared here")
            self.report.add("E305", name.span, labels=(label,), callee=self._shown(callee), name=name.text, near=near)
        elif name.text in given:
            self.report.add("E306", name.span, name=name.text)
        else:
            given[name.text] = argument

    def _unnamed(
        self, argument: ast.Argument, callee: CellSymbol | EffectSymbol, scope: Scope, *, alone: bool
    ) -> str | None:
        """Return the input of the variable's own name, else the only required input."""
        if isinstance(argument.value, ast.Name) and callee.input.get(argument.value.text) is not None:
            return argument.value.text
        required = [f.name for f in callee.input.fields if not f.optional]
        if alone and len(required) == 1:
            return required[0]
        before = self.report.count
        self._look_at([argument.value], scope)
        if self.report.count > before:
            return None
        names = [f"`{f.name}=...`" for f in callee.input.fields]
        near = " or ".join(names) or "it takes no inputs"
        self.report.add("E307", argument.span, callee=self._shown(callee), near=near)
        return None

    def _spread(
        self, argument: ast.Argument, callee: CellSymbol | EffectSymbol, scope: Scope, args: dict[str, Ir]
    ) -> Record | None:
        """Give every input that is still open the field of its name of the record `**r`."""
        value = self.expressions.infer(argument.value, scope)
        types = self.expressions.types
        whole = types.resolve(value.type)
        if not isinstance(whole, Record):
            if not isinstance(whole, Broken):
                self.report.add("E323", argument.span, found=types.show(value.type))
            return None
        for input_ in callee.input.fields:
            field_ = whole.get(input_.name)
            if field_ is None or input_.name in args:
                continue
            read = optional(field_.type) if field_.optional else field_.type
            part = Typed(read, ["field", value.ir, input_.name])
            args[input_.name] = types.fit(part, _expected(input_, callee), argument.span).ir
        return whole

    def _shown(self, callee: CellSymbol | EffectSymbol) -> str:
        return self.expressions.names.shown(callee.name)

    @property
    def report(self) -> Report:
        """Where problems go."""
        return self.expressions.names.report


def _calls(expr: ast.Expr) -> bool:
    """Return whether there is a call of a cell or effect in an expression: it may be a branch."""
    return any(isinstance(node, ast.Call) and node.callee.text not in BUILTINS for node in walk(expr))


def _expected(input_: Field, callee: CellSymbol | EffectSymbol) -> Expected:
    type_ = optional(input_.type) if input_.optional else input_.type
    label = Label(callee.decl.name.span, "declared here")
    return Expected(type_, f"the input `{input_.name}` of `{callee.decl.name.text}`", label)
