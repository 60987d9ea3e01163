"""The names of time zones, as the IANA database has them, so that a program reads the same on every machine."""

from functools import cache
from importlib.resources import files


@cache
def timezones() -> frozenset[str]:
    """Return all names, those of former days too."""
    return frozenset(files("cellc.grammar").joinpath("timezones.txt").read_text(encoding="utf-8").split())
