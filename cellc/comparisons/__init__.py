"""The forms in which `cellc migrate` tells what it found: each is a module, imported when it is used."""

from collections.abc import Iterator
from importlib import import_module
from typing import Protocol, cast

from cellc.comparisons.verdicts import Verdicts
from cellc.formats.findings import Look

FORMATS = ("full", "concise", "json", "markdown", "github")
"""The names of the forms, which are their modules' names here too."""


class Format(Protocol):
    """A form: gives the output in blocks, each without the line break at its end."""

    def __call__(self, verdicts: Verdicts, look: Look) -> Iterator[str]:
        """Tell `verdicts`. `look` is heeded by the form for people only."""


def form(name: str) -> Format:
    """Return a form of the table."""
    return cast("Format", import_module(f"{__name__}.{name}").tell)
