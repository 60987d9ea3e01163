"""Text that knows where it may be broken, and its layout in lines of a width.

A `Doc` is text with possible breaks. A `Group` is laid out on one line when it fits, else all breaks that are directly
in it are taken; the groups inside then try again. This is the layout of Oppen and Wadler in its simplest form.
"""

from dataclasses import dataclass
from itertools import groupby
from typing import Final, TypeAlias, assert_never

STEP: Final = 2
"""How much deeper a block or the inside of a bracket is, in spaces."""


@dataclass(frozen=True, slots=True)
class Break:
    """A place where a line may end: `flat` where it does not. A `hard` one always ends the line."""

    flat: str = " "
    hard: bool = False


@dataclass(frozen=True, slots=True)
class Nest:
    """Its lines are one step deeper."""

    doc: "Doc"


@dataclass(frozen=True, slots=True)
class Choice:
    """Text that depends on whether the group around it is broken."""

    broken: str
    flat: str


@dataclass(frozen=True, slots=True)
class Remark:
    """A comment after which the line ends; `column` is where it was written, which keeps comments aligned."""

    text: str
    column: int


@dataclass(frozen=True, slots=True)
class Group:
    """See the module's docstring; made by `group`. `broken` when it cannot stand on one line."""

    doc: "Doc"
    broken: bool


Doc: TypeAlias = "str | Break | Nest | Choice | Remark | Group | tuple[Doc, ...]"

LINE: Final = Break()
SOFT: Final = Break("")
HARD: Final = Break(hard=True)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of output, and the comment at its end with the column in which that was written."""

    text: str
    comment: str = ""
    column: int = -1


def group(doc: Doc, *, broken: bool = False) -> Group:
    """Return `doc` as a group: `broken` from the start, or because something in it ends the line."""
    return Group(doc, broken or _must_break(doc))


def joined(separator: Doc, docs: list[Doc]) -> Doc:
    """Return `docs` with `separator` between them."""
    return tuple(part for doc in docs for part in (separator, doc))[1:]


def _must_break(doc: Doc) -> bool:
    match doc:
        case str() | Choice():
            return False
        case Break(_, hard):
            return hard
        case Nest(inner):
            return _must_break(inner)
        case Remark():
            return True
        case Group(_, broken):
            return broken
        case tuple():
            return any(_must_break(part) for part in doc)
        case _:
            assert_never(doc)


_Todo: TypeAlias = tuple[int, bool, Doc]  # indentation, whether breaks are taken, what to lay out


def lay_out(doc: Doc, width: int) -> list[Line]:
    """Return the lines of `doc`. A line is longer than `width` only where nothing in it can be broken."""
    page = _Page()
    todo: list[_Todo] = [(0, True, doc)]
    while todo:
        indent, broken, part = todo.pop()
        match part:
            case str():
                page.text += part
            case Choice():
                page.text += part.broken if broken else part.flat
            case Remark():
                page.comment = part
            case Break():
                if broken or part.hard:
                    page.end_line(indent)
                else:
                    page.text += part.flat
            case Nest():
                todo.append((indent + STEP, broken, part.doc))
            case Group():
                flat = not part.broken and _fits(part.doc, width - len(page.text), todo)
                todo.append((indent, not flat, part.doc))
            case tuple():
                todo.extend((indent, broken, piece) for piece in reversed(part))
            case _:
                assert_never(part)
    page.end_line(0)
    return page.lines


class _Page:
    def __init__(self) -> None:
        self.lines: list[Line] = []
        self.text = ""
        self.comment = Remark("", -1)

    def end_line(self, indent: int) -> None:
        self.lines.append(Line(self.text.rstrip(" "), self.comment.text, self.comment.column))
        self.text, self.comment = " " * indent, Remark("", -1)


def _fits(doc: Doc, room: int, after: list[_Todo]) -> bool:
    """Return whether `doc` without breaks, and what follows up to the next break, has room on this line."""
    todo: list[tuple[bool, Doc]] = [(False, doc)]
    behind = len(after)
    while room >= 0:
        if not todo:
            if behind == 0:
                return True
            behind -= 1
            todo.append(after[behind][1:])
        broken, part = todo.pop()
        match part:
            case str():
                room -= len(part)
            case Choice():
                room -= len(part.broken if broken else part.flat)
            case Remark():
                return True
            case Break():
                if broken:
                    return True
                room -= len(part.flat)
            case Nest():
                todo.append((broken, part.doc))
            case Group():
                # what follows may break at its first chance, whether or not it is broken already
                todo.append((broken or part.broken, part.doc))
            case tuple():
                todo.extend((broken, piece) for piece in reversed(part))
            case _:
                assert_never(part)
    return False


def with_comments(lines: list[Line]) -> list[str]:
    """Return the lines with their comments two spaces behind them.

    Comments of consecutive lines that were written in one column stay in one.
    """
    texts: list[str] = []
    for column, run in groupby(lines, key=lambda line: line.column if line.comment else -1):
        together = list(run)
        width = max(len(line.text) for line in together) if column >= 0 else 0
        texts.extend(f"{line.text:<{width}}  {line.comment}" if line.comment else line.text for line in together)
    return texts
