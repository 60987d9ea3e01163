"""YAML scalars as text: how a content is written where it stands, and how one that stays as it is moves."""

import re
from typing import Final

from cellc.language.formatting.pretty import STEP
from cellc.language.reader import Scalar
from cellc.language.scalars import Style

# what a file cannot hold but as an escape, see `reader`
UNWRITABLE: Final = re.compile(
    "[^\\t\\n\\x20-\\x7e\\xa0-\\u2027\\u202a-\\ud7ff\\ue000-\\ufefe\\uff00-\\ufffd\\U00010000-\\U0010ffff]"
)
_NULLS: Final = frozenset({"~", "null", "Null", "NULL"})
_NOT_PLAIN: Final = re.compile(r"[,\[\]{}#&*!|>'\"%@`]|[-?:](?=[\s,\[\]{}]|\Z)|(?:---|\.\.\.)(?!\S)")
_ENDS_PLAIN: Final = re.compile(r":(?:\s|\Z)| #|\t")
_FLOW_SIGN: Final = re.compile(r"[,\[\]{}]")
_BREAK: Final = re.compile(r"\r\n?|\n")
_HEADER: Final = re.compile(r"(?P<style>[|>])(?P<marks>[-+0-9]*)[ \t]*(?P<comment>#[^\r\n]*)?")


def inline(content: str, *, flow: bool, was: Style) -> str | None:
    """Return Cell text of one line as a YAML scalar; None where it would need a style that it does not have.

    Plain where that says the same, else in quotes, double ones unless they would need escapes.
    """
    if _fits_plain(content, flow=flow) and (was == "plain" or content not in _NULLS):
        return content
    if was in {"literal", "folded"} and not flow:
        return None
    return _quoted(content)


def _fits_plain(content: str, *, flow: bool) -> bool:
    ends = _ENDS_PLAIN.search(content) or (flow and _FLOW_SIGN.search(content))
    return not ends and not _NOT_PLAIN.match(content)


def _quoted(content: str) -> str:
    if '"' in content or "\\" in content:
        return "'" + content.replace("'", "''") + "'"
    return f'"{content}"'


def rewritten(node: Scalar, content: str) -> str:
    """Return a content of one line in the style that a scalar on one line has."""
    match node.style:
        case "single":
            return "'" + content.replace("'", "''") + "'"
        case "double":
            return '"' + content.replace("\\", "\\\\").replace('"', '\\"') + '"'
        case _:
            return content if _fits_plain(content, flow=False) else _quoted(content)


def header_comment(written: str) -> str:
    """Return the comment in the first line of a block scalar."""
    found = _HEADER.match(written)
    return (found and found["comment"]) or ""


def moved_block(node: Scalar, written: str, column: int, indent: int) -> list[str]:
    """Return the lines of a block scalar whose content stood in `column`, its content indented by `indent`."""
    found = _HEADER.match(written)
    assert found is not None, "a block scalar starts with its header"  # noqa: S101 - for the type checker
    explicit = str(STEP) if re.search(r"\d", found["marks"]) else ""
    lines = _BREAK.split(written)[1:]
    if lines and not lines[-1]:
        lines.pop()
    texts = [line[column:] for line in lines]
    return [found["style"] + explicit + _chomping(node.content, found["marks"]), *(_padded(t, indent) for t in texts)]


def _chomping(content: str, marks: str) -> str:
    if not content.strip("\n"):
        return marks.strip("0123456789")
    if not content.endswith("\n"):
        return "-"
    return "+" if content.endswith("\n\n") else ""


def _padded(text: str, indent: int) -> str:
    return " " * indent + text if text else ""


def moved_lines(written: str, indent: int) -> list[str]:
    """Return the lines of a plain or quoted scalar, from the second on indented by `indent`."""
    first, *others = _BREAK.split(written if written.startswith('"') else re.sub(r"[ \t]+(?=[\r\n])", "", written))
    return [first, *(_padded(line.lstrip(" \t"), indent) for line in others)]
