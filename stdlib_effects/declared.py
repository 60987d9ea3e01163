"""The standard modules and their declarations: what the compiler needs of them, without any of their handlers."""

import re
from pathlib import Path

PERFORMED = ("file", "http", "log", "mail", "process", "random", "sql", "time")
"""Modules with handlers."""

MODULES = tuple(sorted((*PERFORMED, "event", "human", "python", "status")))
"""All standard modules."""

UNPERFORMED = ("python.call",)
"""Effects that are declared, and that nothing performs yet."""

PACKAGES = {"mail": "aiosmtplib", "postgres": "psycopg"}
"""The package that effects cannot do without, by the extra of cellc that it comes with: the whole module `mail`, and
`sql` where the database is of PostgreSQL."""

POSTGRES = ("postgresql://", "postgresql+psycopg://")
"""How URLs of PostgreSQL begin."""

_HERE = Path(__file__).parent


def standard_effects() -> tuple[str, ...]:
    """Return the full names of all standard effects, without parsing their declarations."""
    return tuple(f"{module}.{name}" for module in MODULES for name in _declared(module))


def _declared(module: str) -> list[str]:
    _, _, effects = (_HERE / f"{module}.cell.yaml").read_text(encoding="utf-8").partition("\neffects:\n")
    return re.findall(r"^  (\w+):$", effects, re.MULTILINE)


def standard_source(module: str) -> tuple[str, str] | None:
    """Return the path and text of the declarations of a standard module, None when there is none of that name."""
    if module not in MODULES:
        return None
    path = _HERE / f"{module}.cell.yaml"
    return str(path), path.read_text(encoding="utf-8")
