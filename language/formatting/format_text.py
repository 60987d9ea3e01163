"""One piece of Cell text in its canonical form."""

from collections.abc import Callable
from typing import Any, Final, Literal, TypeAlias

from cellc.language import ast
from cellc.language.build_expression import closing_brace
from cellc.language.diagnostics import Report
from cellc.language.formatting.pretty import Doc, Line, lay_out, with_comments
from cellc.language.formatting.print_flow import FlowPrinter
from cellc.language.formatting.print_script import ScriptPrinter
from cellc.language.formatting.print_type import Piece
from cellc.language.formatting.written import TOP, UNWRITTEN, Written
from cellc.language.parser import parse_expression, parse_line, parse_pipeline, parse_script, parse_type
from cellc.language.text import Text, TextBuilder

WIDTH: Final = 120
"""How long a line may be, in characters."""

Kind: TypeAlias = Literal["type", "expression", "line", "pipeline", "script"]

_PARSE: Final[dict[Kind, Callable[[Text, Report], Any]]] = {
    "type": parse_type,
    "expression": parse_expression,
    "line": parse_line,
    "pipeline": parse_pipeline,
    "script": parse_script,
}


class CellText:
    """A text without mistakes and its tree, to be laid out in lines of any width."""

    def __init__(self, kind: Kind, content: str) -> None:
        text = TextBuilder("", 0)
        text.add(content, 0, len(content))
        self._kind = kind
        self._content = content
        self._tree = _PARSE[kind](text.build(), Report())

    def lines(self, width: int) -> list[str] | None:
        """Return the canonical lines; None where a comment stands at a place that the printer does not know."""
        written = Written(self._content)
        lines = _lay_out(self._kind, self._tree, written, width)
        lost = self._kind != "script" and written.unclaimed(TOP, len(self._content))
        return None if lost else with_comments(lines)


def print_type(node: ast.TypeExpr) -> str:
    """Return a type as text."""
    return _print("type", node)


def print_expression(node: ast.Expr) -> str:
    """Return an expression as text."""
    return _print("expression", node)


def print_line(node: ast.Flow | ast.Raise) -> str:
    """Return one line of a topology as text."""
    return _print("line", node)


def print_script(statements: tuple[ast.Statement, ...]) -> str:
    """Return a script as text, its last line ended."""
    return _print("script", statements) + "\n"


def _print(kind: Kind, tree: Any) -> str:
    return "\n".join(with_comments(_lay_out(kind, tree, UNWRITTEN, WIDTH)))


def _lay_out(kind: Kind, tree: Any, written: Written, width: int) -> list[Line]:
    if kind == "script":
        return ScriptPrinter(written, width).script(tree)
    return lay_out(_document(kind, tree, FlowPrinter(written)), width)


def _document(kind: Kind, tree: Any, printer: FlowPrinter) -> Doc:
    match kind:
        case "line":
            return printer.line(tree)
        case "pipeline":
            doc: Doc = " -> ".join(step.text for step in tree)
            whole = tree[0].span.to(tree[-1].span)
        case _:
            doc = printer.type(tree) if kind == "type" else printer.expression(tree)
            whole = tree.span
    return printer.commented([Piece(whole, doc)], TOP)[0]


def format_template(content: str) -> str:
    """Return a text under `with:` with each `${expression}` in its canonical form."""
    parts: list[str] = []
    at = 0
    while (hole := content.find("${", at)) >= 0:
        close = closing_brace(content, hole + 2, len(content))
        is_text = content[:hole].endswith("$") or close is None
        end = hole + 2 if is_text or close is None else close
        parts += (content[at : hole + 2], "" if is_text else _hole(content[hole + 2 : end]))
        at = end
    return "".join((*parts, content[at:]))


def _hole(content: str) -> str:
    """Return the expression of a hole on one line, or as it is written where it has a comment."""
    if "#" in content or "\n" in content:
        return content
    (text,) = CellText("expression", content).lines(1_000_000) or [content]
    return f" {text} " if text.startswith("{") else text
