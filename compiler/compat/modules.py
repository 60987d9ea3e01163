"""A compiled module as a comparison reads it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from cellc.compiler.compat.version_types import place_of
from cellc.language.graph import CellGraph, Contract, Effect, Event, PlaceInFile, Program, Trigger
from cellc.language.type_codec import from_data
from cellc.language.types import Type


@dataclass(frozen=True)
class Module:
    """One version of a module. Raises ValueError where its graph has no contract: an early cellc compiled it."""

    program: Program

    def __post_init__(self) -> None:
        if self.program.contract is None:
            raise ValueError("it has no contract: an earlier cellc compiled it")

    @property
    def name(self) -> str:
        """The module's name."""
        return self.program.module

    @cached_property
    def contract(self) -> Contract:
        """What the module declares."""
        assert self.program.contract is not None  # noqa: S101 -- see above
        return self.program.contract

    @cached_property
    def cells(self) -> Mapping[str, CellGraph]:
        """The module's own cells."""
        return {name: self.program.cells[name] for name in self.contract.cells}

    @cached_property
    def effects(self) -> Mapping[str, Effect]:
        """The module's own effects, and those of others that its runs come to."""
        return {**self.program.effects, **self.contract.idle_effects}

    @cached_property
    def events(self) -> Mapping[str, Event]:
        """The module's own events."""
        known = {**self.program.events, **self.contract.idle_events}
        return {name: known[name] for name in self.contract.events}

    @property
    def triggers(self) -> Mapping[str, Trigger]:
        """What starts runs."""
        return self.program.triggers

    @cached_property
    def errors(self) -> Mapping[str, Type]:
        """The fields of the module's errors, and of those of others that it comes to."""
        return {name: from_data(data) for name, data in self.program.errors.items()}

    def short(self, name: str) -> str:
        """Return a qualified name as the module itself writes it."""
        if name.startswith(f"{self.name}."):
            return name.removeprefix(f"{self.name}.")
        for local, use in self.contract.uses.items():
            if name.startswith(f"{use.module}."):
                return f"{local}.{name.removeprefix(f'{use.module}.')}"
        return name

    def at(self, place: str) -> PlaceInFile | None:
        """Return where a place stands; of a field that is not there, where its record does."""
        while place:
            if place in self.program.declared:
                return self.program.declared[place]
            place = place[: max(place.rfind("."), place.rfind("["), 0)]
        return None

    def place_at(self, cell: str, place: str | None, path: str) -> PlaceInFile | None:
        """Return where a place of a cell stands, or, where that is not known, the path of what it is in."""
        if cell not in self.program.cells:
            return None
        found = self.program.spans.get(cell, {}).get(place or "")
        return found or self.at(path)

    def place(self, name: str, section: str) -> str:
        """Return the path of a type or error."""
        return place_of(name, self.name, section)
