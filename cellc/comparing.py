"""From what the user names as OLD and NEW to two compiled programs, or to the end of the command."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from cellc import project
from cellc.compiler.sources import Unreadable
from cellc.exits import CannotDo, Refused, problem
from cellc.git_sources import PREFIX, GitSources
from cellc.language.graph import FORMAT, PlaceInFile, Program, canonical, load
from cellc.language.span import Source, Span

_GRAPH = ".json"


@dataclass(frozen=True, slots=True)
class Named:
    """One side of a comparison, as the user named it: its program, and its texts as far as they are there."""

    path: str
    program: Program
    sources: Mapping[str, Source] = field(default_factory=dict)


def load_side(path: str) -> Named:
    """Return the program that `path` names: a file, `git:REV:path`, or a graph in JSON. Raises Refused, CannotDo."""
    if path.startswith(PREFIX):
        return _from_git(path)
    if path.endswith(_GRAPH):
        return Named(path, _graph(path))
    shown = project.normalised(path)
    return _side(shown, project.check(shown))


def _from_git(path: str) -> Named:
    near = "name it as `git:REV:path`, the path from the root of the repository, or from here with `./`"
    try:
        sources = GitSources(path)
        main = sources.main
        sources.read(main)
    except Unreadable as reason:
        raise CannotDo(problem("E706", path=path, reason=str(reason), near=near)) from None
    return _side(main, project.check_in(main, sources))


def _side(path: str, checked: project.Checked) -> Named:
    if checked.program is None:
        unread = any(d.code == "E100" for d in checked.diagnostics)
        if unread:
            raise CannotDo(checked.diagnostics, checked.sources)
        mend = (
            "compare with a revision that is right"
            if path.startswith(PREFIX)
            else f"mend it first: `cellc check {path}`"
        )
        raise Refused((*checked.diagnostics, *problem("E707", path=path, help=mend)), checked.sources)
    return Named(path, checked.program, checked.sources)


def _graph(path: str) -> Program:
    try:
        program = load(Path(path).read_bytes())
    except OSError as reason:
        raise _unread(path, (reason.strerror or str(reason)).lower()) from None
    except (msgspec.ValidationError, msgspec.DecodeError) as reason:
        raise _unread(path, str(reason)) from None
    if program.format > FORMAT:
        raise _unread(path, f"a newer cellc wrote it (format {program.format}, this one knows {FORMAT})")
    if program.contract is None:
        raise _unread(path, "an earlier cellc wrote it, without the module's contract")
    if hashlib.sha256(canonical(program)).hexdigest() != program.sha256:
        raise _unread(path, "it is not as cellc wrote it: its hash is another")
    return _without_texts(program, path)


def _unread(path: str, reason: str) -> CannotDo:
    return CannotDo(problem("E705", Span(path, 0, 0), path=path, reason=reason))


def _without_texts(program: Program, path: str) -> Program:
    """Name places so that nobody takes them for those of a file that is here now: their text is not."""

    def placed(place: PlaceInFile) -> PlaceInFile:
        file, start, end, line = place
        return f"{path}#{file}:{line}", start, end, line

    declared = {name: placed(place) for name, place in program.declared.items()}
    return msgspec.structs.replace(program, declared=declared)
