"""The tree of a run, drawn in lines for people, and as JSON data."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from cellc.runtime.core.tree import Branch
from cellc.terminal import Paint

MARKS: Mapping[str, tuple[str, str]] = {
    "done": ("✓", "good"),
    "skipped": ("-", "dim"),
    "waiting": ("·", "dim"),
    "running": ("▸", "strong"),
    "retrying": ("↻", "warning"),
    "probing": ("?", "warning"),
    "timer": ("◷", "strong"),
    "event": ("◇", "strong"),
    "task": ("☐", "strong"),
    "undoing": ("↶", "warning"),
    "stalled": ("!", "error"),
    "fault": ("!", "error"),
}
"""A sign and a style for each state of a branch."""

MEMBERS = 10
"""Members of a group that are drawn; those that need somebody come before others."""

_GROUPS = frozenset({"par", "race", "quorum"})
_URGENT = frozenset({"stalled", "fault"})

_Piece = tuple[str, str]
"""A text and its style, empty for none."""


def tree_lines(branch: Branch, paint: Paint, width: int, indent: str = "") -> Iterator[str]:
    """Yield the lines of a run's tree, none wider than `width`; what is very deep is indented no further."""
    indent = indent[: width // 2]
    yield _drawn([(indent, ""), *_pieces(branch)], paint, width)
    drawn = _drawn_members(branch) if branch.kind in _GROUPS else branch.inside
    for inside in drawn:
        yield from tree_lines(inside, paint, width, indent + "  ")
    left = len(branch.inside) - len(drawn)
    if left:
        yield _drawn([(f"{indent}  … and {left} more in flight", "dim")], paint, width)


def _drawn_members(branch: Branch) -> Sequence[Branch]:
    numbered = sorted(enumerate(branch.inside), key=lambda pair: pair[1].state not in _URGENT)
    return [member for _, member in sorted(numbered[:MEMBERS], key=lambda pair: pair[0])]


def _pieces(branch: Branch) -> Iterator[_Piece]:
    sign, style = MARKS[branch.state]
    yield sign, style
    yield f" {_name(branch)}", ""
    if branch.callee:
        yield f"  {branch.callee}", "dim"
    count = _count(branch)
    if count:
        yield f"  {count}", ""
    if branch.state not in {"done", "waiting", "running"}:
        yield f"  {branch.state}", style
    if branch.detail:
        yield f"  then {branch.detail}" if branch.detail[0].isalpha() else f"  {branch.detail}", ""
    if branch.until is not None:
        yield f"  until {branch.until:%Y-%m-%d %H:%M:%S}Z", "dim"


def _name(branch: Branch) -> str:
    match branch.kind:
        case "undo":
            return f"undo of {branch.name}"
        case kind if kind in _GROUPS and branch.name.partition("#")[0] != kind:
            return f"{branch.name}  {kind}"
        case _:
            return branch.name


def _count(branch: Branch) -> str:
    if branch.kind in _GROUPS:
        return f"{branch.done} of {branch.total} done"
    if branch.kind in {"for", "while", "until"}:
        return f"round {branch.done}{f' of {branch.total}' if branch.total else ''}"
    return ""


def _drawn(pieces: Sequence[_Piece], paint: Paint, width: int) -> str:
    """Return pieces as one line; what would be too wide is cut."""
    line, left = "", max(width, 20)
    total = sum(len(text) for text, _ in pieces)
    for text, style in pieces:
        shown = text if total <= max(width, 20) or len(text) < left else f"{text[: left - 1]}…"
        line += paint(shown, style) if style else shown
        left -= len(shown)
        if left == 0:
            break
    return line


def tree_data(branch: Branch) -> dict[str, Any]:
    """Return a tree as JSON data."""
    return {
        "name": branch.name,
        "kind": branch.kind,
        "state": branch.state,
        "callee": branch.callee or None,
        "done": branch.done,
        "total": branch.total or None,
        "detail": branch.detail or None,
        "until": branch.until.isoformat() if branch.until else None,
        "inside": [tree_data(inside) for inside in branch.inside],
    }
