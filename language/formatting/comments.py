"""The comments of a file."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Final

from cellc.language.diagnostics import Report
from cellc.language.formatting import scalars
from cellc.language.formatting.places import places
from cellc.language.formatting.written import Comment, Written
from cellc.language.reader import Mapping, Scalar, Sequence, YamlNode, read
from cellc.language.span import Source

_MARK_OR_COMMENT: Final = re.compile(r"(?m)#[^\r\n]*|^(?:---|\.\.\.)(?=[ \t\r\n]|\Z)")
_BEFORE_CONTENT: Final = re.compile(r"\ufeff?[ \t]*(?:[-?:][ \t]+)*")


def yaml_comments(source: Source, root: YamlNode) -> list[Comment]:
    """Return the comments outside scalars, and the marks around the document, which are kept as if they were some."""
    found: list[Comment] = []
    at = 0
    for scalar in [*_scalars(root), None]:
        end = scalar.span.start if scalar else len(source.text)
        for comment in _MARK_OR_COMMENT.finditer(source.text, at, end):
            column = source.position(comment.start()).column - 1
            before = source.text[comment.start() - column : comment.start()]
            own_line = _BEFORE_CONTENT.fullmatch(before) is not None
            found.append(Comment(comment.start(), comment.group().rstrip(), column, own_line))
        at = scalar.span.end if scalar else end
    return found


def _scalars(node: YamlNode) -> Iterator[Scalar]:
    """Yield all scalars in the order of the file."""
    match node:
        case Scalar():
            yield node
        case Mapping(entries):
            for key, value in entries:
                yield key
                yield from _scalars(value)
        case Sequence(items):
            for item in items:
                yield from _scalars(item)


def all_comments(source: Source) -> Counter[str]:
    """Return all comments, those in Cell text too."""
    root = read(source, Report())
    found = Counter(comment.text for comment in yaml_comments(source, root)) if root else Counter[str]()
    known = places(root) if root else {}
    for scalar in _scalars(root) if root else ():
        if scalar.style in {"literal", "folded"}:
            found.update(filter(None, [scalars.header_comment(source.cut(scalar.span))]))
        if known.get(scalar.span, "template") != "template":
            found.update(comment.text for comment in Written(scalar.content).comments)
    return found
