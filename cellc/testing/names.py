"""The names that tests use for the parts of a program: those of its own module without it, as programs write them."""

from collections.abc import Iterable, Mapping

from cellc.language.diagnostics import Report
from cellc.language.graph import Effect, Event, Program
from cellc.language.reader import Scalar
from cellc.language.suggest import hint
from cellc.language.type_codec import from_data
from cellc.language.types import Type


class Names:
    """Finds effects, cells, errors and events by the names that the module has for them."""

    def __init__(self, program: Program, report: Report) -> None:
        self._program = program
        self._report = report
        contract = program.contract
        self._uses = {} if contract is None else {alias: use.module for alias, use in contract.uses.items()}
        self.effects: Mapping[str, Effect] = {**({} if contract is None else contract.idle_effects), **program.effects}
        self.events: Mapping[str, Event] = {**({} if contract is None else contract.idle_events), **program.events}

    def effect(self, name: Scalar) -> str | None:
        """Return the full name of an effect."""
        return self._find(name, "effect", self.effects)

    def cell(self, name: Scalar) -> str | None:
        """Return the full name of a cell."""
        return self._find(name, "cell", (cell for cell in self._program.cells if "/" not in cell))

    def error(self, name: Scalar) -> str | None:
        """Return the full name of an error."""
        return self._find(name, "error", self._program.errors)

    def error_type(self, error: str) -> Type:
        """Return the record of an error's fields."""
        return from_data(self._program.errors[error])

    def event(self, name: Scalar) -> str | None:
        """Return the full name of an event."""
        return self._find(name, "event", self.events)

    def _find(self, name: Scalar, what: str, known: Iterable[str]) -> str | None:
        names = [*known]
        found = self._meant(name.content, names)
        if found is None:
            near = hint(name.content, (short(self._program, each) for each in names))
            self._report.add("E902", name.text.whole, what=what, name=name.content, near=near)
        return found

    def _meant(self, name: str, known: Iterable[str]) -> str | None:
        alias, _, rest = name.partition(".")
        candidates = (f"{self._program.module}.{name}", name, f"{self._uses.get(alias, alias)}.{rest}")
        return next((each for each in candidates if each in known), None)


def short(program: Program, name: str) -> str:
    """Return a full name as the module itself writes it."""
    own = name.removeprefix(f"{program.module}.")
    if own != name or program.contract is None:
        return own
    for alias, use in program.contract.uses.items():
        if name.startswith(f"{use.module}."):
            return f"{alias}.{name.removeprefix(f'{use.module}.')}"
    return name
