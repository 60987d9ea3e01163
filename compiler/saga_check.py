"""Sagas: what a cell has done when it fails, and whether that is taken back.

A call's `undo` joins the innermost `try`, or the cell, when the call completes; an error that leaves that scope runs
it. So for every call that acts there are three questions: can something fail after it, is it undone then, and can its
undo itself be relied on. A cell without any undo has made no promise and is left alone.
"""

from collections.abc import Iterable, Iterator, Mapping

from cellc.compiler.body import Body, Escape, Site
from cellc.compiler.calls import REPORTED
from cellc.compiler.effect_check import Ceilings
from cellc.compiler.symbols import CellSymbol, EffectSymbol, Names, World
from cellc.language import ast
from cellc.language.diagnostics import Label
from cellc.language.graph import AnyPlace, Call, Commit, Each, Edge, Fork, Start, While

_LEAVE_NOTHING = frozenset({"log", "status", "time", "random", "human", "event.wait"})
"""Standard effects, or whole modules of them, that change nothing which anybody would want to take back."""

_BOUND = {True: "`commit` when a round's work is settled", False: "bound them with `max:`"}
"""What to do about rounds without number, in a script and in a topology."""


def check_sagas(bodies: Mapping[str, Body], world: World, names: Mapping[str, Names], ceilings: Ceilings) -> None:
    """Check the undos of all cells."""
    holding, unclear = _holding(bodies), _unclear(bodies)
    for body in bodies.values():
        _Saga(body, world, names[body.cell.unit.name], ceilings, holding, unclear).check()
        for part in (body, *body.blocks):
            _check_rounds(part, holding, names[body.cell.unit.name])


def _check_rounds(part: Body, holding: frozenset[str], names: Names) -> None:
    """Report rounds without number that each leave an undo: what has to be kept for them has no bound either."""
    places = part.places.nodes
    for loop in places.values():
        if not isinstance(loop, While) or loop.test != ["lit", True]:
            continue
        label = Label(part.places.spans[loop.id], "nothing bounds these rounds")
        for site in part.sites:
            inside = loop.id in places[site.place].scope and _registers(part, site, holding)
            if inside and _comes_back(part, site.place, loop.id):
                names.report.add(
                    "E607", site.span, labels=(label,), help=_BOUND[isinstance(part.cell.decl.body, ast.DoBody)]
                )


def _comes_back(part: Body, start: str, end: str) -> bool:
    """Return whether control may go from one place to another without a `commit`."""
    leaving: dict[str, list[str]] = {}
    for edge in part.places.edges:
        leaving.setdefault(edge.source, []).append(edge.target)
    seen: set[str] = set()
    work = [start]
    while work:
        here = work.pop()
        if here in seen or isinstance(part.places.nodes[here], Commit):
            continue
        seen.add(here)
        work += leaving.get(here, ())
    return end in seen


def _unclear(bodies: Mapping[str, Body]) -> frozenset[str]:
    """Return the cells that may do more than is known: something in them, or in what they call, was reported."""
    unclear = {name for name, body in bodies.items() if not body.complete and body.mode != "python"}
    while True:
        more = {n for n, b in bodies.items() if n not in unclear and any(s.callee.name in unclear for s in b.sites)}
        if not more:
            return frozenset(unclear)
        unclear |= more


def _holding(bodies: Mapping[str, Body]) -> frozenset[str]:
    """Return the cells that may hand undos to their caller: their own, or those of cells that they call."""
    holding: set[str] = set()
    while True:
        more = {n for n, b in bodies.items() if n not in holding and any(_registers(b, s, holding) for s in b.sites)}
        if not more:
            return frozenset(holding)
        holding |= more


def _registers(body: Body, site: Site, holding: Iterable[str]) -> bool:
    """Return whether a completed call leaves an undo in its scope; a wrong one, which was reported, counts."""
    place = body.places.nodes.get(site.place)
    return site.undo or _has_wrong_undo(place) or (site.callee.name in holding and not _has_undo(place))


def _has_undo(place: AnyPlace | None) -> bool:
    match place:
        case Call(undo=undo):
            return undo is not None
        case Each(undo=undo, item_undo=each):
            return undo is not None or each is not None
        case Fork(undo=undo, branches=branches):
            return undo is not None or all(b.undo is not None for b in branches)
        case _:
            return False


def _has_wrong_undo(place: AnyPlace | None) -> bool:
    match place:
        case Call(undo=undo):
            return undo is REPORTED
        case Each(undo=undo, item_undo=each):
            return undo is REPORTED or each is REPORTED
        case Fork(undo=undo, branches=branches):
            return undo is REPORTED or any(b.undo is REPORTED for b in branches)
        case _:
            return False


