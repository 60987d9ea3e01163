"""Expressions: one pass gives each its type and its graph form.

Two ways in. `infer` asks what type an expression has. `check` knows what type its place expects and pushes it into
literals, conditionals and lists, so that a problem is shown at the innermost wrong part, and an int or a number with a
point becomes what is expected. Every problem is reported once; what is wrong has the type `Broken`, which fits all.
"""

from collections.abc import Callable, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import TypeAlias, assert_never

from msgspec.structs import replace

from cellc.compiler import access, literals, operators
from cellc.compiler.builtin_calls import builtin_call, pairs_call
from cellc.compiler.casts import Casts
from cellc.compiler.fit import BROKEN_VALUE, Expected, Typed, Types, has_broken
from cellc.compiler.narrow import Narrowing
from cellc.compiler.scope import Local, Scope, narrowed
from cellc.compiler.symbols import Names
from cellc.compiler.type_exprs import literal, type_of
from cellc.language import ast, suggest
from cellc.language.builtin_types import item_type
from cellc.language.builtins import BUILTINS
from cellc.language.graph import Ir
from cellc.language.signatures import kinds
from cellc.language.span import Span
from cellc.language.subtype import overlaps
from cellc.language.types import (
    BROKEN,
    DURATION,
    INT,
    STRING,
    Bool,
    Broken,
    Int,
    List,
    Literal,
    Map,
    Never,
    Null,
    Number,
    Record,
    String,
    Type,
    record,
)
from cellc.language.values import tag

BOOL = Bool()

Clause: TypeAlias = tuple[list[str], Ir, list[Ir]]
"""One `for` in graph form: targets, items, conditions."""


