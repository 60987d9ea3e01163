"""What the standard handlers may know of the process that they work in. Injected, so that tests choose it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cellc.runtime.ports import Clock
from cellc.stdlib_effects.networks import Reach

_NONE: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Surroundings:
    """`say` prints a line for people; `folder` is where relative paths start; `forbidden` are the log's own files.

    Text files are read and written below `root`, by default below `folder`.

    `secret` returns the secret of a name, None where there is none. `reach` are the addresses that requests may go to.
    """

    clock: Clock
    say: Callable[[str], None]
    folder: Path = field(default_factory=Path.cwd)
    forbidden: frozenset[Path] = frozenset()
    secret: Callable[[str], str | None] = _NONE.get
    reach: Reach = field(default_factory=Reach)
    root: Path | None = None

    def resolve(self, path: str) -> Path:
        """Return the file that a program means by `path`. Raises Forbidden for a file of the log, by any name."""
        wanted = self.folder / path
        self.check(wanted, path)
        return wanted

    @property
    def files(self) -> Path:
        """The folder that text files are below."""
        return self.root or self.folder

    def check(self, wanted: Path, path: str) -> None:
        """Raise Forbidden where a file, that a program calls `path`, is one of the log's, by any name."""
        for own in self.forbidden:
            if own.exists() and wanted.exists() and own.samefile(wanted):
                raise Forbidden(f"{path} belongs to the log of this run")


class Forbidden(Exception):  # noqa: N818 -- named for what it says of the path
    """A program asked for a file that it must not touch."""
