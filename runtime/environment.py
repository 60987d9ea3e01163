"""What a run needs from where it runs: handlers, variables, secrets, permissions. Checked before a run starts.

A secret `NAME` is the variable `NAME`, or the text of the file that the variable `NAME_FILE` names.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from cellc.language.graph import Effect, Limits, Program
from cellc.runtime.permissions import Permissions
from cellc.runtime.ports import Handlers

SHORTEST = 8
"""Characters that a secret has at least. It is hidden wherever it stands in what comes back; to hide a shorter one
would change texts that only look like it."""

EMIT = "event.emit"
"""The effect that the fabric itself performs: what it sends goes through the door for events."""


@dataclass(frozen=True, slots=True)
class Environment:
    """Environment variables, as the process was given them, and the limits of `targets`, by what handlers call them.

    `permissions` say what may be performed here at all.
    """

    variables: Mapping[str, str]
    targets: Mapping[str, Limits] = field(default_factory=dict)
    permissions: Permissions = field(default_factory=Permissions)

    def variable(self, name: str) -> str | None:
        """Return the variable called `name`, None when it is not set."""
        return self.variables.get(name)

    def secret(self, name: str) -> str | None:
        """Return the secret called `name`, None when there is none, it is empty, or its file cannot be read."""
        file = self.variables.get(f"{name}_FILE")
        if name in self.variables or file is None:
            return self.variables.get(name) or None
        try:
            return Path(file).read_text(encoding="utf-8").removesuffix("\n") or None
        except (OSError, ValueError):
            return None


@dataclass(frozen=True, slots=True)
class Missing:
    """Something that `effect` needs and that is not there: the handler, variable or secret called `name`.

    Or the secret is too short to be hidden.

    Or the permission to perform it by the standard effect `name`, for the reason `why`.

    Or the cell `effect` has code called `name` that cannot be used, for the reason `why`: it is not imported, has not
    that attribute, or is not callable as a cell.
    """

    effect: str
    kind: Literal["handler", "env", "secret", "short", "permission", "import", "attribute", "signature"]
    name: str
    why: str = ""


MISSING_CODES: Mapping[str, str] = {
    "handler": "E803",
    "env": "E804",
    "secret": "E805",
    "short": "E829",
    "permission": "E826",
    "import": "E870",
    "attribute": "E871",
    "signature": "E872",
}
"""The diagnostic of each kind of what is missing."""


def missing(program: Program, cell: str, handlers: Handlers, environment: Environment) -> tuple[Missing, ...]:
    """Return all that a run of `cell` can come to need and that is not there, in the order of the effects' names."""
    effects = (program.effects[name] for name in sorted(reached(program, cell) & program.effects.keys()))
    return tuple(lack for effect in effects for lack in _missing_of(effect, handlers, environment))


def reached(program: Program, cell: str) -> set[str]:
    """Return the cells and effects that a run of `cell` can come to, through other cells and as probes too."""
    callees: dict[str, list[str]] = {}
    for edge in program.calls.edges:
        callees.setdefault(edge.source, []).append(edge.target)
    seen, waiting = {cell}, [cell]
    while waiting:
        new = set(callees.get(waiting.pop(), ())) - seen
        seen |= new
        waiting += new
    probes = (program.effects[name].probe for name in seen & program.effects.keys())
    return seen | {probe for probe in probes if probe is not None}


def denied(effect: Effect, environment: Environment) -> str | None:
    """Return why `effect` may not be performed here; None where it may, or where no standard effect performs it."""
    return None if effect.binding is None else environment.permissions.denial(effect.binding.handler)


def _missing_of(effect: Effect, handlers: Handlers, environment: Environment) -> Iterator[Missing]:
    binding = effect.binding
    if binding is None and effect.wait is not None:
        return
    if binding is None:
        yield Missing(effect.name, "handler", effect.name)
        return
    why = denied(effect, environment)
    if why is not None:
        yield Missing(effect.name, "permission", binding.handler, why)
    if effect.wait is None and binding.handler != EMIT and handlers.get(binding.handler) is None:
        yield Missing(effect.name, "handler", binding.handler)
    yield from (Missing(effect.name, "env", name) for name in binding.env if environment.variable(name) is None)
    for name in binding.secrets:
        secret = environment.secret(name)
        if secret is None:
            yield Missing(effect.name, "secret", name)
        elif len(secret) < SHORTEST:
            yield Missing(effect.name, "short", name)
