"""What the text of a module declares: whom a name means, what that may raise and perform, what a part of it reads.

This is the language's reference in a few lines, apart from the compiler, over the syntax tree only.
"""

import posixpath
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from cellc.language import ast
from cellc.language.builtins import BUILTINS
from cellc.language.names import COMBINATORS
from cellc.language.span import Span
from cellc.stdlib_effects.declared import standard_source
from tests.mutations.sites import Edit, Subject

Declaration = ast.CellDecl | ast.EffectDecl
Raised = tuple[str, Span]
"""An error, as its own module names it, and where it comes from."""

_LANGUAGE = {"Timeout", "Unavailable", "Unknown", "Invalid", "Exhausted"}

# --- whom a name means -----------------------------------------------------------------------------------------------


@cache
def module_of(subject: Subject, alias: str) -> Subject | None:
    """Return the module that a name before a dot means: one of `use:`, else a standard one."""
    for use in subject.tree.uses:
        if use.name.text == alias:
            path = posixpath.normpath(posixpath.join(posixpath.dirname(str(subject.path)), use.path.text))
            return Subject(Path(path), (Path(__file__).parents[2] / path).read_text(encoding="utf-8"))
    found = standard_source(alias)
    return None if found is None else Subject(Path(f"standard/{alias}.cell.yaml"), found[1])


def callee(subject: Subject, name: str) -> tuple[Subject, Declaration] | None:
    """Return the cell or effect that a name means, and its module."""
    for declared in (*subject.tree.cells, *subject.tree.effects):
        if declared.name.text == name:
            return subject, declared
    head, dot, rest = name.partition(".")
    other = module_of(subject, head) if dot else None
    return callee(other, rest) if other is not None else None


def declared_as(subject: Subject, name: str) -> Declaration | None:
    """Return the cell or effect that a name means."""
    found = callee(subject, name)
    return found[1] if found else None


def error_name(subject: Subject, text: str) -> str:
    """Return an error's name with that of its module's file."""
    if text in _LANGUAGE:
        return text
    head, dot, rest = text.partition(".")
    other = module_of(subject, head) if dot else None
    return f"{other.path}:{rest}" if other is not None else f"{subject.path}:{text}"


def calls_in(subject: Subject, node: object) -> list[ast.Call]:
    """Return the calls of cells and effects in a part of the tree, in source order."""
    found = subject.nodes(ast.Call, node)
    return sorted(
        (c for c in found if c.callee.text not in BUILTINS and c.callee.text not in COMBINATORS),
        key=lambda c: c.span.start,
    )


def calls(subject: Subject) -> Iterator[ast.Call]:
    """Yield the calls of cells and effects in bodies."""
    for cell in subject.tree.cells:
        yield from calls_in(subject, cell.body)


# --- effects ---------------------------------------------------------------------------------------------------------


def reach(subject: Subject, name: str) -> set[str]:
    """Return the effects that a call may perform: the callee's own, or what a cell declares or, silent, reaches."""
    found = callee(subject, name)
    if found is None:
        return set()
    home, declared = found
    if isinstance(declared, ast.EffectDecl):
        return {f"{home.path}:{declared.name.text}"}
    if declared.effects is not None:
        return {e for effect in declared.effects for e in reach(home, effect.text)}
    return {e for name in asked_by(home, declared) for e in reach(home, name)}


def asked_by(subject: Subject, cell: ast.CellDecl) -> list[str]:
    """Return whom a cell's body calls."""
    if isinstance(cell.body, ast.PipelineBody):
        return [step.text for step in cell.body.steps]
    pauses = ["time.sleep" for p in subject.nodes(ast.Policies, cell.body) if p.every is not None]
    return [*(call.callee.text for call in calls_in(subject, cell.body)), *pauses]


def first_reaching(subject: Subject, cell: ast.CellDecl, effect: str) -> ast.Call | None:
    """Return the first call in a cell that may perform an effect."""
    return next((c for c in calls_in(subject, cell.body) if effect in reach(subject, c.callee.text)), None)


def acts(subject: Subject, name: str) -> bool:
    """Return whether a call may change something outside, or waits."""
    found = callee(subject, name)
    if found is None:
        return True
    home, declared = found
    if isinstance(declared, ast.CellDecl):
        return any(acts(home, asked) for asked in asked_by(home, declared))
    if declared.delivery is not None:
        return declared.delivery.text != "read" or declared.name.text in {"wait", "task", "sleep", "until"}
    return declared.via is None or acts(home, declared.via.text)


