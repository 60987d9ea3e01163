"""Errors as values: the fields of a raised one, and what a handler sees of a caught one."""

from cellc.compiler.expressions import Expressions
from cellc.compiler.fit import Expected
from cellc.compiler.scope import Scope
from cellc.compiler.symbols import ErrorSymbol
from cellc.language import ast, suggest
from cellc.language.diagnostics import Label
from cellc.language.graph import Ir
from cellc.language.types import STRING, Field, Literal, Record, optional


def caught_type(error: ErrorSymbol) -> Record:
    """Return what `e` is in `except E as e`: the error's fields, its name, and the step that ended in it."""
    name = Literal(error.name.rpartition(".")[2])
    return Record((*error.fields.fields, Field("name", name), Field("step", optional(STRING))))


def error_fields(error: ErrorSymbol, written: ast.Raise, expressions: Expressions, scope: Scope) -> dict[str, Ir]:
    """Return the fields of a raised error; report what is missing, unknown or does not fit."""
    given: dict[str, Ir] = {}
    for argument in written.arguments:
        name = _field_name(error, argument, written, expressions, scope)
        field = error.fields.get(name.text) if name else None
        if name is None or field is None:
            continue
        if name.text in given:
            expressions.names.report.add("E306", name.span, name=name.text)
        type_ = optional(field.type) if field.optional else field.type
        what = f"the field `{name.text}` of `{written.error.text}`"
        given[name.text] = expressions.check(argument.value, scope, Expected(type_, what)).ir
    missing = [f.name for f in error.fields.fields if not f.optional and f.name not in given]
    if missing and len(given) == len(written.arguments):
        _report_missing(missing, error, written, expressions)
    return given


def _field_name(
    error: ErrorSymbol, argument: ast.Argument, written: ast.Raise, expressions: Expressions, scope: Scope
) -> ast.Ident | None:
    """Return the field that an argument is for; an unnamed one is for the field of its name, or the only field."""
    fields, report = error.fields.fields, expressions.names.report
    if argument.name is None:
        if isinstance(argument.value, ast.Name) and error.fields.get(argument.value.text) and not argument.spread:
            return ast.Ident(argument.value.text, argument.span)
        if len(fields) == 1 and not argument.spread:
            return ast.Ident(fields[0].name, argument.span)
        before = report.count
        expressions.infer(argument.value, scope)
        if report.count > before:
            return None
        near = " or ".join(f"`{f.name}=...`" for f in fields) or "it has no fields"
        report.add("E307", argument.span, callee=written.error.text, near=near)
        return None
    if error.fields.get(argument.name.text) is not None:
        return argument.name
    expressions.infer(argument.value, scope)
    if not expressions.names.forgiven(argument.name.text):
        near = suggest.hint(argument.name.text, [f.name for f in fields], "it has no fields")
        report.add("E305", argument.name.span, callee=written.error.text, name=argument.name.text, near=near)
    return argument.name


def _report_missing(missing: list[str], error: ErrorSymbol, written: ast.Raise, expressions: Expressions) -> None:
    labels = (Label(error.span, "declared here"),) if error.span else ()
    expressions.names.report.add(
        "E304",
        written.span,
        labels=labels,
        callee=written.error.text,
        missing=", ".join(f"`{n}`" for n in missing),
        signature=f"its fields are {expressions.types.show(error.fields)}",
    )
