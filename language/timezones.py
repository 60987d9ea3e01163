"""The names of time zones, as the IANA database has them, so that a program reads the same on every machine."""

from functools import cache

from cellc.language.grammar_files import grammar_file


@cache
def timezones() -> frozenset[str]:
    """Return all names, those of former days too."""
    return frozenset(grammar_file("timezones.txt").split())
