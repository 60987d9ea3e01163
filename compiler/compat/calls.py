"""What calls are in both versions: what each does there only, and whether one in flight fits."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from msgspec import structs

from cellc.compiler.compat.matching import Pairs, meaning
from cellc.compiler.compat.version import Asking, Version, callees
from cellc.compiler.compat.version_types import VersionTypes
from cellc.language.graph import AnyPlace, Branch, Call, Undo
from cellc.language.subtype import Answer, No
from cellc.language.type_codec import from_data
from cellc.language.type_text import show_value
from cellc.language.types import Type


@dataclass(frozen=True, slots=True)
class Both:
    """Two versions of a program, with the places of the cells that both have."""

    old: Version
    new: Version
    types: VersionTypes
    pairs: Mapping[str, Pairs]

    def gone(self, cell: str, place: AnyPlace) -> Counter[str]:
        """Return what a place of OLD does and its place in NEW does not, or does less often."""
        to = self.pairs[cell].to.get(place.id, "")
        return self.old.does(place) - self.new.does(self.new.places[cell].get(to))

    def come(self, cell: str, place: AnyPlace) -> Counter[str]:
        """Return what a place of NEW does and its place in OLD does not, or does less often."""
        back = self.pairs[cell].back.get(place.id, "")
        return self.new.does(place) - self.old.does(self.old.places[cell].get(back))

    def can_undo(self, undo: Undo) -> bool:
        """Return whether what an undo of OLD asks for fits what NEW declares."""
        if undo.cell:
            one, two = self.old.program.cells.get(undo.callee), self.new.program.cells.get(undo.callee)
            return one is not None and two is not None and self.fits(one.graph.input, two.graph.input) == ""
        return self.is_same_effect(undo.callee)

    def is_same_effect(self, name: str) -> bool:
        """Return whether a call of an effect that was made under OLD may be answered under NEW."""
        one, two = self.old.program.effects.get(name), self.new.program.effects.get(name)
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
        return self._are_equal(self.old.program.errors.get(name), self.new.program.errors.get(name))

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
        same = all(self._are_equal(self.old.output(*asked), self.new.output(*asked)) for asked in callees(place))
        return same and self.same_names(structs.asdict(place))


def misfit(answer: Answer) -> str:
    """Return a value that shows why a type does not fit, as text; "" where it does."""
    if answer:
        return ""
    return show_value(answer.witness) if isinstance(answer, No) else "something that could not be ruled out"


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
