"""Reading a part of a value: a field, an item, a slice."""

from collections.abc import Sequence

from cellc.compiler.fit import BROKEN_VALUE, Expected, Typed, Types
from cellc.compiler.scope import Scope
from cellc.compiler.symbols import Names
from cellc.language import ast, suggest
from cellc.language.builtin_dates import PARTS
from cellc.language.graph import Ir
from cellc.language.signatures import kind
from cellc.language.span import Span
from cellc.language.types import (
    BROKEN,
    INT,
    STRING,
    Broken,
    Json,
    List,
    Literal,
    Map,
    Never,
    Record,
    Scalar,
    Type,
    optional,
    union,
)

_KEY = union((INT, STRING))
"""What reads a part of a `json` value: null comes out where it has no such part."""


def field(names: Names, types: Types, value: Typed, expr: ast.Field) -> Typed:
    """Return `value.name`; `value["name"]` of a map is an item of it."""
    whole = types.resolve(value.type)
    if isinstance(whole, Map) and quoted(expr.name):
        return Typed(optional(whole.value), ["index", value.ir, ["lit", expr.name.text]])
    return Typed(_field_type(names, types, value.type, expr), ["field", value.ir, expr.name.text])


def quoted(name: ast.Ident) -> bool:
    """Return whether a field or key is written with quotes, as in `value["name"]`: its span then holds them too."""
    return name.span.end - name.span.start != len(name.text)


def is_shorthand(entry: ast.Entry) -> bool:
    """Return whether an entry is written `{name}`, which is `{name: name}`."""
    return isinstance(entry.value, ast.Name) and entry.value.span == entry.name.span


def check_keys(names: Names, entries: Sequence[ast.Entry], scope: Scope) -> None:
    """Report bare keys of a map's literal that are variables: `{k: 1}` has the key "k", whatever `k` is."""
    for entry in entries:
        if entry.name.text in scope and not quoted(entry.name) and not is_shorthand(entry):
            help_ = "quote the key if it is meant as text; a computed key needs a comprehension"
            names.report.add("E322", entry.name.span, name=entry.name.text, help=help_)


def _field_type(names: Names, types: Types, type_: Type, expr: ast.Field) -> Type:
    arms = types.arms(type_)
    if any(isinstance(a, Broken | Never) for a in arms):
        return BROKEN  # reported: a test that leaves no value has been told where it stands
    if types.may_be_null(type_):
        types.report.add("E303", expr.value.span, what=f"null has no field `{expr.name.text}`")
        return BROKEN
    found = [_field_of_arm(a, expr.name.text) for a in arms]
    known = [t for t in found if t is not None]
    if len(known) == len(found):
        return union(known)
    if not names.forgiven(expr.name.text):
        near = _field_hint(arms, expr.name.text)
        types.report.add("E302", expr.name.span, type=types.show(type_), name=expr.name.text, near=near)
    return BROKEN


def _field_of_arm(arm: Type, name: str) -> Type | None:
    match arm:
        case Json():
            return arm
        case Record():
            found = arm.get(name)
            return None if found is None else optional(found.type) if found.optional else found.type
        case Scalar(type_name):
            return PARTS.get(type_name, {}).get(name)
        case _:
            return None


def _field_hint(arms: Sequence[Type], name: str) -> str:
    match arms:
        case [List()]:
            return f"it is a list: `[x.{name} for x in xs]`"
        case [Map()]:
            return f'a map is read by key: `m["{name}"]`'
        case _:
            fields = {f.name for a in arms if isinstance(a, Record) for f in a.fields}
            parts = {part for a in arms if isinstance(a, Scalar) for part in PARTS.get(a.name, {})}
            some = "only some of these have it: test first which one it is, by `is` or `match`"
            return some if name in fields | parts else suggest.hint(name, fields | parts)


def index(types: Types, value: Typed, at: Typed, expr: ast.Index) -> Typed:
    """Return `value[at]`: null where there is no such item, unless there certainly is one."""
    whole = _one_list(types, types.resolve(value.type))
    if isinstance(at.type, Broken) or _reported(types, whole, expr.value.span):
        return BROKEN_VALUE
    ir: Ir = ["index", value.ir, at.ir]
    match whole:
        case List(item):
            types.fit(at, Expected(INT, "the index"), expr.index.span)
            return Typed(item if _inside(whole, at.type) else optional(item), ir)
        case Map(item):
            types.fit(at, Expected(STRING, "the key"), expr.index.span)
            return Typed(optional(item), ir)
        case Json():
            types.fit(at, Expected(_KEY, "the index or key"), expr.index.span)
            return Typed(whole, ir)
        case _:
            help_ = "a record's field is read with a dot" if isinstance(whole, Record) else ""
            shown = types.show(value.type), types.show(at.type)
            types.report.add("E324", expr.span, found=shown[0], index=shown[1], help=help_)
            return BROKEN_VALUE


def cut(types: Types, value: Typed, ends: Sequence[Ir | None], expr: ast.Slice) -> Typed:
    """Return `value[low:high]`."""
    whole = _one_list(types, types.resolve(value.type))
    if _reported(types, whole, expr.value.span):
        return BROKEN_VALUE
    ir: Ir = ["slice", value.ir, *ends]
    match whole:
        case List(item):
            return Typed(List(item, 0, whole.high), ir)
        case _ if all(kind(arm) == "string" for arm in types.arms(whole)):
            return Typed(STRING, ir)
        case _:
            found = types.show(value.type)
            types.report.add("E324", expr.span, found=found, index="a slice", help="lists and texts have slices")
            return BROKEN_VALUE


def _one_list(types: Types, whole: Type) -> Type:
    """Return a union of lists as one list of any of their items; any other type as it is."""
    arms = types.arms(whole)
    lists = [arm for arm in arms if isinstance(arm, List)]
    if len(lists) < 2 or len(lists) < len(arms):
        return whole
    highs = [arm.high for arm in lists if arm.high is not None]
    most = max(highs) if len(highs) == len(lists) else None
    return List(types.join([arm.item for arm in lists]), min(arm.low for arm in lists), most)


def _reported(types: Types, whole: Type, span: Span) -> bool:
    if types.may_be_null(whole):
        types.report.add("E303", span, what="null has no items")
        return True
    return isinstance(whole, Broken)


def _inside(list_: List, at: Type) -> bool:
    """Return whether a constant index is certainly inside the list."""
    if not isinstance(at, Literal) or not isinstance(at.value, int):
        return False
    return -list_.low <= at.value < list_.low
