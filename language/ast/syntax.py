"""What every node of the syntax tree is; and names, which occur in all its families."""

import msgspec

from cellc.language.span import Span


class Syntax(msgspec.Struct, frozen=True):
    """A piece of syntax. A `Struct` is made and compared faster than a dataclass, and so is its class."""


class Ident(Syntax, frozen=True):
    """A name at a place; dotted when it reaches into a module or effect namespace (`gateway.charge`)."""

    text: str
    span: Span
