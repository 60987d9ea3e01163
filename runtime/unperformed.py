"""What a program can say and this runtime does not do yet. Such a run is refused before it starts, never half done."""

from collections.abc import Iterator
from dataclasses import dataclass

from cellc.language.graph import Effect, Program
from cellc.language.secret_types import holds_secret
from cellc.language.type_codec import from_data
from cellc.language.types import Null, Type
from cellc.runtime.environment import reached


@dataclass(frozen=True, slots=True)
class Unperformed:
    """A cell or effect, by qualified name, and what of it is not done: "the policy `limits`"."""

    name: str
    what: str


def unperformed(program: Program, cell: str) -> tuple[Unperformed, ...]:
    """Return all that a run of `cell` could come to and that is not done, in the order of the names."""
    names = sorted(reached(program, cell))
    effects = (Unperformed(n, what) for n in names if n in program.effects for what in _of_effect(program.effects[n]))
    secrets = (Unperformed(n, "`secret(...)`") for n in names if _has_secret(program, n))
    return (*effects, *secrets)


def _of_effect(effect: Effect) -> Iterator[str]:
    if effect.limits is not None:
        yield "the policy `limits`"


def _has_secret(program: Program, name: str) -> bool:
    contract = program.cells[name].graph if name in program.cells else program.effects[name]
    table = {known: from_data(data) for known, data in program.types.items()}
    output: Type = Null() if contract.output is None else from_data(contract.output)
    return any(holds_secret(type_, table) for type_ in (from_data(contract.input), output))
