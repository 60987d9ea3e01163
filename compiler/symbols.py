"""What names stand for: the declarations of all loaded modules, by qualified name, and each module's view of them.

A lookup reports an unknown name once and returns None; None means "already reported" to everybody who gets it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from cellc.compiler.load import Unit
from cellc.language import ast, suggest
from cellc.language.builtins import BUILTINS
from cellc.language.diagnostics import Report
from cellc.language.names import COMBINATORS
from cellc.language.span import Span
from cellc.language.types import BROKEN, NAMES, STRING, Named, Record, Type, record

STANDARD_ERRORS: Mapping[str, Record] = {
    "Timeout": record({}),
    "Unavailable": record({"reason": STRING}),
    "Unknown": record({"reason": STRING}),
    "Invalid": record({"reason": STRING}),
    "Exhausted": record({}),
}
"""Errors that the language itself raises, with their fields; they belong to no module."""

GENERIC = frozenset({"event.wait", "event.emit", "human.task", "python.call"})
"""Standard effects that have no type of their own: they are used through `via:` only."""


@dataclass(frozen=True, slots=True)
class ErrorSymbol:
    """An error: `name` is qualified."""

    name: str
    fields: Record
    span: Span | None


@dataclass(frozen=True, slots=True)
class EventSymbol:
    """An event, with the type of its payload."""

    name: str
    unit: Unit
    decl: ast.EventDecl
    data: Type


@dataclass(frozen=True, slots=True)
class EffectSymbol:
    """An effect's signature; `errors` are qualified; `delivery` is None where it is wrong or missing."""

    name: str
    unit: Unit
    decl: ast.EffectDecl
    input: Record
    output: Type | None
    errors: tuple[str, ...]
    delivery: str | None

    @property
    def kind(self) -> str:
        """Say what it is, for messages."""
        return "an effect"

    @property
    def unread(self) -> bool:
        """Whether its inputs did not read: any may be there."""
        return not self.decl.input and self.unit.lost("in", self.decl.span)

    @property
    def doubtful(self) -> bool:
        """Whether some error that it lists is not known, or the list did not read: it may raise anything."""
        unread = not self.decl.errors and self.unit.lost("errors", self.decl.span)
        return unread or len(self.errors) < len(self.decl.errors)


@dataclass(frozen=True, slots=True)
class CellSymbol:
    """A cell's signature. `errors` and `effects` are qualified; `effects` is None where the key is absent."""

    name: str
    unit: Unit
    decl: ast.CellDecl
    input: Record
    output: Type | None
    errors: tuple[str, ...]
    effects: tuple[str, ...] | None

    @property
    def kind(self) -> str:
        """Say what it is, for messages."""
        return "a cell"

    @property
    def unread(self) -> bool:
        """Whether its inputs did not read: any may be there."""
        return not self.decl.input and self.unit.lost("in", self.decl.span)

    @property
    def doubtful(self) -> bool:
        """Whether some error that it lists is not known, or the list did not read: it may raise anything."""
        if self.decl.errors is None:
            return self.unit.lost("errors", self.decl.span)
        return len(self.errors) < len(self.decl.errors)


@dataclass(slots=True)
class World:
    """Every declaration, by qualified name. `wrong_types` are those that have been reported, once all are known."""

    types: dict[str, Type] = field(default_factory=dict)
    wrong_types: frozenset[str] = frozenset()
    errors: dict[str, ErrorSymbol] = field(default_factory=dict)
    events: dict[str, EventSymbol] = field(default_factory=dict)
    effects: dict[str, EffectSymbol] = field(default_factory=dict)
    cells: dict[str, CellSymbol] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.errors.update({n: ErrorSymbol(n, f, None) for n, f in STANDARD_ERRORS.items()})


