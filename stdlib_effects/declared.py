"""The standard modules and their declarations: what the compiler needs of them, without any of their handlers."""

from pathlib import Path

PERFORMED = ("file", "http", "log", "random", "sql", "time")
"""Modules with handlers."""

MODULES = tuple(sorted((*PERFORMED, "event", "human", "mail", "process", "python", "status")))
"""All standard modules."""

UNPERFORMED = (
    "log.debug",
    "log.error",
    "log.warn",
    "mail.send",
    "process.run",
    "python.call",
    "random.float",
    "random.int",
)
"""Effects that are declared, and that nothing performs yet."""

_HERE = Path(__file__).parent


def standard_source(module: str) -> tuple[str, str] | None:
    """Return the path and text of the declarations of a standard module, None when there is none of that name."""
    if module not in MODULES:
        return None
    path = _HERE / f"{module}.cell.yaml"
    return str(path), path.read_text(encoding="utf-8")
