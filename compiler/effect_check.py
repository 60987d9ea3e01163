"""Effects and errors of cells: what each may perform and end with, against what it declares.

A cell that declares its effects is taken at its word by its callers, so a missing effect is one diagnostic, at the
place that performs it. A topology that declares none has what it reaches. What a callee does beyond its word counts
only for its callers' own (`practice.py`): an effect or error that they declare or handle for it is none too many.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

from cellc.compiler.bindings import mapped_errors
from cellc.compiler.body import Body, Escape, Site
from cellc.compiler.practice import Practice
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
    ceilings, practice = Ceilings(found), Practice()
    for name, effect in world.effects.items():
        practice.raised[name] = mapped_errors(effect, names[effect.unit.name]) - {*effect.errors}
    for name in _callees_first(bodies, report):
        body = bodies[name]
        for part in (*body.blocks, body):
            if part.cell.effects is None:
                found[part.cell.name] = _reached(part, ceilings)
        practice.learn(body, _reached(body, ceilings), names[body.cell.unit.name])
    for body in bodies.values():
        own = names[body.cell.unit.name]
        _check_cell_effects(body, ceilings, practice, own)
        _check_errors(body, practice, own)
        _check_handlers(body, practice, own)
    for body in bodies.values():
        _check_declared(body, practice, report)
    return ceilings


def _reached(body: Body, ceilings: Ceilings) -> frozenset[str]:
    return frozenset[str]().union(*(ceilings.reached(site.callee) for site in body.sites))


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


def _check_cell_effects(body: Body, ceilings: Ceilings, practice: Practice, names: Names) -> None:
    """Report effects that a cell performs and does not declare, each once."""
    cell = body.cell
    reached: dict[str, list[Site]] = {}
    for site in body.sites:
        for effect in sorted(ceilings.reached(site.callee)):
            reached.setdefault(effect, []).append(site)
    if cell.effects is None:
        unread = names.unit.lost("effects", cell.decl.span)
        if reached and isinstance(cell.decl.body, ast.DoBody) and not unread:
            effects = ", ".join(sorted(names.shown(e) for e in reached))
            names.report.add("E401", cell.decl.name.span, cell=cell.decl.name.text, effects=effects)
        return
    if len(cell.effects) < len(cell.decl.effects or ()):
        return
    for effect, sites in sorted(reached.items()):
        if effect in cell.effects:
            continue
        shown, site = names.shown(effect), sites[0]
        path = "" if site.callee.name == effect else f" (through `{names.shown(site.callee.name)}`)"
        idle = practice.told_idle(practice.idle_effects, effect, [s.callee for s in sites])
        labels = (Label(_effects_span(cell), "not listed here"), *_told(idle, "it is listed here, but never performed"))
        help_ = f"add `{shown}` to `effects:`"
        cell_name = cell.decl.name.text
        names.report.add("E400", site.span, labels=labels, cell=cell_name, effect=shown, path=path, help=help_)


def _told(idle: ast.Ident | None, text: str) -> tuple[Label, ...]:
    return () if idle is None else (Label(idle.span, text),)


def _effects_span(cell: CellSymbol) -> Span:
    idents = cell.decl.effects
    return idents[0].span.to(idents[-1].span) if idents else cell.decl.name.span


def _check_errors(body: Body, practice: Practice, names: Names) -> None:
    """Report errors that may leave a cell which does not declare them, each once, however often it comes."""
    decl = body.cell.decl
    escapes: dict[str, list[Escape]] = {}
    for escape in body.escapes if not body.cell.doubtful else ():
        if escape.error not in body.cell.errors:
            escapes.setdefault(escape.error, []).append(escape)
    listed = decl.errors[0].span.to(decl.errors[-1].span) if decl.errors else decl.name.span
    for error, ways in escapes.items():
        places = {way.place for way in ways}
        first, *others = sorted({way.span for way in ways})
        catch = _CATCH.get(type(decl.body)) if not places & {*body.guards} else None
        caught = f"handle it with {catch}, or add it" if catch else "add it"
        callees = [s.callee for s in body.sites if s.place in places and error in s.callee.errors]
        idle = practice.told_idle(practice.idle_errors, error, callees)
        labels = (
            Label(listed, "not listed here"),
            *_told(idle, "it is listed here, but never comes from there"),
            *(Label(span, "and here") for span in others[:2]),
        )
        help_ = f"{caught} to `errors:` of `{decl.name.text}`"
        shown = names.shown(error)
        names.report.add("E403", first, labels=labels, error=shown, cell=decl.name.text, help=help_)


def _check_handlers(body: Body, practice: Practice, names: Names) -> None:
    """Report handlers of errors that nothing ends in where they stand, declared or not."""
    for part in (body, *body.blocks):
        for handler in part.idle:
            if not any(handler.error in practice.raised.get(callee, ()) for callee in handler.callees):
                ident = handler.written
                names.report.add("E405", ident.span, where=handler.where, error=ident.text, near=handler.near)


def _check_declared(body: Body, practice: Practice, report: Report) -> None:
    """Report effects and errors that a cell declares for nothing, unless a caller's diagnostic has shown it."""
    name, cell = body.cell.name, body.cell.decl.name.text
    for ident in practice.idle_effects[name].values():
        if ident in (body.cell.decl.effects or ()) and ident.span not in practice.told:
            report.add("W402", ident.span, cell=cell, effect=ident.text)
    for ident in practice.idle_errors[name].values():
        if ident.span not in practice.told:
            report.add("W404", ident.span, cell=cell, error=ident.text)
