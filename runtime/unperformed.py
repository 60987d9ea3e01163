"""What a program can say and this runtime does not do yet. Such a run is refused before it starts, never half done."""

from dataclasses import dataclass

from cellc.language.graph import Program
from cellc.language.secret_types import holds_secret
from cellc.language.type_codec import from_data
from cellc.language.types import Null, Type
from cellc.runtime.environment import reached


@dataclass(frozen=True, slots=True)
class Unperformed:
    """A cell or effect, by qualified name, and what of it is not done: "`secret(...)`"."""

    name: str
    what: str


def unperformed(program: Program, cell: str) -> tuple[Unperformed, ...]:
    """Return all that a run of `cell` could come to and that is not done, in the order of the names."""
    names = sorted(reached(program, cell))
    return tuple(Unperformed(n, "`secret(...)`") for n in names if _has_secret(program, n))


def _has_secret(program: Program, name: str) -> bool:
    contract = program.cells[name].graph if name in program.cells else program.effects[name]
    table = {known: from_data(data) for known, data in program.types.items()}
    output: Type = Null() if contract.output is None else from_data(contract.output)
    return any(holds_secret(type_, table) for type_ in (from_data(contract.input), output))
