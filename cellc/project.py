"""Programs on disk: finding them, reading them, and compiling each only when something has changed.

`check` and `run` share this door. A compiled program is kept in the user's cache folder under this build of cellc and
the program's path, together with the hash of every text that went into it; it is used when all of them are unchanged.
"""

import contextlib
import functools
import gc
import hashlib
import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeAlias

import msgspec

from cellc import cache
from cellc.compiler.sources import SUFFIX, Sources, Unreadable
from cellc.language.diagnostics import Diagnostic
from cellc.language.graph import Program
from cellc.language.interface import Interface
from cellc.language.span import Source
from cellc.stdlib_effects.declared import standard_source

MAX_BYTES = 8 * 1024 * 1024
"""A longer file cannot be a module, and is not even read (the compiler's own limit is lower, in characters)."""

TABLES = "grammar.tables"
"""The cache's name of the parser's tables, which cost more than a small program."""

NOTHING_GIVEN: Mapping[str, bytes] = MappingProxyType({})

STANDARD = " (standard module)"
"""What follows the name of a standard module where the path of its text is shown."""

SKIPPED_FOLDERS = frozenset({"node_modules", "__pycache__"})


Stamp: TypeAlias = tuple[int, int, int] | None
"""What changes with a file's content: time, size and inode; None when there is no such file."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What is known of a program: its graph where it has no errors, what is wrong, the texts, and what is noted.

    `stamps` are those of all files that were looked for, taken before each was read. `interface` is
    known only of what was compiled just now.
    """

    program: Program | None
    diagnostics: Sequence[Diagnostic]
    sources: Mapping[str, Source]
    notes: Sequence[Diagnostic] = ()
    stamps: Mapping[str, Stamp] = field(default_factory=dict)
    interface: Interface = field(default_factory=Interface)


def normalised(path: str) -> str:
    """Return `path` as it is shown and compared: no `./` and no detours, but relative where it was given so."""
    return os.path.normpath(path)


def programs_in(folder: str) -> Iterator[str]:
    """Yield the paths of all programs in `folder` and below, in order; hidden folders are left out."""
    for here, folders, files in os.walk(folder):
        folders[:] = sorted(f for f in folders if not f.startswith(".") and f not in SKIPPED_FOLDERS)
        yield from (os.path.normpath(os.path.join(here, f)) for f in sorted(files) if f.endswith(SUFFIX))  # noqa: PTH118 -- keeps the path as the user gave it


def check(path: str, given: Mapping[str, bytes] = NOTHING_GIVEN, handlers: str | None = None) -> Checked:
    """Compile the program at `path`, or take it from the cache when nothing has changed.

    Files that are `given` have that content, whatever is on disk; nothing is then kept. Effects are bound as the file
    at `handlers` says.
    """
    if given:
        return _compile(path, FileSources(given), handlers)
    sources = FileSources()
    name = _entry_name(path, handlers)
    found = _cached(name, sources)
    if found is None:
        sources = FileSources()
        found = _compile(path, sources, handlers)
        if not sources.failed:
            _keep(name, found)
    return found


def check_anew(path: str) -> Checked:
    """Compile the program at `path`, whatever is kept of it; its `interface` is known then."""
    return _compile(path, FileSources())


def check_in(path: str, sources: Sources) -> Checked:
    """Compile the program at `path` with texts that do not come from files; nothing is kept."""
    return _compiled(path, sources, {})


def _compile(path: str, sources: "FileSources", handlers: str | None = None) -> Checked:
    return _compiled(path, sources, sources.stamps, handlers)


def _compiled(path: str, sources: Sources, stamps: Mapping[str, Stamp], handlers: str | None = None) -> Checked:
    from cellc.compiler.pipeline import compile_module  # noqa: PLC0415 -- an unchanged program does not pay for it

    prepare_parser()
    with without_collector():
        compiled = compile_module(path, sources, handlers)
    return Checked(compiled.program, compiled.diagnostics, compiled.sources, compiled.notes, stamps, compiled.interface)


