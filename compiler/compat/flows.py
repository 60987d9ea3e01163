"""What changed in the type of values that go across the contract, field by field.

Each difference is a kind of change of its flow. Together they say what the types as a whole say: where all of OLD's
values still fit, no difference breaks anything, and where some do not, one does.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from cellc.compiler.compat.changes import Verdict
from cellc.compiler.compat.rules import RULES, Flow
from cellc.compiler.compat.version_types import VersionTypes, inner_of_optional, place_of
from cellc.language.subtype import Answer, No, Unknown
from cellc.language.type_text import show, show_value
from cellc.language.types import Field, List, Map, Named, Record, Secret, Type


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference of two types: its kind, where it is declared, and on what way through the contract it was met.

    `witness` is a value that does not fit, as text; `doubt` is why none was found though all may not fit.
    """

    kind: str
    place: str
    route: str
    old: str
    new: str
    witness: str | None = None
    doubt: str | None = None


@dataclass(slots=True)
class Differ:
    """Compares types of the two versions of a module; `reached` are the declared ones that it came to."""

    types: VersionTypes
    module: str
    reached: set[str] = field(default_factory=set)

    def compare(self, old: Type | None, new: Type | None, flow: Flow, place: str) -> list[Difference]:
        """Return the differences of what goes along `flow` at a place of the contract; None is nothing."""
        self.reached |= self.types.reached(old, new)
        walk = _Walk(self, flow)
        if old is None or new is None:
            change = "gained" if old is None else "lost"
            return [] if old is new else [walk.difference(change, _Spot(place, place), old, new)]
        if self.types.same(old, new):
            return []
        found = list(walk.differences(old, new, _Spot(place, place)))
        forward = self.types.ask(old, new, flow).forward
        breaks = any(RULES[d.kind].verdict is Verdict.BREAKING for d in found)
        if forward and breaks:
            return [walk.difference("widened" if flow.given else "narrowed", _Spot(place, place), old, new)]
        if isinstance(forward, No) and not breaks:
            return [walk.difference("retyped", _Spot(place, place), old, new, forward)]
        return found


@dataclass(frozen=True, slots=True)
class _Spot:
    """Where a walk is: the path of what is declared there, and the way from the contract."""

    place: str
    route: str

    def at(self, step: str) -> "_Spot":
        return _Spot(self.place + step, self.route + step)


@dataclass(slots=True)
class _Walk:
    differ: Differ
    flow: Flow
    open: set[tuple[Type, Type]] = field(default_factory=set)

    def differences(self, old: Type, new: Type, spot: _Spot) -> Iterator[Difference]:
        types = self.differ.types
        if types.same(old, new) or (old, new) in self.open:
            return
        if isinstance(old, Named):
            self.open.add((old, new))
            if old == new:
                spot = _Spot(place_of(old.name, self.differ.module, "types"), spot.route)
        match types.resolve(old, "old"), types.resolve(new, "new"):
            case Record(extra=None) as one, Record(extra=None) as two:
                yield from self._fields(one, two, spot)
            case List(one, low, high), List(two, other_low, other_high) if (low, high) == (other_low, other_high):
                yield from self.differences(one, two, spot.at("[]"))
            case Map(one), Map(two):
                yield from self.differences(one, two, spot.at("[...]"))
            case Secret(one), Secret(two):
                yield from self.differences(one, two, spot)
            case one, two:
                inner, other = inner_of_optional(one), inner_of_optional(two)
                if inner is not None and other is not None:
                    yield from self.differences(inner, other, spot)
                else:
                    yield from self._whole(old, new, spot)

    def _fields(self, old: Record, new: Record, spot: _Spot) -> Iterator[Difference]:
        for name in sorted({f.name for f in (*old.fields, *new.fields)}):
            yield from self._field(old.get(name), new.get(name), spot.at(f".{name}"))

    def _field(self, old: Field | None, new: Field | None, spot: _Spot) -> Iterator[Difference]:
        match old, new:
            case None, Field():
                change = "optional-field-added" if new.optional else "field-added"
                yield self._presence(change, spot, None, new)
            case Field(), None:
                change = "optional-field-removed" if old.optional else "field-removed"
                yield self._presence(change, spot, old, None)
            case Field(), Field():
                if old.optional != new.optional:
                    change = "field-optional" if new.optional else "field-required"
                    yield self._presence(change, spot, old, new)
                yield from self.differences(old.type, new.type, spot)

    def _whole(self, old: Type, new: Type, spot: _Spot) -> Iterator[Difference]:
        """Compare types that have no parts in common: by the values that they have."""
        given, answers = self.flow.given, self.differ.types.ask(old, new, self.flow)
        if answers.forward and answers.backward:
            if not self.differ.types.are_equal(old, new):
                yield self.difference("alike", spot, old, new)
        elif answers.forward:
            yield self.difference("widened" if given else "narrowed", spot, old, new)
        elif answers.backward:
            yield self.difference("narrowed" if given else "widened", spot, old, new, answers.forward)
        else:
            yield self.difference("retyped", spot, old, new, answers.forward)

    def difference(
        self, change: str, spot: _Spot, old: Type | None, new: Type | None, answer: Answer | None = None
    ) -> Difference:
        """Return one difference; a named type that changed is shown as what it stands for."""
        types = self.differ.types
        if isinstance(old, Named) and old == new:
            old, new = types.resolve(old, "old"), types.resolve(new, "new")
        witness = show_value(answer.witness) if isinstance(answer, No) else None
        doubt = answer.reason if isinstance(answer, Unknown) else None
        kind = f"{self.flow.name}-{change}"
        return Difference(kind, spot.place, spot.route, self._text(old), self._text(new), witness, doubt)

    def _text(self, type_: Type | None) -> str:
        return "" if type_ is None else show(type_, self.differ.module)

    def _presence(self, change: str, spot: _Spot, old: Field | None, new: Field | None) -> Difference:
        """Return a difference in whether a field is there: shown with its name."""
        texts = ["" if each is None else self._text(Record((each,)))[1:-1] for each in (old, new)]
        return Difference(f"{self.flow.name}-{change}", spot.place, spot.route, texts[0], texts[1])
