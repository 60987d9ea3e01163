"""Effects and errors of cells: what each may perform and end with, against what it declares.

A cell that declares its effects is taken at its word by its callers, so a missing effect is one diagnostic, at the
place that performs it. A topology that declares none has what it reaches. What a callee does beyond its word counts
only for its callers' own: an effect or error that they declare or handle for it is none too many.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

from cellc.compiler.bindings import mapped_errors
from cellc.compiler.body import Body
from cellc.compiler.symbols import CellSymbol, EffectSymbol, Names, World
from cellc.language import ast
from cellc.language.diagnostics import Label, Report
from cellc.language.span import Span

_CATCH: Mapping[type, str] = {ast.DoBody: "`try`", ast.TopologyBody: "`catch:`"}
"""How an error is handled, by the kind of body."""


@dataclass(frozen=True, slots=True)
class Ceilings:
    """What each cell may perform: effects by the cell's qualified name."""

    of: Mapping[str, frozenset[str]]

    def reached(self, callee: CellSymbol | EffectSymbol) -> frozenset[str]:
        """Return the effects that a call may perform."""
        return frozenset((callee.name,)) if isinstance(callee, EffectSymbol) else self.of.get(callee.name, frozenset())


def check_effects(bodies: Mapping[str, Body], world: World, names: Mapping[str, Names], report: Report) -> Ceilings:
    """Check effects and errors of all cells; return what each may perform."""
    found: dict[str, frozenset[str]] = {n: frozenset(c.effects or ()) for n, c in world.cells.items()}
    ceilings, beyond = Ceilings(found), dict[str, frozenset[str] | None]()
    for name in _callees_first(bodies, report):
        body = bodies[name]
        performed, all_known = _performed(body, ceilings, beyond)
        listed = len(body.cell.effects or ()) == len(body.cell.decl.effects or ())
        by_word = listed if body.cell.effects is not None else all_known
        beyond[name] = performed - frozenset(body.cell.effects or ()) if by_word else None
        _check_cell_effects(body, ceilings, performed if all_known else None, names[body.cell.unit.name])
        for part in (*body.blocks, body):
            if part.cell.effects is None:
                found[part.cell.name] = frozenset[str]().union(*(ceilings.reached(s.callee) for s in part.sites))
    unlisted = _ended_beyond(bodies, world, names)
    for body in bodies.values():
        _check_errors(body, unlisted, names[body.cell.unit.name])
    return ceilings


def _performed(
    body: Body, ceilings: Ceilings, beyond: Mapping[str, frozenset[str] | None]
) -> tuple[frozenset[str], bool]:
    """Return what a cell performs, with what its callees do beyond their word, and whether that is all."""
    also = [beyond.get(site.callee.name, frozenset()) for site in body.sites]
    known = body.complete or isinstance(body.cell.decl.body, ast.PythonBody)
    performed = frozenset[str]().union(*(ceilings.reached(s.callee) for s in body.sites), *filter(None, also))
    return performed, known and None not in also


def _ended_beyond(bodies: Mapping[str, Body], world: World, names: Mapping[str, Names]) -> Mapping[str, frozenset[str]]:
    """Return the errors that cells, and effects by their bindings, end in and do not declare."""
    found = {name: frozenset(e.error for e in body.escapes) - {*body.cell.errors} for name, body in bodies.items()}
    mapped = {name: mapped_errors(effect, names[effect.unit.name]) for name, effect in world.effects.items()}
    return {**found, **{name: errors - {*world.effects[name].errors} for name, errors in mapped.items()}}


def _callees_first(bodies: Mapping[str, Body], report: Report) -> list[str]:
    """Return the cells, each after those that it calls; report cells that call themselves, each cycle once."""
    calls = {n: {s.callee.name for s in b.sites if s.callee.name in bodies} for n, b in sorted(bodies.items())}
    while True:
        try:
            return [*TopologicalSorter(calls).static_order()]
        except CycleError as problem:
            cycle = problem.args[1][:-1]
            _report_recursion(cycle, bodies, report)
            calls = {n: c - set(cycle) if n in cycle else c for n, c in calls.items()}


