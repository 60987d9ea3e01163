"""Keys: what makes two requests, events or runs the same. They are stored and compared as text."""

from collections.abc import Iterator

from cellc.compiler.fit import Typed
from cellc.compiler.irs import variables
from cellc.compiler.load import walk
from cellc.compiler.scope import Scope, inputs
from cellc.compiler.symbols import EffectSymbol
from cellc.compiler.templates import Templates
from cellc.language import ast
from cellc.language.graph import Ir
from cellc.language.signatures import kind
from cellc.language.types import Broken, Record, Type

_KINDS = frozenset({"string", "int", "decimal", "uuid", "date", "datetime"})
"""What has one form as text."""

_VARYING = frozenset({"float", "time", "datetime", "duration"})
"""What is likely to be another when the same thing is asked for again: a moment, a measurement."""


def key_of(expr: ast.Expr, scope: Scope, owner: str, templates: Templates) -> Typed:
    """Return the key of an effect, event or trigger called `owner`; report where it is of a kind that cannot be one."""
    value = templates.expressions.infer(expr, scope)
    if templates.types.secret(value.type):
        templates.names.report.add("E440", expr.span, what=f"the key of `{owner}`")
    elif not isinstance(value.type, Broken) and not {kind(a) for a in templates.types.arms(value.type)} <= _KINDS:
        found = templates.types.found(value.type)
        templates.names.report.add("E414", expr.span, effect=owner, found=found)
    return value


def request_key(effect: EffectSymbol, written: ast.Expr, templates: Templates) -> Ir:
    """Return what makes a request the same request; report a key that is no use, or that may vary."""
    decl, scope, report = effect.decl, inputs(effect.input), templates.names.report
    before = report.count
    value = key_of(written, scope, decl.name.text, templates)
    if report.count > before or isinstance(value.type, Broken) or effect.unread:
        return value.ir
    if effect.delivery == "read" and not _asked_for(decl.config):
        why = "a `read` effect is performed again whenever that helps"
        report.add("E423", written.span, name="key", why=why)
    elif not variables(value.ir) & scope.keys():
        report.add("E424", written.span, effect=decl.name.text)
    for path, type_ in _reads(written, scope, templates):
        kinds = {kind(a) for a in templates.types.arms(type_)} & _VARYING
        if kinds:
            name, found = ".".join(path), templates.types.found(type_)
            report.add("W425", written.span, effect=decl.name.text, name=name, found=found)
    return value.ir


def _asked_for(config: ast.TemplateRecord | None) -> bool:
    """Return whether a binding hands the key on itself."""
    return any(isinstance(node, ast.Name) and node.text == "key" for node in walk(config))


def _reads(expr: ast.Expr, scope: Scope, templates: Templates) -> Iterator[tuple[tuple[str, ...], Type]]:
    """Yield the inputs, and their fields, that a key reads, as far down as it reads them."""
    nodes = [node for node in walk(expr) if isinstance(node, ast.Name | ast.Field)]
    inside = {id(node.value) for node in nodes if isinstance(node, ast.Field)}
    for node in nodes:
        path = () if id(node) in inside else _path(node)
        type_ = _type_at(path, scope, templates) if path else None
        if type_ is not None:
            yield path, type_


def _path(expr: ast.Expr) -> tuple[str, ...]:
    match expr:
        case ast.Name(text):
            return (text,)
        case ast.Field(value, name):
            before = _path(value)
            return (*before, name.text) if before else ()
        case _:
            return ()


def _type_at(path: tuple[str, ...], scope: Scope, templates: Templates) -> Type | None:
    if path[0] not in scope:
        return None
    type_ = scope[path[0]].type
    for name in path[1:]:
        whole = templates.types.resolve(templates.types.present(type_))
        field = whole.get(name) if isinstance(whole, Record) else None
        if field is None:
            return None
        type_ = field.type
    return type_
