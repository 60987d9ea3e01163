"""What a process lets its runs touch: patterns of standard effects (`http.*`), which is where programs meet the world.

They are asked before a run starts, and again before each request: of a run that is resumed, too.
"""

from dataclasses import dataclass
from fnmatch import fnmatchcase

INSIDE = frozenset({"event", "human", "log", "random", "status", "time"})
"""Standard modules that touch nothing but the log and the terminal: `allow` does not have to name them."""

BY_NAME = frozenset({"process", "python"})
"""Standard modules that start code of this machine: only patterns that begin with their name allow them."""


@dataclass(frozen=True, slots=True)
class Permissions:
    """Patterns of standard effects. What `deny` matches is denied; with `allow`, also what none of it matches."""

    allow: tuple[str, ...] | None = None
    deny: tuple[str, ...] = ()

    def denial(self, effect: str) -> str | None:
        """Return why the standard effect called `effect` may not be performed; None where it may."""
        denied = next((pattern for pattern in self.deny if fnmatchcase(effect, pattern)), None)
        if denied is not None:
            return f"`{denied}` is denied"
        module = effect.partition(".")[0]
        if module in INSIDE:
            return None
        if module in BY_NAME:
            named = (p for p in self.allow or () if p.startswith(f"{module}.") and fnmatchcase(effect, p))
            return None if any(named) else "it starts code of this machine, so it must be allowed by its name"
        if self.allow is None or any(fnmatchcase(effect, pattern) for pattern in self.allow):
            return None
        only = ", ".join(f"`{pattern}`" for pattern in self.allow)
        return f"only {only} is allowed" if only else "nothing is allowed"
