"""Expressions as documents.

Parentheses stand where the meaning needs them, and where the author put them around an operation inside another one,
as in `(price ?? 0) * n`. Others go.
"""

from typing import Final, assert_never

from cellc.language import ast
from cellc.language.formatting import spell
from cellc.language.formatting.pretty import LINE, SOFT, Choice, Doc, Nest, group, joined, lay_out
from cellc.language.formatting.print_type import Piece, TypePrinter
from cellc.language.formatting.written import UNWRITTEN
from cellc.language.names import IDENTIFIER

# The levels of grammar/expressions.lark, from loosest to tightest.
CONDITIONAL, OR, AND, NOT, COMPARISON, SUM, PRODUCT, SIGNED, POWER, DEFAULT, CAST, POSTFIX, ATOM = range(13)

_BINARY: Final = {
    "or": OR,
    "and": AND,
    **dict.fromkeys("+-", SUM),
    **dict.fromkeys(("*", "/", "//", "%"), PRODUCT),
    "**": POWER,
    "??": DEFAULT,
}
_QUOTES: Final = ("'", '"')
_ONE_LINE: Final = 1_000_000
"""A width that no text has."""


def level(node: ast.Expr) -> int:
    """Return how tightly the outermost operator of an expression binds."""
    match node:
        case ast.Conditional():
            return CONDITIONAL
        case ast.Binary(op):
            return _BINARY[op]
        case ast.Unary(op):
            return NOT if op == "not" else SIGNED
        case ast.Compare() | ast.IsType():
            return COMPARISON
        case ast.Cast():
            return CAST
        case ast.Field() | ast.Index() | ast.Slice() | ast.Call():
            return POSTFIX
        case _:
            return ATOM


