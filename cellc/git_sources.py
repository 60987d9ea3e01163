"""Programs as a Git revision has them: `git:REV:path`.

The path is as Git has it: from the root of the repository, or from the working directory with `./` or `../` in front.
"""

import posixpath
import subprocess
from functools import cached_property

from cellc.compiler.sources import Unreadable
from cellc.language.span import Source
from cellc.project import decoded
from cellc.stdlib_effects.declared import standard_source

PREFIX = "git:"


class GitSources:
    """`compiler.load.Sources` over one revision. Paths are `git:REV:path`, with the path from the repository's root."""

    def __init__(self, named: str) -> None:
        """Take the revision from what the user named. Raises Unreadable where that is not `git:REV:path`."""
        self._revision, colon, self._path = named.removeprefix(PREFIX).partition(":")
        if not (self._revision and colon and self._path) or self._revision.startswith("-"):
            raise Unreadable("it is not of the form `git:REV:path`")

    @property
    def main(self) -> str:
        """The path of the program that the user named. Raises Unreadable where there is no repository."""
        path = self._path
        if path.startswith(("./", "../")):
            path = posixpath.normpath(posixpath.join(self._here, path))
        return self._named(posixpath.normpath(path))

    def read(self, path: str) -> Source:
        """Return the text of the module at `path`. Raises Unreadable."""
        inside = path.removeprefix(self._named(""))
        if inside.startswith("../"):
            raise Unreadable("it is outside of the repository")
        found = _git("cat-file", "blob", f"{self._commit}:{inside}")
        if found is None:
            raise Unreadable(f"there is no file `{inside}` in the revision `{self._revision}`")
        return Source(path, decoded(found))

    def standard(self, module: str) -> Source | None:
        """Return the text of a standard module."""
        found = standard_source(module)
        return Source(*found) if found else None

    def join(self, base: str, relative: str) -> str:
        """Return the path that `relative` means inside the module at `base`."""
        inside = posixpath.dirname(base.removeprefix(self._named("")))
        return self._named(posixpath.normpath(posixpath.join(inside, relative)))

    def _named(self, inside: str) -> str:
        return f"{PREFIX}{self._revision}:{inside}"

    @cached_property
    def _here(self) -> str:
        """The working directory, from the root of the repository."""
        found = _git("rev-parse", "--show-prefix")
        if found is None:
            raise Unreadable("this folder is not in a Git repository")
        return found.decode("utf-8", "surrogateescape").strip()

    @cached_property
    def _commit(self) -> str:
        self._here  # noqa: B018 -- without a repository there is no revision to look for
        found = _git("rev-parse", "--verify", "--quiet", f"{self._revision}^{{commit}}")
        if found is None:
            raise Unreadable(f"the repository has no revision `{self._revision}`")
        return found.decode("ascii").strip()


def _git(*arguments: str) -> bytes | None:
    """Return what Git prints, None where it says no. Raises Unreadable where there is no Git."""
    try:
        done = subprocess.run(["git", *arguments], capture_output=True, check=False, stdin=subprocess.DEVNULL)  # noqa: S603, S607 -- the user's own Git
    except OSError:
        raise Unreadable("Git is not installed here") from None
    return done.stdout if done.returncode == 0 else None
