"""The forms in which `cellc check` tells what it found: each is a module, imported when it is used."""

from collections.abc import Iterator
from importlib import import_module
from typing import Protocol, cast

from cellc.formats.findings import Findings, Look

FORMATS = ("full", "concise", "json", "github", "sarif", "junit")
"""The names of the forms, which are their modules' names here too."""


class Format(Protocol):
    """A form: gives the output in blocks, each without the line break at its end."""

    def __call__(self, findings: Findings, look: Look) -> Iterator[str]:
        """Tell `findings`. `look` is heeded by forms for people only."""


def form(name: str) -> Format:
    """Return a form of the table."""
    return cast("Format", import_module(f"{__name__}.{name}").tell)
