"""Mistakes in names and types."""

import re
from collections.abc import Iterator

from cellc.language import ast
from cellc.language.builtins import BUILTINS
from cellc.language.span import Span
from tests.mutations.declared import calls, declared_as, first_line, scripts
from tests.mutations.kinds import WRONG, kind, misspelt
from tests.mutations.sites import Edit, Subject

# --- names -----------------------------------------------------------------------------------------------------------


@kind("misspell a variable", "E204")
def misspelt_variable(subject: Subject) -> Iterator[Edit]:
    for cell in subject.tree.cells:
        for name in subject.nodes(ast.Name, cell.body):
            if subject.cut(name.span) == name.text:
                yield subject.replaced(name.span, misspelt(name.text))


@kind("misspell a field", "E302")
def field(subject: Subject) -> Iterator[Edit]:
    for cell in subject.tree.cells:
        for node in subject.nodes(ast.Field, cell.body):
            if subject.cut(node.name.span) == node.name.text:
                yield subject.replaced(node.name.span, misspelt(node.name.text))


@kind("misspell whom to call", "E203")
def called(subject: Subject) -> Iterator[Edit]:
    for cell in subject.tree.cells:
        for call in subject.nodes(ast.Call, cell.body):
            yield subject.replaced(call.callee.span, misspelt(call.callee.text))


@kind("misspell an argument", "E305")
def argument(subject: Subject) -> Iterator[Edit]:
    for call in calls(subject):
        for given in call.arguments:
            if given.name is not None:
                yield subject.replaced(given.name.span, misspelt(given.name.text))


@kind("misspell an effect that a cell declares", "E202")
def declared_effect(subject: Subject) -> Iterator[Edit]:
    for cell in subject.tree.cells:
        for effect in cell.effects or ():
            yield subject.replaced(effect.span, misspelt(effect.text))


@kind("misspell an error that a cell or effect declares", "E201")
def declared_error(subject: Subject) -> Iterator[Edit]:
    for declaration in (*subject.tree.cells, *subject.tree.effects):
        for error in declaration.errors or ():
            yield subject.replaced(error.span, misspelt(error.text))


@kind("misspell a type", "E200")
def type_name(subject: Subject) -> Iterator[Edit]:
    for reference in subject.nodes(ast.TypeRef):
        yield subject.replaced(reference.name.span, misspelt(reference.name.text))


@kind("misspell the standard effect under `via:`", "E411")
def via(subject: Subject) -> Iterator[Edit]:
    for effect in subject.tree.effects:
        if effect.via is not None:
            yield subject.replaced(effect.via.span, misspelt(effect.via.text))


@kind("misspell the cell that `main:` names", "E213", whole=True)
def main(subject: Subject) -> Iterator[Edit]:
    if subject.tree.main is not None:
        yield subject.replaced(subject.tree.main.span, misspelt(subject.tree.main.text))


@kind("misspell the error in an `except`", "E201")
def caught(subject: Subject) -> Iterator[Edit]:
    for handler in subject.nodes(ast.Handler):
        for error in handler.errors:
            yield subject.replaced(error.span, misspelt(error.text))


@kind("misspell the error of a `raise`", "E201")
def raised(subject: Subject) -> Iterator[Edit]:
    for node in subject.nodes(ast.Raise):
        yield subject.replaced(node.error.span, misspelt(node.error.text))


@kind("misspell a node behind `after`", "E508")
def after(subject: Subject) -> Iterator[Edit]:
    for node in subject.nodes(ast.Node):
        for name in node.value.after:
            yield subject.replaced(name.span, misspelt(name.text))


@kind("misspell a key of the document", "E105", whole=True)
def document_key(subject: Subject) -> Iterator[Edit]:
    for found in re.finditer(r"^ {4}(\w+):|^(types|effects|cells|errors|main):", subject.text, re.MULTILINE):
        span = Span(str(subject.path), found.start(found.lastindex or 0), found.end(found.lastindex or 0))
        if subject.cut(span) in {"in", "out", "errors", "effects", "delivery", "timeout", "retry", "cells", "main"}:
            yield subject.replaced(span, misspelt(subject.cut(span)))


