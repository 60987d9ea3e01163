"""The two streams of a command: data on stdout, all else on stderr, each in colour where it can show it."""

import os
import shutil
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import IO, Any, Literal, TypeAlias

import click

ColorChoice: TypeAlias = Literal["auto", "always", "never"]

Paint: TypeAlias = Callable[[str, str], str]
"""Takes a text and a style (a key of `STYLES`); returns the text with or without colour."""

STYLES: Mapping[str, Mapping[str, Any]] = {
    "error": {"fg": "red", "bold": True},
    "warning": {"fg": "yellow", "bold": True},
    "note": {"fg": "cyan", "bold": True},
    "good": {"fg": "green"},
    "strong": {"bold": True},
    "frame": {"fg": "blue", "bold": True},
    "help": {"fg": "cyan", "bold": True},
    "dim": {"dim": True},
}


@dataclass(frozen=True, slots=True)
class Terminal:
    """What a command writes to. `color` is what the user asked for."""

    color: ColorChoice = "auto"

    @property
    def paint(self) -> Paint:
        """How to colour what goes to stdout."""
        return painter(color=takes_color(self.color, sys.stdout, os.environ))

    @property
    def paint_aside(self) -> Paint:
        """How to colour what goes to stderr."""
        return painter(color=takes_color(self.color, sys.stderr, os.environ))

    @property
    def width(self) -> int:
        """How many cells a line of stdout has: COLUMNS, the terminal's width, or 80 where there is none."""
        return shutil.get_terminal_size(fallback=(80, 24)).columns

    @property
    def redraws(self) -> bool:
        """Whether stderr is a terminal on which lines can be drawn again."""
        return sys.stderr.isatty() and os.environ.get("TERM") != "dumb"

    def write(self, text: str) -> None:
        """Write data, one or more lines, to stdout."""
        click.echo(text, color=True)

    def write_bytes(self, content: bytes) -> None:
        """Write the content of a file to stdout, as it is."""
        click.echo(content, nl=False)

    def say(self, text: str) -> None:
        """Write a line for people to stderr."""
        click.echo(text, err=True, color=True)

    def say_blocks(self, blocks: Iterable[str]) -> None:
        """Write paragraphs for people to stderr, an empty line after each."""
        for block in blocks:
            self.say(f"{block}\n")


def takes_color(choice: ColorChoice, stream: IO[str], environment: Mapping[str, str]) -> bool:
    """Return whether to colour `stream`: the flag decides, then NO_COLOR, FORCE_COLOR, TERM=dumb, then the stream."""
    if choice != "auto":
        return choice == "always"
    if environment.get("NO_COLOR"):
        return False
    if environment.get("FORCE_COLOR"):
        return True
    return environment.get("TERM") != "dumb" and stream.isatty()


def painter(*, color: bool) -> Paint:
    """Return a `Paint` that adds colour, or one that leaves text alone."""
    return _paint if color else _leave


def _paint(text: str, style: str) -> str:
    return click.style(text, **STYLES[style])


def _leave(text: str, _style: str) -> str:
    return text
