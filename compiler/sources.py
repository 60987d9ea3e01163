"""Where modules come from. Apart from the rest of the compiler, so that who has a program already need not load it."""

from typing import Protocol

from cellc.language.span import Source

SUFFIX = ".cell.yaml"


class Unreadable(Exception):  # noqa: N818 -- named for what happened
    """A module's text cannot be had; the argument is the reason, in the user's words."""


class Sources(Protocol):
    """The texts of a compilation, by path."""

    def read(self, path: str) -> Source:
        """Return the text of the module at `path`. Raises Unreadable."""
        ...

    def standard(self, module: str) -> Source | None:
        """Return the text of the standard module ("http"), or None when there is none of that name."""
        ...

    def join(self, base: str, relative: str) -> str:
        """Return the path that `relative` means inside the module at `base`, the same text for the same module."""
        ...
