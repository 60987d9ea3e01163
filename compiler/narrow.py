"""What a test says about the variables in it: narrowing.

A test narrows a variable, or a field path from one (`order.gift != null`). A path narrows the variable's own type:
the record's field gets the narrower type, and a union loses the records whose field cannot be that (a literal tag).
So there is one place where a narrowed type lives: the variable.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from cellc.language import ast
from cellc.language.subtype import constants_of, keep_type, overlaps, remove_null, without_type
from cellc.language.types import (
    Bool,
    Broken,
    Field,
    Literal,
    Never,
    Null,
    Record,
    Type,
    TypeTable,
    Union,
    flat_arms,
    resolve,
    union,
)

Types: TypeAlias = Mapping[str, Type]
"""Variables' types by name."""


@dataclass(frozen=True, slots=True)
class Change:
    """What a test does to the type of what it is about.

    `constants` are all values that it is about, where there are so few: what it `keeps`, or takes away.
    """

    apply: Callable[[Type], Type]
    constants: frozenset[Type] | None
    keeps: bool


TypeOf: TypeAlias = Callable[[ast.TypeExpr], Type]


class Narrowing:
    """Narrows the variables of one body. What a test says is kept: each is asked about more than once."""

    def __init__(self, table: TypeTable, type_of: TypeOf) -> None:
        self._table = table
        self._type_of = type_of
        self._known: dict[tuple[int, bool], tuple[ast.Expr, Types, dict[str, Type]]] = {}
        self._tags: dict[str, dict[Type, Type | None]] = {}

    def by_test(self, test: ast.Expr, holds: bool, types: Types) -> dict[str, Type]:
        """Return the variables whose type is narrower when `test` is `holds`, with that type."""
        known = self._known.get((id(test), holds))
        if known is not None and known[1] == types:
            return known[2]
        narrower = self._of(test, holds, types)
        self._known[id(test), holds] = test, types, narrower  # the test is kept, so that no other one gets its id
        return narrower

    def by_type(self, value: ast.Expr, type_: Type, fits: bool, types: Types) -> dict[str, Type]:
        """Return the variables whose type is narrower when `value` is known to fit `type_`, or not to."""
        return self._path(value, self._fitting(type_, fits), types)

    def _of(self, test: ast.Expr, holds: bool, types: Types) -> dict[str, Type]:
        match test:
            case ast.Unary("not", operand):
                return self._of(operand, not holds, types)
            case ast.Binary("and" | "or" as op, left, right):
                return (
                    self._both(left, right, holds, types)
                    if (op == "and") is holds
                    else self._either(left, right, holds, types)
                )
            case ast.Compare((left, right), ("==" | "!=" as op,)):
                return self._equal(left, right, (op == "==") is holds, types)
            case ast.Compare((value, ast.ListExpr(items)), ("in" | "not in" as op,)):
                return self._one_of(value, items, (op == "in") is holds, types)
            case ast.IsType(value, written, negated):
                return self._path(value, self._fitting(self._type_of(written), holds is not negated), types)
            case ast.Name() | ast.Field():
                return self._path(test, self._is_true(holds), types)
            case _:
                return {}

    def _both(self, left: ast.Expr, right: ast.Expr, holds: bool, types: Types) -> dict[str, Type]:
        first = self._of(left, holds, types)
        return first | self._of(right, holds, {**types, **first})

    def _either(self, left: ast.Expr, right: ast.Expr, holds: bool, types: Types) -> dict[str, Type]:
        """One of the two decides: what both say holds, joined. The right one runs only when the left one did not."""
        first = self._of(left, holds, types)
        second = self._of(right, holds, {**types, **self._of(left, not holds, types)})
        return {name: union((first[name], second[name])) for name in first.keys() & second.keys()}

    def _equal(self, left: ast.Expr, right: ast.Expr, same: bool, types: Types) -> dict[str, Type]:
        for value, other in ((left, right), (right, left)):
            single = _single(other)
            if single is not None:
                return self._path(value, self._fitting(single, same), types)
        return {}

    def _one_of(self, value: ast.Expr, items: tuple[ast.Expr, ...], inside: bool, types: Types) -> dict[str, Type]:
        singles = [_single(item) for item in items]
        known = [s for s in singles if s is not None]
        return self._path(value, self._fitting(union(known), inside), types) if len(known) == len(singles) else {}

    def _fitting(self, wanted: Type, same: bool) -> Change:
        change = keep_type if same else without_type
        return Change(lambda type_: change(type_, wanted, self._table), constants_of(wanted, self._table), same)

    def _is_true(self, holds: bool) -> Change:
        """Narrow what is true or false; anything else is no test, and has been reported."""
        change = self._fitting(Literal(True, "bool"), holds).apply
        return Change(lambda type_: change(type_) if overlaps(type_, Bool(), self._table) else type_, None, holds)

    def _path(self, value: ast.Expr, change: Change, types: Types) -> dict[str, Type]:
        path = path_of(value)
        if path is None or path[0] not in types:
            return {}
        old = types[path[0]]
        new = self._at(old, path[1:], change)
        return {} if new == old or isinstance(old, Broken) else {path[0]: new}

    def _at(self, type_: Type, path: tuple[str, ...], change: Change) -> Type:
        if isinstance(type_, Broken):
            return type_
        if not path:
            return change.apply(type_)
        arms = self._arms(type_)
        if len(path) == 1 and change.constants is not None and len(arms) > 1:
            tags = self._tags_of(path[0], arms)
            if None not in tags:
                pairs = zip(arms, tags, strict=True)
                return union([arm for arm, tag in pairs if (tag in change.constants) is change.keeps])
        return union(part for arm in arms for part in self._in_record(arm, path, change))

    def _arms(self, type_: Type) -> tuple[Type, ...]:
        whole = resolve(type_, self._table)
        if not isinstance(whole, Union):
            return (type_,)
        if flat_arms(whole, self._table) is not None:
            return whole.arms
        return tuple(a for arm in whole.arms for a in self._arms(arm))

    def _tags_of(self, name: str, arms: tuple[Type, ...]) -> list[Type | None]:
        """Return the constant that each arm has as its field `name`, None where it has another type, or no such field.

        They are kept: of a union of many records, one and the same arm is asked for in every case.
        """
        known = self._tags.setdefault(name, {})
        for arm in [arm for arm in arms if arm not in known]:
            whole = resolve(arm, self._table)
            field = whole.get(name) if isinstance(whole, Record) else None
            tagged = field is not None and not field.optional and isinstance(field.type, Literal)
            known[arm] = field.type if field is not None and tagged else None
        return [known[arm] for arm in arms]

    def _in_record(self, arm: Type, path: tuple[str, ...], change: Change) -> tuple[Type, ...]:
        """Return `arm` with the field at `path` changed; nothing when no value of the field is left."""
        whole = resolve(arm, self._table)
        field = whole.get(path[0]) if isinstance(whole, Record) else None
        if not isinstance(whole, Record) or field is None:
            return (arm,)
        old = union((field.type, Null())) if field.optional else field.type
        new = self._at(old, path[1:], change)
        if isinstance(new, Never):
            return ()
        if new == old:
            return (arm,)
        return (Record(tuple(self._narrowed(f, new) if f is field else f for f in whole.fields)),)

    def _narrowed(self, field: Field, new: Type) -> Field:
        if not field.optional:
            return Field(field.name, new)
        if not overlaps(new, Null(), self._table):
            return Field(field.name, new)
        return Field(field.name, remove_null(new, self._table), optional=True)


def _single(expr: ast.Expr) -> Type | None:
    """Return the type of a constant that a value can be compared with to narrow it."""
    match expr:
        case ast.Constant(None):
            return Null()
        case ast.Constant(bool() as value):
            return Literal(value, "bool")
        case ast.Constant(int() as value):
            # 1 == 1.0: what equals an int may be a float or a decimal
            return union((Literal(value, "int"), Literal(Decimal(value), "float"), Literal(Decimal(value), "decimal")))
        case ast.Constant(str() as value):
            return Literal(value, "string")
        case _:
            return None


def path_of(expr: ast.Expr) -> tuple[str, ...] | None:
    """Return the variable and the fields that `expr` names, None where it is something else: only paths narrow."""
    match expr:
        case ast.Name(text):
            return (text,)
        case ast.Field(value, name):
            inner = path_of(value)
            return (*inner, name.text) if inner else None
        case _:
            return None
