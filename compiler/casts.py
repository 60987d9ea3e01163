"""The checked cast `x as T`: the place that evaluates it may end in `Invalid`, so it stands only where a place may."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from cellc.compiler.fit import Typed, Types, has_broken
from cellc.language import ast
from cellc.language.signatures import kind
from cellc.language.span import Span
from cellc.language.subtype import is_subtype, keep_type, overlaps
from cellc.language.types import BROKEN, Never, Type

INVALID = "Invalid"
"""The standard error of a cast that does not succeed."""

_ADVICE: Mapping[tuple[str, str], str] = {
    ("string", "int"): "`parse_int(x)` reads an int from a text",
    ("string", "decimal"): "`parse_decimal(x)` reads a decimal from a text",
    ("string", "date"): "`parse_date(x)` reads a date from a text",
    ("string", "datetime"): "`parse_datetime(x)` reads a datetime from a text",
    ("int", "float"): "an int becomes a float where one is expected: `y: float = x`",
    ("int", "decimal"): "an int becomes a decimal where one is expected: `y: decimal = x`",
    ("float", "int"): "`round(x)`, `floor(x)` and `ceil(x)` give an int",
    ("decimal", "int"): "`round(x)`, `floor(x)` and `ceil(x)` give an int",
}


@dataclass(frozen=True, slots=True)
class Cast:
    """A cast that was met; `doubtful` where it has been reported, so that it may raise or not."""

    span: Span
    doubtful: bool


@dataclass(slots=True)
class Casts:
    """The casts of the expressions that are elaborated. Whoever makes a place of them takes them with `take`.

    `forbidden` says what cannot end in an error, where that is so.
    """

    types: Types
    forbidden: str = ""
    _met: list[Cast] = field(default_factory=list)

    def take(self) -> list[Cast]:
        """Return the casts that were met since the last time."""
        met, self._met = self._met, []
        return met

    @contextmanager
    def refused(self, what: str) -> Iterator[None]:
        """Report every cast that is met inside: `what` cannot end in an error."""
        before, self.forbidden = self.forbidden, what
        yield
        self.forbidden = before

    def cast(self, value: Typed, wanted: Type, expr: ast.Cast) -> Typed:
        """Return `value as wanted`; report a cast that cannot succeed, is not needed, or cannot stand here."""
        if has_broken(value.type) or has_broken(wanted):
            self._met.append(Cast(expr.span, doubtful=True))
            return Typed(wanted if not has_broken(wanted) else BROKEN, value.ir)
        if self.types.secret(value.type):
            self.types.report.add("E440", expr.span, what="a cast")
            self._met.append(Cast(expr.span, doubtful=True))
            return Typed(wanted, value.ir)
        if self.forbidden:
            self.types.report.add("E329", expr.span, where=self.forbidden)
        elif self._reported(value.type, wanted, expr):
            self._met.append(Cast(expr.span, doubtful=True))
        else:
            self._met.append(Cast(expr.span, doubtful=False))
        kept = keep_type(value.type, wanted, self.types.table)
        narrower = not isinstance(kept, Never) and is_subtype(kept, wanted, self.types.table)
        type_ = kept if narrower else wanted
        return Typed(type_, ["cast", value.ir, self.types.data(wanted)])

    def _reported(self, found: Type, wanted: Type, expr: ast.Cast) -> bool:
        """Report a cast that always or never succeeds."""
        types = self.types
        if is_subtype(found, wanted, types.table):
            types.report.add("W328", expr.span, type=types.show(wanted))
            return True
        if not overlaps(found, wanted, types.table):
            help_ = self._advice(found, wanted)
            types.report.add("E327", expr.span, value=types.found(found), type=types.show(wanted), help=help_)
            return True
        return False

    def _advice(self, found: Type, wanted: Type) -> str:
        arms = [self.types.arms(self.types.present(t)) for t in (found, wanted)]
        pairs = ((kind(a), kind(b)) for a in arms[0] for b in arms[1])
        if any(kind(a) == "json" for a in arms[0]):
            return "json has null, bool, int, float, text, lists and maps; a date or decimal is a text in it"
        return next((_ADVICE[pair] for pair in pairs if pair in _ADVICE), "")
