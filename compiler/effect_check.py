"""Effects and errors of cells: what each may perform and end with, against what it declares.

A cell that declares its effects is taken at its word by its callers, so a missing effect is one diagnostic, at the
place that performs it. A topology that declares none has what it reaches.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

from cellc.compiler.body import Body
from cellc.compiler.symbols import CellSymbol, EffectSymbol, Names, World
from cellc.language import ast
from cellc.language.diagnostics import Label, Report
from cellc.language.span import Span


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
    ceilings = Ceilings(found)
    for name in _callees_first(bodies, report):
        body = bodies[name]
        _check_cell_effects(body, ceilings, names[body.cell.unit.name])
        for part in (*body.blocks, body):
            if part.cell.effects is None:
                found[part.cell.name] = frozenset[str]().union(*(ceilings.reached(s.callee) for s in part.sites))
    for body in bodies.values():
        _check_errors(body, names[body.cell.unit.name])
        _check_guards(body, ceilings, world, report)
    return ceilings


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


def _check_cell_effects(body: Body, ceilings: Ceilings, names: Names) -> None:
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
        if known is not None and known.name not in reached and body.complete:
            names.report.add("W402", ident.span, cell=cell.decl.name.text, effect=ident.text)


def _effects_span(cell: CellSymbol) -> Span:
    idents = cell.decl.effects
    return idents[0].span.to(idents[-1].span) if idents else cell.decl.name.span


def _check_errors(body: Body, names: Names) -> None:
    decl = body.cell.decl
    reported: set[tuple[str, int]] = set()
    for escape in body.escapes:
        known = escape.error in body.cell.errors or body.cell.doubtful
        if known or (escape.error, escape.span.start) in reported:
            continue
        reported.add((escape.error, escape.span.start))
        shown = names.shown(escape.error)
        caught = "handle it with `try`, or add it" if isinstance(decl.body, ast.DoBody) else "add it"
        label = Label(
            decl.errors[0].span.to(decl.errors[-1].span) if decl.errors else decl.name.span, "not listed here"
        )
        help_ = f"{caught} to `errors:` of `{decl.name.text}`"
        names.report.add("E403", escape.span, labels=(label,), error=shown, cell=decl.name.text, help=help_)
    raised = {e.error for e in body.escapes}
    for ident in decl.errors or ():
        error = names.known_error(ident.text)
        if error is not None and error not in raised and body.complete:
            names.report.add("W404", ident.span, cell=decl.name.text, error=ident.text)


def _check_guards(body: Body, ceilings: Ceilings, world: World, report: Report) -> None:
    """Report calls that may do something and race with a guard: they would sometimes happen and sometimes not.

    A node that waits for no other starts at once, guards before calls, so there is no race with it.
    """
    above = _above(body) if body.guards else {}
    for guard in body.guards:
        for site in (s for s in body.sites if not s.undo):
            racing = guard not in above[site.place] and site.place not in above[guard]
            waits = above[guard] and above[site.place]
            if racing and waits and any(_acts(e, world) for e in ceilings.reached(site.callee)):
                label = Label(body.places.spans[guard], "the guard")
                report.add("E505", site.span, labels=(label,), node=site.place, guard=guard)


def _acts(effect: str, world: World) -> bool:
    return effect in world.effects and world.effects[effect].delivery != "read"


def _above(body: Body) -> dict[str, frozenset[str]]:
    """Return what is settled before each node starts."""
    sources: dict[str, set[str]] = {n: set() for n in body.places.nodes}
    for edge in body.places.edges:
        sources[edge.target].add(edge.source)
    above: dict[str, frozenset[str]] = {}
    for node in TopologicalSorter(sources).static_order():
        above[node] = frozenset(sources[node]).union(*(above[s] for s in sources[node]))
    return above