@kind("name an import that does not exist", "E207", whole=True)
def import_path(subject: Subject) -> Iterator[Edit]:
    for use in subject.tree.uses:
        yield subject.replaced(use.path.span, "./nowhere.cell.yaml")


@kind("forget which cell is `main`", "E214", whole=True)
def no_main(subject: Subject) -> Iterator[Edit]:
    if subject.tree.main is not None:
        first = subject.tree.cells[0].name.span
        yield subject.without_line(subject.tree.main.span, first)


@kind("let a cell call itself", "E210")
def recursion(subject: Subject) -> Iterator[Edit]:
    for cell, body in scripts(subject):
        given = ", ".join(f"{f.name.text}={f.name.text}" for f in cell.input)
        yield first_line(subject, body, f"{cell.name.text}({given})")


# --- types -----------------------------------------------------------------------------------------------------------


@kind("give an argument of another type", "E301")
def argument_type(subject: Subject) -> Iterator[Edit]:
    for call in calls(subject):
        for given in call.arguments:
            if given.name is not None and not given.spread:
                yield subject.replaced(given.value.span, WRONG)


@kind("forget an argument", "E304")
def missing_argument(subject: Subject) -> Iterator[Edit]:
    for call in calls(subject):
        declared = declared_as(subject, call.callee.text)
        required = {f.name.text for f in declared.input if not f.optional} if declared else set()
        for given in call.arguments:
            if given.name is not None and given.name.text in required:
                yield subject.removed(given.span, call.callee.span)


@kind("give an argument too many", "E305")
def extra_argument(subject: Subject) -> Iterator[Edit]:
    for call in calls(subject):
        if call.arguments:
            yield subject.inserted(call.arguments[-1].span, ", surplus=1")


@kind("give an argument twice", "E306")
def argument_twice(subject: Subject) -> Iterator[Edit]:
    for call in calls(subject):
        for given in call.arguments:
            if given.name is not None:
                yield subject.inserted(call.arguments[-1].span, f", {subject.cut(given.span)}")


@kind("return a value of another type", "E301")
def returned_type(subject: Subject) -> Iterator[Edit]:
    for cell, body in scripts(subject):
        for statement in subject.nodes(ast.Return, body):
            if (
                statement.value is not None
                and cell.output is not None
                and not isinstance(statement.value.value, ast.Call)
            ):
                yield subject.replaced(statement.value.span, WRONG)


@kind("leave a field out of a result", "E317")
def missing_field(subject: Subject) -> Iterator[Edit]:
    for cell, body in scripts(subject):
        required = (
            {f.name.text for f in cell.output.fields if not f.optional}
            if isinstance(cell.output, ast.RecordType)
            else ()
        )
        for statement in subject.nodes(ast.Return, body):
            record = statement.value.value if statement.value else None
            for entry in record.entries if isinstance(record, ast.RecordExpr) and len(record.entries) > 1 else ():
                if entry.name.text in required:
                    yield subject.removed(entry.name.span.to(entry.value.span), statement.span)


@kind("add a field to a result", "E316")
def surplus_field(subject: Subject) -> Iterator[Edit]:
    for cell, body in scripts(subject):
        for statement in subject.nodes(ast.Return, body):
            record = statement.value.value if statement.value else None
            if isinstance(record, ast.RecordExpr) and record.entries and cell.output is not None:
                yield subject.inserted(record.entries[-1].value.span, ", surplus: 1")


@kind("write a word that an enum does not have")
def enum_word(subject: Subject) -> Iterator[Edit]:
    words = {option.text for enum in subject.nodes(ast.EnumType) for option in enum.options}
    for cell in subject.tree.cells:
        caught = {c.span for catch in subject.nodes(ast.Catch, cell.body) for c in subject.nodes(ast.Constant, catch)}
        compared = {c.span for test in subject.nodes(ast.Compare, cell.body) for c in subject.nodes(ast.Constant, test)}
        for constant in subject.nodes(ast.Constant, cell.body):
            if constant.value in words and isinstance(constant.value, str) and constant.span not in caught:
                new = subject.cut(constant.span).replace(constant.value, "nosuch")
                yield subject.replaced(constant.span, new).by("E310" if constant.span in compared else "E301")


