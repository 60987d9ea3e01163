"""Whether a value goes where a type is expected, and what has to be done to it on the way.

The answer to "does S fit T" is the type room's; here it becomes a diagnostic, or the expression with the conversion in
it: exact widening of an int, projection, or a run-time check of a refinement that could not be proved.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import assert_never

from msgspec import Struct

from cellc.compiler.intervals import number
from cellc.language.builtin_types import numbers
from cellc.language.diagnostics import Label, Report
from cellc.language.graph import Ir
from cellc.language.secret_types import holds_secret, raised, revealed
from cellc.language.signatures import kinds
from cellc.language.span import Span
from cellc.language.subtype import Check, Exact, Mismatch, Project, fits_after_projection, join, remove_null, widen
from cellc.language.type_codec import to_data
from cellc.language.type_text import show
from cellc.language.types import (
    BROKEN,
    Broken,
    Json,
    List,
    Literal,
    Map,
    Named,
    Never,
    Null,
    Number,
    Record,
    Secret,
    Type,
    TypeTable,
    Union,
    flat_arms,
    resolve,
)
from cellc.language.values import tag


class Typed(Struct, frozen=True):
    """An expression in graph form, with its type."""

    type: Type
    ir: Ir


_MOST_EXACT = 2**53
"""Ints to here are floats exactly; a larger one is converted where it is evaluated."""

BROKEN_VALUE = Typed(BROKEN, ["lit", None])
"""What a wrong expression becomes; its type keeps every later phase silent, and nothing is lowered from it."""


class Expected(Struct, frozen=True):
    """A type that a place expects, with the place's name for messages: "the input `total` of `charge`"."""

    type: Type
    what: str
    label: Label | None = None


