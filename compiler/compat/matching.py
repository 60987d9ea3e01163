"""Which place of NEW is which place of OLD.

A name that the user gave, and that stands once in both versions, is the same place, and so is an only `return`. A
generated name counts callees and statements, and moves when one is added or removed: it is the same place only where
all of its like are in both versions, with the same meaning, in the same order. What is left has no place until
somebody says so; a likely one is told and never assumed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby

from msgspec import structs

from cellc.language.graph import AnyPlace, CellGraph, Return, Start


@dataclass(frozen=True, slots=True)
class Pairs:
    """The places of a cell in both versions: `to` by those of OLD, `back` by those of NEW."""

    to: Mapping[str, str]
    back: Mapping[str, str]
    likely: Mapping[str, str]
    """For places of OLD without one in NEW: the only place there that does the same."""

    def scope(self, scope: list[str]) -> list[str] | None:
        """Return what the scopes of a place of OLD are called in NEW, None where one has no place there."""
        mapped = [name if name.startswith("try#") else self.to.get(name, "") for name in scope]
        return mapped if all(mapped) else None


def match(old: CellGraph, new: CellGraph, planned: Mapping[str, str]) -> Pairs:
    """Match the places of two versions of a cell; of those that are `planned` people have said which they are."""
    groups = _groups(old), _groups(new)
    to: dict[str, str] = {}
    for name in groups[0].keys() & groups[1].keys():
        one, two = groups[0][name], groups[1][name]
        if _named(one) and _named(two):
            same = type(one[0]) is type(two[0])
        else:
            same = len(one) == len(two) and all(_alike(*pair) for pair in zip(one, two, strict=True))
        if same:
            to |= {place.id: other.id for place, other in zip(one, two, strict=True)}
    said = {*planned.values()}
    to = {place: other for place, other in to.items() if place not in planned and other not in said} | dict(planned)
    back = {other: place for place, other in to.items()}
    return Pairs(to, back, _likely(old, new, to, back))


def _groups(cell: CellGraph) -> dict[str, list[AnyPlace]]:
    """Return the places by their name without its ordinal, in the order of these."""
    places = sorted(cell.nodes, key=lambda place: (_base(place.id), len(place.id), place.id))
    return {name: list(group) for name, group in groupby(places, key=lambda place: _base(place.id))}


def _base(name: str) -> str:
    return name.partition("#")[0]


def _named(group: list[AnyPlace]) -> bool:
    """Return whether the user gave the name, and only once; the start and an only `return` need none."""
    return len(group) == 1 and (group[0].explicit or isinstance(group[0], Start | Return))


def _alike(one: AnyPlace, two: AnyPlace) -> bool:
    return meaning(one) == meaning(two)


def meaning(place: AnyPlace) -> AnyPlace:
    """Return a place without what follows from the rest of its cell."""
    return structs.replace(place, live=[], types={})


def _likely(old: CellGraph, new: CellGraph, to: Mapping[str, str], back: Mapping[str, str]) -> dict[str, str]:
    """Return, for what has no place, the one place that is free and does the same, whatever its names."""
    gone = [place for place in old.nodes if place.id not in to]
    free = [place for place in new.nodes if place.id not in back]
    found = {}
    for place in gone:
        others = [other.id for other in free if _nameless(other) == _nameless(place)]
        like = [other for other in gone if _nameless(other) == _nameless(place)]
        if len(others) == 1 and len(like) == 1:
            found[place.id] = others[0]
    return found


def _nameless(place: AnyPlace) -> AnyPlace:
    plain = structs.replace(meaning(place), id="", explicit=False, scope=[])
    return structs.replace(plain, target=None) if hasattr(plain, "target") else plain
