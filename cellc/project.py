"""Programs on disk: finding them, reading them, and compiling each only when something has changed.

`check` and `run` share this door. A compiled program is kept in the user's cache folder under this build of cellc and
the program's path, together with the hash of every text that went into it; it is used when all of them are unchanged.
"""

import contextlib
import hashlib
import os
import stat
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from cellc.compiler.sources import SUFFIX, Unreadable
from cellc.language.diagnostics import Diagnostic
from cellc.language.graph import Program
from cellc.language.span import Source
from cellc.settings import build, cache_folder
from cellc.stdlib_effects.registry import standard_source

MAX_BYTES = 8 * 1024 * 1024
"""A longer file cannot be a module, and is not even read (the compiler's own limit is lower, in characters)."""

SKIPPED_FOLDERS = frozenset({"node_modules", "__pycache__"})


@dataclass(frozen=True, slots=True)
class Checked:
    """What is known of a program: its diagnostics, the texts they point into, and its graph where it has no errors."""

    program: Program | None
    diagnostics: Sequence[Diagnostic]
    sources: Mapping[str, Source]


def normalised(path: str) -> str:
    """Return `path` as it is shown and compared: no `./` and no detours, but relative where it was given so."""
    return os.path.normpath(path)


def programs_in(folder: str) -> Iterator[str]:
    """Yield the paths of all programs in `folder` and below, in order; hidden folders are left out."""
    for here, folders, files in os.walk(folder):
        folders[:] = sorted(f for f in folders if not f.startswith(".") and f not in SKIPPED_FOLDERS)
        yield from (os.path.normpath(os.path.join(here, f)) for f in sorted(files) if f.endswith(SUFFIX))  # noqa: PTH118 -- keeps the path as the user gave it


def check(path: str) -> Checked:
    """Compile the program at `path`, or take it from the cache when nothing has changed."""
    sources = FileSources()
    cache = _Cache.open(path)
    found = cache.find(sources) if cache else None
    if found is None:
        found = _compile(path, sources)
        if cache and not sources.failed:
            cache.keep(found)
    return found


def _compile(path: str, sources: "FileSources") -> Checked:
    from cellc.compiler.pipeline import compile_module  # noqa: PLC0415 -- an unchanged program does not pay for it

    compiled = compile_module(path, sources)
    return Checked(compiled.program, compiled.diagnostics, compiled.sources)


class FileSources:
    """`compiler.load.Sources` over files. Paths stay as the user gave them, normalised. `failed`: one was not read."""

    def __init__(self) -> None:
        self.failed = False

    def read(self, path: str) -> Source:
        """Return the text of the module at `path`. Raises Unreadable."""
        try:
            return Source(path, read_text(Path(path)))
        except Unreadable:
            self.failed = True
            raise

    def standard(self, module: str) -> Source | None:
        """Return the text of a standard module."""
        found = standard_source(module)
        return Source(*found) if found else None

    def join(self, base: str, relative: str) -> str:
        """Return the path that `relative` means inside the module at `base`."""
        return os.path.normpath(os.path.join(os.path.dirname(base), relative))  # noqa: PTH118, PTH120 -- as in programs_in


def read_text(path: Path) -> str:
    """Return the text of a file that a user named. Raises Unreadable with the reason."""
    try:
        found = path.stat()
        if stat.S_ISDIR(found.st_mode):
            raise Unreadable("it is a folder")
        if not stat.S_ISREG(found.st_mode):
            raise Unreadable("it is not a regular file")
        if found.st_size > MAX_BYTES:
            raise Unreadable(f"it has {found.st_size / 1024 / 1024:.1f} MiB, too much for a module")
        return path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as problem:
        raise Unreadable(f"it is not UTF-8 text (byte {problem.start})") from None
    except (OSError, ValueError) as problem:
        raise Unreadable(_reason(problem)) from None


def _reason(problem: OSError | ValueError) -> str:
    if isinstance(problem, FileNotFoundError | NotADirectoryError):
        return "there is no such file"
    if isinstance(problem, OSError) and problem.strerror:
        return problem.strerror.lower()
    return str(problem)


class _Entry(msgspec.Struct, frozen=True):
    """One cached program: the hash of each text, by path; diagnostics; the graph."""

    texts: dict[str, str]
    diagnostics: list[Diagnostic]
    program: Program | None


class _Cache:
    """The cache entry of one program. Whatever is wrong with it, it is only as if it were not there."""

    def __init__(self, file: Path) -> None:
        self._file = file

    @classmethod
    def open(cls, path: str) -> "_Cache | None":
        folder = cache_folder()
        if folder is None:
            return None
        name = hashlib.sha256(f"{build()}\0{Path.cwd()}\0{path}".encode("utf-8", "surrogateescape")).hexdigest()
        return cls(folder / f"{name}.json")

    def find(self, sources: FileSources) -> Checked | None:
        """Return what was kept when every text is unchanged."""
        try:
            entry = msgspec.json.decode(self._file.read_bytes(), type=_Entry)
            texts = {path: sources.read(path) for path in entry.texts}
        except (OSError, ValueError, Unreadable):
            return None
        if any(_hash(texts[path].text) != kept for path, kept in entry.texts.items()):
            return None
        return Checked(entry.program, entry.diagnostics, texts)

    def keep(self, checked: Checked) -> None:
        """Write the entry, whole or not at all."""
        texts = {path: _hash(source.text) for path, source in checked.sources.items()}
        entry = _Entry(texts, list(checked.diagnostics), checked.program)
        with contextlib.suppress(OSError):
            descriptor, temporary = tempfile.mkstemp(dir=self._file.parent)
            with os.fdopen(descriptor, "wb") as file:
                file.write(msgspec.json.encode(entry, enc_hook=_plain))
            Path(temporary).replace(self._file)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _plain(value: Any) -> dict[str, str]:
    """Encode the read-only mappings of diagnostics."""
    return dict(value)
