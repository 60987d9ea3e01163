"""Scripts as lines: statements one below the other, blocks a step deeper, comments where they were (see `page`).

Where a comment stands in the middle of an expression, that statement stays as it is written.
"""

from dataclasses import dataclass
from typing import assert_never

from cellc.language import ast
from cellc.language.formatting.page import Page
from cellc.language.formatting.pretty import STEP, Doc, Line, lay_out
from cellc.language.formatting.print_flow import FlowPrinter
from cellc.language.formatting.written import TOP, Written


@dataclass(frozen=True, slots=True)
class _Part:
    """A line that ends in a colon, written at `start`, and its block."""

    start: int
    head: Doc
    body: tuple[ast.Statement, ...]


class ScriptPrinter(FlowPrinter):
    """Prints one script in lines of `width`."""

    def __init__(self, written: Written, width: int) -> None:
        super().__init__(written)
        self._width = width
        self._page = Page(written.content, [comment for comment in written.comments if comment.inside == TOP])

    def script(self, statements: tuple[ast.Statement, ...]) -> list[Line]:
        """Return the lines of the whole script."""
        self._block(statements, 0, len(self.written.content), column=0)
        return self._page.lines

    # --- statements ---

    def _block(self, statements: tuple[ast.Statement, ...], depth: int, end: int, column: int) -> None:
        """Print statements; comments up to `end` that are in `column` or deeper belong to them."""
        for index, statement in enumerate(statements):
            self._page.place_comments(statement.span.start, depth)
            following = statements[index + 1].span.start if index + 1 < len(statements) else end
            self._statement(statement, depth, following)
        self._page.place_comments(end, depth, column)

    def _statement(self, node: ast.Statement, depth: int, end: int) -> None:
        match node:
            case ast.If(branches, otherwise):
                parts = [
                    _Part(b.span.start, ("el" * (b is not branches[0]), "if ", self.alone(b.test)), b.body)
                    for b in branches
                ]
                if otherwise:
                    parts.append(_Part(self.written.word_before(otherwise[0].span.start, 2), "else", otherwise))
                self._parts(parts, depth, end)
            case ast.ForLoop(targets, items, body, span):
                head = ("for ", ", ".join(target.text for target in targets), " in ", self.alone(items))
                self._parts([_Part(span.start, head, body)], depth, end)
            case ast.While(test, body, span):
                self._parts([_Part(span.start, ("while ", self.alone(test)), body)], depth, end)
            case ast.Match():
                self._match(node, depth, end)
            case ast.Try(body, handlers, span):
                parts = [_Part(handler.span.start, self._handler(handler), handler.body) for handler in handlers]
                self._parts([_Part(span.start, "try", body), *parts], depth, end)
            case _:
                self._simple(node.span.start, node.span.end, self._one_line(node), depth)

    def _one_line(
        self, node: ast.Assign | ast.Do | ast.Raise | ast.Return | ast.Pass | ast.Break | ast.Continue | ast.Commit
    ) -> Doc:
        match node:
            case ast.Assign(target, annotation, value):
                type_ = (": ", self.type(annotation, inside=False)) if annotation is not None else ""
                return (target.text, type_, (" = ", self.flow(value)) if value is not None else "")
            case ast.Do(flow):
                return self.flow(flow)
            case ast.Raise():
                return self.raise_(node)
            case ast.Return(value):
                return ("return ", self.flow(value)) if value is not None else "return"
            case ast.Pass():
                return "pass"
            case ast.Break():
                return "break"
            case ast.Continue():
                return "continue"
            case ast.Commit():
                return "commit"
            case _:
                assert_never(node)

    def _handler(self, node: ast.Handler) -> Doc:
        binding = f" as {node.binding.text}" if node.binding else ""
        return f"except {', '.join(error.text for error in node.errors)}{binding}"

    def _match(self, node: ast.Match, depth: int, end: int) -> None:
        self._head(_Part(node.span.start, ("match ", self.alone(node.value)), ()), node.cases[0].span.start, depth)
        parts = [_Part(c.span.start, ("case ", self._pattern(c)), c.body) for c in node.cases]
        self._page.place_comments(node.cases[0].span.start, depth + STEP)
        self._parts(parts, depth + STEP, end)
        self._page.place_comments(end, depth + STEP, self._column(node.cases[0].span.start))

    def _pattern(self, node: ast.Case) -> Doc:
        return self.type(node.type, inside=False) if node.type is not None else "_"

    def _parts(self, parts: list[_Part], depth: int, end: int) -> None:
        """Print lines with their blocks, such as `if`, `elif` and `else`."""
        for index, part in enumerate(parts):
            self._page.place_comments(part.start, depth)
            inner = part.body[0].span.start
            self._head(part, inner, depth)
            following = parts[index + 1].start if index + 1 < len(parts) else end
            self._block(part.body, depth + STEP, following, self._column(inner))

    def _head(self, part: _Part, inner: int, depth: int) -> None:
        colon = self.written.word_before(inner)
        self._simple(part.start, colon + 1, (part.head, ":"), depth)
        self._page.opened = True

    def _column(self, at: int) -> int:
        return at - (self.written.content.rfind("\n", 0, at) + 1)

    def _simple(self, start: int, end: int, doc: Doc, depth: int) -> None:
        """Add a line, as it is written where a comment stands in the middle of it."""
        kept = self.written.unclaimed(start, end)
        lines = self._as_written(start, end) if kept else lay_out(doc, self._width - depth)
        self._page.add(lines, start, depth)

    def _as_written(self, start: int, end: int) -> list[Line]:
        """Return what is written, its lines as deep below the first one as they are."""
        column = self._column(start)
        first, *others = self.written.content[start:end].split("\n")
        return [Line(first.rstrip()), *(Line(_below(line, column)) for line in others)]


def _below(line: str, column: int) -> str:
    """Return a further line of a statement that is written in `column`, as if that stood in the first one."""
    text = line.strip()
    indentation = len(line) - len(line.lstrip())
    return " " * max(indentation - column, 0) + text
