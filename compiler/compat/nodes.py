"""Runs that stand in a topology: for each node of OLD, by the state that it is in, whether a run goes on in NEW.

The order of nodes is judged on a run's own states, when it is moved: none has begun while one of its sources in NEW
has not ended. Here is told what states of a node do not fit NEW whatever the others are in.
"""

from collections.abc import Iterator, Mapping

from msgspec import structs

from cellc.compiler.compat.calls import Both, misfit
from cellc.compiler.compat.givens import Givens
from cellc.compiler.compat.handing import hands_the_same
from cellc.compiler.compat.matching import meaning
from cellc.compiler.compat.version import Asking
from cellc.language.graph import AnyPlace, Bind, Call, CellGraph, Ir, Raise
from cellc.language.moving import CellMove, Condition, NodeState, PlaceMove
from cellc.language.type_codec import from_data, to_data
from cellc.language.types import Field, Record


class Nodes:
    """Judges one topology."""

    def __init__(self, both: Both, cell: str, givens: Givens) -> None:
        self._givens = givens
        self._both = both
        self._cell = cell
        self._pairs = both.pairs[cell]
        self._old, self._new = both.old.program.cells[cell], both.new.program.cells[cell]
        self._places = both.new.places[cell]
        self._later = both.old.ways(cell).later
        self._sources = _sources(self._new)

    def judge(self) -> CellMove:
        """Return the verdict for the cell, its nodes, and the states that they may be in."""
        given: dict[str, Ir] = {}
        inputs = self._inputs(given)
        if inputs:
            return CellMove(to=None, reason=inputs)
        places = {place.id: self._open(place) for place in self._old.nodes}
        states = [each for place in self._old.nodes for each in self._states(place)]
        return CellMove(to=self._cell, places=places, refused_if=states, given=given)

    def _inputs(self, given: dict[str, Ir]) -> str:
        """Return why the inputs of a run that goes on do not do for NEW; note what is `given` in their place."""
        old, new = from_data(self._old.graph.input), from_data(self._new.graph.input)
        if not isinstance(old, Record) or not isinstance(new, Record):
            return "its input is another one now"
        there = {field.name: to_data(field.type) for field in old.fields if not field.optional}
        for field in new.fields:
            trouble = self._input(old.get(field.name), field)
            said = self._givens.at(there, field.name, to_data(field.type)) if trouble else None
            if said is not None:
                given[field.name] = said
            elif trouble:
                return trouble
        return ""

    def _input(self, before: Field | None, field: Field) -> str:
        """Return why an input of runs that go on does not do for NEW."""
        if before is None:
            return "" if field.optional else f"the input `{field.name}` has no value in runs that go on"
        value = misfit(self._both.types.stays(before.type, field.type))
        if not value and (field.optional or not before.optional):
            return ""
        return f"the input `{field.name}` may be {value or 'absent'}, which does not fit here any more"

    def _open(self, place: AnyPlace) -> PlaceMove:
        """Judge a node whose call is in flight, or that failed."""
        to = self._pairs.to.get(place.id)
        if to is None:
            likely = self._pairs.likely.get(place.id)
            hint = f"; it may be `{likely}` now" if likely else ""
            return PlaceMove(to=None, verdict="map", reason=f"no node here is known to be this one{hint}")
        trouble = self._both.open_call(place, self._places[to])
        if trouble:
            return PlaceMove(to=to, verdict="refused", reason=trouble)
        if _when(place) != _when(self._places[to]):
            return PlaceMove(to=to, verdict="pin", reason="when it is skipped is decided in another way now")
        for source in self._sources.get(to, ()):
            back = self._pairs.back.get(source, "")
            if place.id not in self._later.get(back, ()):
                return PlaceMove(to=to, verdict="pin", reason=f"`{source}` comes before it now, and may not have ended")
        return PlaceMove(to=to)

    def _states(self, place: AnyPlace) -> Iterator[Condition]:
        """Tell the states of a node that runs do not go on with."""
        begun: list[NodeState] = ["open", "done"]
        to = self._pairs.to.get(place.id, "")
        for source in self._sources.get(to, ()):
            if source not in self._pairs.back:
                reason = f"`{source}` comes before it now, and has not been done"
                yield Condition(place=place.id, states=begun, reason=reason)
        again = self._again(place)
        if again:
            yield Condition(place=place.id, states=begun, reason=again)
        done = self._settled(place)
        if done:
            yield Condition(place=place.id, states=["done"], reason=done)
        skipped = self._skipped(place)
        if skipped:
            yield Condition(place=place.id, states=["skipped"], reason=skipped)

    def _settled(self, place: AnyPlace) -> str:
        """Return why a run whose node has ended does not go on."""
        for _, reason in hands_the_same(self._both, self._cell, place):
            return reason
        to = self._pairs.to.get(place.id)
        if to is None:
            return ""
        if self._both.come(self._cell, self._places[to]):
            return "it is done, and what it does now would be left out"
        return self._value(place, self._places[to])

    def _value(self, old: AnyPlace, new: AnyPlace) -> str:
        """Return why what a node gave does not do for those of NEW that read it."""
        if not any(new.id in place.live for place in self._new.nodes):
            return ""
        if isinstance(old, Call) and isinstance(new, Call):
            gave = self._both.old.output(old.callee, old.cell)
            gives = self._both.new.output(new.callee, new.cell)
            if gives is None:
                return ""
            if gave is None:
                return "it has no value there and has one here"
            value = self._both.fits(gave, gives)
            return f"its value may be {value}, which does not fit here any more" if value else ""
        if _always(old) == _always(new) and self._both.same_results(old):
            return ""
        return "it is done, and what it gives is said in another way now"

    def _skipped(self, place: AnyPlace) -> str:
        """Return why a run whose node was skipped does not go on."""
        to = self._pairs.to.get(place.id)
        if to is None or _when(place) is None or _when(self._places[to]) == _when(place):
            return ""
        return "it was skipped, and when it is skipped is decided in another way now"

    def _again(self, place: AnyPlace) -> str:
        """Return which node of NEW may do what one of OLD has done and does not do there any more."""
        gone = self._both.gone(self._cell, place)
        for other in self._new.nodes:
            if gone & self._both.come(self._cell, other):
                return f"it may be done, and `{other.id}` may be the same step"
        return ""


def _sources(cell: CellGraph) -> Mapping[str, list[str]]:
    """Return what each node waits for."""
    found: dict[str, list[str]] = {}
    for edge in cell.edges:
        found.setdefault(edge.target, []).append(edge.source)
    return found


def _when(place: AnyPlace) -> Ir | None:
    return place.when if isinstance(place, Asking | Bind | Raise) else None


def _always(place: AnyPlace) -> AnyPlace:
    """Return what a node gives where it is not skipped."""
    plain = meaning(place)
    return structs.replace(plain, when=None) if isinstance(plain, Asking | Bind | Raise) else plain
