"""Mistakes in what fits together: contracts of callees, pipelines, several calls at once, and what is taken back."""

import itertools
from collections.abc import Iterator

from cellc.language import ast
from cellc.language.names import COMBINATORS
from cellc.language.span import Span
from tests.mutations.declared import callee, calls, calls_in, declared_as, module_of
from tests.mutations.kinds import kind, misspelt
from tests.mutations.sites import Edit, Found, Subject

# --- what is given to whom -------------------------------------------------------------------------------------------

_FAMILIES = {
    "string": "text", "email": "text", "url": "text", "int": "number", "decimal": "number", "float": "number",
    "uuid": "uuid", "bool": "bool", "date": "date", "datetime": "datetime", "duration": "duration",
}  # fmt: skip


def _family(subject: Subject, type_: ast.TypeExpr) -> str | None:
    """Return what values of a type are like: of two families none fits the other. None where that is not plain."""
    match type_:
        case ast.TypeRef(name=name) | ast.RangedType(name=name) | ast.PatternType(name=name):
            if name.text in _FAMILIES:
                return _FAMILIES[name.text]
            head, dot, rest = name.text.partition(".")
            home = module_of(subject, head) if dot else subject
            found = [t.type for t in home.tree.types if t.name.text == (rest or head)] if home else []
            return _family(home, found[0]) if home and found else None
        case ast.EnumType():
            return "text"
        case ast.RecordType():
            return "record"
        case ast.ListType():
            return "list"
        case _:
            return None


@kind("exchange two arguments of different types", "E301")
def exchanged(subject: Subject) -> Iterator[Edit]:
    for call in calls(subject):
        found = callee(subject, call.callee.text)
        if found is None:
            continue
        types = {f.name.text: _family(found[0], f.type) for f in found[1].input}
        named = [a for a in call.arguments if a.name is not None and types.get(a.name.text) is not None]
        for one, other in itertools.pairwise(named):
            if one.name and other.name and types[one.name.text] != types[other.name.text]:
                between = subject.text[one.value.span.end : other.value.span.start]
                new = subject.cut(other.value.span) + between + subject.cut(one.value.span)
                second = Found("E301", other.name.span.start)
                span = one.value.span.to(other.value.span)
                yield subject.replaced(span, new, one.name.span).and_([second])


@kind("let an output be null, too", "E303")
def widened(subject: Subject) -> Iterator[Edit]:
    for declared in (*subject.tree.cells, *subject.tree.effects):
        asked = [
            (cell, call)
            for cell in subject.tree.cells
            for call in calls_in(subject, cell.body)
            if callee(subject, call.callee.text) == (subject, declared)
        ]
        plain = isinstance(declared.output, ast.TypeRef | ast.RangedType | ast.PatternType)
        if len(asked) == 1 and plain and declared.output is not None:
            cell, call = asked[0]
            uses = _uses(subject, cell, call)
            if uses and "." not in subject.cut(declared.output.span):
                first, *more = uses
                edit = subject.replaced(declared.output.span, f"{subject.cut(declared.output.span)}?", first)
                yield edit.and_([Found("E303", span.start) for span in more])


def _uses(subject: Subject, cell: ast.CellDecl, call: ast.Call) -> list[Span]:
    """Return where the fields of a call's result are read, if that is all that is done with it: once for a node."""
    named = {
        n.name.text
        for n in subject.nodes(ast.Node, cell.body)
        if isinstance(n.value, ast.Flow) and n.value.value is call
    }
    named |= {
        a.target.text for a in subject.nodes(ast.Assign, cell.body) if a.value is not None and a.value.value is call
    }
    fields = [f for f in subject.nodes(ast.Field, cell.body) if isinstance(f.value, ast.Name) and f.value.text in named]
    reads = [n for n in subject.nodes(ast.Name, cell.body) if n.text in named]
    if len(reads) != len(fields):
        return []
    lines = {subject.line(f.span).start: f.span for f in fields}
    return [*lines.values()] if isinstance(cell.body, ast.TopologyBody) else [f.span for f in fields]


# --- pipelines -------------------------------------------------------------------------------------------------------


def _pipelines(subject: Subject) -> Iterator[tuple[ast.CellDecl, ast.PipelineBody]]:
    for cell in subject.tree.cells:
        if isinstance(cell.body, ast.PipelineBody):
            yield cell, cell.body


@kind("misspell a step of a pipeline", "E203")
def step(subject: Subject) -> Iterator[Edit]:
    for _, body in _pipelines(subject):
        for name in body.steps:
            yield subject.replaced(name.span, misspelt(name.text))


