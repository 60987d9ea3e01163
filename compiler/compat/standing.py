"""Runs that stand in a `do` cell: for each place of OLD, whether a run goes on from its place in NEW, and why not.

A run that stands somewhere has done some of what comes before, in OLD. It goes on in NEW only where this is shown: its
place is known, and in the same loops and `try` bodies; all that is still needed is there, with types that fit; nothing
that it may have done comes again in the same round; nothing that comes before its place in NEW, and matters, has it
not come to; what it may have to undo can still be undone; errors of what is in flight are caught where they were.
The questions are about all ways through the cell, so a no may be about runs that took another way.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from cellc.compiler.compat.calls import Both
from cellc.compiler.compat.givens import Givens
from cellc.compiler.compat.handing import hands_the_same
from cellc.language.graph import AnyPlace, CellGraph, Commit, Ir, Loop
from cellc.language.moving import PlaceMove, Verdict


@dataclass(frozen=True, slots=True)
class No:
    """Why a run does not go on, and the shortest one: places of OLD up to where it stands, then, after "->", of NEW."""

    verdict: Verdict
    reason: str
    shown: tuple[str, ...] = ()


_WORST: tuple[Verdict, ...] = ("refused", "map", "pin", "default", "carry")


class Standing:
    """Judges the places of one `do` cell."""

    def __init__(self, both: Both, cell: str, givens: Givens) -> None:
        self._both = both
        self._cell = cell
        self._givens = givens
        self._pairs = both.pairs[cell]
        self._old, self._new = both.old.ways(cell), both.new.ways(cell)
        self._renamed = _renamed(self._pairs.to, self._old.places, self._new.places)
        self._caught = _caught(both.old.program.cells[cell]), _caught(both.new.program.cells[cell])

    def judge(self) -> dict[str, PlaceMove]:
        """Return the verdict for each place of OLD."""
        return {name: self._place(name) for name in self._old.places}

    def _place(self, name: str) -> PlaceMove:
        to = self._pairs.to.get(name)
        if to is None:
            likely = self._pairs.likely.get(name)
            hint = f"; it may be `{likely}` now" if likely else ""
            reason = f"no place here is known to be this one{hint}"
            return PlaceMove(to=None, verdict="map", reason=reason, shown=self._old.shortest(["start", name]))
        given: dict[str, Ir] = {}
        noes = sorted(self._noes(name, to, given), key=lambda no: _WORST.index(no.verdict))
        needs = sorted(self._new.places[to].live)
        if not noes:
            return PlaceMove(to=to, needs=needs, given=given)
        worst = noes[0]
        shown = list(worst.shown) or self._old.shortest(["start", name])
        return PlaceMove(to=to, verdict=worst.verdict, reason=worst.reason, needs=needs, given=given, shown=shown)

    def _noes(self, name: str, to: str, given: dict[str, Ir]) -> Iterator[No]:
        yield from self._here(name, to)
        yield from self._bindings(name, to, given)
        for before, place in self._old.places.items():
            if name in self._old.later[before]:
                yield from self._repeated(name, to, place)
                yield from self._undone(name, place)
            if before == name or name in self._old.later[before]:
                yield from self._elsewhere(name, to, place)
        for before, place in self._new.places.items():
            if to in self._new.ahead[before]:
                yield from self._missed(name, to, place)

    def _here(self, name: str, to: str) -> Iterator[No]:
        """Tell what differs at the place itself."""
        old, new = self._old.places[name], self._new.places[to]
        trouble = self._both.open_call(old, new)
        if trouble:
            yield No("refused", trouble)
        if self._pairs.scope(old.scope) != new.scope:
            yield No("pin", "it is in other loops or `try` bodies now")
        uncaught = sorted(self._caught[0].get(name, set()) - self._caught[1].get(to, set()))
        if uncaught:
            yield No("pin", f"`{uncaught[0]}` was caught there and is not any more")
        for loop in self._old.loops(name):
            yield from self._items(loop)

    def _items(self, loop: str) -> Iterator[No]:
        """Tell of items that are left of a loop and are something else in NEW."""
        one, two = self._old.places[loop], self._new.places.get(self._pairs.to.get(loop, ""))
        if not isinstance(one, Loop):
            return
        if not isinstance(two, Loop) or one.targets != two.targets:
            yield No("pin", "its loop takes other items now")
            return
        bodies = [ways.body(at.id).types for ways, at in ((self._old, one), (self._new, two))]
        for target in one.targets:
            if target in bodies[0] and target in bodies[1]:
                value = self._both.fits(bodies[0][target], bodies[1][target])
                if value:
                    yield No("refused", f"`{target}` of the loop may be {value}, which does not fit here any more")

    def _bindings(self, name: str, to: str, given: dict[str, Ir]) -> Iterator[No]:
        """Tell what NEW still needs and is not there, or may be something else; note what is `given` in its place."""
        there, wanted = self._old.places[name].types, self._new.places[to]
        for need in sorted(wanted.live):
            source = self._renamed.get(need, need)
            value = ""
            if source in there and need in wanted.types:
                value = self._both.fits(there[source], wanted.types[need])
            if source in there and not value:
                if source != need:
                    given[need] = ["var", source]
                continue
            said = self._givens.at(there, need, wanted.types.get(need))
            if said is not None:
                given[need] = said
            elif value:
                yield No("default", f"`{source}` may be {value}, which does not fit here any more")
            else:
                yield No("default", f"`{need}` has no value there and is needed here")

    def _repeated(self, name: str, to: str, place: AnyPlace) -> Iterator[No]:
        """Tell whether what a run may have done at `place` would come again there."""
        again = self._pairs.to.get(place.id)
        if again is None or not self._both.old.does(place) & self._both.new.does(self._new.places[again]):
            return
        if self._comes_again(name, to, place.id, again):
            yield No("pin", f"`{place.id}` may be done and would be done again", self._shown(place.id, name, again))

    def _elsewhere(self, name: str, to: str, place: AnyPlace) -> Iterator[No]:
        """Tell whether what a run may have done at `place`, and is not done there any more, comes at another place."""
        gone = self._both.gone(self._cell, place)
        if not gone:
            return
        for other in self._new.places.values():
            comes = other.id == to or other.id in self._new.later[to]
            if comes and gone & self._both.come(self._cell, other):
                shown = self._shown(place.id, name, other.id)
                yield No("map", f"`{place.id}` may be done, and `{other.id}` may be the same step", shown)

    def _comes_again(self, name: str, to: str, done: str, again: str) -> bool:
        if again not in self._new.later[to]:
            return False
        if self._pairs.scope(self._old.loops(done)) != self._new.loops(again):
            return True
        if again in self._new.ahead[to]:
            return name in self._old.ahead[done]
        return done not in self._old.later[name]

    def _missed(self, name: str, to: str, place: AnyPlace) -> Iterator[No]:
        """Tell whether a run has not come to what is before its place in NEW, or may have left it out."""
        back = self._pairs.back.get(place.id)
        passed = back is not None and name in self._old.ahead[back]
        does = self._both.new.does(place)
        owed = self._both.come(self._cell, place) if passed else does
        why: tuple[Verdict, str] | None = None
        if owed and any(
            owed & self._both.gone(self._cell, other) and name in self._old.later[other.id]
            for other in self._old.places.values()
        ):
            why = "map", "comes before it now, and may be a step that is done"
        elif owed or (isinstance(place, Commit) and not passed):
            why = "pin", "comes before it now, and would be left out"
        elif back is not None and (does or isinstance(place, Commit)):
            if len(self._old.loops(back)) != len(self._new.loops(place.id)):
                why = "pin", "comes before it in other loops now"
            elif self._new.always(place.id, to) and not self._old.always(back, name):
                why = "pin", "always comes before it now, and may have been left out"
        if why:
            shown = (*self._old.shortest(["start", name]), "->", *self._new.shortest([place.id, to]))
            yield No(why[0], f"`{place.id}` {why[1]}", shown)

    def _undone(self, name: str, place: AnyPlace) -> Iterator[No]:
        """Tell whether what a run may have to undo of `place` is the same in NEW, and in the same scope."""
        for verdict, reason in hands_the_same(self._both, self._cell, place, name):
            yield No(verdict, reason, tuple(self._old.shortest(["start", place.id, name])))
        held = self._both.old.hands(self._cell, place)
        there = self._pairs.to.get(place.id)
        if held and there is not None and self._old.tries(place.id) != self._new.tries(there):
            shown = tuple(self._old.shortest(["start", place.id, name]))
            yield No("refused", f"`{place.id}` would be undone with another `try` body", shown)

    def _shown(self, done: str, name: str, again: str) -> tuple[str, ...]:
        old = self._old.shortest(["start", done, name])
        to = self._pairs.to[name]
        return (*old, "->", *self._new.shortest([to, again]))


def _renamed(to: Mapping[str, str], old: Mapping[str, AnyPlace], new: Mapping[str, AnyPlace]) -> Mapping[str, str]:
    """Return what bindings of NEW are called in OLD, where the step that gives them has another name there.

    A name that OLD has as well is another binding.
    """
    targets = [(getattr(old[name], "target", None), getattr(new[other], "target", None)) for name, other in to.items()]
    known = {target for target, _ in targets}
    return {two: one for one, two in targets if one is not None and two is not None and two not in known}


def _caught(cell: CellGraph) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for edge in cell.edges:
        if edge.kind == "error":
            found.setdefault(edge.source, set()).update(edge.errors)
    return found
