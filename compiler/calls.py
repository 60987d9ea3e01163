"""Calls of cells and effects: which input gets which argument."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeGuard

from cellc.compiler.expressions import Expressions
from cellc.compiler.fit import Expected, Typed
from cellc.compiler.scope import Scope
from cellc.compiler.symbols import COMBINATORS, CellSymbol, EffectSymbol, Names
from cellc.language import ast, suggest
from cellc.language.builtins import BUILTINS
from cellc.language.diagnostics import Label, Report
from cellc.language.graph import Call, Each, Ir
from cellc.language.types import BROKEN, Broken, Field, Int, List, Null, Record, Type, optional


@dataclass(frozen=True, slots=True)
class Request:
    """A call that was checked: who is called, with what, and what it gives (`result` is None for nothing)."""

    callee: CellSymbol | EffectSymbol
    args: dict[str, Ir]
    result: Type | None
    fan: "Fan | None" = None


@dataclass(frozen=True, slots=True)
class Fan:
    """What makes a call one for each item: `par(f(x) for x in xs if c, limit=n)`."""

    item: list[str]
    items: Ir
    where: Ir | None
    limit: Ir | None


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

    def request(self, call: ast.Call, scope: Scope) -> Request | None:
        """Return the call as the graph has it; None, reported, when it is not known who is called."""
        if call.callee.text in COMBINATORS:
            return self._combinator(call, scope)
        callee = self.expressions.names.callee(call.callee)
        if callee is None:
            return None
        return Request(callee, self.arguments(call, callee, scope), callee.output)

    # --- arguments ---

    def arguments(self, call: ast.Call, callee: CellSymbol | EffectSymbol, scope: Scope) -> dict[str, Ir]:
        """Return an expression for each input that is given; report what is missing, unknown or does not fit."""
        given = self._assign(call, callee)
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
            self._report.add(
                "E304",
                call.span,
                labels=(Label(callee.decl.name.span, "declared here"),),
                callee=self._shown(callee),
                missing=lacks,
                signature=f"its inputs are {self.expressions.types.show(callee.input)}",
            )
        return args

    def _assign(self, call: ast.Call, callee: CellSymbol | EffectSymbol) -> dict[str, ast.Argument]:
        """Return the arguments by the input that each is for."""
        given: dict[str, ast.Argument] = {}
        unnamed = [a for a in call.arguments if a.name is None and not a.spread]
        for argument in (a for a in call.arguments if a.name is not None):
            self._give(given, argument.name, argument, callee)
        for argument in unnamed:
            name = self._unnamed(argument, callee, alone=len(unnamed) == 1)
            if name is not None:
                self._give(given, ast.Ident(name, argument.span), argument, callee)
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
            self._report.add("E305", name.span, labels=(label,), callee=self._shown(callee), name=name.text, near=near)
        elif name.text in given:
            self._report.add("E306", name.span, name=name.text)
        else:
            given[name.text] = argument

    def _unnamed(self, argument: ast.Argument, callee: CellSymbol | EffectSymbol, *, alone: bool) -> str | None:
        """Return the input of the variable's own name, else the only required input."""
        if isinstance(argument.value, ast.Name) and callee.input.get(argument.value.text) is not None:
            return argument.value.text
        required = [f.name for f in callee.input.fields if not f.optional]
        if alone and len(required) == 1:
            return required[0]
        names = [f"`{f.name}=...`" for f in callee.input.fields]
        near = " or ".join(names) or "it takes no inputs"
        self._report.add("E307", argument.span, callee=self._shown(callee), near=near)
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
                self._report.add("E323", argument.span, found=types.show(value.type))
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
    def _report(self) -> Report:
        return self.expressions.names.report

    # --- par ---

    def _combinator(self, call: ast.Call, scope: Scope) -> Request | None:
        name, report = call.callee.text, self._report
        generator = call.arguments[0].value if call.arguments else None
        if name != "par" or not isinstance(generator, ast.Comprehension) or not generator.generator:
            what = f"`{name}` with named branches" if name == "par" else f"the combinator `{name}`"
            report.add("E199", call.span, what=what)
            return None
        if len(generator.clauses) > 1:
            report.add("E199", generator.span, what="`par` over more than one `for`")
            return None
        limit = self._limit(call, scope)
        return self._fan(call, generator, limit, scope)

    def _limit(self, call: ast.Call, scope: Scope) -> Ir | None:
        limit: Ir | None = None
        for argument in call.arguments[1:]:
            if argument.name is not None and argument.name.text == "limit":
                limit = self.expressions.check(argument.value, scope, Expected(Int(1), "`limit`")).ir
                continue
            span = argument.name.span if argument.name else argument.span
            shown = argument.name.text if argument.name else "..."
            near = "it takes one generator, and `limit=`"
            self._report.add("E305", span, callee="par", name=shown, near=near)
        return limit

    def _fan(self, call: ast.Call, generator: ast.Comprehension, limit: Ir | None, scope: Scope) -> Request | None:
        report, element = self._report, generator.element
        (clause,), inside, length = self.expressions.clauses(generator.clauses, scope)
        if not isinstance(element, ast.Call) or element.callee.text in (*COMBINATORS, *BUILTINS):
            help_ = "for plain values write a list: `[f(x) for x in xs]`"
            report.add("E312", element.span, name="par", reason="it takes calls of a cell or effect", signature=help_)
            return None
        inner = self.request(element, inside)
        if inner is None:
            return None
        if limit is None and length is not None and length.high is None:
            report.add("W504", call.span, help="add `limit=`, or bound the list: `list(T 1..1000)`")
        item, items, conditions = clause
        fan = Fan(item, items, _all_of(conditions), limit)
        return Request(inner.callee, inner.args, _results(inner.result, length), fan)


def _results(result: Type | None, length: List | None) -> Type:
    if length is None or isinstance(result, Broken):
        return BROKEN
    return List(Null() if result is None else result, length.low, length.high)


def _all_of(conditions: Sequence[Ir]) -> Ir | None:
    if not conditions:
        return None
    whole, *rest = conditions
    for condition in rest:
        whole = ["and", whole, condition]
    return whole


def _expected(input_: Field, callee: CellSymbol | EffectSymbol) -> Expected:
    type_ = optional(input_.type) if input_.optional else input_.type
    label = Label(callee.decl.name.span, "declared here")
    return Expected(type_, f"the input `{input_.name}` of `{callee.decl.name.text}`", label)


def call_place(request: Request, name: str, explicit: bool, target: str | None, when: Ir | None = None) -> Call | Each:
    """Return the place of a checked call."""
    callee, cell = request.callee.name, isinstance(request.callee, CellSymbol)
    if request.fan is None:
        return Call(id=name, explicit=explicit, target=target, callee=callee, cell=cell, args=request.args, when=when)
    fan = request.fan
    return Each(
        id=name,
        explicit=explicit,
        target=target,
        item=fan.item,
        items=fan.items,
        where=fan.where,
        limit=fan.limit,
        callee=callee,
        cell=cell,
        args=request.args,
        when=when,
    )


def refuse_clauses(flow: ast.Flow, names: Names) -> None:
    """Report the clauses that this version does not compile."""
    for what, clause in (("within", flow.within), ("undo", flow.undo)):
        if clause is not None:
            names.report.add("E199", clause.span, what=f"the clause `{what}`")