class Names:
    """One module's view of the world: its own names, `use:` names with a dot, standard modules."""

    def __init__(self, world: World, unit: Unit, standard: Mapping[str, Unit], report: Report) -> None:
        self.world = world
        self.unit = unit
        self.report = report
        self.used: set[str] = set()
        self._standard = standard

    def quiet(self) -> "Names":
        """Return the same view with a report of its own, for questions whose answer may be a problem."""
        return Names(self.world, self.unit, self._standard, Report())

    def type(self, ident: ast.Ident) -> Type:
        """Return the type called `ident`."""
        if ident.text in NAMES:
            return NAMES[ident.text]
        known = self._find(ident.text, self.world.types)
        if known is not None:
            return BROKEN if known in self.world.wrong_types else Named(known)
        self._unknown("E200", ident, [*NAMES, *self._visible(self.world.types)])
        return BROKEN

    def is_type(self, text: str) -> bool:
        """Return whether there is a type called `text`."""
        return text in NAMES or self._find(text, self.world.types) is not None

    def error(self, ident: ast.Ident) -> ErrorSymbol | None:
        """Return the error called `ident`."""
        known = self.known_error(ident.text)
        if known is not None:
            return self.world.errors[known]
        self._unknown("E201", ident, [*STANDARD_ERRORS, *self._visible(self.world.errors)])
        return None

    def knows_error(self, ident: ast.Ident) -> bool:
        """Return whether there is an error called `ident`, without a report."""
        return self.known_error(ident.text) is not None

    def known_error(self, text: str) -> str | None:
        """Return the qualified name of the error called `text`, or None without a report."""
        return text if text in STANDARD_ERRORS else self._find(text, self.world.errors)

    def effect(self, ident: ast.Ident) -> EffectSymbol | None:
        """Return the effect called `ident`."""
        known = self._find(ident.text, self.world.effects)
        if known is not None:
            return self.world.effects[known]
        self._unknown("E202", ident, self._visible(self.world.effects))
        return None

    def refuse_repeats(self, idents: Sequence[ast.Ident]) -> None:
        """Report the names that stand in a list more than once."""
        seen: set[str] = set()
        for ident in idents:
            if ident.text in seen:
                self.report.add("E306", ident.span, name=ident.text)
            seen.add(ident.text)

    def event(self, ident: ast.Ident) -> EventSymbol | None:
        """Return the event called `ident`."""
        known = self._find(ident.text, self.world.events)
        if known is not None:
            return self.world.events[known]
        self._unknown("E215", ident, self._visible(self.world.events))
        return None

    def cell(self, ident: ast.Ident) -> CellSymbol | None:
        """Return the cell called `ident`."""
        known = self.known_cell(ident.text)
        if known is not None:
            return self.world.cells[known]
        self._unknown("E217", ident, self._visible(self.world.cells))
        return None

    def known_cell(self, text: str) -> str | None:
        """Return the qualified name of the cell called `text`, or None without a report."""
        return self._find(text, self.world.cells)

    def callee(self, ident: ast.Ident) -> "CellSymbol | EffectSymbol | None":
        """Return the cell or effect called `ident`."""
        found = self.peek(ident.text)
        if found is None:
            callables = {**self.world.cells, **self.world.effects}
            self._unknown("E203", ident, [*BUILTINS, *COMBINATORS, *self._visible(callables)])
        elif found.unit.standard and found.name in GENERIC:
            self.report.add("E420", ident.span, name=ident.text)
            return None
        return found

    def peek(self, text: str) -> "CellSymbol | EffectSymbol | None":
        """Return the cell or effect called `text`, or None without a report."""
        cell = self._find(text, self.world.cells)
        if cell is not None:
            return self.world.cells[cell]
        effect = self._find(text, self.world.effects)
        return self.world.effects[effect] if effect is not None else None

    def is_module(self, text: str) -> bool:
        """Return whether `text` is the local name of a module."""
        return text in self.unit.uses or text in self._standard

    def forgiven(self, text: str) -> bool:
        """Return whether `text` may be a declaration that did not read, here or in a damaged module."""
        head, dot, rest = text.partition(".")
        if dot and head in self.unit.uses:
            self.used.add(head)
            other = self.unit.uses[head]
            return other is None or other.lost(rest)
        return self.unit.lost(text)

    def _find(self, text: str, table: Mapping[str, object]) -> str | None:
        own = f"{self.unit.name}.{text}"
        if own in table:
            return own
        head, dot, rest = text.partition(".")
        if not dot:
            return None
        if head in self.unit.uses:
            self.used.add(head)
            other = self.unit.uses[head]
            return other_name if other and (other_name := f"{other.name}.{rest}") in table else None
        return text if head in self._standard and text in table else None

    def _visible(self, table: Iterable[str]) -> list[str]:
        """Return the names of `table` as this module would write them."""
        prefixes = {f"{self.unit.name}.": ""}
        prefixes |= {f"{u.name}.": f"{alias}." for alias, u in self.unit.uses.items() if u is not None}
        prefixes |= {f"{name}.": f"{name}." for name in self._standard}
        return [short + n[len(p) :] for n in table for p, short in prefixes.items() if n.startswith(p)]

    def shown(self, name: str) -> str:
        """Return a qualified name as this module would write it."""
        return next(iter(sorted(self._visible([name]), key=len)), name)

    def _unknown(self, code: str, ident: ast.Ident, known: list[str]) -> None:
        if self.forgiven(ident.text):
            return
        self.report.add(code, ident.span, name=ident.text, near=suggest.hint(ident.text, known))
