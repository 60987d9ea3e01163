"""One piece of Cell text while it is read: where it is, what kind it is, and how a problem in it is reported."""

from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Protocol

from cellc.language.ast import Ident
from cellc.language.diagnostics import Fix, Label, Report
from cellc.language.names import why_not
from cellc.language.span import Span
from cellc.language.text import Text


class Token(Protocol):
    """A word of the text, as the parsing library hands it over: a `str` with a kind and a place in the text."""

    type: str
    value: str
    start_pos: int
    end_pos: int


@dataclass(frozen=True, slots=True)
class Reading:
    """The text, the code under which its problems are reported, and whether its line breaks have a meaning.

    `suspects` are names that are words of another language or reserved ones: wrong unless they turn out to be keys.
    Each has a reason, a hint, and the right word if there is one. `stops` is where parsing stopped, and
    whether that was inside a line.
    """

    text: Text
    report: Report
    code: str
    script: bool = False
    nested: bool = False
    suspects: dict[Span, tuple[str, str, str]] = field(default_factory=dict)
    found: list[Span] = field(default_factory=list)
    stops: list[tuple[int, bool]] = field(default_factory=list)

    def at(self, item: Any) -> Span:
        """Return the place of a token or of a node that has been built."""
        if hasattr(item, "start_pos"):
            return self.text.span(item.start_pos, item.end_pos)
        span: Span = item.span
        return span

    def between(self, first: Any, last: Any) -> Span:
        """Return the place from the start of one token or node to the end of another."""
        return self.at(first).to(self.at(last))

    def ident(self, token: Token) -> Ident:
        """Return the token as a name."""
        return Ident(str(token), self.at(token))

    def variable(self, token: Token) -> Ident:
        """Return the token as a name that is given a value here, which a reserved word cannot be."""
        name = self.ident(token)
        why = why_not(name.text)
        if why:
            self.found.append(name.span)
            self.report.add("E109", name.span, name=name.text, why=why, hint="choose another name")
        return name

    def problem(
        self,
        place: Span,
        reason: str,
        hint: str = "",
        *,
        code: str = "",
        also: Label | None = None,
        fix: Fix | None = None,
    ) -> None:
        """Report one problem in this text."""
        self.found.append(place)
        labels = (also,) if also else ()
        self.report.add(code or self.code, place, labels=labels, fix=fix, reason=reason, hint=hint)

    def twice(self, key: Ident, first: Span) -> None:
        """Report a key that was there before."""
        self.found.append(key.span)
        self.report.add("E102", key.span, labels=(Label(first, "here first"),), key=key.text)

    def settle(self) -> None:
        """Report the suspects that nothing has cleared."""
        for place, (reason, hint, word) in self.suspects.items():
            self.problem(place, reason, hint, fix=Fix(place, word) if word else None)


CURRENT: ContextVar[Reading] = ContextVar("CURRENT")
"""The text that is read now. The parsing library calls the builders without saying for which text; this does, in every
thread for itself."""