# --- errors ----------------------------------------------------------------------------------------------------------


def errors_of(subject: Subject, name: str) -> list[str]:
    """Return the errors that a call may end in, as its declaration lists them."""
    found = callee(subject, name)
    return [] if found is None else [error_name(found[0], e.text) for e in found[1].errors or ()]


def raised_in(subject: Subject, node: object) -> list[Raised]:
    """Return the errors that leave a part of a body, and where each comes from."""
    match node:
        case ast.Raise(error=error, span=span):
            return [(error_name(subject, error.text), span)]
        case ast.Try(body=body, handlers=handlers):
            caught = {error_name(subject, e.text) for h in handlers for e in h.errors}
            inside = [r for r in raised_in(subject, body) if r[0] not in caught]
            return [*inside, *(r for h in handlers for r in raised_in(subject, h.body))]
        case ast.Node(value=value, policies=ast.Policies(catch=catch) as policies):
            caught = {error_name(subject, c.error.text) for c in catch}
            inside = raised_in(subject, value)
            inside += [] if policies.max is None else [("Exhausted", policies.max.span)]
            handled = [r for c in catch for r in raised_in(subject, c.value)]
            return [*(r for r in inside if r[0] not in caught), *handled]
        case ast.Flow(value=value, within=within):
            deadline = [] if within is None else [("Timeout", within.span)]
            return [*_once(_raised_by(subject, value)), *deadline]
        case ast.Cast(span=span):
            return [("Invalid", span)]
        case tuple():
            return [r for part in node for r in raised_in(subject, part)]
        case ast.Syntax():
            return [r for name in node.__struct_fields__ for r in raised_in(subject, getattr(node, name))]
        case _:
            return []


def _raised_by(subject: Subject, value: ast.Expr) -> Iterator[Raised]:
    """Yield what a call or combinator ends in; in a quorum, errors are votes."""
    yield from (("Invalid", cast.span) for cast in subject.nodes(ast.Cast, value))
    if not isinstance(value, ast.Call) or value.callee.text == "quorum":
        return
    if value.callee.text not in COMBINATORS:
        yield from ((error, value.span) for error in errors_of(subject, value.callee.text))
        return
    for branch in value.arguments:
        call = branch.value.element if isinstance(branch.value, ast.Comprehension) else branch.value
        if isinstance(call, ast.Call):
            yield from ((error, call.span) for error in errors_of(subject, call.callee.text))
        if branch.within is not None:
            yield "Timeout", branch.within.span


def _once(raised: Iterator[Raised]) -> list[Raised]:
    first: dict[str, Span] = {}
    for error, span in raised:
        first.setdefault(error, span)
    return [*first.items()]


def declares(subject: Subject, cell: ast.CellDecl, error: str) -> bool:
    """Return whether a cell lists an error."""
    return error in {error_name(subject, e.text) for e in cell.errors or ()}


# --- what is no longer read when a part of the text is not there ------------------------------------------------------


def _inside(inner: Span, outer: Span) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end


# --- places ----------------------------------------------------------------------------------------------------------


def unreadable(subject: Subject, span: Span) -> str:
    """Return the code of Cell text that does not read, by where it stands: a script, a topology's line, or a value."""
    for cell in subject.tree.cells:
        if isinstance(cell.body, ast.DoBody) and _inside(span, cell.body.span):
            return "E112"
        nodes = cell.body.nodes if isinstance(cell.body, ast.TopologyBody) else ()
        catches = [catch.value for catch in subject.nodes(ast.Catch, nodes)]
        if any(flow is not None and _inside(span, flow.span) for flow in (*(n.value for n in nodes), *catches)):
            return "E113"
    return "E111"


def scripts(subject: Subject) -> Iterator[tuple[ast.CellDecl, ast.DoBody]]:
    """Yield the scripts that have lines of their own, not those beside their `do:`."""
    for cell in subject.tree.cells:
        if isinstance(cell.body, ast.DoBody) and "do:" not in subject.cut(subject.line(cell.body.statements[0].span)):
            yield cell, cell.body


def topologies(subject: Subject) -> Iterator[tuple[ast.CellDecl, ast.TopologyBody]]:
    for cell in subject.tree.cells:
        if isinstance(cell.body, ast.TopologyBody):
            yield cell, cell.body


def first_line(subject: Subject, body: ast.DoBody, *lines: str) -> Edit:
    """Put lines before the first statement of a script."""
    return subject.line_before(body.statements[0].span, *lines)
