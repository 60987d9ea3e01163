"""Flows that call: one cell or effect, or several in flight at once through `par`, `race` and `quorum`.

    par(a=f(x), b=g(y))                     a record of the results
    par(f(x) for x in xs, limit=10)         a list of them, in the order of `xs`
    race(a=f(x), b=g(y))                    `{winner: "a", a: A} | {winner: "b", b: B}`
    quorum(k, f(x) for x in xs, wait=30s)   `{reached: bool, values: [T]}`; an error is a failed vote

Branches are calls of a cell or effect, each with a `within` and an `undo` of its own.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from msgspec import structs

from cellc.compiler.calls import REPORTED, Asked, Calls, Part, Request
from cellc.compiler.casts import INVALID
from cellc.compiler.expressions import Clause
from cellc.compiler.fit import Expected
from cellc.compiler.scope import Scope
from cellc.language import ast, suggest
from cellc.language.builtins import BUILTINS
from cellc.language.diagnostics import Report
from cellc.language.graph import Branch, Each, Fork, Ir
from cellc.language.names import COMBINATORS
from cellc.language.span import Span
from cellc.language.types import (
    BROKEN,
    DURATION,
    Bool,
    Broken,
    Int,
    List,
    Literal,
    Null,
    Type,
    record,
    union,
)

WINNER = "winner"
"""The field of a race's result that says which branch was first."""

_OPTIONS: Mapping[str, tuple[Type, str]] = {"limit": (Int(1), "par"), "wait": (DURATION, "quorum")}
"""What may follow a generator: its type, and the combinator that takes it."""

_FORMS: Mapping[str, str] = {
    "par": "write `par(a=f(x), b=g(y))` or `par(f(x) for x in xs, limit=10)`",
    "race": "write `race(a=f(x), b=g(y))`",
    "quorum": "write `quorum(k, f(x) for x in xs, wait=30s)`",
}


@dataclass(slots=True)
class Flows:
    """Checks the flows of one body that call something."""

    calls: Calls

    def request(self, flow: ast.Flow, call: ast.Call, target: str | None, scope: Scope) -> Request | None:
        """Return `flow`, whose value is `call`; None, reported, when it is not known what it asks.

        `target`, the name that its result gets, is known in its `undo`.
        """
        match call.callee.text:
            case "par" | "race" | "quorum" as name:
                made = self._combinator(name, call, scope)
                return self._with_casts(self._with_clauses(flow, call, target, scope, made))
            case _:
                return self._with_casts(self.calls.single(flow, call, target, scope))

    def _with_casts(self, made: Request | None) -> Request | None:
        """Add what the casts in the call's own expressions may end it in."""
        if made is None:
            return None
        casts = self.calls.expressions.casts.take()
        first = next((cast for cast in casts if not cast.doubtful), None)
        errors = {INVALID: first.span} if first else {}
        doubtful = made.doubtful or any(cast.doubtful for cast in casts)
        return replace(made, errors={**errors, **made.errors}, doubtful=doubtful)

    def _with_clauses(
        self, flow: ast.Flow, call: ast.Call, target: str | None, scope: Scope, made: Request | None
    ) -> Request | None:
        """Add the clauses of the whole, which hold for all branches together."""
        result = made.result if made else BROKEN
        within = None if flow.within is None else self.calls.within(flow.within, scope)
        undo, asked = (None, ()) if flow.undo is None else self.calls.undo(flow.undo, call, result, scope, target)
        if made is None:
            return None
        errors = made.errors if flow.within is None else {"Timeout": flow.within.span, **made.errors}
        place = structs.replace(made.place, within=within, undo=undo)
        doubtful = made.doubtful or undo is REPORTED
        return replace(made, place=place, asked=(*made.asked, *asked), errors=errors, doubtful=doubtful)

    def _combinator(self, name: str, call: ast.Call, scope: Scope) -> Request | None:
        generators = [a for a in call.arguments if isinstance(a.value, ast.Comprehension) and a.value.generator]
        if name == "race" or (name == "par" and not generators):
            return self._fork(name, call, scope)
        return self._each(name, call, generators, scope)

    # --- named branches ---

    def _fork(self, name: str, call: ast.Call, scope: Scope) -> Request | None:
        named = [(a.name, a) for a in call.arguments if a.name is not None]
        if len(named) < len(call.arguments) or not named:
            self._refuse(call, "each branch needs a name" if call.arguments else "it has no branches")
            return None
        parts: dict[str, Part] = {}
        for ident, argument in named:
            part = self._branch(argument, argument.value, name, scope)
            if ident.text in parts:
                self._report.add("E306", ident.span, name=ident.text)
            elif ident.text == WINNER and name == "race":
                self._refuse(call, f"`{WINNER}` is the field that says which branch was first", ident.span)
            elif part is not None:
                parts[ident.text] = part
        if len(parts) < len(named):
            return None
        branches = [Branch(name=n, **p.fields, within=p.within, undo=p.undo) for n, p in parts.items()]  # type: ignore[arg-type]
        results = {n: Null() if p.result is None else p.result for n, p in parts.items()}
        place = Fork(id="", target=None, mode=name, branches=sorted(branches, key=lambda b: b.name))
        return _request(place, name, _raced(results) if name == "race" else record(results), parts.values())

    def _branch(self, argument: ast.Argument, value: ast.Expr, name: str, scope: Scope) -> Part | None:
        """Return one branch: a call of a cell or effect."""
        if not isinstance(value, ast.Call) or value.callee.text in (*COMBINATORS, *BUILTINS):
            nested = isinstance(value, ast.Call) and value.callee.text in COMBINATORS
            help_ = "put the inner one in a cell of its own" if nested else "plain values need no combinator"
            reason = "its branches are calls of a cell or effect"
            self._report.add("E312", value.span, name=name, reason=reason, signature=help_)
            return None
        return self.calls.part(value, argument.within, argument.undo, scope)

    # --- one branch for each item ---

    def _each(self, name: str, call: ast.Call, generators: list[ast.Argument], scope: Scope) -> Request | None:
        rest = [a for a in call.arguments if a not in generators]
        count = self._count(call, rest, scope) if name == "quorum" else None
        options = {a.name.text: self._option(name, a.name, a, scope) for a in rest if a.name is not None}
        if name == "par" and any(a.name is None for a in rest):
            self._refuse(call, "beside the generator it takes only `limit=`")
            return None
        if len(generators) != 1:
            self._refuse(
                call, "it takes one generator" if generators else "it needs a generator: one call for each item"
            )
            return None
        return self._fan(name, call, generators[0], scope, {**options, "count": count})

    def _count(self, call: ast.Call, rest: list[ast.Argument], scope: Scope) -> Ir | None:
        unnamed = [a for a in rest if a.name is None]
        if len(unnamed) != 1 or call.arguments[0] is not unnamed[0]:
            self._refuse(call, "it starts with how many calls must succeed")
            return None
        return self.calls.expressions.check(unnamed[0].value, scope, Expected(Int(1), "the size of the quorum")).ir

    def _option(self, name: str, ident: ast.Ident, argument: ast.Argument, scope: Scope) -> Ir | None:
        type_, taker = _OPTIONS.get(ident.text, (BROKEN, ""))
        if taker != name:
            near = suggest.hint(ident.text, [o for o, (_, takes) in _OPTIONS.items() if takes == name], _FORMS[name])
            self._report.add("E305", ident.span, callee=name, name=ident.text, near=near)
        return self.calls.expressions.check(argument.value, scope, Expected(type_, f"`{ident.text}`")).ir

    def _fan(
        self, name: str, call: ast.Call, argument: ast.Argument, scope: Scope, options: Mapping[str, Ir | None]
    ) -> Request | None:
        generator = argument.value
        assert isinstance(generator, ast.Comprehension)  # noqa: S101 -- chosen by its caller
        clauses, inside, length = self.calls.expressions.clauses(generator.clauses, scope)
        part = self._branch(argument, generator.element, name, inside)
        if part is None:
            return None
        known = all(option in (*_OPTIONS, "count") for option in options)
        if known and length is not None and length.high is None and options.get("limit") is None:
            bound = "bound the list: `list(T 1..1000)`"
            self._report.add("W504", call.span, help=f"add `limit=`, or {bound}" if name == "par" else bound)
        item, items, where = _gone_through(clauses)
        place = Each(
            id="",
            target=None,
            mode=name,
            item=item,
            items=items,
            where=where,
            limit=options.get("limit"),
            count=options.get("count"),
            wait=options.get("wait"),
            **part.fields,  # type: ignore[arg-type]
            item_within=part.within,
            item_undo=part.undo,
        )
        base = part.callee.name.rpartition(".")[2]
        return _request(place, base, _results(name, part.result, length), [part])

    # --- problems ---

    def _refuse(self, call: ast.Call, reason: str, span: Span | None = None) -> None:
        name = call.callee.text
        self._report.add("E312", span or call.span, name=name, reason=reason, signature=_FORMS[name])

    @property
    def _report(self) -> Report:
        return self.calls.report