@dataclass(frozen=True, slots=True)
class Types:
    """The type questions of one module's code: the declared types, where to report, whose words to use."""

    table: TypeTable
    report: Report
    module: str

    def show(self, type_: Type) -> str:
        """Return a type in backticks, as the module's author would write it."""
        return f"`{show(type_, self.module)}`"

    def resolve(self, type_: Type) -> Type:
        """Return what a declared name stands for."""
        return resolve(type_, self.table)

    def may_be_null(self, type_: Type) -> bool:
        """Return whether null must be thought of; in `json`, it need not."""
        kinds = {*map(type, self.arms(type_))}
        return Null in kinds and kinds.isdisjoint((Broken, Json))

    def arms(self, type_: Type) -> tuple[Type, ...]:
        """Return the alternatives of a type, declared names resolved."""
        whole = self.resolve(type_)
        if not isinstance(whole, Union):
            return (whole,)
        flat = flat_arms(whole, self.table)
        return tuple(a for arm in whole.arms for a in self.arms(arm)) if flat is None else flat

    def may_narrow(self, type_: Type, seen: set[str] | None = None) -> bool:
        """Return whether a test can say more of a value of this type, or of what a path of fields leads to.

        `seen` are the declared types that have been asked.
        """
        seen = set() if seen is None else seen
        if isinstance(type_, Named):
            if type_.name in seen:
                return False
            seen.add(type_.name)
        arms = self.arms(type_)
        fields = arms[0].fields if len(arms) == 1 and isinstance(arms[0], Record) else ()
        return len(arms) > 1 or any(f.optional or self.may_narrow(f.type, seen) for f in fields)

    def kinds(self, type_: Type) -> frozenset[str]:
        """Return which kinds of number a type has (int, float, decimal); empty when it is not only numbers."""
        found = numbers([type_], self.table)
        return found.kinds if found else frozenset()

    def present(self, type_: Type) -> Type:
        """Return the type without null."""
        return remove_null(type_, self.table)

    def fit(self, value: Typed, expected: Expected, span: Span) -> Typed:
        """Return `value` as the expected type (with what more is known of it); report where it is not one."""
        value = self._widened(value, expected.type)
        value = Typed(raised(value.type, expected.type, self.table), value.ir)
        verdict = fits_after_projection(value.type, expected.type, self.table)
        match verdict:
            case Exact():
                return value
            case Project():
                return Typed(expected.type, self.projected(value.ir, expected.type))
            case Check(project=project):
                self._note_check(value, expected, span)
                ir = self.projected(value.ir, expected.type) if project else value.ir
                return Typed(expected.type, ["check", ir, self.data(expected.type)])
            case Mismatch(reason):
                self._mismatch(value, expected, reason, span)
                return BROKEN_VALUE
            case _:
                assert_never(verdict)

    def projected(self, ir: Ir, type_: Type) -> Ir:
        """Return a value without what `type_` does not declare."""
        return ["project", ir, self.data(type_)]

    def _widened(self, value: Typed, expected: Type) -> Typed:
        """Return an int as the float or decimal that is expected."""
        wanted = {a.name for a in self.arms(expected) if isinstance(a, Number)}
        takes_int = any(self.kinds(a) == {"int"} for a in self.arms(expected))
        if len(wanted) != 1 or takes_int or self.kinds(value.type) != {"int"}:
            return value
        return self.as_number(value, wanted.pop())

    def as_number(self, value: Typed, kind: str) -> Typed:
        """Return an int as a float or decimal, with the same range."""
        spread = numbers([value.type], self.table)
        if kind not in ("float", "decimal") or spread is None or spread.kinds != {"int"}:
            return value
        wide = number(kind, (spread.low, spread.high))
        match value.ir:
            case ["lit", int(constant)] if abs(constant) <= _MOST_EXACT:
                return Typed(wide, ["lit", tag(Decimal(constant) if kind == "decimal" else float(constant))])
            case _:
                return Typed(wide, [kind, value.ir])

    def joined(self, values: Sequence[Typed], span: Span, op: str) -> tuple[Type, list[Ir]]:
        """Return the type that holds all these values, with ints widened beside floats or decimals."""
        found = {"int", "float", "decimal"} & {k for v in values for k in kinds(self.arms(v.type))}
        if {"float", "decimal"} <= found:
            self.report.add("E309", span, op=op)
            return BROKEN, [v.ir for v in values]
        if len(found) == 2:
            kind = next(iter(found - {"int"}))
            values = [self.as_number(v, kind) for v in values]
        return self.join([v.type for v in values]), [v.ir for v in values]

    def join(self, types: Sequence[Type]) -> Type:
        """Return the least type that holds all of these."""
        if any(isinstance(t, Broken) for t in types):
            return BROKEN
        whole = join(types, self.table)
        # Beside a secret, a plain value is one too: at run time the two cannot be told apart.
        hidden = Secret in {*map(type, self.arms(whole))}
        return raised(whole, Secret(Never()), self.table) if hidden else whole

    def data(self, type_: Type) -> object:
        """Return a type as data; nothing that is reported as broken is ever lowered, so any data will do for it."""
        return "null" if has_broken(type_) else to_data(type_)

    def _note_check(self, value: Typed, expected: Expected, span: Span) -> None:
        labels = (expected.label,) if expected.label else ()
        shown = self.show(expected.type)
        self.report.add("N390", span, labels=labels, what=expected.what, expected=shown, found=self.found(value.type))

    def _mismatch(self, value: Typed, expected: Expected, reason: str, span: Span) -> None:
        labels = (expected.label,) if expected.label else ()
        if (
            self.secret(value.type)
            and not self.secret(expected.type)
            and self._fits_revealed(value.type, expected.type)
        ):
            self.report.add("E440", span, labels=labels, what=expected.what)
            return
        present = fits_after_projection(self.present(value.type), expected.type, self.table)
        only_null = isinstance(self.resolve(value.type), Null)
        if self.may_be_null(value.type) and not only_null and not isinstance(present, Mismatch):
            what = f"{expected.what} must be {self.show(expected.type)}"
            self.report.add("E303", span, labels=labels, what=what)
            return
        self.report.add(
            "E301",
            span,
            labels=labels,
            what=expected.what,
            expected=self.show(expected.type),
            found=self.show(value.type) if self._by_length(value.type, expected.type) else self.found(value.type),
            reason=f": {reason}" if reason.startswith("`") else "",
            help=self._help(value.type, expected.type),
        )

    def _by_length(self, found: Type, expected: Type) -> bool:
        """Return whether a list would fit but for its length, or for what is known of its items."""
        wide = fits_after_projection(widen(found), expected, self.table)
        return isinstance(found, List) and not isinstance(wide, Mismatch)

    def found(self, type_: Type) -> str:
        """Return what a value is, for a message: null, a constant, or its type."""
        match type_:
            case Null():
                return "null"
            case Literal(str(text)):
                return f'`"{text}"`'
            case List(Never()):
                return "an empty list"
            case List():
                return self.show(widen(type_))  # a list that was written out has a length and its very items
            case _:
                return self.show(type_)

    def _fits_revealed(self, type_: Type, expected: Type) -> bool:
        verdict = fits_after_projection(revealed(type_, self.table), expected, self.table)
        return not isinstance(verdict, Mismatch)

    def secret(self, type_: Type) -> bool:
        """Return whether a value of the type can have a secret in it."""
        return holds_secret(type_, self.table)

    def _help(self, found: Type, expected: Type) -> str:
        kinds = self.kinds(found), self.kinds(self.present(expected))
        if kinds == (frozenset({"float"}), frozenset({"int"})) or kinds == (frozenset({"decimal"}), frozenset({"int"})):
            return "`round(x)`, `floor(x)` and `ceil(x)` give an int"
        if {"decimal"} in kinds and {"float"} in kinds:
            return "decimal and float do not mix; use one of them throughout"
        if self.secret(found):
            return "secrets flow only into `with:` and `secret(T)` inputs"
        return ""


def has_broken(type_: Type) -> bool:
    """Return whether a type has a broken part: a field or item that has been reported."""
    match type_:
        case Broken():
            return True
        case Union(arms):
            return {*map(type, arms)} != {Literal} and any(has_broken(a) for a in arms)
        case List(inner) | Map(inner) | Secret(inner):
            return has_broken(inner)
        case Record(fields):
            return any(has_broken(f.type) for f in fields)
        case _:
            return False
