"""What cells do beside what they declare: so that a wrong contract is told once, and not again by everybody around it.

A cell is taken at its word by its callers. Where its word is wrong, that has a diagnostic; what a caller declares or
handles because of what the cell really does is right then, and what it lacks because of what the cell only declares is
the cell's mistake.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from cellc.compiler.body import Body, Site
from cellc.compiler.symbols import CellSymbol, EffectSymbol, Names
from cellc.language import ast
from cellc.language.span import Span

NOTHING: frozenset[str] = frozenset()


@dataclass(slots=True)
class Practice:
    """What is done and not declared, and declared and not done, by the qualified names of cells.

    A cell that declares no effects passes on what those that it calls declare for nothing. `vague` cells may perform
    more than is known; `told` are idle declarations that the diagnostic of a caller shows.
    """

    performed: dict[str, frozenset[str]] = field(default_factory=dict)
    raised: dict[str, frozenset[str]] = field(default_factory=dict)
    idle_effects: dict[str, dict[str, ast.Ident]] = field(default_factory=dict)
    idle_errors: dict[str, dict[str, ast.Ident]] = field(default_factory=dict)
    vague: set[str] = field(default_factory=set)
    told: set[Span] = field(default_factory=set)

    def learn(self, body: Body, reached: frozenset[str], names: Names) -> None:
        """Note what one cell does, which may perform the effects `reached`; those that it calls are known."""
        cell, name = body.cell, body.cell.name
        callees = [s.callee.name for s in body.sites]
        beyond, leaked = self.performed_by(body.sites), self.raised_by(body.sites)
        vague = any(callee in self.vague for callee in callees)
        certain = body.complete and not vague
        if cell.effects is None:
            self.performed[name] = beyond
            unread = cell.unit.lost("effects", cell.decl.span)
            if unread if body.mode == "python" else not certain:
                self.vague.add(name)
        else:
            listed = len(cell.effects) == len(cell.decl.effects or ())
            self.performed[name] = beyond | (reached - set(cell.effects) if listed else NOTHING)
            if not listed:
                self.vague.add(name)
        escaped = {escape.error for escape in body.escapes}
        self.raised[name] = NOTHING if cell.doubtful else (leaked | escaped) - set(cell.errors)
        if cell.effects is None:
            self.idle_effects[name] = self._passed_on(body.sites)
        else:
            self.idle_effects[name] = {
                known.name: ident
                for ident in (cell.decl.effects or () if certain else ())
                if (known := names.peek(ident.text)) is not None and known.name not in reached | beyond
            }
        self.idle_errors[name] = {
            error: ident
            for ident in (cell.decl.errors or () if body.complete else ())
            if (error := names.known_error(ident.text)) is not None and error not in escaped | leaked
        }

    def performed_by(self, sites: Iterable[Site]) -> frozenset[str]:
        """Return the effects that those who are called perform and do not declare."""
        return NOTHING.union(*(self.performed.get(s.callee.name, NOTHING) for s in sites))

    def raised_by(self, sites: Iterable[Site]) -> frozenset[str]:
        """Return the errors that those who are called end with and do not declare."""
        return NOTHING.union(*(self.raised.get(s.callee.name, NOTHING) for s in sites))

    def _passed_on(self, sites: Iterable[Site]) -> dict[str, ast.Ident]:
        """Return the effects that all who are called and declare them declare for nothing."""
        idle = {e: ident for s in sites for e, ident in self.idle_effects.get(s.callee.name, {}).items()}
        busy = {e for s in sites for e in self._done(s.callee)}
        return {e: ident for e, ident in idle.items() if e not in busy}

    def _done(self, callee: CellSymbol | EffectSymbol) -> Iterable[str]:
        if isinstance(callee, EffectSymbol):
            return (callee.name,)
        return set(callee.effects or ()) - self.idle_effects.get(callee.name, {}).keys()

    def told_idle(
        self, declared: Mapping[str, Mapping[str, ast.Ident]], name: str, callees: Iterable[CellSymbol | EffectSymbol]
    ) -> ast.Ident | None:
        """Return where one of these declares an effect or error for nothing, if all of them do; it is told then."""
        found = [declared.get(callee.name, {}).get(name) for callee in callees]
        idle = [ident for ident in found if ident is not None]
        if not idle or len(idle) < len(found):
            return None
        self.told |= {ident.span for ident in idle}
        return idle[0]
