"""Plans: what people say of how runs go on, where the two versions alone do not say it.

A plan is of two compiled graphs, by their hashes, so it cannot be used for others. What it says enters the proof as a
premise (which place is which, what a new binding is) and never overrides a part of it: a step that would be repeated,
left out, or not undone any more keeps a run, whatever its plan says.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar, cast

from cellc.compiler.compat.version import Asking
from cellc.language import suggest
from cellc.language.diagnostics import Report
from cellc.language.graph import AnyPlace, CellGraph, Program
from cellc.language.moving import Stay, Wait
from cellc.language.reader import Mapping as YamlMapping
from cellc.language.reader import Scalar, YamlNode, read
from cellc.language.shape import PLAN, check_shape
from cellc.language.span import Source
from cellc.language.text import Text

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PlannedPlace:
    """What is said of a place of OLD: its place in NEW, what happens to its timer, and to runs that stay there."""

    to: str | None = None
    wait: Wait = "keep"
    stay: Stay | None = None


@dataclass(frozen=True, slots=True)
class PlannedCell:
    """What is said of a cell: of its places, of bindings that runs do not have, as texts, and of runs that stay."""

    places: Mapping[str, PlannedPlace] = field(default_factory=dict)
    given: Mapping[str, Text] = field(default_factory=dict)
    stay: Stay | None = None

    @property
    def to(self) -> Mapping[str, str]:
        """The places of NEW by those of OLD."""
        return {name: place.to for name, place in self.places.items() if place.to is not None}


@dataclass(frozen=True, slots=True)
class Plan:
    """What is said of all cells, by their full names, and of runs that stay."""

    cells: Mapping[str, PlannedCell] = field(default_factory=dict)
    stay: Stay = "pin"

    def cell(self, name: str) -> PlannedCell:
        """Return what is said of a cell."""
        return self.cells.get(name, PlannedCell())

    def inverse(self) -> "Plan":
        """Return what is said of the way back: the same places. Nothing is given for what OLD had and NEW has not."""
        back = {
            name: PlannedCell({to: PlannedPlace(place) for place, to in cell.to.items()})
            for name, cell in self.cells.items()
        }
        return Plan(back)


def read_plan(source: Source, old: Program, new: Program, report: Report) -> Plan:
    """Return the plan of a text, for these two versions, or for the way back from the second to the first.

    Reports all that is wrong in it but for its expressions.
    """
    root = read(source, report, "plan: 1")
    if root is not None:
        check_shape(root, frozenset(), report, PLAN)
    if root is None or report.failed:
        return Plan()
    parts = _parts(root)
    if _said(parts, "old") == new.sha256 and _said(parts, "new") == old.sha256:
        return _Reader(new, old, report).plan(parts).inverse()
    return _Reader(old, new, report).plan(parts)


class _Reader:
    """Reads a plan of the right shape."""

    def __init__(self, old: Program, new: Program, report: Report) -> None:
        self._old = old
        self._new = new
        self._report = report

    def plan(self, parts: Mapping[str, YamlNode]) -> Plan:
        for name, program in (("old", self._old), ("new", self._new)):
            said = cast("Scalar", parts[name])
            if said.content != program.sha256:
                self._report.add("E708", said.span, side=name.upper(), hash=program.sha256)
        if self._report.failed:
            return Plan()
        cells = {}
        for key, value in _entries(parts.get("cells")):
            name = key.content if key.content in self._old.cells else f"{self._old.module}.{key.content}"
            there = self._old.cells.get(name), self._new.cells.get(name)
            if there[0] is None or there[1] is None:
                self._unknown(key, "a cell of both versions", [*(self._old.cells.keys() & self._new.cells.keys())])
            else:
                cells[name] = self._cell(_parts(value), there[0], there[1])
        return Plan(cells, _stay(parts) or "pin")

    def _cell(self, parts: Mapping[str, YamlNode], old: CellGraph, new: CellGraph) -> PlannedCell:
        befores, afters = ({place.id: place for place in cell.nodes} for cell in (old, new))
        places: dict[str, PlannedPlace] = {}
        for key, value in _entries(parts.get("places")):
            if key.content not in befores:
                self._unknown(key, "a place of OLD", [*befores])
                continue
            said = _parts(value)
            to = cast("Scalar | None", said.get("to"))
            if to is not None and self._fits(befores[key.content], to, afters, places):
                places[key.content] = PlannedPlace(to.content, _wait(said), _stay(said))
            else:
                places[key.content] = PlannedPlace(None, _wait(said), _stay(said))
        needed = {name for place in new.nodes for name in (*place.live, *place.types)} | {*_inputs(new)}
        given = {}
        for key, value in _entries(parts.get("given")):
            if key.content in needed:
                given[key.content] = cast("Scalar", value).text
            else:
                self._unknown(key, "a binding of NEW", [*needed])
        return PlannedCell(places, given, _stay(parts))

    def _fits(
        self, place: AnyPlace, to: Scalar, there: Mapping[str, AnyPlace], places: Mapping[str, PlannedPlace]
    ) -> bool:
        """Return whether a place of OLD may be this one in NEW; else that is reported."""
        other = there.get(to.content)
        if other is None:
            self._unknown(to, "a place of NEW", [*there])
            return False
        taken = next((name for name, planned in places.items() if planned.to == to.content), None)
        reason = ""
        if taken is not None:
            reason = f"`{taken}` is that place already"
        elif type(place) is not type(other):
            reason = (
                "one of them is a call, and the other is not"
                if _asks(place) != _asks(other)
                else "they do not do the same"
            )
        if reason:
            self._report.add("E710", to.span, place=place.id, to=to.content, reason=reason)
        return not reason

    def _unknown(self, key: Scalar, what: str, known: list[str]) -> None:
        local = [name.removeprefix(f"{self._old.module}.") for name in known]
        near = suggest.hint(key.content, local, "known here: " + ", ".join(f"`{name}`" for name in sorted(local)))
        self._report.add("E709", key.span, name=key.content, what=what, near=near)


def _asks(place: AnyPlace) -> bool:
    return isinstance(place, Asking)


def _inputs(cell: CellGraph) -> Iterator[str]:
    match cell.graph.input:
        case ["record", fields, *_]:
            yield from (str(name) for name, *_ in fields)


def _entries(node: YamlNode | None) -> tuple[tuple[Scalar, YamlNode], ...]:
    return node.entries if isinstance(node, YamlMapping) else ()


def _parts(node: YamlNode) -> Mapping[str, YamlNode]:
    return {key.content: value for key, value in _entries(node)}


def _said(parts: Mapping[str, YamlNode], name: str) -> str:
    said = parts.get(name)
    return said.content if isinstance(said, Scalar) else ""


def _stay(parts: Mapping[str, YamlNode]) -> Stay | None:
    said = parts.get("stay")
    return cast("Stay", said.content) if isinstance(said, Scalar) else None


def _wait(parts: Mapping[str, YamlNode]) -> Wait:
    said = parts.get("wait")
    return cast("Wait", said.content) if isinstance(said, Scalar) else "keep"
