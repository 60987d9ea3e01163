"""An expression that stands in no program: over the fields of a record, with the declared types of a program."""

from cellc.compiler.expressions import Expressions
from cellc.compiler.fit import Typed
from cellc.compiler.load import Unit
from cellc.compiler.scope import inputs
from cellc.compiler.symbols import Names, World
from cellc.compiler.templates import Ordinals
from cellc.language.ast import Module
from cellc.language.diagnostics import Report
from cellc.language.graph import Ir
from cellc.language.parser import parse_expression
from cellc.language.span import Source
from cellc.language.text import Text
from cellc.language.types import Record, TypeTable


def loose_expression(text: Text, record: Record, types: TypeTable, report: Report) -> Ir | None:
    """Return the expression that `text` is, over the fields of `record`; None where it is wrong, which is reported."""
    found = loose_value(text, record, types, report)
    return None if found is None else found.ir


def loose_value(text: Text, record: Record, types: TypeTable, report: Report) -> Typed | None:
    """Return the same with its type."""
    before = report.count
    expr = parse_expression(text, report)
    if expr is None:
        return None
    nothing = Module(text.file, None, None, "", (), (), (), (), (), (), None, (), expr.span)
    unit = Unit("", Source(text.file, text.content), nothing, {}, standard=False)
    expressions = Expressions(Names(World(dict(types)), unit, {}, report), Ordinals(), raises=False)
    found = expressions.infer(expr, inputs(record))
    return found if report.count == before else None
