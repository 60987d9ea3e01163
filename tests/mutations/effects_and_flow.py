"""Mistakes in effects, errors, flow, sagas and syntax."""

import re
from collections.abc import Iterator
from dataclasses import replace

from cellc.language import ast
from cellc.language.builtins import BUILTINS
from cellc.language.span import Span
from tests.mutations.declared import (
    callee,
    calls,
    calls_in,
    declares,
    error_name,
    first_line,
    first_reaching,
    raised_in,
    reach,
    scripts,
    topologies,
    unreadable,
)
from tests.mutations.kinds import WRONG, kind, misspelt
from tests.mutations.sites import Edit, Found, Subject

# --- effects and errors ----------------------------------------------------------------------------------------------


@kind("forget an effect that the cell performs", "E400")
def forgotten_effect(subject: Subject) -> Iterator[Edit]:
    for cell in subject.tree.cells:
        for ident in cell.effects if cell.effects and len(cell.effects) > 1 else ():
            (effect,) = reach(subject, ident.text)
            call = first_reaching(subject, cell, effect)
            if call is not None:
                yield subject.removed(ident.span, call.span)


@kind("forget `effects:` altogether", "E401")
def no_effects(subject: Subject) -> Iterator[Edit]:
    for cell, _ in scripts(subject):
        if cell.effects:
            yield subject.without_line(cell.effects[0].span, cell.name.span)


@kind("declare an effect that the cell never performs", "W402")
def surplus_effect(subject: Subject) -> Iterator[Edit]:
    for cell in subject.tree.cells:
        if cell.effects and "time.until" not in {e.text for e in cell.effects}:
            callers = [
                Found("E400", call.span.start)
                for other in subject.tree.cells
                if other.effects is not None
                for call in [c for c in calls_in(subject, other.body) if _trusts(subject, c.callee.text, cell)][:1]
            ]
            edit = subject.inserted(cell.effects[-1].span, ", time.until")
            if callers or not isinstance(cell.body, ast.PythonBody):  # whose word is taken
                yield replace(edit, found=tuple(callers)) if callers else edit


def _trusts(subject: Subject, name: str, cell: ast.CellDecl) -> bool:
    """Return whether a call of `name` performs what `cell` declares: itself, or through cells that declare nothing."""
    found = callee(subject, name)
    if found is None or found[0] is not subject or isinstance(found[1], ast.EffectDecl):
        return False
    called = found[1]
    inside = called.effects is None and any(
        _trusts(subject, c.callee.text, cell) for c in calls_in(subject, called.body)
    )
    return called is cell or inside


@kind("forget an error that may leave the cell")
def forgotten_error(subject: Subject) -> Iterator[Edit]:
    for cell in subject.tree.cells:
        for error in cell.errors or ():
            sources = [span for name, span in raised_in(subject, cell.body) if name == error_name(subject, error.text)]
            if sources:
                yield subject.removed(error.span, min(sources)).by("E403")


@kind("declare an error that never leaves the cell", "W404")
def surplus_error(subject: Subject) -> Iterator[Edit]:
    for cell in subject.tree.cells:
        if cell.errors and "Unknown" not in {e.text for e in cell.errors}:
            callers = [
                Found("E403", call.span.start)
                for other in subject.tree.cells
                if not declares(subject, other, "Unknown")
                for call in [c for c in calls_in(subject, other.body) if _calls(subject, c, cell)][:1]
            ]
            edit = subject.inserted(cell.errors[-1].span, ", Unknown")
            yield replace(edit, found=tuple(callers)) if callers else edit


def _calls(subject: Subject, call: ast.Call, cell: ast.CellDecl) -> bool:
    return callee(subject, call.callee.text) == (subject, cell)


@kind("handle an error that cannot occur, too", "E405")
def impossible_error(subject: Subject) -> Iterator[Edit]:
    for handler in subject.nodes(ast.Handler):
        yield subject.inserted(handler.errors[-1].span, ", Unknown")


@kind("handle an error that cannot occur, not the one that can", "E405")
def impossible_handler(subject: Subject) -> Iterator[Edit]:
    for handler in subject.nodes(ast.Handler):
        for error in handler.errors:
            yield subject.replaced(error.span, "Unknown")


@kind("handle an error twice", "E406")
def handled_twice(subject: Subject) -> Iterator[Edit]:
    for handler in subject.nodes(ast.Handler):
        yield subject.inserted(handler.errors[-1].span, f", {handler.errors[-1].text}")


@kind("retry an effect that is delivered `once`", "E407")
def retry_on_once(subject: Subject) -> Iterator[Edit]:
    for effect in subject.tree.effects:
        repeated = effect.delivery is not None and effect.delivery.text == "idempotent" and effect.key_lifetime is None
        if repeated and effect.retry is not None and effect.delivery is not None:
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


@kind("configure a handler that is not named", "E410")
def no_via(subject: Subject) -> Iterator[Edit]:
    for effect in subject.tree.effects:
        if effect.via is not None and effect.config is not None:
            yield subject.without_line(effect.via.span, effect.config.span)


@kind("misspell a key under `with:`", "E316")
def config_key(subject: Subject) -> Iterator[Edit]:
    for effect in subject.tree.effects:
        for name, _ in effect.config.entries if effect.config else ():
            if name.text not in ("errors", "result", "assign", "event", "key", "where"):
                yield subject.replaced(name.span, misspelt(name.text))


