"""Calls of built-in functions inside expressions, typed by their table."""

from collections.abc import Mapping, Sequence

from cellc.compiler.access import check_keys
from cellc.compiler.fit import BROKEN_VALUE, Typed, Types
from cellc.compiler.inference import Inference
from cellc.compiler.scope import Local, Scope
from cellc.compiler.secrets import BY_KEY, MOVING
from cellc.language import ast
from cellc.language.builtin_types import item_type
from cellc.language.builtins import BUILTINS, Builtin
from cellc.language.graph import Ir
from cellc.language.names import COMBINATORS
from cellc.language.signatures import Mismatch, kind
from cellc.language.span import Span
from cellc.language.types import BROKEN, Broken, List, Map, Never, Null, Number, Record, Secret, Type


def builtin_call(inference: Inference, expr: ast.Call, scope: Scope) -> Typed:
    """Return a call's type and form; whatever else is called inside an expression is reported."""
    builtin = BUILTINS.get(expr.callee.text)
    if builtin is None:
        _not_a_function(inference, expr, scope)
        return BROKEN_VALUE
    if builtin.pairs:
        reason = f"`{builtin.name}` gives pairs, and stands only after `in`"
        help_ = f"for example `for a, b in {builtin.name}(...)`"
        inference.names.report.add("E320", expr.span, reason=reason, help=help_)
        return BROKEN_VALUE
    positional, named = _arguments(inference, expr, builtin, scope)
    if any(isinstance(v.type, Broken) for v in (*positional, *named.values())):
        return BROKEN_VALUE
    if _shows_secret(inference, builtin, expr.span, positional, named):
        return BROKEN_VALUE
    types = {n: v.type for n, v in named.items()}
    found = builtin.type_of([v.type for v in positional], types, inference.types.table)
    if isinstance(found, Mismatch):
        if _reported_null(inference, builtin, expr, positional, named):
            return BROKEN_VALUE
        return _refused(inference, builtin, found.text, expr.span)
    return Typed(found, _widened(inference.types, builtin, found, positional, named))


def _reported_null(
    inference: Inference, builtin: Builtin, expr: ast.Call, positional: Sequence[Typed], named: Mapping[str, Typed]
) -> bool:
    """Report an argument that may be null, where nothing else is wrong with the call."""
    types = inference.types
    present = [types.present(v.type) for v in positional], {n: types.present(v.type) for n, v in named.items()}
    if isinstance(builtin.type_of(*present, types.table), Mismatch):
        return False
    unnamed = [a.value for a in expr.arguments if a.name is None]
    given = {a.name.text: a.value for a in expr.arguments if a.name is not None}
    values = [*zip(unnamed, positional, strict=True), *((given[name], value) for name, value in named.items())]
    for argument, value in values:
        if types.may_be_null(value.type) and not isinstance(types.resolve(value.type), Null):
            types.report.add("E303", argument.span, what=f"`{builtin.name}` does not take null")
            return True
    return False


def _shows_secret(
    inference: Inference, builtin: Builtin, span: Span, positional: Sequence[Typed], named: Mapping[str, Typed]
) -> bool:
    """Report a function that would look at a secret."""
    types, by = inference.types, named.get("by")
    moves = builtin.name in MOVING or (builtin.name in BY_KEY and by is not None and not types.secret(by.type))
    for value in (*positional, *named.values()):
        itself = any(isinstance(a, Secret) for a in types.arms(value.type))
        if itself or (not moves and types.secret(value.type)):
            inference.names.report.add("E440", span, what=f"`{builtin.name}`")
            return True
    return False


def _widened(types: Types, builtin: Builtin, result: Type, positional: Sequence[Typed], named: dict[str, Typed]) -> Ir:
    """Return the call; its result as the float or decimal of its type where an int may come out of it.

    The sum of no items is the int 0, whatever the list's type.
    """
    ir = _form(builtin, positional, named)
    values = positional if builtin.variadic else [*positional, *named.values()][:1]
    kinds = {kind(a) for value in values for a in _numbers_in(types, value.type)}
    wide = [a for a in types.arms(result) if isinstance(a, Number)]
    if not builtin.widens or len(wide) != 1 or not ("int" in kinds or builtin.name == "sum"):
        return ir
    return [wide[0].name, ir]


def _numbers_in(types: Types, type_: Type) -> tuple[Type, ...]:
    """Return the alternatives of a number, or of the items of a list of them."""
    return types.arms(item_type(type_, types.table) or type_)