@kind("test something that is neither true nor false", "E311")
def condition(subject: Subject) -> Iterator[Edit]:
    tests = [branch.test for branch in subject.nodes(ast.Branch)]
    tests += [n.value.when for n in subject.nodes(ast.Node) if isinstance(n.value, ast.Flow) and n.value.when]
    for test in tests:
        yield subject.replaced(test.span, "1")


@kind("forget that a value may be null")
def unguarded(subject: Subject) -> Iterator[Edit]:
    for cell in subject.tree.cells:
        items = {c.element for c in subject.nodes(ast.Comprehension, cell.body)}
        for node in subject.nodes(ast.Binary, cell.body):
            if node.op == "??":
                code = "E312" if node in items else "E303"  # a function that is given such items; all else reads it
                yield subject.replaced(node.span, subject.cut(node.left.span)).by(code)


@kind("forget a case of a `match`", "E325")
def forgotten_case(subject: Subject) -> Iterator[Edit]:
    for cell in subject.tree.cells:
        for node in subject.nodes(ast.Match, cell.body):
            last = node.cases[-1]
            if len(node.cases) > 1:
                yield subject.without_line(last.span, node.value.span)


@kind("add a case that nothing comes to", "E326")
def impossible_case(subject: Subject) -> Iterator[Edit]:
    for node in subject.nodes(ast.Match):
        yield subject.line_before(node.cases[0].head, "case 'never':", "  pass")


@kind("calculate with something that is no number", "E308")
def text_operand(subject: Subject) -> Iterator[Edit]:
    for cell in subject.tree.cells:
        for node in subject.nodes(ast.Binary, cell.body):
            if node.op in ("*", "-", "/"):
                yield subject.replaced(node.right.span, "true")


@kind("go through something that has no items", "E318")
def not_iterable(subject: Subject) -> Iterator[Edit]:
    loops = [loop.items for loop in subject.nodes(ast.ForLoop)]
    loops += [
        clause.items
        for cell in subject.tree.cells
        for clause in subject.nodes(ast.For, cell.body)
        if len(clause.targets) == 1
    ]
    for items in loops:
        yield subject.replaced(items.span, "5")


@kind("begin a variable with `null` and no type", "E314")
def untyped_null(subject: Subject) -> Iterator[Edit]:
    for _, body in scripts(subject):
        yield first_line(subject, body, "surplus = null")


@kind("call a cell or effect inside an expression", "E313")
def call_inside(subject: Subject) -> Iterator[Edit]:
    for statement in subject.nodes(ast.Assign):
        flow = statement.value
        plain = flow is not None and flow.within is None and flow.undo is None
        if plain and isinstance(flow.value, ast.Call) and flow.value.callee.text not in BUILTINS:
            yield subject.replaced(flow.value.span, f"[{subject.cut(flow.value.span)}]")


@kind("use the result of a call that gives none", "E315")
def no_result(subject: Subject) -> Iterator[Edit]:
    for statement in subject.nodes(ast.Do):
        call = statement.flow.value
        declared = declared_as(subject, call.callee.text) if isinstance(call, ast.Call) else None
        if declared is not None and declared.output is None:
            yield subject.replaced(Span(call.span.file, call.span.start, call.span.start), "surplus = ")


@kind("compute a value and drop it", "E321")
def dropped_value(subject: Subject) -> Iterator[Edit]:
    for _, body in scripts(subject):
        yield first_line(subject, body, "1 + 1")


@kind("turn the ends of a range around", "E300")
def reversed_range(subject: Subject) -> Iterator[Edit]:
    for node in subject.nodes(ast.RangedType):
        yield subject.replaced(node.span, f"{node.name.text}(9..1)")


@kind("write a regular expression that does not read", "E116")
def bad_pattern(subject: Subject) -> Iterator[Edit]:
    for node in subject.nodes(ast.PatternType):
        yield subject.replaced(node.pattern_span, "[A-Z")
