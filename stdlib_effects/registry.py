"""The table of standard effects: their handlers for the runtime; `declared.py` has what the compiler needs of them.

A handler module is imported when the first of its effects is performed (`http` alone takes 100 ms). Each has a function
`handlers(surroundings)` that gives its handlers by effect name, and `NAME.cell.yaml` beside it declares them. Some
modules are only declared: programs with their effects compile, and `run` says that the handler is missing.
"""

from collections.abc import Callable, Mapping
from importlib import import_module

from cellc.runtime.ports import Handler
from cellc.stdlib_effects.declared import PERFORMED
from cellc.stdlib_effects.surroundings import Surroundings


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