@kind("map an error that the effect does not list", "E412")
def unmapped_error(subject: Subject) -> Iterator[Edit]:
    for effect in subject.tree.effects:
        entries = {name.text: value for name, value in effect.config.entries} if effect.config else {}
        mapping = entries.get("errors")
        for error in effect.errors:
            for name, _ in mapping.entries if isinstance(mapping, ast.TemplateRecord) else ():
                if name.text == error.text:
                    again = [e for e in effect.retry.on if e.text == error.text] if effect.retry else []
                    others = [Found("E412", other.span.start) for other in again]
                    yield subject.removed(error.span, name.span).and_(others)


@kind("make a key of something that is not one", "E414")
def bad_key(subject: Subject) -> Iterator[Edit]:
    for effect in subject.tree.effects:
        if effect.key is not None:
            yield subject.replaced(effect.key.span, "'[1]'", effect.key.span)


# --- flow ------------------------------------------------------------------------------------------------------------


@kind("let two nodes wait for each other", "E500")
def cycle(subject: Subject) -> Iterator[Edit]:
    for _, body in topologies(subject):
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
                    first = min(source.name.span, node.name.span, key=lambda span: span.start)
                    yield subject.inserted(source.value.span, f" after {node.name.text}", first)
                    break


@kind("write a line that is never reached", "W501")
def unreachable(subject: Subject) -> Iterator[Edit]:
    for _, body in scripts(subject):
        last = body.statements[-1]
        if isinstance(last, ast.Return | ast.Raise):
            yield subject.line_behind(last.span, "pass")


@kind("forget the `return` at the end", "E503")
def no_return(subject: Subject) -> Iterator[Edit]:
    for cell, body in scripts(subject):
        last = body.statements[-1]
        plain = isinstance(last, ast.Return) and not calls_in(subject, last)
        if plain and cell.output is not None and len(body.statements) > 1:
            yield subject.without_line(last.span, cell.name.span)


@kind("return a value from a cell that has none", "E506")
def surplus_return(subject: Subject) -> Iterator[Edit]:
    for cell, body in scripts(subject):
        if cell.output is None:
            yield subject.line_behind(body.statements[-1].span, "return 1", as_at=body.statements[0].span)


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
    for _, body in scripts(subject):
        yield first_line(subject, body, "break")


@kind("add a node that nothing uses", "W507")
def unused_node(subject: Subject) -> Iterator[Edit]:
    for _, body in topologies(subject):
        yield subject.line_before(body.nodes[0].span, "surplus: 1 + 1")


@kind("add a variable that nothing reads", "W221")
def unused_variable(subject: Subject) -> Iterator[Edit]:
    for _, body in scripts(subject):
        yield first_line(subject, body, "surplus = 1")


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


@kind("write Python's `None`")
def python_none(subject: Subject) -> Iterator[Edit]:
    for cell in subject.tree.cells:
        for constant in subject.nodes(ast.Constant, cell.body):
            if constant.value is None and subject.cut(constant.span) == "null":
                yield subject.replaced(constant.span, "None").by(unreadable(subject, constant.span))


@kind("write `+=`", "E112")
def augmented(subject: Subject) -> Iterator[Edit]:
    for _, body in scripts(subject):
        yield first_line(subject, body, "surplus += 1")


@kind("call a method of a value", "E112")
def method(subject: Subject) -> Iterator[Edit]:
    for _, body in scripts(subject):
        yield first_line(subject, body, "if ('x' + 'y').upper() == 'XY':", "  pass")


@kind("forget the colon of a block", "E112")
def no_colon(subject: Subject) -> Iterator[Edit]:
    for node in (*subject.nodes(ast.ForLoop), *subject.nodes(ast.While)):
        head = node.items.span if isinstance(node, ast.ForLoop) else node.test.span
        colon = subject.text.index(":", head.end)
        yield subject.replaced(Span(head.file, colon, colon + 1), "", subject.line(head))


@kind("compare with a single `=`", "E112")
def single_equals(subject: Subject) -> Iterator[Edit]:
    for _, body in scripts(subject):
        for node in subject.nodes(ast.Compare, body):
            if node.ops == ("==",):
                yield subject.replaced(node.span, subject.cut(node.span).replace("==", "=", 1))


@kind("forget a closing bracket", "E115")
def no_bracket(subject: Subject) -> Iterator[Edit]:
    for call in calls(subject):
        if subject.cut(call.span).endswith(")"):
            end = Span(call.span.file, call.span.end - 1, call.span.end)
            yield subject.replaced(end, "", call.span)


@kind("declare a cell twice", "E102")
def cell_twice(subject: Subject) -> Iterator[Edit]:
    first = subject.tree.cells[0]
    line = subject.line(first.span)
    end = Span(line.file, line.end, line.end)
    yield subject.replaced(end, f"  {first.name.text}: {{do: pass}}\n")


@kind("write an edition that does not exist", "E108", whole=True)
def edition(subject: Subject) -> Iterator[Edit]:
    yield subject.replaced(Span(str(subject.path), 0, len("cellc: 1")), "cellc: 2")


@kind("separate the words of an enum by commas")
def enum_commas(subject: Subject) -> Iterator[Edit]:
    for enum in subject.nodes(ast.EnumType):
        inside = "{" in subject.text[subject.line(enum.span).start : enum.span.start]  # of a mapping of YAML
        new = subject.cut(enum.span).replace(" |", ",")
        yield subject.replaced(enum.span, new).by("E115" if inside else "E110")


@kind("name a variable with a word of the language", "E112")
def reserved(subject: Subject) -> Iterator[Edit]:
    for _, body in scripts(subject):
        yield first_line(subject, body, "match = 1")
