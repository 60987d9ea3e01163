"""Flows as documents: a call or an expression with its clauses, and `raise`."""

from cellc.language import ast
from cellc.language.formatting.pretty import LINE, Doc, Nest, group
from cellc.language.formatting.print_expression import ExpressionPrinter
from cellc.language.formatting.print_type import Piece
from cellc.language.formatting.written import TOP
from cellc.language.span import Span


class FlowPrinter(ExpressionPrinter):
    """Prints the flows of one text: in a topology a line may end before each clause, in a script nowhere."""

    def line(self, node: ast.Flow | ast.Raise) -> Doc:
        """Return one line of a topology, with the comments in it."""
        if isinstance(node, ast.Raise):
            head = Piece(self._raise_span(node), self.raise_(node))
            return self._with_clauses([head, *self._order(node)])
        pieces = [Piece(node.value.span, self.expression(node.value)), *self._order(node)]
        for word, value in (("within", node.within), ("undo", node.undo)):
            if value is not None:
                pieces.append(Piece(value.span, (word, " ", self.expression(value))))
        return self._with_clauses(pieces)

    def _order(self, node: ast.Flow | ast.Raise) -> list[Piece]:
        pieces = [Piece(node.when.span, ("when ", self.expression(node.when)))] if node.when is not None else []
        if node.after:
            names = ", ".join(name.text for name in node.after)
            pieces.append(Piece(node.after[0].span.to(node.after[-1].span), f"after {names}"))
        return pieces

    def _with_clauses(self, pieces: list[Piece]) -> Doc:
        head, *clauses = self.commented(pieces, TOP)
        return group((head, Nest(tuple((LINE, clause) for clause in clauses))))

    def _raise_span(self, node: ast.Raise) -> Span:
        return node.error.span.to(node.arguments[-1].span if node.arguments else node.error.span)

    def raise_(self, node: ast.Raise) -> Doc:
        """Return `raise` without its clauses."""
        pieces = [self.argument(argument) for argument in node.arguments]
        return ("raise ", node.error.text, self.bracketed("()", node.error.span.end, pieces))

    def flow(self, node: ast.Flow) -> Doc:
        """Return a flow as part of a statement, where a line ends in brackets only."""
        clauses = (("within", node.within), ("undo", node.undo))
        parts = ((" ", word, " ", self.alone(value)) for word, value in clauses if value is not None)
        return (self.alone(node.value), *parts)
