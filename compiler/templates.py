"""Values under `with:`, typed against what their place expects.

A template is YAML with expressions in it. What a handler is asked for is `loose`: where `json` is expected, anything
that has a JSON form will do; the runtime turns a value into JSON, and JSON into a declared type, where the two types
say so. Payloads of events and inputs of runs are not: they are the values that they are.
"""

from dataclasses import dataclass, field

from cellc.compiler.expressions import Expressions
from cellc.compiler.fit import Expected, Typed, Types
from cellc.compiler.scope import Scope
from cellc.compiler.symbols import Names
from cellc.language import ast, suggest
from cellc.language.types import BROKEN, Broken, Json, List, Map, Record, Type, optional, record


@dataclass(slots=True)
class Ordinals:
    """Gives comprehension variables names of their own: `x#1`, `x#2`."""

    count: int = 0

    def __call__(self, base: str) -> str:
        """Return a new name."""
        self.count += 1
        return f"{base}#{self.count}"


@dataclass(slots=True)
class Templates:
    """Types the templates and expressions of one declaration."""

    names: Names
    loose: bool = True
    expressions: Expressions = field(init=False)

    def __post_init__(self) -> None:
        self.expressions = Expressions(self.names, Ordinals(), raises=False)

    @property
    def types(self) -> Types:
        """The type questions of the declaration's module."""
        return self.expressions.types

    def value(self, template: ast.Template, expected: Expected, scope: Scope) -> Typed:
        """Return a template as a value of the expected type; report where it is not one."""
        wanted = self.types.resolve(self.types.present(expected.type))
        match template:
            case ast.TemplateRecord() if isinstance(wanted, Record):
                return self.record(template, wanted, expected, scope)
            case ast.TemplateRecord(entries):
                inner = wanted.value if isinstance(wanted, Map) else Json() if isinstance(wanted, Json) else BROKEN
                made = {n.text: self.value(v, Expected(inner, f"`{n.text}`"), scope) for n, v in entries}
                type_ = record({n: v.type for n, v in made.items()})
                value = Typed(type_, ["record", [[n, v.ir] for n, v in made.items()]])
                return value if self._taken(wanted, Map) else self.types.fit(value, expected, template.span)
            case ast.TemplateList(items):
                inner = wanted.item if isinstance(wanted, List) else Json() if isinstance(wanted, Json) else BROKEN
                values = [self.value(v, Expected(inner, "an item"), scope) for v in items]
                value = Typed(List(inner, len(items), len(items)), ["list", [v.ir for v in values]])
                return value if self._taken(wanted, List) else self.types.fit(value, expected, template.span)
            case _:
                return self._scalar(template, wanted, expected, scope)

    def _taken(self, wanted: Type, kind: type[Map | List]) -> bool:
        """Return whether the parts of a collection have been checked already, as those of a `wanted` one."""
        return isinstance(wanted, kind) or (self.loose and isinstance(wanted, Json))

    def record(self, template: ast.TemplateRecord, wanted: Record, expected: Expected, scope: Scope) -> Typed:
        """Return a mapping as a record; report fields that are missing or unknown."""
        made: dict[str, Typed] = {}
        for name, value in template.entries:
            field_ = wanted.get(name.text)
            if field_ is None:
                near = suggest.hint(name.text, [f.name for f in wanted.fields if f.name not in made])
                self.names.report.add("E316", name.span, type=expected.what, name=name.text, near=near)
                continue
            type_ = optional(field_.type) if field_.optional else field_.type
            made[name.text] = self.value(value, Expected(type_, f"`{name.text}`"), scope)
        missing = [f.name for f in wanted.fields if not f.optional and f.name not in made]
        if missing and len(made) == len(template.entries):
            lacks = ", ".join(f"`{n}`" for n in missing)
            shown = f"its inputs are {self.types.show(wanted)}"
            self.names.report.add("E317", template.span, what=expected.what, missing=lacks, type=shown)
        return Typed(wanted, ["record", [[n, v.ir] for n, v in made.items()]])

    def _scalar(self, expr: ast.Expr, wanted: Type, expected: Expected, scope: Scope) -> Typed:
        value = self.expressions.infer(expr, scope)
        either_json = isinstance(wanted, Json) or isinstance(value.type, Json)
        if isinstance(value.type, Broken) or (self.loose and either_json and not self.types.secret(value.type)):
            return value
        return self.types.fit(value, expected, expr.span)
