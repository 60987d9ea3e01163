"""Mistakes in effects, errors, flow, sagas and syntax."""

import re
from collections.abc import Iterator

from cellc.language import ast
from cellc.language.builtins import BUILTINS
from cellc.language.span import Span
from tests.mutations.kinds import WRONG, before, calls, cells, kind, misspelt, scripts, topologies
from tests.mutations.sites import Edit, Subject

# --- effects and errors ----------------------------------------------------------------------------------------------


@kind("forget an effect that the cell performs", "E400")
def forgotten_effect(subject: Subject) -> Iterator[Edit]:
    for cell in cells(subject):
        for effect in cell.effects if cell.effects and len(cell.effects) > 1 else ():
            yield subject.removed(effect.span, cell.body.span if cell.body else None)


@kind("forget `effects:` altogether", "E401")
def no_effects(subject: Subject) -> Iterator[Edit]:
    for cell, _ in scripts(subject):
        if cell.effects:
            yield subject.replaced(subject.line(cell.effects[0].span), "", cell.name.span)


@kind("declare an effect that the cell never performs", "W402", "E400", many=True)
def surplus_effect(subject: Subject) -> Iterator[Edit]:
    for cell in cells(subject):
        if cell.effects and "time.until" not in {e.text for e in cell.effects}:
            yield subject.inserted(cell.effects[-1].span, ", time.until")


@kind("forget an error that may leave the cell", "E403", "E405", "W404", many=True)
def forgotten_error(subject: Subject) -> Iterator[Edit]:
    for cell in cells(subject):
        for error in cell.errors or ():
            yield subject.removed(error.span, cell.body.span if cell.body else None)


@kind("declare an error that never leaves the cell", "W404", "E403", many=True)
def surplus_error(subject: Subject) -> Iterator[Edit]:
    for cell in cells(subject):
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
                yield subject.replaced(name.span, misspelt(name.text), effect.config.span if effect.config else None)


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
                    yield subject.inserted(source.value.span, f" after {node.name.text}", body.span)
                    break


@kind("write a line that is never reached", "W501")
def unreachable(subject: Subject) -> Iterator[Edit]:
    for _, body in scripts(subject):
        last = body.statements[-1]
        if isinstance(last, ast.Return | ast.Raise):
            line = subject.line(last.span)
            indent = re.match(r" *", subject.text[line.start :])
            yield subject.replaced(Span(line.file, line.end, line.end), f"{indent[0] if indent else ''}pass\n")


@kind("forget the `return` at the end", "E503", "W221", many=True)
def no_return(subject: Subject) -> Iterator[Edit]:
    for cell, body in scripts(subject):
        last = body.statements[-1]
        if isinstance(last, ast.Return) and cell.output is not None and len(body.statements) > 1:
            yield subject.replaced(subject.line(last.span), "", cell.name.span)


@kind("return a value from a cell that has none", "E506")
def surplus_return(subject: Subject) -> Iterator[Edit]:
    for cell, body in scripts(subject):
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
    for _, body in scripts(subject):
        yield before(subject, body.statements[0], "break")


@kind("add a node that nothing uses", "W507")
def unused_node(subject: Subject) -> Iterator[Edit]:
    for _, body in topologies(subject):
        line = subject.line(body.nodes[0].span)
        indent = re.match(r" *", subject.text[line.start :])
        start = Span(line.file, line.start, line.start)
        yield subject.replaced(start, f"{indent[0] if indent else ''}surplus: 1 + 1\n")


@kind("add a variable that nothing reads", "W221")
def unused_variable(subject: Subject) -> Iterator[Edit]:
    for _, body in scripts(subject):
        yield before(subject, body.statements[0], "surplus = 1")


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
    for cell in cells(subject):
        for constant in subject.nodes(ast.Constant, cell.body):
            if constant.value is None and subject.cut(constant.span) == "null":
                yield subject.replaced(constant.span, "None")


@kind("write `+=`", "E112")
def augmented(subject: Subject) -> Iterator[Edit]:
    for _, body in scripts(subject):
        yield before(subject, body.statements[0], "surplus += 1")


@kind("call a method of a value", "E112", "E203")
def method(subject: Subject) -> Iterator[Edit]:
    for _, body in scripts(subject):
        yield before(subject, body.statements[0], "surplus = ('x' + 'y').upper()")


@kind("forget the colon of a block", "E112")
def no_colon(subject: Subject) -> Iterator[Edit]:
    for node in (*subject.nodes(ast.ForLoop), *subject.nodes(ast.While)):
        head = node.items.span if isinstance(node, ast.ForLoop) else node.test.span
        colon = subject.text.index(":", head.end)
        yield subject.replaced(Span(head.file, colon, colon + 1), "", subject.line(head))


@kind("compare with a single `=`", "E112", "E113")
def single_equals(subject: Subject) -> Iterator[Edit]:
    for cell, body in scripts(subject):
        for node in subject.nodes(ast.Compare, body):
            if node.ops == ("==",) and cell.body is not None:
                text = subject.cut(node.span).replace("==", "=", 1)
                yield subject.replaced(node.span, text)


@kind("forget a closing bracket", "E112", "E113", "E111", "E115", "E101", many=True)
def no_bracket(subject: Subject) -> Iterator[Edit]:
    for call in calls(subject):
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
    for _, body in scripts(subject):
        yield before(subject, body.statements[0], "match = 1")