@contextlib.contextmanager
def without_collector() -> Iterator[None]:
    """Keep the garbage collector from looking through trees that all stay: that took a fifth of a compilation."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


@functools.cache
def prepare_parser() -> None:
    """Take the parser's tables from the cache, or put them there."""
    from cellc.language.parser import tables, use_tables  # noqa: PLC0415 -- as above

    if not use_tables(cache.read(TABLES) or b""):
        cache.write(TABLES, tables())


def stamp(path: str) -> Stamp:
    """Return the stamp of a file, links followed."""
    try:
        found = os.stat(path)  # noqa: PTH116 -- many times a second under `--watch`
    except (OSError, ValueError):
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


class FileSources:
    """`compiler.load.Sources` over files. Paths stay as the user gave them, normalised. `failed`: one was not read."""

    def __init__(self, given: Mapping[str, bytes] = NOTHING_GIVEN) -> None:
        self._given = given
        self.failed = False
        self.stamps: dict[str, Stamp] = {}

    def read(self, path: str) -> Source:
        """Return the text of the module at `path`. Raises Unreadable."""
        self.stamps.setdefault(path, stamp(path))
        try:
            return Source(path, decoded(self._given[path]) if path in self._given else read_text(Path(path)))
        except Unreadable:
            self.failed = True
            raise

    def standard(self, module: str) -> Source | None:
        """Return the text of a standard module; it is told by its name, wherever it is installed."""
        found = standard_source(module)
        return Source(module + STANDARD, found[1]) if found else None

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
        _refuse_size(found.st_size)
        return decoded(path.read_bytes())
    except (OSError, ValueError) as problem:
        raise Unreadable(_reason(problem)) from None


def decoded(data: bytes) -> str:
    """Return the text of a module. Raises Unreadable."""
    _refuse_size(len(data))
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as problem:
        raise Unreadable(f"it is not UTF-8 text (byte {problem.start})") from None


def _refuse_size(size: int) -> None:
    if size > MAX_BYTES:
        raise Unreadable(f"it has {size / 1024 / 1024:.1f} MiB, too much for a module")


def _reason(problem: OSError | ValueError) -> str:
    if isinstance(problem, FileNotFoundError | NotADirectoryError):
        return "there is no such file"
    if isinstance(problem, OSError) and problem.strerror:
        return problem.strerror.lower()
    return str(problem)


class _Entry(msgspec.Struct, frozen=True):
    """One cached program: the cellc that compiled it, the hash of each file's text by path, and what was found.

    `standard` are the modules of that cellc that the program uses: their texts are part of the build.
    """

    build: str
    texts: dict[str, str]
    standard: list[str]
    diagnostics: list[Diagnostic]
    notes: list[Diagnostic]
    program: Program | None


def _entry_name(path: str, handlers: str | None) -> str:
    key = "\0".join((str(Path.cwd()), path, *(() if handlers is None else (handlers,))))
    return f"{hashlib.sha256(key.encode('utf-8', 'surrogateescape')).hexdigest()}.json"


def _cached(name: str, sources: "FileSources") -> Checked | None:
    """Return what was kept of a program when every text of it is unchanged."""
    try:
        entry = msgspec.json.decode(cache.read(name) or b"", type=_Entry)
        texts = {path: sources.read(path) for path in entry.texts}
    except (ValueError, Unreadable):
        return None
    if entry.build != cache.build() or any(_hash(texts[path].text) != kept for path, kept in entry.texts.items()):
        return None
    found = [source for module in entry.standard if (source := sources.standard(module))]
    texts |= {source.path: source for source in found}
    return Checked(entry.program, entry.diagnostics, texts, entry.notes, sources.stamps)


def _keep(name: str, checked: Checked) -> None:
    texts = {path: _hash(checked.sources[path].text) for path in checked.stamps if path in checked.sources}
    standard = [path.removesuffix(STANDARD) for path in checked.sources.keys() - texts.keys()]
    entry = _Entry(
        cache.build(), texts, sorted(standard), list(checked.diagnostics), list(checked.notes), checked.program
    )
    cache.write(name, msgspec.json.encode(entry, enc_hook=_plain))


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _plain(value: Any) -> dict[str, str]:
    """Encode the read-only mappings of diagnostics."""
    return dict(value)
