"""Finds Cell text that YAML has split: in `{status: enum(a, b)}` the comma belongs to the braces, not to `enum`."""

from cellc.language.diagnostics import Report
from cellc.language.mistakes import bracket_mistake
from cellc.language.reader import Mapping, Scalar, Sequence, YamlNode
from cellc.language.span import Span


def find_split_text(root: YamlNode, report: Report) -> frozenset[Span]:
    """Report each text that a comma has split; return the places of the collections that it was split by."""
    split: set[Span] = set()
    stack = [root]
    while stack:
        node = stack.pop()
        if isinstance(node, Scalar):
            continue
        if node.flow and _report_split(_texts(node), node, report):
            split.add(node.span)
        else:
            stack.extend(node.items if isinstance(node, Sequence) else (value for _, value in node.entries))
    return frozenset(split)


def _texts(node: Mapping | Sequence) -> list[Scalar]:
    """Return the plain scalars of a collection, in order."""
    nodes = node.items if isinstance(node, Sequence) else tuple(n for entry in node.entries for n in entry)
    return [n for n in nodes if isinstance(n, Scalar) and n.style == "plain"]


def _report_split(texts: list[Scalar], node: Mapping | Sequence, report: Report) -> bool:
    opened: Scalar | None = None
    for text in texts:
        mistake = bracket_mistake(text.content)
        if mistake is None:
            continue
        if mistake.opens and opened is None:
            opened = text
        elif not mistake.opens and opened is not None:
            inside = "`{ }`" if isinstance(node, Mapping) else "`[ ]`"
            reason = f"inside {inside} the comma ends the text `{opened.content}`"
            hint = "put the whole text in quotes; the words of an `enum` are separated by `|`"
            report.add("E115", opened.span.to(text.span), reason=reason, hint=hint)
            return True
    return False