class Expressions:
    """Elaborates the expressions of one body. `fresh` gives each comprehension variable a name of its own.

    `read` are the names that were read; `lost` says that some name was not found, so any other may have been meant.
    `casts` are those that were met; they are refused where what is made of the expressions cannot `raise` an error.
    """

    def __init__(self, names: Names, fresh: Callable[[str], str], *, raises: bool) -> None:
        self.names = names
        self.types = Types(names.world.types, names.report, names.unit.name)
        self.casts = Casts(self.types, "" if raises else "what stands here")
        self.read: set[str] = set()
        self.lost = False
        self._unsure: set[Span] = set()
        self._narrowing = Narrowing(self.types.table, lambda written: type_of(written, names.quiet()))
        self._fresh = fresh
        self._report = names.report

    # --- the two ways in ---

    def check(self, expr: ast.Expr, scope: Scope, expected: Expected) -> Typed:
        """Return `expr` as a value of the expected type; report where it is not one."""
        wanted = self.types.resolve(self.types.present(expected.type))
        match expr:
            case ast.RecordExpr() if isinstance(wanted, Record):
                return Typed(expected.type, literals.record_as(self, expr, wanted, scope, expected))
            case ast.RecordExpr(entries) if isinstance(wanted, Map):
                return Typed(expected.type, literals.map_as(self, entries, wanted, scope))
            case ast.ListExpr(items, span) if isinstance(wanted, List):
                return Typed(expected.type, literals.list_as(self, items, span, wanted, scope))
            case ast.Conditional():
                test, in_then, in_other = self._branches(expr, scope)
                then, other = self.check(expr.then, in_then, expected), self.check(expr.other, in_other, expected)
                return Typed(self.types.join([then.type, other.type]), ["if", test, then.ir, other.ir])
            case _:
                return self.types.fit(self.infer(expr, scope, self._decimal(wanted)), expected, expr.span)

    def condition(self, expr: ast.Expr, scope: Scope, what: str = "a condition") -> Ir:
        """Return `expr` as something that is true or false."""
        return self._truth(expr, scope, what).ir

    def test(self, expr: ast.Expr, scope: Scope, what: str = "a condition", *, decided_in: Scope | None = None) -> Ir:
        """Return `expr` as what something depends on; report where the types (in `decided_in`) leave it no choice."""
        before = self._report.count
        value = self._truth(expr, scope, what)
        if self._report.count == before and not isinstance(value.type, Broken):
            outcome = self.decided(expr, scope if decided_in is None else decided_in)
            if outcome is not None:
                self._report.add("W521", expr.span, outcome="true" if outcome else "false")
        return value.ir

    def decided(self, test: ast.Expr, scope: Scope) -> bool | None:
        """Return what a test always is, None where it may be either; an outcome with no value for a name cannot be."""
        if isinstance(test, ast.Constant) and isinstance(test.value, bool):
            return test.value
        for outcome in (True, False):
            after = self.after(test, not outcome, scope)
            lost = (scope[n].type for n, x in after.items() if isinstance(x.type, Never))
            if any(not isinstance(was, Never) and not has_broken(was) for was in lost):
                return outcome
        return None

    def _truth(self, expr: ast.Expr, scope: Scope, what: str) -> Typed:
        before = self._report.count
        value = self._truth_value(expr, scope, what)
        if self._report.count > before:
            self._unsure.add(expr.span)
        return value

    def _truth_value(self, expr: ast.Expr, scope: Scope, what: str) -> Typed:
        value = self.infer(expr, scope)
        if not isinstance(value.type, Broken) and not all(self._is_bool(a) for a in self.types.arms(value.type)):
            found = self.types.found(value.type)
            self._report.add("E311", expr.span, what=what, found=found, help=self._as_condition(value.type))
        return value

    def infer(self, expr: ast.Expr, scope: Scope, decimal: bool = False) -> Typed:  # noqa: PLR0911, PLR0912, C901 -- one arm a form
        """Return the type and form of `expr`; `decimal`: its place wants numbers with a point as decimals."""
        match expr:
            case ast.Constant(value):
                return _constant(value, decimal)
            case ast.Name():
                return self._name(expr, scope)
            case ast.Field(value):
                return access.field(self.names, self.types, self.infer(value, scope), expr)
            case ast.Index(value, index):
                return access.index(self.types, self.infer(value, scope), self.infer(index, scope), expr)
            case ast.Slice():
                return self._slice(expr, scope)
            case ast.Unary():
                return self._unary(expr, scope, decimal)
            case ast.Binary("and" | "or"):
                return self._logical(expr, scope)
            case ast.Binary("??"):
                return self._default(expr, scope, decimal)
            case ast.Binary():
                return self._arithmetic(expr, scope, decimal)
            case ast.Compare():
                return self._compare(expr, scope)
            case ast.IsType():
                return self._is_type(expr, scope)
            case ast.Cast(value, written):
                return self.casts.cast(self.infer(value, scope), type_of(written, self.names), expr)
            case ast.Conditional():
                return self._conditional(expr, scope, decimal)
            case ast.ListExpr(items, span):
                return self._list(items, span, scope, decimal)
            case ast.RecordExpr(entries):
                fields = {e.name.text: self.infer(e.value, scope, decimal) for e in entries}
                type_ = record({n: v.type for n, v in fields.items()})
                return Typed(type_, ["record", [[n, v.ir] for n, v in fields.items()]])
            case ast.Comprehension():
                return self._comprehension(expr, scope, decimal)
            case ast.MapComprehension():
                return self._map_comprehension(expr, scope, decimal)
            case ast.Format():
                return literals.text_of(self, expr, scope)
            case ast.Call():
                return builtin_call(self, expr, scope)
            case _:
                assert_never(expr)

    def after(self, test: ast.Expr, holds: bool, scope: Scope) -> Scope:
        """Return the scope where `test` is known to be `holds`; where it is wrong, nobody knows what it was to say."""
        if test.span in self._unsure:
            return self.doubted(scope)
        return narrowed(scope, self._narrowing.by_test(test, holds, {n: x.type for n, x in scope.items()}))

    def doubted(self, scope: Scope) -> Scope:
        """Return the scope behind a test that has been reported: what it may have told apart is not known."""
        return {n: replace(x, type=BROKEN) if self.types.may_narrow(x.type) else x for n, x in scope.items()}

    def where(self, value: ast.Expr, type_: Type, fits: bool, scope: Scope) -> Scope:
        """Return the scope where `value` is known to fit `type_`, or not to."""
        return narrowed(scope, self._narrowing.by_type(value, type_, fits, {n: x.type for n, x in scope.items()}))

    # --- names and slices ---

    def _name(self, expr: ast.Name, scope: Scope) -> Typed:
        local = scope.get(expr.text)
        if local is None:
            self._unknown_name(expr, scope)
            return BROKEN_VALUE
        self.read.add(expr.text)
        if local.maybe_unset and not isinstance(local.type, Broken):
            help_ = "give it a value on every way that leads here"
            self._report.add("E502", expr.span, name=expr.text, help=help_)
            return BROKEN_VALUE
        return Typed(local.type, ["var", local.slot])

    def _unknown_name(self, expr: ast.Name, scope: Scope) -> None:
        self.lost = True
        found = self.names.peek(expr.text)
        if self.names.forgiven(expr.text):
            return
        if found is not None:
            near = f"call it: `{expr.text}(...)`"
            self._report.add("E205", expr.span, name=expr.text, what=found.kind, near=near)
        elif self.names.is_module(expr.text):
            self.names.forgiven(f"{expr.text}.")
            near = f"its cells and effects are called as `{expr.text}.name(...)`"
            self._report.add("E205", expr.span, name=expr.text, what="a module", near=near)
        elif expr.text in BUILTINS:
            self._report.add("E205", expr.span, name=expr.text, what="a function", near=f"call it: `{expr.text}(...)`")
        else:
            meant = {"None": "null", "True": "true", "False": "false"}.get(expr.text)
            hint = f"did you mean `{meant}`?" if meant else suggest.hint(expr.text, scope)
            self._report.add("E204", expr.span, name=expr.text, near=hint)

    def _slice(self, expr: ast.Slice, scope: Scope) -> Typed:
        value, what = self.infer(expr.value, scope), Expected(INT, "the end of a slice")
        ends = [None if e is None else self.check(e, scope, what).ir for e in (expr.low, expr.high)]
        return access.cut(self.types, value, ends, expr)

    # --- operators ---

    def _unary(self, expr: ast.Unary, scope: Scope, decimal: bool) -> Typed:
        if expr.op == "not":
            return Typed(BOOL, ["not", self.condition(expr.operand, scope, "what follows `not`")])
        operand = self.infer(expr.operand, scope, decimal)
        if isinstance(operand.type, Literal) and operand.ir[0] == "lit" and expr.op == "-":
            value = operand.type.value
            if isinstance(value, int | Decimal) and not isinstance(value, bool):
                negative = value.copy_negate() if isinstance(value, Decimal) else -value
                constant = float(negative) if operand.type.kind == "float" else negative
                return Typed(Literal(negative, operand.type.kind), ["lit", tag(constant)])
        type_ = operators.unary(self.types, expr.op, operand.type, expr.span)
        return Typed(type_, ["neg" if expr.op == "-" else "pos", self._uniform(operand, type_)])

    def _logical(self, expr: ast.Binary, scope: Scope) -> Typed:
        left = self.condition(expr.left, scope, f"an operand of `{expr.op}`")
        inner = self.after(expr.left, expr.op == "and", scope)
        return Typed(BOOL, [expr.op, left, self.condition(expr.right, inner, f"an operand of `{expr.op}`")])

    def _default(self, expr: ast.Binary, scope: Scope, decimal: bool) -> Typed:
        left = self.infer(expr.left, scope, decimal)
        wants_decimal = decimal or self._decimal(self.types.present(left.type))
        right = self.infer(expr.right, scope, wants_decimal)
        present = Typed(self.types.present(left.type), left.ir)
        if isinstance(present.type, Never):
            return Typed(right.type, ["??", left.ir, right.ir])
        type_, irs = self.types.joined([present, right], expr.span, "??")
        return Typed(type_, ["??", *irs])

    def _arithmetic(self, expr: ast.Binary, scope: Scope, decimal: bool) -> Typed:
        left, right = self.together([expr.left, expr.right], [scope, scope], decimal)
        type_ = operators.binary(self.types, expr.op, left.type, right.type, (expr.left.span, expr.right.span))
        return Typed(type_, [expr.op, self._uniform(left, type_), self._uniform(right, type_)])

    def _uniform(self, value: Typed, result: Type) -> Ir:
        """Return an operand that is one kind of number or another as the result's kind."""
        mixed = isinstance(result, Number) and len(self.types.kinds(value.type)) > 1
        return [result.name, value.ir] if mixed and isinstance(result, Number) else value.ir

    def together(self, exprs: Sequence[ast.Expr], scopes: Sequence[Scope], decimal: bool = False) -> list[Typed]:
        """Infer neighbours: when one is a decimal, a number with a point beside it is one too."""
        found: dict[int, Typed] = {}
        for i in sorted(range(len(exprs)), key=lambda i: _pointed(exprs[i])):
            found[i] = self.infer(exprs[i], scopes[i], decimal)
            decimal = decimal or self._decimal(self.types.present(found[i].type))
        return [found[i] for i in range(len(exprs))]

    def _compare(self, expr: ast.Compare, scope: Scope) -> Typed:
        values = self.together(expr.operands, [scope] * len(expr.operands))
        chain: list[object] = [values[0].ir]
        for i, op in enumerate(expr.ops):
            left, right = values[i], values[i + 1]
            spans = expr.operands[i].span, expr.operands[i + 1].span
            before = self._report.count
            operators.compare(self.types, op, left.type, right.type, spans)
            if op in ("in", "not in") and self._report.count == before:
                self._check_choices(left.type, expr.operands[i + 1])
            chain += [op, right.ir]
        return Typed(BOOL, ["cmp", chain])

    def _check_choices(self, value: Type, choices: ast.Expr) -> None:
        """Report constants of a list that a value is looked for in, and can never be."""
        for item in choices.items if isinstance(choices, ast.ListExpr) else ():
            if isinstance(item, ast.Constant) and item.value is not None and not isinstance(value, Broken):
                only = _constant(item.value, self._decimal(self.types.present(value))).type
                if not overlaps(value, only, self.types.table):
                    claim = operators.never_equal(self.types, value, only)
                    self._report.add("E310", item.span, claim=claim, help="")

    def _is_type(self, expr: ast.IsType, scope: Scope) -> Typed:
        value, type_ = self.infer(expr.value, scope), type_of(expr.type, self.names)
        if self.types.secret(value.type):
            self._report.add("E440", expr.span, what="a test of its type")
        if isinstance(type_, Broken) or isinstance(value.type, Broken) or self.types.secret(value.type):
            return Typed(BOOL, BROKEN_VALUE.ir)
        if not overlaps(value.type, type_, self.types.table):
            outcome = "true" if expr.negated else "false"
            claim = f"{self.types.found(value.type)} is never {self.types.show(type_)}, so this is always {outcome}"
            self._report.add("E310", expr.span, claim=claim, help="test for what it can be, or remove the test")
        test: Ir = ["is", value.ir, self.types.data(type_)]
        return Typed(BOOL, ["not", test] if expr.negated else test)

    def _branches(self, expr: ast.Conditional, scope: Scope) -> tuple[Ir, Scope, Scope]:
        test = self.test(expr.test, scope, "the test of `if`")
        return test, self.after(expr.test, True, scope), self.after(expr.test, False, scope)

    def _conditional(self, expr: ast.Conditional, scope: Scope, decimal: bool) -> Typed:
        test, then, other = self._branches(expr, scope)
        values = self.together([expr.then, expr.other], [then, other], decimal)
        type_, irs = self.types.joined(values, expr.span, "if")
        return Typed(type_, ["if", test, *irs])

    # --- literals of several parts ---

    def _list(self, items: Sequence[ast.Expr], span: Span, scope: Scope, decimal: bool) -> Typed:
        values = self.together(items, [scope] * len(items), decimal)
        type_, irs = self.types.joined(values, span, "[...]")
        return Typed(BROKEN if isinstance(type_, Broken) else List(type_, len(items), len(items)), ["list", irs])

    # --- comprehensions ---

    def clauses(self, clauses: Sequence[ast.For], scope: Scope) -> tuple[list[Clause], Scope, List | None]:
        """Return the clauses in graph form, the scope inside them, and a list type with the length they give.

        The length is None where what is gone through has been reported.
        """
        made: list[Clause] = []
        length: List | None = List(Never(), 1, 1)
        for clause in clauses:
            before = self._report.count
            items, targets = self.items(clause.items, clause.targets, scope)
            known = self._report.count == before
            slots = {t.text: self._fresh(t.text) for t in clause.targets}
            scope = {
                **scope,
                **{t.text: Local(type_, slots[t.text]) for t, type_ in zip(clause.targets, targets, strict=True)},
            }
            conditions = []
            for test in clause.conditions:
                conditions.append(self.test(test, scope, "the condition of a comprehension"))
                scope = self.after(test, True, scope)
            made.append(([*slots.values()], items.ir, conditions))
            length = _times(length, self.types.resolve(items.type), bool(clause.conditions)) if known else None
        return made, scope, length

    def items(self, expr: ast.Expr, targets: Sequence[ast.Ident], scope: Scope) -> tuple[Typed, list[Type]]:
        """Return what is gone through, and the type of each target; always as many types as targets."""
        pairs = BUILTINS.get(expr.callee.text) if isinstance(expr, ast.Call) else None
        if isinstance(expr, ast.Call) and pairs is not None and pairs.pairs:
            value, types = pairs_call(self, expr, pairs, scope)
        else:
            value = self.infer(expr, scope)
            types = [self._item(value.type, expr.span)]
        if any(isinstance(t, Never) for t in types):
            self._report.add("E318", expr.span, found="an empty list", help="")
            return value, [BROKEN] * len(targets)
        if any(isinstance(t, Broken) for t in (value.type, *types)):
            return Typed(BROKEN, value.ir), types if len(types) == len(targets) else [BROKEN] * len(targets)
        if len(types) == len(targets):
            return value, types
        span = targets[0].span.to(targets[-1].span)
        reason = "these are pairs: they need two names" if len(types) == 2 else "one name is enough for these items"
        help_ = (
            "for example `for i, x in enumerate(xs)`"
            if len(types) == 2
            else "pairs come from `items`, `zip`, `enumerate`"
        )
        self._report.add("E320", span, reason=reason, help=help_)
        return value, [BROKEN] * len(targets)

    def _item(self, type_: Type, span: Span) -> Type:
        if self.types.may_be_null(type_):
            self._report.add("E303", span, what="null has no items")
            return BROKEN
        item = item_type(type_, self.types.table)
        if item is not None:
            return item
        help_ = (
            "`keys(m)`, `values(m)` and `items(m)` go through a map"
            if isinstance(self.types.resolve(type_), Map)
            else ""
        )
        self._report.add("E318", span, found=self.types.found(type_), help=help_)
        return BROKEN

    def _comprehension(self, expr: ast.Comprehension, scope: Scope, decimal: bool) -> Typed:
        clauses, inside, length = self.clauses(expr.clauses, scope)
        element = self.infer(expr.element, inside, decimal)
        if isinstance(element.type, Broken) or length is None:
            return BROKEN_VALUE
        return Typed(List(element.type, length.low, length.high), ["comp", element.ir, [[*c] for c in clauses]])

    def _map_comprehension(self, expr: ast.MapComprehension, scope: Scope, decimal: bool) -> Typed:
        clauses, inside, _ = self.clauses(expr.clauses, scope)
        key = self.check(expr.key, inside, Expected(STRING, "a key of a map")).ir
        value = self.infer(expr.value, inside, decimal)
        type_ = BROKEN if isinstance(value.type, Broken) else Map(value.type)
        return Typed(type_, ["mapcomp", key, value.ir, [[*c] for c in clauses]])

    # --- small questions ---

    def _decimal(self, type_: Type) -> bool:
        return "decimal" in kinds(self.types.arms(type_))

    def _is_bool(self, type_: Type) -> bool:
        return isinstance(type_, Bool | Never) or (isinstance(type_, Literal) and type_.kind == "bool")

    def _as_condition(self, type_: Type) -> str:
        if self.types.may_be_null(type_):
            return "say what null means: `x != null`, or `x ?? false`"
        match self.types.resolve(type_):
            case List() | Map() | String():
                return "say what you mean: `len(x) > 0`"
            case Int() | Number():
                return "say what you mean: `x != 0`"
            case _:
                return ""