def pairs_call(inference: Inference, expr: ast.Call, builtin: Builtin, scope: Scope) -> tuple[Typed, list[Type]]:
    """Return a call that gives pairs, and the types of their two parts."""
    positional, named = _arguments(inference, expr, builtin, scope)
    broken = any(isinstance(v.type, Broken) for v in (*positional, *named.values()))
    named_types = {n: v.type for n, v in named.items()}
    found = builtin.pair_of([v.type for v in positional], named_types, inference.types.table)
    if isinstance(found, Mismatch) and not broken:
        return _refused(inference, builtin, found.text, expr.span), [BROKEN, BROKEN]
    if isinstance(found, Mismatch) or broken:
        return BROKEN_VALUE, [BROKEN, BROKEN]
    return Typed(List(Never()), _form(builtin, positional, named)), [*found]


def _arguments(
    inference: Inference, expr: ast.Call, builtin: Builtin, scope: Scope
) -> tuple[list[Typed], dict[str, Typed]]:
    values = [a.value for a in expr.arguments if a.name is None and not a.spread]
    positional = inference.together(values, [scope] * len(values))
    named: dict[str, Typed] = {}
    for argument in expr.arguments:
        if argument.spread:
            inference.infer(argument.value, scope)
            _refused(inference, builtin, "`**` is for calls of cells and effects", argument.span)
            positional.append(BROKEN_VALUE)
        elif argument.name is not None:
            if argument.name.text in named:
                inference.names.report.add("E306", argument.name.span, name=argument.name.text)
            inside = scope
            if argument.name.text == "by" and builtin.by:
                inside = {**scope, "it": Local(_item(inference, expr, builtin, positional), "it")}
            named[argument.name.text] = inference.infer(argument.value, inside)
    return _with_maps(inference, expr, builtin, scope, (positional, named))


def _with_maps(
    inference: Inference,
    expr: ast.Call,
    builtin: Builtin,
    scope: Scope,
    arguments: tuple[list[Typed], dict[str, Typed]],
) -> tuple[list[Typed], dict[str, Typed]]:
    """Take literals like `{"a": 1}` as maps where a map is expected, or where `merge` has another map."""
    positional, named = arguments
    maps = {p.name for p in builtin.shape.parameters if isinstance(p.type, Map)}
    if builtin.name == "merge" and any(isinstance(inference.types.resolve(v.type), Map) for v in positional):
        maps = {p.name for p in builtin.shape.parameters}
    if not maps:
        return arguments
    places = [p.name for p in builtin.shape.parameters if not p.named_only]
    for place, argument in enumerate(a for a in expr.arguments if a.name is None):
        if place < len(places) and places[place] in maps:
            positional[place] = _as_map(inference, argument.value, positional[place], scope)
    for argument in expr.arguments:
        if argument.name is not None and argument.name.text in maps:
            named[argument.name.text] = _as_map(inference, argument.value, named[argument.name.text], scope)
    return positional, named


def _as_map(inference: Inference, expr: ast.Expr, value: Typed, scope: Scope) -> Typed:
    if not isinstance(expr, ast.RecordExpr) or not isinstance(value.type, Record):
        return value
    check_keys(inference.names, expr.entries, scope)
    return Typed(Map(inference.types.join([field.type for field in value.type.fields])), value.ir)


def _item(inference: Inference, expr: ast.Call, builtin: Builtin, positional: list[Typed]) -> Type:
    """Return the type of `it` after `by=`: one item."""
    if any(isinstance(v.type, Broken) for v in positional):
        return BROKEN
    item = builtin.item([v.type for v in positional], inference.types.table)
    return _refused(inference, builtin, item.text, expr.span).type if isinstance(item, Mismatch) else item


def _refused(inference: Inference, builtin: Builtin, reason: str, span: Span) -> Typed:
    inference.names.report.add("E312", span, name=builtin.name, reason=reason, signature=f"`{builtin.signature}`")
    return BROKEN_VALUE


def _form(builtin: Builtin, positional: Sequence[Typed], named: dict[str, Typed]) -> Ir:
    return ["call", builtin.name, [v.ir for v in positional], {n: v.ir for n, v in named.items()}]


def _not_a_function(inference: Inference, expr: ast.Call, scope: Scope) -> None:
    name, span, report = expr.callee.text, expr.callee.span, inference.names.report
    head, dot, method = name.rpartition(".")
    inference.lost = True
    inside = {"it": Local(BROKEN, "it"), **scope}  # it may take `by=`
    for argument in expr.arguments:
        if not isinstance(argument.value, ast.Comprehension) and name not in COMBINATORS:
            inference.infer(argument.value, inside)
    help_ = f"give the call a line of its own: `x = {name}(...)`"
    if name in COMBINATORS:
        report.add("E313", span, name=name, what="a combinator of calls", help=help_)
    elif dot and head.partition(".")[0] in scope:
        near = f"write `{method}({head})`" if method in BUILTINS else "values have no methods"
        report.add("E203", span, name=name, near=near)
    elif (found := inference.names.callee(expr.callee)) is not None:
        report.add("E313", span, name=name, what=found.kind, help=help_)
