"""Expressions through the real parser and checker: a text and its variables' types in, a type and values out."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any

from cellc.compiler.expressions import Expressions
from cellc.compiler.load import load
from cellc.compiler.resolve import resolve
from cellc.compiler.scope import Local
from cellc.compiler.symbols import Names
from cellc.language.diagnostics import Report
from cellc.language.expr import compile_expression, names
from cellc.language.graph import Ir
from cellc.language.parser import parse_expression
from cellc.language.text import Run, Text
from cellc.language.types import Never, Type, TypeTable
from tests.conftest import MemorySources

_MODULE = "cellc: 1\ncells: {main: {out: int, do: return 1}}"


@dataclass(frozen=True)
class Checked:
    """What the compiler made of an expression; `type` and `ir` mean nothing where there are `codes`."""

    type: Type
    ir: Ir
    codes: tuple[str, ...]
    table: TypeTable

    @property
    def errors(self) -> tuple[str, ...]:
        """The codes that are no warnings."""
        return tuple(code for code in self.codes if code.startswith("E"))

    def value(self, **variables: Any) -> Any:
        """Return what the expression gives for these variables."""
        assert self.errors == ()
        slots = {name: slot for slot, name in enumerate(dict.fromkeys([*variables, *names(self.ir)]))}
        return compile_expression(self.ir, slots, self.table)([variables.get(name) for name in slots])


def checked(text: str, types: Mapping[str, Type], table: TypeTable | None = None) -> Checked:
    """Parse and check `text`, in which each variable has its type."""
    report = Report()
    world, units = resolve(load("main.cell.yaml", MemorySources({"main.cell.yaml": _MODULE}), report), report)
    world.types.update(table or {})
    source = Text("main.cell.yaml", text, (Run(0, 0, len(text)),), (0,), 0)
    expr = parse_expression(source, report)
    numbers = count(1)
    expressions = Expressions(_first(units), lambda base: f"{base}#{next(numbers)}", raises=True)
    if expr is None:
        return Checked(Never(), ["lit", None], tuple(d.code for d in report.diagnostics), world.types)
    found = expressions.infer(expr, {name: Local(type_, name) for name, type_ in types.items()})
    return Checked(found.type, found.ir, tuple(d.code for d in report.diagnostics), world.types)


def _first(units: Mapping[str, Names]) -> Names:
    return units["main"]
