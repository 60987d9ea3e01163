"""Python text in lines of at most 88 characters, as `ruff format` would leave it.

What does not fit on its line is opened: its parts stand on lines of their own, each with a comma behind it, which keeps
the formatter from joining them again; the arms of a union too, behind bars.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

WIDTH = 88
INDENT = 4


@dataclass(frozen=True, slots=True)
class Bracket:
    """`head` and `tail` with parts between them: `Annotated[` ... `]`."""

    head: str
    parts: tuple["Node", ...]
    tail: str


@dataclass(frozen=True, slots=True)
class Either:
    """`A | B`."""

    arms: tuple["Node", ...]


Node: TypeAlias = str | Bracket | Either


def flat(node: Node) -> str:
    """Return the node on one line."""
    match node:
        case str():
            return node
        case Bracket(head, parts, tail):
            return f"{head}{', '.join(map(flat, parts))}{tail}"
        case Either(arms):
            return " | ".join(map(flat, arms))


def lines(node: Node, depth: int = 0, *, before: str = "", after: str = "", inside: bool = False) -> Iterator[str]:
    """Yield the lines of a node that stands between `before` and `after`, `depth` levels in.

    `inside` brackets a union needs none of its own to go over several lines.
    """
    margin = " " * (INDENT * depth)
    whole = f"{margin}{before}{flat(node)}{after}"
    match node:
        case Either(arms) if len(whole) > WIDTH and inside:
            for index, arm in enumerate(arms):
                bar, end = "| " if index else before, after if index == len(arms) - 1 else ""
                yield from lines(arm, depth, before=bar, after=end, inside=True)
        case Either() if len(whole) > WIDTH:
            yield f"{margin}{before}("
            yield from lines(node, depth + 1, inside=True)
            yield f"{margin}){after}"
        case Bracket(head, parts, tail) if len(whole) > WIDTH and parts:
            yield f"{margin}{before}{head}"
            comma = "" if head.endswith("[") and len(parts) == 1 else ","  # a comma would make a tuple of it
            for part in parts:
                yield from lines(part, depth + 1, after=comma, inside=True)
            yield f"{margin}{tail}{after}"
        case _:
            yield whole


def quoted(text: str) -> str:
    """Return `text` as a string literal, with the quotes that need fewer escapes."""
    mark = "'" if text.count('"') > text.count("'") else '"'
    return f"{mark}{''.join(_escaped(character, mark) for character in text)}{mark}"


def _escaped(character: str, mark: str) -> str:
    if character in {"'", '"'}:
        return f"\\{character}" if character == mark else character
    return repr(character)[1:-1]


def raw(text: str) -> str:
    """Return `text` as a raw string literal where that is possible and easier to read."""
    is_plain = text.isprintable() and '"' not in text and not text.endswith("\\")
    return f'r"{text}"' if "\\" in text and is_plain else quoted(text)


def docstring(text: str, depth: int) -> list[str]:
    """Return the lines of a docstring: a sentence, then what follows it after an empty line; none for no text."""
    if not text.strip():
        return []
    margin = " " * (INDENT * depth)
    safe = text.strip().replace("\\", "\\\\").replace('"""', "'''")
    rows = [row.strip() for row in safe.splitlines()]
    if rows[0].startswith('"'):
        rows[0] = f" {rows[0]}"
    if len(rows) == 1:
        end = " " if rows[0].endswith('"') else ""
        return [f'{margin}"""{rows[0]}{end}"""']
    return [f'{margin}"""{rows[0]}', *(f"{margin}{row}" if row else "" for row in rows[1:]), f'{margin}"""']
