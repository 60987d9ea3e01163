"""`if` and `match`: what is known in each branch, and where they meet again."""

from dataclasses import dataclass

from msgspec.structs import replace

from cellc.compiler.control import Control
from cellc.compiler.fit import BROKEN_VALUE, has_broken
from cellc.compiler.load import walk
from cellc.compiler.narrow import path_of
from cellc.compiler.places import Exit
from cellc.compiler.scope import Local, Scope
from cellc.compiler.type_exprs import type_of
from cellc.language import ast, suggest
from cellc.language.diagnostics import Label
from cellc.language.graph import Choose, Match
from cellc.language.subtype import Answer, No, is_subtype, overlaps, without_type
from cellc.language.type_text import show_value
from cellc.language.types import BROKEN, Literal, Never, Record, Type, union


def choose(control: Control, statement: ast.If, scope: Scope) -> Scope | None:
    """Lower `if`."""
    before = scope
    ends: list[Scope | None] = []
    ways: list[Exit] = []
    for branch in statement.branches:
        test = control.expressions.test(branch.test, scope, decided_in=before)
        place, _ = control.places.name("choose", kind=True)
        control.add(Choose(id=place, test=test), branch.test.span, scope)
        control.places.open = [Exit(place, "then")]
        ends.append(control.block(branch.body, control.expressions.after(branch.test, True, scope)))
        ways += control.leave()
        control.places.open = [Exit(place, "else")]
        scope = control.expressions.after(branch.test, False, scope)
    ends.append(control.block(statement.otherwise, scope))
    ways += control.leave()
    after = control.meet(ends, ways, statement.span)
    return after if after is None or None in ends else _undoubted(after, before, statement)


def _undoubted(after: Scope, before: Scope, statement: ast.If | ast.Match) -> Scope:
    """Return the scope behind a statement that every way goes on from: a wrong test in it leaves no doubt."""
    assigned = {node.target.text for node in walk(statement) if isinstance(node, ast.Assign)}
    known = {n: x for n, x in before.items() if n not in assigned and n in after}
    return {**after, **known}


@dataclass(frozen=True, slots=True)
class _Case:
    """A case: its type, and whether any value comes to it; `impossible`: nothing would, wherever it stood."""

    written: ast.Case
    type: Type
    reached: bool
    impossible: bool


def match(control: Control, statement: ast.Match, scope: Scope) -> Scope | None:
    """Lower `match`: the first case whose type the value fits decides."""
    given, before = scope, control.names.report.count
    value = control.expressions.infer(statement.value, scope)
    if control.names.report.count > before:
        scope = control.expressions.doubted(scope)
    if control.expressions.types.secret(value.type):
        control.expressions.names.report.add("E440", statement.value.span, what="`match`")
        value = BROKEN_VALUE
    cases, open_ = _cases(control, statement, value.type)
    if open_:
        control.unclear()
    place, _ = control.places.name("match", kind=True)
    types = [control.types.data(case.type) for case in cases]
    control.add(Match(id=place, value=value.ir, cases=types), statement.value.span, scope)
    ends: list[Scope | None] = []
    lost: list[Scope | None] = []  # where impossible cases end
    ways: list[Exit] = []
    for case, way in zip(cases, control.places.ways(place, "case", len(cases)), strict=True):
        control.places.open = [way]
        end = control.block(case.written.body, _inside(control, statement.value, case, scope))
        (lost if case.impossible else ends).append(end)
        ways += control.leave()
        broken = has_broken(case.type)
        where = control.expressions.where
        scope = control.expressions.doubted(scope) if broken else where(statement.value, case.type, False, scope)
    if not any(ends):
        ends += lost
        control.leaky = control.leaky or bool(lost)
    if open_ and not any(ends):
        control.leaky = True
        ends.append(scope)
    after = control.meet(ends, ways, statement.span)
    if after is not None and None not in ends:
        after = _undoubted(after, given, statement)
    return after if after is None or not open_ else _unknown(control, statement.value, after)