def looks_like_call(expr: ast.Expr) -> bool:
    """Return whether `expr` is a call of something, there or not: of no built-in function."""
    return isinstance(expr, ast.Call) and expr.callee.text not in BUILTINS


def refuse_clauses(flow: ast.Flow, report: Report) -> None:
    """Report the clauses of calls after a plain expression; whatever looks like a call has been reported as one."""
    if looks_like_call(flow.value):
        return
    for name, clause in (("within", flow.within), ("undo", flow.undo)):
        if clause is not None:
            report.add("E602", clause.span, name=name)


def _request(place: Fork | Each, base: str, result: Type, parts: Iterable[Part]) -> Request:
    """Return a combinator's request; in a quorum, errors are votes and go nowhere."""
    known = list(parts)
    errors: dict[str, Span] = {}
    for part in known if place.mode != "quorum" else ():
        errors |= {error: span for error, span in part.errors.items() if error not in errors}
    asked: tuple[Asked, ...] = tuple(a for part in known for a in part.asked)
    doubtful = any(part.doubtful for part in known)
    return Request(place, base, result, asked, errors, doubtful)


def _raced(results: Mapping[str, Type]) -> Type:
    if any(isinstance(t, Broken) for t in results.values()):
        return BROKEN
    return union(record({WINNER: Literal(name), name: type_}) for name, type_ in results.items())


def _results(mode: str, result: Type | None, length: List | None) -> Type:
    if length is None or isinstance(result, Broken):
        return BROKEN
    item = Null() if result is None else result
    if mode == "quorum":
        return record({"reached": Bool(), "values": List(item, 0, length.high)})
    return List(item, length.low, length.high)


def _gone_through(clauses: Sequence[Clause]) -> tuple[list[str], Ir, Ir | None]:
    """Return the names of an item, the items, and the condition on each; several `for` make items of all names."""
    if len(clauses) == 1:
        ((names, items, conditions),) = clauses
        return names, items, _all_of(conditions)
    names = [name for targets, _, _ in clauses for name in targets]
    return names, ["comp", ["list", [["var", name] for name in names]], [[*clause] for clause in clauses]], None


def _all_of(conditions: Sequence[Ir]) -> Ir | None:
    if not conditions:
        return None
    whole, *rest = conditions
    for condition in rest:
        whole = ["and", whole, condition]
    return whole
