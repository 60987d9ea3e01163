"""What a check found, as all forms get it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePath

from cellc.language.diagnostics import Diagnostic
from cellc.language.span import Source, Span
from cellc.render import WIDTH
from cellc.terminal import Paint


@dataclass(frozen=True, slots=True)
class Findings:
    """The programs that were checked, all problems in the order in which they are told, and all modules' texts.

    `stamps` say which state of each file that is: see `project.Stamp`.
    """

    files: tuple[str, ...]
    diagnostics: tuple[Diagnostic, ...]
    sources: Mapping[str, Source] = field(default_factory=dict)
    stamps: Mapping[str, tuple[int, int, int] | None] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        """Whether everything could be read and written that had to be."""
        return not any(map(is_barred, self.diagnostics))

    @property
    def files_told(self) -> tuple[str, ...]:
        """The checked programs, and the other files that problems are in, each once."""
        return tuple(dict.fromkeys((*self.files, *(d.span.file for d in self.diagnostics if d.span.file))))

    def place(self, span: Span) -> "Place":
        """Return lines and columns of a span; a file without a text has only its first character."""
        source = self.sources.get(span.file) or Source(span.file, "")
        start, end = source.position(span.start), source.position(span.end)
        return Place(PurePath(span.file).as_posix(), start.line, start.column, end.line, end.column)


def is_barred(diagnostic: Diagnostic) -> bool:
    """Return whether a problem is that a file was not there, or could not be read or written."""
    return diagnostic.code in {"E100", "E820", "E821"}


@dataclass(frozen=True, slots=True)
class Place:
    """A stretch of a file as tools want it: lines and columns from 1, in characters, the end exclusive."""

    path: str
    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True)
class Look:
    """How output for people looks: its colours, and the cells of a line."""

    paint: Paint
    width: int = WIDTH