def _constant(value: bool | int | Decimal | str | timedelta | None, decimal: bool) -> Typed:
    match value:
        case None:
            return Typed(Null(), ["lit", None])
        case timedelta():
            return Typed(DURATION, ["lit", tag(value)])
        case Decimal():
            if decimal:
                return Typed(Literal(value, "decimal"), ["lit", tag(value)])
            return Typed(literal(value), ["lit", float(value)])
        case _:
            return Typed(literal(value), ["lit", value])


def _pointed(expr: ast.Expr) -> bool:
    """Return whether an expression is made of constants only, at least one of them a number with a point."""
    match expr:
        case ast.Constant(Decimal()):
            return True
        case ast.Unary(_, operand):
            return _pointed(operand)
        case ast.Binary(_, left, right):
            sides = (left, right)
            constant = all(_pointed(s) or (isinstance(s, ast.Constant) and isinstance(s.value, int)) for s in sides)
            return constant and any(_pointed(s) for s in sides)
        case ast.ListExpr(items):
            return any(_pointed(i) for i in items)
        case _:
            return False


def _times(length: List | None, items: Type, filtered: bool) -> List | None:
    if length is None or isinstance(items, Broken):
        return None
    low, high = (items.low, items.high) if isinstance(items, List) else (0, None)
    most = None if length.high is None or high is None else length.high * high
    return List(Never(), 0 if filtered else length.low * low, most)
