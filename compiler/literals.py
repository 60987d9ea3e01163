"""Literals of several parts where a type is expected of them: records, maps, lists; and f-strings."""

from collections.abc import Sequence

from cellc.compiler import access, operators
from cellc.compiler.fit import Expected, Typed
from cellc.compiler.inference import Inference
from cellc.compiler.scope import Scope
from cellc.language import ast, suggest
from cellc.language.graph import Ir
from cellc.language.span import Span
from cellc.language.types import STRING, List, Map, Null, Record, Secret, Type, optional


def record_as(inference: Inference, expr: ast.RecordExpr, wanted: Record, scope: Scope, expected: Expected) -> Ir:
    """Return a record literal as the record that its place expects."""
    written = {e.name.text for e in expr.entries}
    fields: list[list[object]] = []
    dropping = False
    for entry in expr.entries:
        field = wanted.get(entry.name.text)
        if field is None:
            before = inference.names.report.count
            inference.infer(entry.value, scope)
            misspelt = access.is_shorthand(entry) and inference.names.report.count > before
            if misspelt or inference.names.forgiven(entry.name.text):
                continue
            near = suggest.hint(entry.name.text, [f.name for f in wanted.fields if f.name not in written])
            shown = inference.types.show(expected.type)
            inference.names.report.add("E316", entry.name.span, type=shown, name=entry.name.text, near=near)
        else:
            type_ = optional(field.type) if field.optional else field.type
            value = inference.check(entry.value, scope, Expected(type_, f"the field `{field.name}`"))
            fields.append([field.name, value.ir])
            dropping = dropping or (field.optional and inference.types.may_be_null(value.type))
    missing = [f.name for f in wanted.fields if not f.optional and f.name not in written]
    if missing and all(wanted.get(name) for name in written):
        lacks = ", ".join(f"`{name}`" for name in missing)
        inference.names.report.add(
            "E317", expr.span, what=expected.what, missing=lacks, type=inference.types.show(wanted)
        )
    made: Ir = ["record", fields]
    return inference.types.projected(made, expected.type) if dropping else made


def map_as(inference: Inference, entries: Sequence[ast.Entry], wanted: Map, scope: Scope) -> Ir:
    """Return a record literal as the map that its place expects."""
    access.check_keys(inference.names, entries, scope)
    fields = []
    for entry in entries:
        expected = Expected(wanted.value, f"the entry `{entry.name.text}`")
        fields.append([entry.name.text, inference.check(entry.value, scope, expected).ir])
    return ["record", fields]


def list_as(inference: Inference, items: Sequence[ast.Expr], span: Span, wanted: List, scope: Scope) -> Ir:
    """Return a list literal as the list that its place expects."""
    if len(items) < wanted.low or (wanted.high is not None and len(items) > wanted.high):
        inference.names.report.add(
            "E301",
            span,
            what="this list",
            expected=inference.types.show(wanted),
            found=f"a list of {len(items)}",
            reason="",
            help="",
        )
    return ["list", [inference.check(e, scope, Expected(wanted.item, "an item of the list")).ir for e in items]]


def text_of(inference: Inference, expr: ast.Format, scope: Scope) -> Typed:
    """Return an f-string."""
    parts: list[Ir] = []
    secret = False
    for part in expr.parts:
        if isinstance(part, str):
            parts.append(["lit", part])
            continue
        value = inference.infer(part, scope)
        type_ = inference.types.resolve(value.type)
        secret = secret or isinstance(type_, Secret)
        _text_part(inference, type_.inner if isinstance(type_, Secret) else type_, part.span)
        parts.append(value.ir)
    return Typed(Secret(STRING) if secret else STRING, ["format", parts])


def _text_part(inference: Inference, type_: Type, span: Span) -> None:
    if inference.types.may_be_null(type_) and not isinstance(type_, Null):
        inference.names.report.add("E303", span, what="null has no text form")
    elif not operators.has_text(inference.types, type_):
        found = inference.types.found(type_)
        inference.names.report.add("E319", span, found=found, help="`to_json(x)` gives any value as text")