def _unknown(control: Control, value: ast.Expr, scope: Scope) -> Scope:
    """Return the scope behind cases that leave something over: it is not known what of it went on."""
    path = path_of(value)
    if path is None or path[0] not in scope or not control.types.may_narrow(scope[path[0]].type):
        return scope
    return {**scope, path[0]: replace(scope[path[0]], type=BROKEN)}


def _inside(control: Control, value: ast.Expr, case: _Case, scope: Scope) -> Scope:
    """Return what is known in a case; where none comes, nothing is said of the value."""
    path = path_of(value)
    if not case.reached and path is not None and path[0] in scope:
        return {**scope, path[0]: Local(BROKEN, scope[path[0]].slot)}
    if has_broken(case.type):
        return control.expressions.doubted(scope)
    return control.expressions.where(value, case.type, True, scope) if case.written.type is not None else scope


def _cases(control: Control, statement: ast.Match, whole: Type) -> tuple[list[_Case], bool]:
    """Return the cases, and whether something is left over; report that, and cases that take nothing."""
    table = control.types.table
    rest: Type = whole
    cases: list[_Case] = []
    for written in statement.cases:
        type_ = rest if written.type is None else _case_type(control, written.type, whole)
        before = control.names.report.count
        reached = _reached(control, written, type_, whole, rest)
        cases.append(_Case(written, type_, reached, impossible=control.names.report.count > before))
        if not has_broken(type_):
            rest = Never() if written.type is None else without_type(rest, type_, table)
    taken = union(case.type for case in cases)
    answer = is_subtype(whole, taken, table)
    open_ = not answer and not has_broken(whole) and not has_broken(taken)
    if open_ and not any(case.impossible for case in cases):  # else that is the missing case, misspelt
        _report_open(control, statement, whole, rest, answer)
    return cases, open_


def _report_open(control: Control, statement: ast.Match, whole: Type, rest: Type, answer: Answer) -> None:
    left = "it is not certain that the cases take every value"
    if isinstance(answer, No):
        left = f"no case takes `{show_value(answer.witness)}`"
    open_ = "" if rest == whole else f"what is left is {control.types.show(rest)}: "
    label = Label(statement.value.span, f"this is {control.types.show(whole)}")
    help_ = f"{open_}add a case for it, or `case _:`"
    control.names.report.add("E325", statement.value.span, labels=(label,), left=left, help=help_)


def _case_type(control: Control, written: ast.TypeExpr, whole: Type) -> Type:
    """Return the type of a case; a bare word that is one of the texts to be told apart lacks its quotes."""
    texts = _texts(control, whole)
    for part in walk(written):
        if isinstance(part, ast.TypeRef) and part.name.text in texts and not control.names.is_type(part.name.text):
            near = f"a text stands in quotes: `case '{part.name.text}':`"
            control.names.report.add("E200", part.span, name=part.name.text, near=near)
            return BROKEN
    return type_of(written, control.names)


def _texts(control: Control, whole: Type) -> list[str]:
    return [a.value for a in control.types.arms(whole) if isinstance(a, Literal) and isinstance(a.value, str)]


def _reached(control: Control, written: ast.Case, type_: Type, whole: Type, rest: Type) -> bool:
    """Return whether some value may come to a case; report where none does."""
    table, report = control.types.table, control.names.report
    if has_broken(type_) or has_broken(whole):
        return True
    if written.type is not None and not overlaps(whole, type_, table):
        shown = control.types.show(whole), control.types.show(type_)
        report.add("E326", written.head, value=shown[0], type=shown[1], help=_help(control, type_, whole))
        return False
    if not overlaps(rest, type_, table):
        report.add("W523", written.head)
        return False
    return True


def _help(control: Control, type_: Type, whole: Type) -> str:
    """Return what may have been meant by a case that takes nothing."""
    if isinstance(type_, Literal) and isinstance(type_.value, str):
        return suggest.hint(type_.value, _texts(control, whole))
    given = control.types.resolve(type_)
    records = [a for a in control.types.arms(whole) if isinstance(a, Record)]
    if isinstance(given, Record) and any({f.name for f in given.fields} <= {f.name for f in r.fields} for r in records):
        return "a record's type names all of its fields; to tell records apart by one, match it: `match x.kind:`"
    return ""
