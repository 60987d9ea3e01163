"""What a module offers to whoever uses it, from other languages too: its declarations and their types, as written."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from cellc.language.types import Record, Type, TypeTable


@dataclass(frozen=True, slots=True)
class Signature:
    """A cell or an effect. All names are qualified; `effects` are those that a cell lists; `python` is what runs it."""

    name: str
    description: str
    input: Record
    output: Type | None
    errors: tuple[str, ...]
    effects: tuple[str, ...] = ()
    python: str = ""


@dataclass(frozen=True, slots=True)
class Interface:
    """What a module declares, and what of others it can refer to, by qualified name in the order of declaration.

    `modules` names the module that declares a type, error or effect. `cells` are the module's own.
    """

    module: str = ""
    version: str = ""
    description: str = ""
    modules: Mapping[str, str] = field(default_factory=dict)
    types: TypeTable = field(default_factory=dict)
    errors: Mapping[str, Record] = field(default_factory=dict)
    effects: Mapping[str, Signature] = field(default_factory=dict)
    cells: Mapping[str, Signature] = field(default_factory=dict)

    def own(self, names: Iterable[str]) -> list[str]:
        """Return those of `names` that the module itself declares."""
        return [name for name in names if self.modules.get(name) == self.module]
