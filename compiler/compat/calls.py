"""What calls do in both versions: the effects of a place, what it may hold to undo, whether one in flight fits."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from msgspec import structs

from cellc.compiler.compat.matching import Pairs, meaning
from cellc.compiler.compat.version_types import VersionTypes
from cellc.language.graph import AnyPlace, Branch, Call, Each, Effect, Fork, Program, Undo
from cellc.language.subtype import Answer, No
from cellc.language.type_codec import from_data
from cellc.language.type_text import show_value
from cellc.language.types import Type

Asking: TypeAlias = Call | Fork | Each
"""The places that ask for something."""


@dataclass
class Both:
    """Two versions of a program, with the places of the cells that both have."""

    old: Program
    new: Program
    types: VersionTypes
    pairs: Mapping[str, Pairs]
    _undos: dict[str, frozenset[tuple[str, str]]] = field(default_factory=dict)

    def done(self, program: Program, place: AnyPlace) -> frozenset[str]:
        """Return the effects that a place may perform and that nobody wants twice: what only reads is left out."""
        names: set[str] = set()
        for callee, is_cell in callees(place):
            names |= set(program.cells[callee].graph.effects) if is_cell else {callee}
        return frozenset(name for name in names if _matters(program.effects.get(name)))

    def undos(self, cell: str, place: AnyPlace) -> frozenset[tuple[str, str]]:
        """Return what of OLD, by cell and place, may be undone once a place has completed."""
        own = frozenset({(cell, place.id)}) if isinstance(place, Asking) and any(undo_list(place)) else frozenset()
        if isinstance(place, Asking) and place.undo is not None:
            return own
        return own.union(*(self._held(callee) for callee, is_cell in callees(place) if is_cell))

    def _held(self, cell: str) -> frozenset[tuple[str, str]]:
        if cell not in self._undos:
            graph = self.old.cells[cell]
            self._undos[cell] = frozenset().union(*(self.undos(cell, place) for place in graph.nodes))
        return self._undos[cell]

    def lost(self, cell: str, place: AnyPlace) -> str:
        """Return why an undo that a completed place of OLD holds could not be done in NEW, "" where all could."""
        for owner, name in sorted(self.undos(cell, place)):
            to = self.pairs[owner].to.get(name) if owner in self.pairs else None
            if to is None:
                return f"`{name}` may have to be undone, and has no place here any more"
            held = next(each for each in self.old.cells[owner].nodes if each.id == name)
            for undo in undo_list(held):
                if undo is not None and not self.can_undo(undo):
                    return f"`{name}` may have to be undone by `{undo.callee}`, which cannot be asked so any more"
        return ""

    def can_undo(self, undo: Undo) -> bool:
        """Return whether what an undo of OLD asks for fits what NEW declares."""
        if undo.cell:
            one, two = self.old.cells.get(undo.callee), self.new.cells.get(undo.callee)
            return one is not None and two is not None and self.fits(one.graph.input, two.graph.input) == ""
        return self.is_same_effect(undo.callee)

    def is_same_effect(self, name: str) -> bool:
        """Return whether a call of an effect that was made under OLD may be answered under NEW."""
        one, two = self.old.effects.get(name), self.new.effects.get(name)
        if one is None or two is None:
            return False
        parts = [(effect.errors, effect.delivery, effect.key, effect.wait, effect.event) for effect in (one, two)]
        return (
            parts[0] == parts[1]
            and self._are_equal(one.input, two.input)
            and self._are_equal(one.output, two.output)
            and all(self.is_same_error(error) for error in one.errors)
        )

    def is_same_error(self, name: str) -> bool:
        """Return whether an error has the same fields in both versions."""
        return self._are_equal(self.old.errors.get(name), self.new.errors.get(name))

    def _are_equal(self, old: object, new: object) -> bool:
        if old is None or new is None:
            return old is new
        return self.types.are_equal(from_data(old), from_data(new))

    def fits(self, old: object, new: object) -> str:
        """Return a value of OLD's type that is none of NEW's, as text; "" where there is none."""
        return misfit(self.types.stays(from_data(old), from_data(new)))

    def same_names(self, *parts: object) -> bool:
        """Return whether all declared types that parts of a graph name have the same values in both versions."""
        names = self.types.reached(*(_named(name) for part in parts for name in _refs(part)))
        return all(
            name in self.types.old
            and name in self.types.new
            and self.types.are_equal(self.types.old[name], self.types.new[name])
            for name in names
        )

    def open_call(self, old: AnyPlace, new: AnyPlace) -> str:
        """Return why a call in flight at OLD's place cannot be answered at NEW's, "" where it can."""
        if not isinstance(old, Asking) or not isinstance(new, Asking):
            return ""
        if callees(old) != callees(new):
            return f"what is asked for there is another one now: {_asked(new)} for {_asked(old)}"
        for callee, is_cell in callees(old):
            if not is_cell and not self.is_same_effect(callee):
                return f"a call of `{callee}` that is in flight was made under another contract"
        if isinstance(old, Call):
            return ""
        if structs.replace(meaning(old), id="", scope=[]) != structs.replace(meaning(new), id="", scope=[]):
            return "some of its calls may have ended, and what they belong to is written in another way now"
        return "" if self.same_results(old) else "what its calls gave has another type now"

    def same_results(self, place: AnyPlace) -> bool:
        """Return whether a place that is written alike in both versions gives values of the same types."""
        same = all(
            self._are_equal(self._output(self.old, *asked), self._output(self.new, *asked)) for asked in callees(place)
        )
        return same and self.same_names(structs.asdict(place))

    def output(self, program: Program, place: Call) -> object:
        """Return the type of what a call gives, None for nothing."""
        return self._output(program, place.callee, place.cell)

    @staticmethod
    def _output(program: Program, callee: str, is_cell: bool) -> object:
        return program.cells[callee].graph.output if is_cell else program.effects[callee].output


def callees(place: AnyPlace) -> list[tuple[str, bool]]:
    """Return whom a place asks, and whether that is a cell."""
    match place:
        case Call() | Each():
            return [(place.callee, place.cell)]
        case Fork():
            return [(branch.callee, branch.cell) for branch in place.branches]
        case _:
            return []


def undo_list(place: AnyPlace) -> list[Undo | None]:
    """Return all undos that are written at a place."""
    match place:
        case Call():
            return [place.undo]
        case Each():
            return [place.undo, place.item_undo]
        case Fork():
            return [place.undo, *(branch.undo for branch in place.branches)]
        case _:
            return []


def misfit(answer: Answer) -> str:
    """Return a value that shows why a type does not fit, as text; "" where it does."""
    if answer:
        return ""
    return show_value(answer.witness) if isinstance(answer, No) else "something that could not be ruled out"


def _matters(effect: Effect | None) -> bool:
    return effect is None or effect.delivery != "read" or effect.wait in {"event", "task"}


def _asked(place: AnyPlace) -> str:
    return ", ".join(f"`{callee}`" for callee, _ in callees(place)) or "nothing"


def _named(name: str) -> Type:
    return from_data(["ref", name])


def _refs(part: object) -> Iterator[str]:
    """Yield the names of the types in a part of a graph. A text that looks like one does no harm."""
    work = [part]
    while work:
        match work.pop():
            case ["ref", str() as name]:
                yield name
            case list() | tuple() as parts:
                work += parts
            case dict() as fields:
                work += fields.values()
            case Branch() | Undo() as struct:
                work += structs.asdict(struct).values()
            case _:
                pass