@kind("leave a step of a pipeline out", "E301")
def missing_step(subject: Subject) -> Iterator[Edit]:
    for _, body in _pipelines(subject):
        for before, name in zip(body.steps, body.steps[1:], strict=False):
            yield subject.replaced(Span(name.span.file, before.span.end, name.span.end), "", body.span)


# --- several calls at once -------------------------------------------------------------------------------------------


def _combinators(subject: Subject, *names: str) -> Iterator[ast.Call]:
    for cell in subject.tree.cells:
        for call in subject.nodes(ast.Call, cell.body):
            if call.callee.text in (names or COMBINATORS):
                yield call


@kind("limit calls at once to none", "E301")
def no_places(subject: Subject) -> Iterator[Edit]:
    for call in _combinators(subject, "par"):
        for given in call.arguments:
            if given.name is not None and given.name.text == "limit":
                yield subject.replaced(given.value.span, "0")


@kind("wait for a number", "E301")
def wait_for_number(subject: Subject) -> Iterator[Edit]:
    for call in _combinators(subject, "quorum"):
        for given in call.arguments:
            if given.name is not None and given.name.text == "wait":
                yield subject.replaced(given.value.span, "5")


@kind("bound a quorum like a `par`", "E305")
def limited_quorum(subject: Subject) -> Iterator[Edit]:
    for call in _combinators(subject, "quorum"):
        yield subject.inserted(call.arguments[-1].span, ", limit=3")


@kind("forget how many a quorum needs", "E312")
def no_count(subject: Subject) -> Iterator[Edit]:
    for call in _combinators(subject, "quorum"):
        yield subject.removed(call.arguments[0].span, call.span)


@kind("forget the name of a branch", "E312")
def unnamed_branch(subject: Subject) -> Iterator[Edit]:
    for call in _combinators(subject, "par", "race"):
        for branch in call.arguments:
            if branch.name is not None and isinstance(branch.value, ast.Call):
                span = Span(branch.span.file, branch.name.span.start, branch.value.span.start)
                yield subject.replaced(span, "", call.span)


@kind("let a branch be a plain value", "E312")
def plain_branch(subject: Subject) -> Iterator[Edit]:
    for call in _combinators(subject, "par", "race"):
        for branch in call.arguments:
            if branch.name is not None and isinstance(branch.value, ast.Call):
                yield subject.replaced(branch.value.span, "1")


@kind("misspell the `limit=` of a `par`", "E305")
def misspelt_limit(subject: Subject) -> Iterator[Edit]:
    for call in _combinators(subject, "par"):
        for given in call.arguments:
            if given.name is not None and given.name.text == "limit":
                yield subject.replaced(given.name.span, "limits")


# --- what is taken back ----------------------------------------------------------------------------------------------


@kind("forget to `commit` in a loop without end", "E607")
def no_commit(subject: Subject) -> Iterator[Edit]:
    for cell in subject.tree.cells:
        for loop in subject.nodes(ast.While, cell.body):
            endless = isinstance(loop.test, ast.Constant) and loop.test.value is True
            undone = [f.value for f in subject.nodes(ast.Flow, loop.body) if f.undo is not None]
            for commit in subject.nodes(ast.Commit, loop.body) if endless and undone else ():
                yield subject.without_line(commit.span, undone[0].span)


@kind("undo by what may fail", "W603")
def failing_undo(subject: Subject) -> Iterator[Edit]:
    for effect in subject.tree.effects:
        undos = [
            flow.undo
            for cell in subject.tree.cells
            for flow in (*subject.nodes(ast.Flow, cell.body), *subject.nodes(ast.Argument, cell.body))
            if flow.undo is not None and declared_as(subject, flow.undo.callee.text) is effect
        ]
        asked = [c for cell in subject.tree.cells for c in calls_in(subject, cell.body)]
        only = sum(c.callee.text == effect.name.text for c in asked) == len(undos)
        if undos and only and not effect.errors and effect.delivery is not None and len(undos) == 1:
            line = "errors: [Unavailable]"
            if subject.cut(subject.line(effect.delivery.span)).strip().startswith("delivery"):
                yield subject.line_before(effect.delivery.span, line).at(undos[0].span)
            else:
                yield subject.inserted(effect.delivery.span, f", {line}", undos[0].span)


@kind("undo what changes nothing", "W604")
def needless_undo(subject: Subject) -> Iterator[Edit]:
    for cell in subject.tree.cells:
        for flow in subject.nodes(ast.Flow, cell.body):
            effect = declared_as(subject, flow.value.callee.text) if isinstance(flow.value, ast.Call) else None
            if flow.undo is not None and isinstance(effect, ast.EffectDecl) and effect.delivery is not None:
                plain = effect.key_lifetime is None and effect.probe is None
                if plain:
                    yield subject.replaced(effect.delivery.span, "read", flow.undo.span)