class ExpressionPrinter(TypePrinter):
    """Prints the expressions of one text."""

    def operand(self, node: ast.Expr, least: int) -> Doc:
        """Return an operand, in parentheses where it binds less tightly than `least`, or where the author has some."""
        doc = self.expression(node)
        return doc if level(node) >= least and not self._is_grouped(node) else self._in_parentheses(doc)

    def _is_grouped(self, node: ast.Expr) -> bool:
        """Return whether an operation is written in parentheses. Names and literals do not keep theirs."""
        match node:
            case ast.Binary(_, first) | ast.Compare((first, *_)) | ast.Conditional(first):
                starts = first.span.start
            case ast.IsType(first) | ast.Cast(first):
                starts = first.span.start
            case ast.Unary():
                starts = node.span.end
            case _:
                return False
        return node.span.start < starts and self.written.cut(node.span).startswith("(")

    def _in_parentheses(self, doc: Doc) -> Doc:
        return group(("(", Nest((SOFT, doc)), SOFT, ")"))

    def alone(self, node: ast.Expr) -> Doc:
        """Return an expression that stands in no bracket, where a line cannot end: broken, it gets parentheses."""
        doc = self.expression(node)
        if level(node) >= POSTFIX:
            return doc
        return group((Choice("(", ""), Nest((SOFT, doc)), SOFT, Choice(")", "")))

    def expression(self, node: ast.Expr) -> Doc:  # noqa: PLR0911 -- one arm a form
        """Return an expression."""
        match node:
            case ast.Constant(value, span):
                return self.written.cut(span) or spell.constant(value, in_format=self.in_format)
            case ast.Name(text):
                return text
            case ast.Field(value):
                return (self.operand(value, POSTFIX), self._reached(node))
            case ast.Index(value, index):
                return (self.operand(value, POSTFIX), self._subscript(self.expression(index)))
            case ast.Slice(value, low, high):
                return (self.operand(value, POSTFIX), self._subscript((self._end(low), ":", self._end(high))))
            case ast.Unary() | ast.Binary() | ast.Compare() | ast.IsType() | ast.Cast() | ast.Conditional():
                return self._operation(node)
            case ast.ListExpr(items, span):
                return self.bracketed("[]", span.start, [Piece(i.span, self.expression(i)) for i in items])
            case ast.RecordExpr(entries, span):
                return self.bracketed("{}", span.start, [self._entry(entry) for entry in entries])
            case ast.Comprehension(element, clauses):
                return self._comprehension(node, Piece(element.span, self.expression(element)), clauses)
            case ast.MapComprehension(key, value, clauses):
                pair = (self.expression(key), ": ", self.expression(value))
                return self._comprehension(node, Piece(key.span.to(value.span), pair), clauses)
            case ast.Format():
                return self.written.quoted_from(node.span.start) or self._format(node)
            case ast.Call(callee, arguments):
                pieces = [self.argument(argument) for argument in arguments]
                return (callee.text, self.bracketed("()", callee.span.end, pieces))
            case _:
                assert_never(node)

    # --- reaching into values ---

    def _reached(self, node: ast.Field) -> Doc:
        written = self.written.cut(node.name.span)
        if written.startswith(_QUOTES):
            return f"[{written}]"
        name = node.name.text
        return f".{name}" if IDENTIFIER.match(name) else f"[{spell.text_literal(name, in_format=self.in_format)}]"

    def _subscript(self, doc: Doc) -> Doc:
        return group(("[", Nest((SOFT, doc)), SOFT, "]"))

    def _end(self, node: ast.Expr | None) -> Doc:
        return "" if node is None else self.expression(node)

    # --- operators ---

    def _operation(self, node: ast.Unary | ast.Binary | ast.Compare | ast.IsType | ast.Cast | ast.Conditional) -> Doc:
        match node:
            case ast.Unary(op, operand):
                return (f"{op} ", self.operand(operand, NOT)) if op == "not" else (op, self.operand(operand, SIGNED))
            case ast.Binary():
                return self._binary(node)
            case ast.Compare(operands, ops):
                return self._chain([self.operand(o, SUM) for o in operands], list(ops))
            case ast.IsType(value, type_, negated):
                return self._chain([self.operand(value, SUM), self.type(type_)], ["is not" if negated else "is"])
            case ast.Cast(value, type_):
                return self._chain([self.operand(value, CAST), self.type(type_)], ["as"])
            case ast.Conditional(then, test, other):
                parts = [self.operand(then, OR), self.operand(test, OR), self.expression(other)]
                return self._chain(parts, ["if", "else"])
            case _:
                assert_never(node)

    def _chain(self, operands: list[Doc], ops: list[str]) -> Doc:
        """Return operands with operators between them, which begin the lines where it is broken."""
        rest = [(LINE, op, " ", operand) for op, operand in zip(ops, operands[1:], strict=True)]
        return group((operands[0], *rest))

    def _binary(self, node: ast.Binary) -> Doc:
        binds = level(node)
        if binds == POWER:
            return self._chain([self.operand(node.left, DEFAULT), self.operand(node.right, SIGNED)], [node.op])
        if binds == DEFAULT:
            return self._chain([self.operand(node.left, CAST), self._default_value(node.right)], [node.op])
        operands: list[Doc] = []
        ops: list[str] = []
        first: ast.Expr = node
        while (
            isinstance(first, ast.Binary) and level(first) == binds and (first is node or not self._is_grouped(first))
        ):
            operands.append(self.operand(first.right, binds + 1))
            ops.append(first.op)
            first = first.left
        operands.append(self.operand(first, binds))
        return self._chain(operands[::-1], ops[::-1])

    def _default_value(self, node: ast.Expr) -> Doc:
        """Return the right side of `??`, which may have a sign."""
        if isinstance(node, ast.Unary) and node.op != "not":
            return (node.op, self._default_value(node.operand))
        return self.operand(node, DEFAULT)

    # --- collections ---

    def _entry(self, entry: ast.Entry) -> Piece:
        span = entry.name.span.to(entry.value.span)
        if entry.value == ast.Name(entry.name.text, entry.name.span):
            return Piece(span, entry.name.text)  # `{a}`, where one word is both
        name = self.written.cut(entry.name.span) or spell.key(entry.name.text, in_format=self.in_format)
        return Piece(span, (name, ": ", self.expression(entry.value)))

    def _comprehension(
        self, node: ast.Comprehension | ast.MapComprehension, element: Piece, clauses: tuple[ast.For, ...]
    ) -> Doc:
        pieces = [element, *(piece for clause in clauses for piece in self._for(clause))]
        if isinstance(node, ast.Comprehension) and node.generator:
            return group(joined(LINE, [piece.doc for piece in pieces]))
        brackets = "[]" if isinstance(node, ast.Comprehension) else "{}"
        return self.bracketed(brackets, node.span.start, pieces, separator="")

    def _for(self, clause: ast.For) -> list[Piece]:
        targets = ", ".join(target.text for target in clause.targets)
        span = clause.targets[0].span.to(clause.items.span)
        head = Piece(span, ("for ", targets, " in ", self.operand(clause.items, OR)))
        return [head, *(Piece(c.span, ("if ", self.operand(c, OR))) for c in clause.conditions)]

    # --- calls ---

    def argument(self, node: ast.Argument) -> Piece:
        """Return one argument of a call."""
        value, clauses = node.value, self._branch_clauses(node)
        if isinstance(value, ast.Comprehension) and value.generator:
            element = (self.expression(value.element), *clauses)
            return Piece(node.span, self._comprehension(value, Piece(value.element.span, element), value.clauses))
        name = f"{node.name.text}=" if node.name else "**" if node.spread else ""
        return Piece(node.span, group((name, self.expression(value), *clauses)))

    def _branch_clauses(self, node: ast.Argument) -> list[Doc]:
        clauses = (("within", node.within), ("undo", node.undo))
        return [(LINE, word, " ", self.expression(value)) for word, value in clauses if value is not None]

    # --- f-strings ---

    def _format(self, node: ast.Format) -> str:
        parts = (self._hole(part) if not isinstance(part, str) else _format_text(part) for part in node.parts)
        return 'f"' + "".join(parts) + '"'

    def _hole(self, node: ast.Expr) -> str:
        printer = ExpressionPrinter(UNWRITTEN)
        printer.in_format = True
        text = "".join(line.text for line in lay_out(group(printer.expression(node)), _ONE_LINE))
        return f"{{ {text} }}" if text.startswith("{") else f"{{{text}}}"


def _format_text(text: str) -> str:
    return spell.escaped(text).replace("{", "{{").replace("}", "}}")
