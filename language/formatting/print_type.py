"""Types as documents, and the layout of brackets, which all printers share."""

import re
from bisect import bisect_left
from dataclasses import dataclass
from typing import Final, assert_never

from cellc.language import ast
from cellc.language.formatting import spell
from cellc.language.formatting.pretty import HARD, LINE, SOFT, Choice, Doc, Nest, Remark, group, joined
from cellc.language.formatting.written import Comment, Written
from cellc.language.span import Span

SLASH: Final = "\\/"
"""A slash inside a regular expression."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One of the things between two brackets, written at `span`."""

    span: Span
    doc: Doc


class TypePrinter:
    """Prints the types of one text. `written` tells what the tree does not keep.

    `in_format` inside an f-string, where its own quote may not occur.
    """

    in_format = False

    def __init__(self, written: Written) -> None:
        self.written = written

    # --- brackets and comments ---

    def bracketed(self, brackets: str, start: int, pieces: list[Piece], separator: str = ",") -> Doc:
        """Return pieces between brackets that open at `start` or behind it: on one line, or each piece on its own.

        Without `separator` the pieces are the parts of one thing.
        """
        if not pieces:
            return brackets
        opening = self.written.opening(brackets[0], start)
        inner = joined(LINE, self.commented(pieces, opening, separator))
        held_open = bool(separator) and opening in self.written.held_open
        return group((brackets[0], Nest((SOFT, inner)), SOFT, brackets[1]), broken=held_open)

    def commented(self, pieces: list[Piece], opening: int, separator: str = "") -> list[Doc]:
        """Return the pieces with the comments between them, which are directly inside the bracket at `opening`."""
        docs: list[Doc] = [(piece.doc, separator) for piece in pieces]
        docs[-1] = (pieces[-1].doc, Choice(separator, ""))
        before: list[list[Doc]] = [[] for _ in pieces]
        written = sorted(range(len(pieces)), key=lambda n: pieces[n].span.start)
        for comment in self.written.comments_inside(opening):
            following = bisect_left(written, comment.at, key=lambda n: pieces[n].span.start)
            last = written[following - 1] if following else None
            if last is not None and comment.at < pieces[last].span.end:
                continue  # somewhere in the middle of that piece, which knows no place for it
            self.written.claimed.add(comment.at)
            if last is not None and self._is_behind(comment, pieces[last]):
                docs[last] = (docs[last], Remark(comment.text, comment.column))
            elif following < len(pieces):
                before[written[following]] += (comment.text, HARD)
            else:
                docs[-1] = (docs[-1], HARD, comment.text)
        return [(*above, doc) for above, doc in zip(before, docs, strict=True)]

    def _is_behind(self, comment: Comment, piece: Piece) -> bool:
        return not self.written.breaks_between(piece.span.end, comment.at)

    # --- types ---

    def type(self, node: ast.TypeExpr, *, inside: bool = True) -> Doc:  # noqa: PLR0911 -- one arm a form
        """Return a type. `inside` brackets, a union may be broken."""
        match node:
            case ast.TypeRef(name):
                return name.text
            case ast.RangedType(name, low, high, span):
                return self._tight(span, f"{name.text}({spell.bound(low)}..{spell.bound(high)})")
            case ast.PatternType(name, pattern, pattern_span):
                return f"{name.text}(/{self.written.cut(pattern_span) or pattern.replace('/', SLASH)}/)"
            case ast.EnumType(options):
                words = [
                    self.written.cut(option.span) or spell.option(option.text, in_format=self.in_format)
                    for option in options
                ]
                return self._applied("enum", self._union(list(words), inside=True))
            case ast.LiteralType():
                return self._literal(node)
            case ast.ListType():
                return self._list(node)
            case ast.MapType(value):
                return self._applied("map", self.type(value))
            case ast.SecretType(inner):
                return self._applied("secret", self.type(inner))
            case ast.RecordType(fields, span):
                return self.bracketed("{}", span.start, [self._field(field) for field in fields])
            case ast.OptionalType(inner):
                return (self.type(inner), "?")
            case ast.UnionType(arms):
                return self._union([self.type(arm) for arm in arms], inside=inside)
            case _:
                assert_never(node)

    def _tight(self, span: Span, otherwise: str) -> str:
        """Return what is written at `span` without white space; `otherwise` where nothing, or a comment, is."""
        written = self.written.cut(span)
        return re.sub(r"\s", "", written) if written and "#" not in written else otherwise

    def _literal(self, node: ast.LiteralType) -> str:
        if isinstance(node.value, str):
            return self.written.cut(node.span) or spell.text_literal(node.value, in_format=self.in_format)
        return self._tight(node.span, spell.constant(node.value))

    def _list(self, node: ast.ListType) -> Doc:
        item = self.type(node.item)
        if node.low is not None or node.high is not None:
            return self._applied("list", (item, f" {spell.bound(node.low)}..{spell.bound(node.high)}"))
        if self.written.cut(node.span).startswith("list"):
            return self._applied("list", item)
        return group(("[", Nest((SOFT, item)), SOFT, "]"))

    def _applied(self, name: str, inner: Doc) -> Doc:
        return group((name, "(", Nest((SOFT, inner)), SOFT, ")"))

    def _union(self, arms: list[Doc], *, inside: bool) -> Doc:
        return group(joined((LINE if inside else " ", "| "), arms))

    def _field(self, field: ast.FieldType) -> Piece:
        name = self.written.cut(field.name.span) or spell.key(field.name.text, in_format=self.in_format)
        doc = (name, "?" if field.optional else "", ": ", self.type(field.type))
        return Piece(field.name.span.to(field.type.span), doc)
