"""Keys: what makes two requests, events or runs the same. They are stored and compared as text."""

from cellc.compiler.fit import Typed
from cellc.compiler.scope import Scope
from cellc.compiler.templates import Templates
from cellc.language import ast
from cellc.language.signatures import kind
from cellc.language.types import Broken

_KINDS = frozenset({"string", "int", "decimal", "uuid", "date", "datetime"})
"""What has one form as text."""


def key_of(expr: ast.Expr, scope: Scope, owner: str, templates: Templates) -> Typed:
    """Return the key of an effect, event or trigger called `owner`; report where it is of a kind that cannot be one."""
    value = templates.expressions.infer(expr, scope)
    if not isinstance(value.type, Broken) and not {kind(a) for a in templates.types.arms(value.type)} <= _KINDS:
        found = templates.types.found(value.type)
        templates.names.report.add("E414", expr.span, effect=owner, found=found)
    return value
