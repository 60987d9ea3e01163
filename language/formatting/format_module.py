"""A whole `.cell.yaml` file in its canonical form: `cellc fmt`.

What is decided here:

- The order of keys, and whether a collection is written in block or flow style, are the author's. A flow collection
  that has no room on one line, or has comments in it, becomes a block.
- Blocks are two columns deeper than what is around them; a blank line stays one blank line, except at a block's start.
- Cell text is printed from its tree: on its key's line where it has room there, else in a block scalar. What
  is not Cell text keeps its spelling, and so does Cell text that the printer cannot do without losing something.
- Values of a block, or comments behind consecutive lines, that were written in one column stay in one.
- A comment on a line of its own goes with what follows it, at the end of a block by its column.
- Line breaks are those of the file's first line, and the last line is ended.

The result means the same: that is checked before it is returned.
"""

import re
from typing import Any, Final

from cellc.language import ast
from cellc.language.diagnostics import Report
from cellc.language.document import parse_module
from cellc.language.formatting.comments import all_comments
from cellc.language.formatting.lay_out_yaml import YamlLayout
from cellc.language.reader import Mapping, read
from cellc.language.span import Source, Span

_BREAK: Final = re.compile(r"\r\n?|\n")


def format_module(source: Source, report: Report) -> str | None:
    """Return `source` in its canonical form; None when it cannot be read, which has been reported.

    Raises AssertionError where the result would not mean the same, which is a bug of ours.
    """
    module = parse_module(source, report)
    root = read(source, Report()) if module is not None and not report.failed else None
    if not isinstance(root, Mapping):
        return None
    first_break = _BREAK.search(source.text)
    eol = "\r\n" if first_break and first_break.group() == "\r\n" else "\n"
    mark = "\ufeff" if source.text.startswith("\ufeff") else ""
    text = mark + "".join(line + eol for line in YamlLayout(source, root).lines())
    made = Source(source.path, text)
    assert _meaning(made) == _bare(module), "the canonical form means something else"  # noqa: S101 - see above
    assert all_comments(made) == all_comments(source), "the canonical form has other comments"  # noqa: S101 - see above
    return text


# --- the check of the result ---


def _meaning(source: Source) -> Any:
    report = Report()
    module = parse_module(source, report)
    return None if report.diagnostics else _bare(module)


def _bare(node: Any) -> Any:
    """Return a tree as nested tuples without places."""
    if isinstance(node, tuple):
        return tuple(_bare(item) for item in node)
    if not isinstance(node, ast.Syntax):
        return (type(node).__name__, node)
    parts = (getattr(node, name) for name in node.__struct_fields__)
    return (type(node).__name__, *(_bare(part) for part in parts if not isinstance(part, Span)))