def _report_recursion(cycle: list[str], bodies: Mapping[str, Body], report: Report) -> None:
    # graphlib gives callees before callers; a reader follows calls.
    calls = [*reversed(cycle)]
    first = min(calls, key=lambda n: bodies[n].cell.decl.name.span)
    at = calls.index(first)
    ring = [*calls[at:], *calls[:at]]
    site = next(s for s in bodies[first].sites if s.callee.name == ring[1 % len(ring)])
    shown = " -> ".join(bodies[n].cell.decl.name.text for n in (*ring, first))
    report.add("E210", site.span, cycle=shown)


def _check_cell_effects(body: Body, ceilings: Ceilings, performed: frozenset[str] | None, names: Names) -> None:
    cell = body.cell
    reached = {effect: site for site in reversed(body.sites) for effect in sorted(ceilings.reached(site.callee))}
    if cell.effects is None:
        unread = names.unit.lost("effects", cell.decl.span)
        if reached and isinstance(cell.decl.body, ast.DoBody) and not unread:
            effects = ", ".join(sorted(names.shown(e) for e in reached))
            names.report.add("E401", cell.decl.name.span, cell=cell.decl.name.text, effects=effects)
        return
    known_all = len(cell.effects) == len(cell.decl.effects or ())
    for effect, site in sorted(reached.items()):
        if effect not in cell.effects and known_all:
            shown = names.shown(effect)
            path = "" if site.callee.name == effect else f" (through `{names.shown(site.callee.name)}`)"
            label = Label(_effects_span(cell), "not listed here")
            help_ = f"add `{shown}` to `effects:`"
            cell_name = cell.decl.name.text
            names.report.add("E400", site.span, labels=(label,), cell=cell_name, effect=shown, path=path, help=help_)
    for ident in cell.decl.effects or ():
        known = names.peek(ident.text)
        if known is not None and performed is not None and known.name not in performed:
            names.report.add("W402", ident.span, cell=cell.decl.name.text, effect=ident.text)


def _effects_span(cell: CellSymbol) -> Span:
    idents = cell.decl.effects
    return idents[0].span.to(idents[-1].span) if idents else cell.decl.name.span


def _check_errors(body: Body, unlisted: Mapping[str, frozenset[str]], names: Names) -> None:
    decl = body.cell.decl
    reported: set[tuple[str, int]] = set()
    for escape in body.escapes:
        known = escape.error in body.cell.errors or body.cell.doubtful
        if known or (escape.error, escape.span.start) in reported:
            continue
        reported.add((escape.error, escape.span.start))
        shown = names.shown(escape.error)
        catch = _CATCH.get(type(decl.body)) if escape.place not in body.guards else None
        caught = f"handle it with {catch}, or add it" if catch else "add it"
        label = Label(
            decl.errors[0].span.to(decl.errors[-1].span) if decl.errors else decl.name.span, "not listed here"
        )
        help_ = f"{caught} to `errors:` of `{decl.name.text}`"
        names.report.add("E403", escape.span, labels=(label,), error=shown, cell=decl.name.text, help=help_)
    for part in (*body.blocks, body):
        for handler in part.idle:
            if not any(handler.error in unlisted.get(callee, ()) for callee in handler.callees):
                ident = handler.written
                names.report.add("E405", ident.span, where=handler.where, error=ident.text, near=handler.near)
    raised = {e.error for e in body.escapes}.union(*(unlisted.get(s.callee.name, ()) for s in body.sites))
    for ident in decl.errors or ():
        error = names.known_error(ident.text)
        if error is not None and error not in raised and body.complete:
            names.report.add("W404", ident.span, cell=decl.name.text, error=ident.text)
