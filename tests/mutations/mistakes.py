"""Mistakes that people make, as functions from a right module to wrong ones, with the codes that have to find each.

A function yields one edit for each place where its mistake can be made. `many`: the mistake has several consequences
which nobody could call one (an error that is no longer declared is missing wherever it is raised).
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from cellc.language import ast
from cellc.language.builtins import BUILTINS
from cellc.language.names import COMBINATORS
from cellc.language.span import Span
from tests.mutations.sites import Edit, Subject

Mistake = Callable[[Subject], Iterator[Edit]]


@dataclass(frozen=True)
class Kind:
    """A kind of mistake: what it is in a few words, the codes that find it, whether it has many consequences."""

    name: str
    codes: tuple[str, ...]
    mistakes: Mistake
    many: bool = False


KINDS: dict[str, Kind] = {}

WRONG = "[[true]]"
"""A value that fits nothing in any example."""


def kind(what: str, *codes: str, many: bool = False) -> Callable[[Mistake], Mistake]:
    """Register a kind of mistake."""

    def register(mistakes: Mistake) -> Mistake:
        KINDS[mistakes.__name__] = Kind(what, codes, mistakes, many)
        return mistakes

    return register


def _misspelt(name: str) -> str:
    return f"{name}x" if not name.endswith("x") else f"{name}y"


def _cells(subject: Subject) -> Iterator[ast.CellDecl]:
    yield from subject.tree.cells


def _callee(subject: Subject, name: str) -> ast.CellDecl | ast.EffectDecl | None:
    declared = (*subject.tree.cells, *subject.tree.effects)
    return next((d for d in declared if d.name.text == name), None)


def _calls(subject: Subject) -> Iterator[ast.Call]:
    """Yield the calls of cells and effects in bodies."""
    for cell in _cells(subject):
        for call in subject.nodes(ast.Call, cell.body):
            if call.callee.text not in BUILTINS and call.callee.text not in COMBINATORS:
                yield call


def _scripts(subject: Subject) -> Iterator[tuple[ast.CellDecl, ast.DoBody]]:
    """Yield the scripts that have lines of their own, not those beside their `do:`."""
    for cell in _cells(subject):
        if isinstance(cell.body, ast.DoBody) and "do:" not in subject.cut(subject.line(cell.body.statements[0].span)):
            yield cell, cell.body


def _topologies(subject: Subject) -> Iterator[tuple[ast.CellDecl, ast.TopologyBody]]:
    for cell in _cells(subject):
        if isinstance(cell.body, ast.TopologyBody):
            yield cell, cell.body


def _before(subject: Subject, statement: ast.Statement, text: str) -> Edit:
    """Put a statement on a line of its own before another."""
    line = subject.line(statement.span)
    indent = re.match(r" *", subject.text[line.start :])
    start = Span(line.file, line.start, line.start)
    return subject.replaced(start, f"{indent[0] if indent else ''}{text}\n")


# --- names -----------------------------------------------------------------------------------------------------------


@kind("misspell a variable", "E204")
def variable(subject: Subject) -> Iterator[Edit]:
    for cell in _cells(subject):
        for name in subject.nodes(ast.Name, cell.body):
            if subject.cut(name.span) == name.text:
                yield subject.replaced(name.span, _misspelt(name.text))


@kind("misspell a field", "E302", "E204")
def field(subject: Subject) -> Iterator[Edit]:
    for cell in _cells(subject):
        for node in subject.nodes(ast.Field, cell.body):
            if subject.cut(node.name.span) == node.name.text:
                yield subject.replaced(node.name.span, _misspelt(node.name.text))


@kind("misspell whom to call", "E203")
def callee(subject: Subject) -> Iterator[Edit]:
    for cell in _cells(subject):
        for call in subject.nodes(ast.Call, cell.body):
            yield subject.replaced(call.callee.span, _misspelt(call.callee.text))


@kind("misspell an argument", "E305")
def argument(subject: Subject) -> Iterator[Edit]:
    for call in _calls(subject):
        for given in call.arguments:
            if given.name is not None:
                yield subject.replaced(given.name.span, _misspelt(given.name.text))


@kind("misspell an effect that a cell declares", "E202")
def declared_effect(subject: Subject) -> Iterator[Edit]:
    for cell in _cells(subject):
        for effect in cell.effects or ():
            yield subject.replaced(effect.span, _misspelt(effect.text))


@kind("misspell an error that a cell or effect declares", "E201")
def declared_error(subject: Subject) -> Iterator[Edit]:
    for declaration in (*subject.tree.cells, *subject.tree.effects):
        for error in declaration.errors or ():
            yield subject.replaced(error.span, _misspelt(error.text))


@kind("misspell a type", "E200")
def type_name(subject: Subject) -> Iterator[Edit]:
    for reference in subject.nodes(ast.TypeRef):
        yield subject.replaced(reference.name.span, _misspelt(reference.name.text))


@kind("misspell the standard effect under `via:`", "E411")
def via(subject: Subject) -> Iterator[Edit]:
    for effect in subject.tree.effects:
        if effect.via is not None:
            yield subject.replaced(effect.via.span, _misspelt(effect.via.text))


@kind("misspell the cell that `main:` names", "E213")
def main(subject: Subject) -> Iterator[Edit]:
    if subject.tree.main is not None:
        yield subject.replaced(subject.tree.main.span, _misspelt(subject.tree.main.text))


@kind("misspell the error in an `except`", "E201")
def caught(subject: Subject) -> Iterator[Edit]:
    for handler in subject.nodes(ast.Handler):
        for error in handler.errors:
            yield subject.replaced(error.span, _misspelt(error.text))


@kind("misspell the error of a `raise`", "E201")
def raised(subject: Subject) -> Iterator[Edit]:
    for node in subject.nodes(ast.Raise):
        yield subject.replaced(node.error.span, _misspelt(node.error.text))


@kind("misspell a node behind `after`", "E508")
def after(subject: Subject) -> Iterator[Edit]:
    for node in subject.nodes(ast.Node):
        for name in node.value.after:
            yield subject.replaced(name.span, _misspelt(name.text))


@kind("misspell a key of the document", "E105", "E106", many=True)
def document_key(subject: Subject) -> Iterator[Edit]:
    for found in re.finditer(r"^ {4}(\w+):|^(types|effects|cells|errors|main):", subject.text, re.MULTILINE):
        span = Span(str(subject.path), found.start(found.lastindex or 0), found.end(found.lastindex or 0))
        if subject.cut(span) in {"in", "out", "errors", "effects", "delivery", "timeout", "retry", "cells", "main"}:
            yield subject.replaced(span, _misspelt(subject.cut(span)))


@kind("name an import that does not exist", "E207")
def import_path(subject: Subject) -> Iterator[Edit]:
    for use in subject.tree.uses:
        yield subject.replaced(use.path.span, "./nowhere.cell.yaml")


@kind("forget which cell is `main`", "E214")
def no_main(subject: Subject) -> Iterator[Edit]:
    if subject.tree.main is not None:
        first = subject.tree.cells[0].name.span
        yield subject.replaced(subject.line(subject.tree.main.span), "", first)


@kind("let a cell call itself", "E210")
def recursion(subject: Subject) -> Iterator[Edit]:
    for cell, body in _scripts(subject):
        given = ", ".join(f"{f.name.text}={f.name.text}" for f in cell.input)
        yield _before(subject, body.statements[0], f"{cell.name.text}({given})")


# --- types -----------------------------------------------------------------------------------------------------------


@kind("give an argument of another type", "E301")
def argument_type(subject: Subject) -> Iterator[Edit]:
    for call in _calls(subject):
        for given in call.arguments:
            if given.name is not None and not given.spread:
                yield subject.replaced(given.value.span, WRONG)


@kind("forget an argument", "E304")
def missing_argument(subject: Subject) -> Iterator[Edit]:
    for call in _calls(subject):
        declared = _callee(subject, call.callee.text)
        required = {f.name.text for f in declared.input if not f.optional} if declared else set()
        for given in call.arguments:
            if given.name is not None and given.name.text in required:
                yield subject.removed(given.span, call.callee.span)


@kind("give an argument too many", "E305")
def extra_argument(subject: Subject) -> Iterator[Edit]:
    for call in _calls(subject):
        if call.arguments:
            yield subject.inserted(call.arguments[-1].span, ", surplus=1")


@kind("give an argument twice", "E306")
def argument_twice(subject: Subject) -> Iterator[Edit]:
    for call in _calls(subject):
        for given in call.arguments:
            if given.name is not None:
                yield subject.inserted(call.arguments[-1].span, f", {subject.cut(given.span)}")


@kind("return a value of another type", "E301", "W221")
def returned_type(subject: Subject) -> Iterator[Edit]:
    for cell, body in _scripts(subject):
        for statement in subject.nodes(ast.Return, body):
            if (
                statement.value is not None
                and cell.output is not None
                and not isinstance(statement.value.value, ast.Call)
            ):
                yield subject.replaced(statement.value.span, WRONG)


@kind("leave a field out of a result", "E317")
def missing_field(subject: Subject) -> Iterator[Edit]:
    for cell, body in _scripts(subject):
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
    for cell, body in _scripts(subject):
        for statement in subject.nodes(ast.Return, body):
            record = statement.value.value if statement.value else None
            if isinstance(record, ast.RecordExpr) and record.entries and cell.output is not None:
                yield subject.inserted(record.entries[-1].value.span, ", surplus: 1")


@kind("write a word that an enum does not have", "E301", "E310", "E326", "E325", many=True)
def enum_word(subject: Subject) -> Iterator[Edit]:
    words = {option.text for enum in subject.nodes(ast.EnumType) for option in enum.options}
    for cell in _cells(subject):
        caught = {c.span for catch in subject.nodes(ast.Catch, cell.body) for c in subject.nodes(ast.Constant, catch)}
        for constant in subject.nodes(ast.Constant, cell.body):
            if constant.value in words and isinstance(constant.value, str) and constant.span not in caught:
                yield subject.replaced(constant.span, subject.cut(constant.span).replace(constant.value, "nosuch"))


@kind("test something that is neither true nor false", "E311")
def condition(subject: Subject) -> Iterator[Edit]:
    for node in subject.nodes(ast.Branch):
        yield subject.replaced(node.test.span, "1")
    for node in subject.nodes(ast.Node):
        if node.value.when is not None and isinstance(node.value, ast.Flow):
            yield subject.replaced(node.value.when.span, "1")


@kind("forget that a value may be null", "E303", "E301", "E308", "E319", "E310", "E312")
def unguarded(subject: Subject) -> Iterator[Edit]:
    for cell in _cells(subject):
        for node in subject.nodes(ast.Binary, cell.body):
            if node.op == "??":
                yield subject.replaced(node.span, subject.cut(node.left.span))


@kind("forget a case of a `match`", "E325")
def forgotten_case(subject: Subject) -> Iterator[Edit]:
    for node in subject.nodes(ast.Match):
        last = node.cases[-1]
        if len(node.cases) > 1:
            yield subject.replaced(subject.line(last.span), "", node.value.span)


@kind("add a case that nothing comes to", "E326", "W501")
def impossible_case(subject: Subject) -> Iterator[Edit]:
    for node in subject.nodes(ast.Match):
        line = subject.line(node.cases[0].head)
        indent = re.match(r" *", subject.text[line.start :])
        start = Span(line.file, line.start, line.start)
        text = f"{indent[0] if indent else ''}case 'never':\n{indent[0] if indent else ''}  pass\n"
        yield subject.replaced(start, text)


@kind("calculate with something that is no number", "E308", "E301")
def text_operand(subject: Subject) -> Iterator[Edit]:
    for cell in _cells(subject):
        for node in subject.nodes(ast.Binary, cell.body):
            if node.op in ("*", "-", "/"):
                yield subject.replaced(node.right.span, "['x']")


@kind("go through something that has no items", "E318")
def not_iterable(subject: Subject) -> Iterator[Edit]:
    for loop in subject.nodes(ast.ForLoop):
        yield subject.replaced(loop.items.span, "5")
    for cell in _cells(subject):
        for clause in subject.nodes(ast.For, cell.body):
            if len(clause.targets) == 1:
                yield subject.replaced(clause.items.span, "5")


@kind("begin a variable with `null` and no type", "E314")
def untyped_null(subject: Subject) -> Iterator[Edit]:
    for _, body in _scripts(subject):
        yield _before(subject, body.statements[0], "surplus = null")


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
        declared = _callee(subject, call.callee.text) if isinstance(call, ast.Call) else None
        if declared is not None and declared.output is None:
            yield subject.replaced(Span(call.span.file, call.span.start, call.span.start), "surplus = ")


@kind("compute a value and drop it", "E321")
def dropped_value(subject: Subject) -> Iterator[Edit]:
    for _, body in _scripts(subject):
        yield _before(subject, body.statements[0], "1 + 1")


@kind("turn the ends of a range around", "E300")
def reversed_range(subject: Subject) -> Iterator[Edit]:
    for node in subject.nodes(ast.RangedType):
        yield subject.replaced(node.span, f"{node.name.text}(9..1)")


@kind("write a regular expression that does not read", "E116")
def bad_pattern(subject: Subject) -> Iterator[Edit]:
    for node in subject.nodes(ast.PatternType):
        yield subject.replaced(node.pattern_span, "[A-Z")


# --- effects and errors ----------------------------------------------------------------------------------------------


@kind("forget an effect that the cell performs", "E400")
def forgotten_effect(subject: Subject) -> Iterator[Edit]:
    for cell in _cells(subject):
        for effect in cell.effects if cell.effects and len(cell.effects) > 1 else ():
            yield subject.removed(effect.span, cell.body.span if cell.body else None)


@kind("forget `effects:` altogether", "E401")
def no_effects(subject: Subject) -> Iterator[Edit]:
    for cell, _ in _scripts(subject):
        if cell.effects:
            yield subject.replaced(subject.line(cell.effects[0].span), "", cell.name.span)


@kind("declare an effect that the cell never performs", "W402", "E400", many=True)
def surplus_effect(subject: Subject) -> Iterator[Edit]:
    for cell in _cells(subject):
        if cell.effects and "time.until" not in {e.text for e in cell.effects}:
            yield subject.inserted(cell.effects[-1].span, ", time.until")


@kind("forget an error that may leave the cell", "E403", "E405", "W404", many=True)
def forgotten_error(subject: Subject) -> Iterator[Edit]:
    for cell in _cells(subject):
        for error in cell.errors or ():
            yield subject.removed(error.span, cell.body.span if cell.body else None)


@kind("declare an error that never leaves the cell", "W404", "E403", many=True)
def surplus_error(subject: Subject) -> Iterator[Edit]:
    for cell in _cells(subject):
        if cell.errors and "Unknown" not in {e.text for e in cell.errors}:
            yield subject.inserted(cell.errors[-1].span, ", Unknown")


@kind("handle an error that cannot occur", "E405", "E403", "E204", "E302", many=True)
def impossible_handler(subject: Subject) -> Iterator[Edit]:
    for handler in subject.nodes(ast.Handler):
        for error in handler.errors:
            if error.text != "Unknown":
                yield subject.replaced(error.span, "Unknown")


@kind("handle an error twice", "E406")
def handled_twice(subject: Subject) -> Iterator[Edit]:
    for handler in subject.nodes(ast.Handler):
        yield subject.inserted(handler.errors[-1].span, f", {handler.errors[-1].text}")


@kind("retry an effect that is delivered `once`", "E407", "E424", many=True)
def retry_on_once(subject: Subject) -> Iterator[Edit]:
    for effect in subject.tree.effects:
        if effect.retry is not None and effect.delivery is not None:
            yield subject.replaced(effect.delivery.span, "once", effect.retry.span)


@kind("promise a delivery that does not exist", "E107")
def unknown_delivery(subject: Subject) -> Iterator[Edit]:
    for effect in subject.tree.effects:
        if effect.delivery is not None:
            yield subject.replaced(effect.delivery.span, "exactly_once")


@kind("give no time at all", "E409")
def no_time(subject: Subject) -> Iterator[Edit]:
    for found in re.finditer(r"timeout: (\w+)|within (\d+\w)", subject.text):
        group = found.lastindex or 0
        yield subject.replaced(Span(str(subject.path), found.start(group), found.end(group)), "0s")


@kind("configure a handler that is not named", "E410", "E408", "E411", many=True)
def no_via(subject: Subject) -> Iterator[Edit]:
    for effect in subject.tree.effects:
        if effect.via is not None and effect.config is not None:
            yield subject.replaced(subject.line(effect.via.span), "", effect.config.span)


@kind("misspell a key under `with:`", "E316", "E317", many=True)
def config_key(subject: Subject) -> Iterator[Edit]:
    for effect in subject.tree.effects:
        for name, _ in effect.config.entries if effect.config else ():
            if name.text not in ("errors", "result", "assign", "event", "key", "where"):
                yield subject.replaced(name.span, _misspelt(name.text), effect.config.span if effect.config else None)


@kind("map an error that the effect does not list", "E412", "E405", "W404", "E302", many=True)
def unmapped_error(subject: Subject) -> Iterator[Edit]:
    for effect in subject.tree.effects:
        for error in effect.errors:
            yield subject.removed(error.span, effect.config.span if effect.config else None)


@kind("make a key of something that is not one", "E414")
def bad_key(subject: Subject) -> Iterator[Edit]:
    for effect in subject.tree.effects:
        if effect.key is not None:
            yield subject.replaced(effect.key.span, "'[1]'", effect.key.span)


# --- flow ------------------------------------------------------------------------------------------------------------


@kind("let two nodes wait for each other", "E500", many=True)
def cycle(subject: Subject) -> Iterator[Edit]:
    for _, body in _topologies(subject):
        names = {node.name.text: node for node in body.nodes}
        for node in body.nodes:
            for read in subject.nodes(ast.Name, node.value):
                source = names.get(read.text)
                if (
                    source is not None
                    and source is not node
                    and source.policies is None
                    and "\n" not in subject.cut(source.value.span)
                ):
                    yield subject.inserted(source.value.span, f" after {node.name.text}", body.span)
                    break


@kind("write a line that is never reached", "W501")
def unreachable(subject: Subject) -> Iterator[Edit]:
    for _, body in _scripts(subject):
        last = body.statements[-1]
        if isinstance(last, ast.Return | ast.Raise):
            line = subject.line(last.span)
            indent = re.match(r" *", subject.text[line.start :])
            yield subject.replaced(Span(line.file, line.end, line.end), f"{indent[0] if indent else ''}pass\n")


@kind("forget the `return` at the end", "E503", "W221", many=True)
def no_return(subject: Subject) -> Iterator[Edit]:
    for cell, body in _scripts(subject):
        last = body.statements[-1]
        if isinstance(last, ast.Return) and cell.output is not None and len(body.statements) > 1:
            yield subject.replaced(subject.line(last.span), "", cell.name.span)


@kind("return a value from a cell that has none", "E506")
def surplus_return(subject: Subject) -> Iterator[Edit]:
    for cell, body in _scripts(subject):
        if cell.output is None:
            line = subject.line(body.statements[-1].span)
            indent = re.match(r" *", subject.text[subject.line(body.statements[0].span).start :])
            yield subject.replaced(Span(line.file, line.end, line.end), f"{indent[0] if indent else ''}return 1\n")


@kind("let a list without bounds start all its calls at once", "W504")
def no_limit(subject: Subject) -> Iterator[Edit]:
    unbounded = {"lines"}
    for call in subject.nodes(ast.Call):
        loops = [f for a in call.arguments if isinstance(a.value, ast.Comprehension) for f in a.value.clauses]
        if any(isinstance(f.items, ast.Name) and f.items.text in unbounded for f in loops):
            for given in call.arguments:
                if given.name is not None and given.name.text == "limit":
                    yield subject.removed(given.span, call.callee.span)


@kind("leave a loop that is not there", "E520")
def outside_loop(subject: Subject) -> Iterator[Edit]:
    for _, body in _scripts(subject):
        yield _before(subject, body.statements[0], "break")


@kind("add a node that nothing uses", "W507")
def unused_node(subject: Subject) -> Iterator[Edit]:
    for _, body in _topologies(subject):
        line = subject.line(body.nodes[0].span)
        indent = re.match(r" *", subject.text[line.start :])
        start = Span(line.file, line.start, line.start)
        yield subject.replaced(start, f"{indent[0] if indent else ''}surplus: 1 + 1\n")


@kind("add a variable that nothing reads", "W221")
def unused_variable(subject: Subject) -> Iterator[Edit]:
    for _, body in _scripts(subject):
        yield _before(subject, body.statements[0], "surplus = 1")


# --- sagas -----------------------------------------------------------------------------------------------------------


@kind("undo with a value of another type", "E301")
def undo_type(subject: Subject) -> Iterator[Edit]:
    for flow in subject.nodes(ast.Flow):
        for given in flow.undo.arguments if flow.undo else ():
            yield subject.replaced(given.value.span, WRONG)


@kind("undo with a value that is not there", "E204")
def undo_value(subject: Subject) -> Iterator[Edit]:
    for flow in subject.nodes(ast.Flow):
        for given in flow.undo.arguments if flow.undo else ():
            yield subject.replaced(given.value.span, "nowhere")


@kind("undo by what undoes nothing", "E600")
def undo_function(subject: Subject) -> Iterator[Edit]:
    for flow in subject.nodes(ast.Flow):
        if flow.undo is not None:
            yield subject.replaced(flow.undo.span, "len([1])")


@kind("give a deadline to a plain value", "E602")
def deadline_of_value(subject: Subject) -> Iterator[Edit]:
    for statement in subject.nodes(ast.Assign):
        flow = statement.value
        if flow is not None and isinstance(flow.value, ast.Call) and flow.value.callee.text in BUILTINS:
            yield subject.inserted(flow.span, " within 3s")


# --- syntax ----------------------------------------------------------------------------------------------------------


@kind("write Python's `None`", "E112", "E111", "E113")
def python_none(subject: Subject) -> Iterator[Edit]:
    for cell in _cells(subject):
        for constant in subject.nodes(ast.Constant, cell.body):
            if constant.value is None and subject.cut(constant.span) == "null":
                yield subject.replaced(constant.span, "None")


@kind("write `+=`", "E112")
def augmented(subject: Subject) -> Iterator[Edit]:
    for _, body in _scripts(subject):
        yield _before(subject, body.statements[0], "surplus += 1")


@kind("call a method of a value", "E112", "E203")
def method(subject: Subject) -> Iterator[Edit]:
    for _, body in _scripts(subject):
        yield _before(subject, body.statements[0], "surplus = ('x' + 'y').upper()")


@kind("forget the colon of a block", "E112")
def no_colon(subject: Subject) -> Iterator[Edit]:
    for node in (*subject.nodes(ast.ForLoop), *subject.nodes(ast.While)):
        head = node.items.span if isinstance(node, ast.ForLoop) else node.test.span
        colon = subject.text.index(":", head.end)
        yield subject.replaced(Span(head.file, colon, colon + 1), "", subject.line(head))


@kind("compare with a single `=`", "E112", "E113")
def single_equals(subject: Subject) -> Iterator[Edit]:
    for cell, body in _scripts(subject):
        for node in subject.nodes(ast.Compare, body):
            if node.ops == ("==",) and cell.body is not None:
                text = subject.cut(node.span).replace("==", "=", 1)
                yield subject.replaced(node.span, text)


@kind("forget a closing bracket", "E112", "E113", "E111", "E115", "E101", many=True)
def no_bracket(subject: Subject) -> Iterator[Edit]:
    for call in _calls(subject):
        if subject.cut(call.span).endswith(")"):
            end = Span(call.span.file, call.span.end - 1, call.span.end)
            yield subject.replaced(end, "", subject.line(call.span))


@kind("declare a cell twice", "E102")
def cell_twice(subject: Subject) -> Iterator[Edit]:
    first = subject.tree.cells[0]
    line = subject.line(first.span)
    yield subject.replaced(Span(line.file, line.end, line.end), f"  {first.name.text}: {{do: pass}}\n")


@kind("write an edition that does not exist", "E108")
def edition(subject: Subject) -> Iterator[Edit]:
    yield subject.replaced(Span(str(subject.path), 0, len("cellc: 1")), "cellc: 2")


@kind("separate the words of an enum by commas", "E110", "E115", "E101", "E107", many=True)
def enum_commas(subject: Subject) -> Iterator[Edit]:
    for enum in subject.nodes(ast.EnumType):
        yield subject.replaced(enum.span, subject.cut(enum.span).replace(" |", ","))


@kind("name a variable with a word of the language", "E109", "E112")
def reserved(subject: Subject) -> Iterator[Edit]:
    for _, body in _scripts(subject):
        yield _before(subject, body.statements[0], "match = 1")
