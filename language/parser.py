"""From Cell text to syntax tree: the only module that knows the parsing library.

The four grammar files are one LALR grammar with a contextual lexer; nodes are built while it parses, without a tree in
between. Each function takes a `Text` and reports what is wrong with it, in the user's words, at the exact place in the
file. A text whose grammar is broken yields None; one with lesser problems yields its nodes all the same.

Building the grammar's tables takes most of a small check. `tables()` gives them as bytes, and `use_tables` takes them
back in another process; where they are kept is the caller's business.
"""

from functools import cache
from importlib.resources import files
from typing import Any, Final

import lark
from lark.exceptions import UnexpectedInput, UnexpectedToken

from cellc.language import ast
from cellc.language.build_statement import StatementBuilder
from cellc.language.diagnostics import Report
from cellc.language.layout import Layout, LayoutError
from cellc.language.mistakes import bracket_mistake, explain
from cellc.language.reading import CURRENT, Reading
from cellc.language.text import Text

MAX_NESTING: Final = 100

_GRAMMARS: Final = ("types", "expressions", "topology", "script")
_STARTS: Final = ["type", "expression", "line", "pipeline", "script"]


def parse_type(text: Text, report: Report) -> ast.TypeExpr | None:
    """Return the type that `text` is."""
    node: ast.TypeExpr | None = _parse("type", Reading(text, report, "E110"))
    return node


def parse_expression(text: Text, report: Report) -> ast.Expr | None:
    """Return the expression that `text` is."""
    node: ast.Expr | None = _parse("expression", Reading(text, report, "E111"))
    return node


def parse_line(text: Text, report: Report) -> ast.Flow | ast.Raise | None:
    """Return the flow that `text`, one node of a topology, is."""
    node: ast.Flow | ast.Raise | None = _parse("line", Reading(text, report, "E113"))
    return node


def parse_pipeline(text: Text, report: Report) -> tuple[ast.Ident, ...] | None:
    """Return the names of an arrow line."""
    node: tuple[ast.Ident, ...] | None = _parse("pipeline", Reading(text, report, "E113"))
    return node


def parse_script(text: Text, report: Report) -> tuple[ast.Statement, ...] | None:
    """Return the statements of a script."""
    node: tuple[ast.Statement, ...] | None = _parse("script", Reading(text, report, "E112", script=True))
    return node


class _Builder(StatementBuilder):
    """All rules, and how the expressions inside f-strings are read."""

    def parse_inner(self, start: int, end: int) -> ast.Expr | None:
        outer = CURRENT.get()
        if outer.nested:
            place = outer.text.span(start - 1, end + 1)
            outer.problem(place, "an f-string cannot stand inside another", "give the inner one a name first")
            return None
        inner = Reading(outer.text.part(start, end), outer.report, outer.code, nested=True, found=outer.found)
        node: ast.Expr | None = _parse("expression", inner)
        return node


def _parse(start: str, reading: Reading) -> Any:
    token = CURRENT.set(reading)
    try:
        node = _tables().parse(reading.text.content, start=start)
    except LayoutError as problem:
        place = reading.text.span(problem.start, problem.end)
        reading.problem(place, problem.reason, problem.hint)
    except UnexpectedInput as problem:
        _report_syntax(reading, problem)
    else:
        reading.settle()
        return node if _is_shallow(node, reading) else None
    finally:
        CURRENT.reset(token)
    return None


def _report_syntax(reading: Reading, problem: UnexpectedInput) -> None:
    """Report why the text does not parse, unless a problem that was found before explains it."""
    reading.settle()
    if reading.found:
        return
    content = reading.text.content
    start, end, kind, expected = _place(problem, content)
    mistake = bracket_mistake(content) or explain(content, start, end, kind, expected, script=reading.script)
    place = reading.text.span(mistake.start, mistake.end)
    reading.problem(place, mistake.reason, mistake.hint, code=mistake.code)


def _place(problem: UnexpectedInput, content: str) -> tuple[int, int, str, frozenset[str]]:
    """Return where parsing failed, at what kind of word, and the kinds that could have stood there."""
    if isinstance(problem, UnexpectedToken) and problem.token.type != "$END":
        word: Any = problem.token
        start = word.end_pos if word.type == "_NL" and not word.value else word.start_pos
        return start, max(start, word.end_pos), word.type, frozenset(problem.expected)
    if isinstance(problem, UnexpectedToken):
        return len(content), len(content), "$END", frozenset(problem.expected)
    at = problem.pos_in_stream
    return at, at + 1, "?", frozenset()


# --- depth ---


def _is_shallow(root: Any, reading: Reading) -> bool:
    """Report a tree that is too deep to be walked by recursion; `1 + 1 + ...` nests too, to the left."""
    if len(reading.text.content) <= MAX_NESTING:
        return True
    stack = [(root, 1)]
    while stack:
        node, depth = stack.pop()
        if depth > MAX_NESTING:
            reading.report.add("E117", node.span, limit=MAX_NESTING)
            return False
        if isinstance(node, tuple):
            stack.extend((child, depth) for child in node)
        elif hasattr(node, "span"):
            stack.extend(
                (value, depth + 1)
                for name in node.__slots__
                if name != "span" and _has_parts(value := getattr(node, name))
            )
    return True


def _has_parts(value: object) -> bool:
    return isinstance(value, tuple) or hasattr(value, "span")


# --- the grammar's tables ---


@cache
def _grammar() -> str:
    folder = files("cellc.grammar")
    return "\n".join(folder.joinpath(f"{name}.lark").read_text(encoding="utf-8") for name in _GRAMMARS)


@cache
def _tables() -> lark.Lark:
    return lark.Lark(
        _grammar(), parser="lalr", start=_STARTS, postlex=Layout(), transformer=_Builder(), maybe_placeholders=False
    )
