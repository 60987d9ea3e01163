"""Collects the rows of a comparison: what is met on several ways through the contract is one row."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import timedelta

from cellc.compiler.compat.changes import Change, Side
from cellc.compiler.compat.flows import Differ, Difference
from cellc.compiler.compat.modules import Module
from cellc.compiler.compat.rules import RULES, Flow
from cellc.compiler.compat.version_types import VersionTypes
from cellc.language.text_forms import write_duration
from cellc.language.type_codec import from_data

_UNDECIDED = "something that could not be ruled out"


@dataclass
class Rows:
    """The two versions, and what has been found so far."""

    old: Module
    new: Module
    _found: dict[tuple[str, str, str], Change] = field(default_factory=dict)

    def __post_init__(self) -> None:
        types = VersionTypes(self.old.program.types, self.new.program.types)
        self.differ = Differ(types, self.new.name)

    def changes(self) -> Iterable[Change]:
        """Return the rows."""
        return self._found.values()

    def add(self, kind: str, place: str, old: str = "", new: str = "", *, name: str = "", detail: str = "") -> None:
        """Add a row. `name` is what its reason calls the place, by default the last part of the path."""
        self._add(kind, place, (old, new), name=name, detail=detail)

    def stand(self, kind: str, old: tuple[str, str | None], new: tuple[str, str | None], *, detail: str = "") -> None:
        """Add a row about runs in a cell of OLD, or at one of its places, and the same in NEW ("" for none)."""
        own = f"{self.new.name}."
        cell = old[0].removeprefix(own) if old[0].startswith(own) else self.new.short(old[0])
        place = f"cells.{cell.partition('/')[0]}.body"
        inner = ".".join([*cell.split("/")[1:], *([old[1]] if old[1] else [])])
        sides = (Side("", self.old.place_at(*old, place)), Side("", self.new.place_at(*new, place)))
        rule = RULES[kind]
        path = f"{place}.{inner}" if inner else place
        reason = rule.reason.format(name=inner, detail=detail)
        self._found[kind, path, detail] = Change(kind, path, rule.audience, rule.verdict, rule.bump, reason, *sides)

    def flow(self, old: object, new: object, flow: Flow, place: str) -> None:
        """Add a row for every difference of what goes along `flow`: types as graphs have them, None for nothing."""
        pair = [None if data is None else from_data(data) for data in (old, new)]
        for found in self.differ.compare(pair[0], pair[1], flow, place):
            self._difference(found)

    def _difference(self, found: Difference) -> None:
        witness = found.witness or (_UNDECIDED if found.doubt is None else f"{_UNDECIDED} ({found.doubt})")
        reached = () if found.route == found.place else (found.route,)
        self._add(found.kind, found.place, (found.old, found.new), witness, found.witness, reached)

    def _add(
        self,
        kind: str,
        place: str,
        texts: tuple[str, str],
        shown: str = "",
        witness: str | None = None,
        reached: tuple[str, ...] = (),
        *,
        name: str = "",
        detail: str = "",
    ) -> None:
        key = (kind, place, detail)
        known = self._found.get(key)
        if known is not None:
            self._found[key] = replace(known, reached=tuple(dict.fromkeys((*known.reached, *reached))))
            return
        rule = RULES[kind]
        name = name or place.rpartition(".")[2].rstrip("[].")
        reason = rule.reason.format(name=name, witness=shown, detail=detail)
        old, new = Side(texts[0], self.old.at(place)), Side(texts[1], self.new.at(place))
        self._found[key] = Change(
            kind, place, rule.audience, rule.verdict, rule.bump, reason, old, new, witness, reached
        )


def in_words(milliseconds: int | None) -> str:
    """Return a duration as programs have it, "" for none."""
    return write_duration(timedelta(milliseconds=milliseconds)) if milliseconds else ""
