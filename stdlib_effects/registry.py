"""The table of standard effects: their declarations for the compiler, their handlers for the runtime.

A handler module is imported when the first of its effects is performed (`http` alone takes 100 ms). Each has a function
`handlers(surroundings)` that gives its handlers by effect name, and `NAME.cell.yaml` beside it declares them. Some
modules are only declared: programs with their effects compile, and `run` says that the handler is missing.
"""

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path

from cellc.runtime.ports import Handler
from cellc.stdlib_effects.surroundings import Surroundings

PERFORMED = ("file", "http", "log", "random", "sql", "time")
"""Modules with handlers."""

MODULES = tuple(sorted((*PERFORMED, "event", "human", "mail", "process", "python", "status")))
"""All standard modules."""

UNPERFORMED = (
    "event.emit",
    "event.wait",
    "human.task",
    "log.debug",
    "log.error",
    "log.warn",
    "mail.send",
    "process.run",
    "python.call",
    "random.float",
    "random.int",
    "status.set",
)
"""Effects that are declared, and that nothing performs yet."""

_HERE = Path(__file__).parent


def standard_source(module: str) -> tuple[str, str] | None:
    """Return the path and text of the declarations of a standard module, None when there is none of that name."""
    if module not in MODULES:
        return None
    path = _HERE / f"{module}.cell.yaml"
    return str(path), path.read_text(encoding="utf-8")


class StandardHandlers:
    """`ports.Handlers` for the standard effects."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._surroundings = surroundings
        self._open: dict[str, Mapping[str, Handler]] = {}

    def get(self, effect: str) -> Handler | None:
        """Return the handler of `effect`, or None when there is none."""
        module = effect.partition(".")[0]
        if module not in PERFORMED:
            return None
        if module not in self._open:
            self._open[module] = _load(module)(self._surroundings)
        return self._open[module].get(effect)

    async def close(self) -> None:
        """Close every handler that was opened."""
        for handlers in self._open.values():
            for handler in handlers.values():
                await handler.close()
        self._open.clear()


def _load(module: str) -> Callable[[Surroundings], Mapping[str, Handler]]:
    handlers: Callable[[Surroundings], Mapping[str, Handler]] = import_module(f"{__package__}.{module}").handlers
    return handlers