class _Saga:
    """The checks of one cell."""

    def __init__(
        self,
        body: Body,
        world: World,
        names: Names,
        ceilings: Ceilings,
        holding: frozenset[str],
        unclear: frozenset[str],
    ) -> None:
        self.body = body
        self.world = world
        self.names = names
        self.ceilings = ceilings
        self.holding = holding
        self.unclear = unclear
        self._places = body.places.nodes
        self._leaving: dict[str, list[Edge]] = {n: [] for n in self._places}
        self._coming: dict[str, list[Edge]] = {n: [] for n in self._places}
        for edge in body.places.edges:
            self._leaving[edge.source].append(edge)
            self._coming[edge.target].append(edge)

    def check(self) -> None:
        """Report what is wrong with its undos."""
        undos = [s for s in self.body.sites if s.undo]
        for site in undos:
            self._undo_may_fail(site)
        if not undos:
            return
        for name in dict.fromkeys(s.place for s in undos):
            self._nothing_to_undo(name)
        for site in self.body.sites if self.body.ordered else ():
            if self._is_at_stake(site):
                self._not_undone(site)

    # --- undos themselves ---

    def _undo_may_fail(self, site: Site) -> None:
        if site.callee.errors:
            shown = ", ".join(f"`{self.names.shown(e)}`" for e in sorted(site.callee.errors))
            callee = self.names.shown(site.callee.name)
            self.names.report.add("W603", site.span, undo=callee, errors=shown)

    def _nothing_to_undo(self, place: str) -> None:
        sites = [s for s in self.body.sites if s.place == place]
        asked = [s for s in sites if not s.undo]
        unclear = self._is_block(place) and not self.body.complete
        if unclear or any(s.callee.name in self.unclear for s in asked):
            return
        if asked and not any(self._acts(s.callee, doubt=True) or s.callee.doubtful for s in asked):
            undo = next(s for s in sites if s.undo)
            label = Label(asked[0].span, "it changes nothing")
            callee = self.names.shown(asked[0].callee.name)
            self.names.report.add("W604", undo.span, labels=(label,), callee=callee)

    def _is_block(self, name: str) -> bool:
        place = self._places[name]
        return isinstance(place, Call) and place.callee == f"{self.body.cell.name}/{name}"

    def _acts(self, callee: CellSymbol | EffectSymbol, *, doubt: bool = False) -> bool:
        known = self.world.effects
        return any(self._changes(known[e], doubt) for e in self.ceilings.reached(callee) if e in known)

    def _changes(self, effect: EffectSymbol, doubt: bool) -> bool:
        """Return whether an effect leaves something behind that an undo could take back; `doubt` where none knows."""
        if effect.delivery is None:
            return doubt
        base = effect.decl.via.text if effect.decl.via else effect.name
        return effect.delivery != "read" and not {base, base.partition(".")[0]} & _LEAVE_NOTHING

    # --- what is done and not undone ---

    def _is_at_stake(self, site: Site) -> bool:
        undone = self._is_block(site.place) and (
            not self.body.complete or any(s.undo and s.place == site.place for s in self.body.sites)
        )
        covered = undone or _has_undo(self._places[site.place]) or site.callee.name in self.holding
        return not site.undo and not covered and self._acts(site.callee)

    def _not_undone(self, site: Site) -> None:
        failing = self._fails_after(site.place)
        if failing is None:
            return
        label = Label(failing.span, f"`{self.names.shown(failing.error)}` here would leave it done")
        once = isinstance(site.callee, EffectSymbol) and site.callee.delivery == "once"
        callee = self.names.shown(site.callee.name)
        self.names.report.add("W606" if once else "W605", site.span, labels=(label,), callee=callee)

    def _fails_after(self, place: str) -> Escape | None:
        """Return an error that may come when `place` is done, and that fails a scope which holds its work."""
        is_script = any(isinstance(p, Start) for p in self._places.values())
        later = self._after_in_script(place) if is_script else self._after_in_topology(place)
        return next((f for f in self._failures(place) if f.place in later), None)

    def _failures(self, place: str) -> Iterator[Escape]:
        """Yield what fails the cell, or a `try` around `place`."""
        yield from self.body.escapes
        around = self._tries(place)
        for edge in self.body.places.edges:
            left = self._tries(edge.source) - self._tries(edge.target)
            if edge.kind == "error" and left & around:
                for error in edge.errors:
                    yield Escape(error, self.body.places.spans[edge.source], edge.source)

    def _tries(self, place: str) -> frozenset[str]:
        return frozenset(s for s in self._places[place].scope if s.startswith("try#"))

    def _after_in_script(self, place: str) -> frozenset[str]:
        """Return the places that control may come to after `place`, before a `commit`."""
        return self._reach({e.target for e in self._leaving[place] if e.kind != "error"})

    def _after_in_topology(self, place: str) -> frozenset[str]:
        """Return the nodes that may end after `place`: all but those that it waits for."""
        before = {place}
        work = [place]
        while work:
            sources = {e.source for e in self._coming[work.pop()]} - before
            before |= sources
            work += sources
        return frozenset(self._places.keys() - before)

    def _reach(self, starts: set[str]) -> frozenset[str]:
        """Return `starts` and all that follows, not through any `commit`."""
        found: set[str] = set()
        work = list(starts)
        while work:
            here = work.pop()
            if here not in found and not isinstance(self._places[here], Commit):
                found.add(here)
                work += [e.target for e in self._leaving[here]]
        return frozenset(found)
