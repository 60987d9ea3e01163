"""One version of a program, as far as runs go on from it or in it: what its steps do, and what they leave to be undone.

A call of a cell does what the cell's calls do. It hands up their undos, those excepted that an undo at the call itself
replaces, or that a `commit` after them has dropped.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import TypeAlias

from cellc.compiler.compat.reaching import Ways
from cellc.language.graph import AnyPlace, Call, Each, Effect, Fork, Program, Return, TypeData, Undo

Asking: TypeAlias = Call | Fork | Each
"""The places that ask for something."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Where an undo is written: a place of a cell, and the branch or item of it, "" for the whole."""

    cell: str
    place: str
    part: str = ""


@dataclass(frozen=True, slots=True)
class Dropping:
    """A `commit` that may come after a step and drop its undo; `always`: there is no way around it."""

    cell: str
    place: str
    always: bool


@dataclass(frozen=True, slots=True)
class Held:
    """An undo that a completed step holds, and what may have dropped it since."""

    undo: Undo
    dropped: frozenset[Dropping] = frozenset()


@dataclass
class Version:
    """One version of a program. `places` are those of each cell by name."""

    program: Program
    places: Mapping[str, Mapping[str, AnyPlace]] = field(init=False)
    _ways: dict[str, Ways] = field(default_factory=dict)
    _does: dict[str, Counter[str]] = field(default_factory=dict)
    _hands: dict[str, Mapping[Holder, Held]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.places = {name: {place.id: place for place in cell.nodes} for name, cell in self.program.cells.items()}

    def ways(self, cell: str) -> Ways:
        """Return the ways through a cell."""
        if cell not in self._ways:
            self._ways[cell] = Ways(self.program.cells[cell])
        return self._ways[cell]

    def output(self, callee: str, is_cell: bool) -> TypeData:
        """Return the type of what a call of an effect or a cell gives, None for nothing."""
        return self.program.cells[callee].graph.output if is_cell else self.program.effects[callee].output

    def does(self, place: AnyPlace | None) -> Counter[str]:
        """Return the effects that a place asks for and nobody wants twice, and at how many places each is written.

        What only reads is left out.
        """
        found: Counter[str] = Counter()
        for callee, is_cell in callees(place):
            if is_cell:
                found += self._cell_does(callee)
            elif _matters(self.program.effects.get(callee)):
                found[callee] += 1
        return found

    def _cell_does(self, name: str) -> Counter[str]:
        if name not in self._does:
            cell = self.program.cells[name]
            code = Counter(effect for effect in cell.graph.effects if _matters(self.program.effects.get(effect)))
            places = reduce(Counter.__add__, map(self.does, cell.nodes), Counter[str]())
            self._does[name] = code if cell.graph.mode == "python" else places
        return self._does[name]

    def hands(self, cell: str, place: AnyPlace) -> Mapping[Holder, Held]:
        """Return the undos that a step of a cell holds once it has completed."""
        if not isinstance(place, Asking):
            return {}
        if place.undo is not None:
            return {Holder(cell, place.id): Held(place.undo)}
        found: dict[Holder, Held] = {}
        for part, (callee, is_cell), undo in _parts(place):
            if undo is not None:
                found[Holder(cell, place.id, part)] = Held(undo)
            elif is_cell:
                found |= self._cell_hands(callee)
        return found

    def _cell_hands(self, name: str) -> Mapping[Holder, Held]:
        if name not in self._hands:
            graph = self.program.cells[name].graph
            if graph.mode == "python":  # which of its calls its code can undo is not known here
                asked = [effect for effect in graph.effects if _matters(self.program.effects.get(effect))]
                self._hands[name] = {
                    Holder(name, "", each): Held(Undo(callee=each, cell=False, args={})) for each in asked
                }
            else:
                ends = [place.id for place in self.places[name].values() if isinstance(place, Return)]
                placed = self.places[name].values()
                self._hands[name] = {
                    holder: dropped for place in placed for holder, dropped in self.holds(name, place, ends).items()
                }
        return self._hands[name]

    def holds(self, cell: str, place: AnyPlace, at: list[str]) -> dict[Holder, Held]:
        """Return the undos that a step holds still when its cell has come to one of the places `at`."""
        handed = self.hands(cell, place)
        if not handed:
            return {}
        dropped = frozenset(self._dropping(cell, place.id, at))
        return {holder: replace(held, dropped=held.dropped | dropped) for holder, held in handed.items()}

    def _dropping(self, cell: str, after: str, at: list[str]) -> Iterator[Dropping]:
        ways = self.ways(cell)
        for commit in ways.commits:
            if commit in ways.later[after] and any(end in ways.later[commit] for end in at):
                yield Dropping(cell, commit, all(ways.always(commit, end, after) for end in at))


def callees(place: AnyPlace | None) -> list[tuple[str, bool]]:
    """Return whom a place asks, and whether that is a cell."""
    match place:
        case Call() | Each():
            return [(place.callee, place.cell)]
        case Fork():
            return [(branch.callee, branch.cell) for branch in place.branches]
        case _:
            return []


def _parts(place: Asking) -> list[tuple[str, tuple[str, bool], Undo | None]]:
    """Return what is asked at a place one by one, each with its own undo."""
    match place:
        case Call():
            return [("", (place.callee, place.cell), None)]
        case Each():
            return [("item", (place.callee, place.cell), place.item_undo)]
        case Fork():
            return [(branch.name, (branch.callee, branch.cell), branch.undo) for branch in place.branches]


def _matters(effect: Effect | None) -> bool:
    return effect is None or effect.delivery != "read" or effect.wait in {"event", "task"}
