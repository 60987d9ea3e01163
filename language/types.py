"""The types of the Cell language: structural, immutable, compared by value.

A type is a set of values. `Named` refers to a declared type by qualified name ("shop.orders.Order") and is looked up
in a `TypeTable`, so that recursive types are finite and messages print the name that the user wrote. `Broken` is the
type of something that has been reported already: it fits everything, so one mistake gives one diagnostic.

The Python values behind the types: null None, bool, int, float (finite), decimal `Decimal` (finite), string/email/url
`str`, bytes, uuid `UUID`, date, time, datetime (aware), duration `timedelta`, list `list`, map and record `dict` (an
absent optional field has no key). Values are never mutated once they exist.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Literal as Lit
from typing import TypeAlias

from msgspec import Struct

ScalarName: TypeAlias = Lit["bytes", "uuid", "date", "time", "datetime", "duration"]


class Never(Struct, frozen=True):
    """No value."""


class Null(Struct, frozen=True):
    """`null` only."""


class Bool(Struct, frozen=True):
    """`true`, `false`."""


class Int(Struct, frozen=True):
    """Exact integers from `low` to `high`, both included; None is unbounded. `step`: multiples of it only."""

    low: int | None = None
    high: int | None = None
    step: int | None = None


class Number(Struct, frozen=True, cache_hash=True):
    """`float` or `decimal`, with exact rational bounds, each included unless its `open` flag says otherwise."""

    name: Lit["float", "decimal"]
    low: Fraction | None = None
    high: Fraction | None = None
    low_open: bool = False
    high_open: bool = False
    step: Fraction | None = None


class String(Struct, frozen=True):
    """Text of `low` to `high` characters; `pattern` is a regular expression (RE2) that the whole text must match.

    `format` "email" and "url" are text that additionally has that shape; so `email` is a subtype of `string`.
    """

    low: int = 0
    high: int | None = None
    pattern: str | None = None
    format: Lit["email", "url"] | None = None


class Scalar(Struct, frozen=True):
    """A scalar without refinements: bytes, uuid, date, time, datetime, duration."""

    name: ScalarName


class Literal(Struct, frozen=True):
    """One value: a bool, an int, a Decimal or a text (enums are unions of text literals)."""

    value: bool | int | Decimal | str
    kind: Lit["bool", "int", "decimal", "float", "string"] = "string"


class List(Struct, frozen=True, cache_hash=True):
    """A list of `low` to `high` items."""

    item: "Type"
    low: int = 0
    high: int | None = None


class Map(Struct, frozen=True, cache_hash=True):
    """Text keys, values of one type, in insertion order."""

    value: "Type"


class Field(Struct, frozen=True, cache_hash=True):
    """A record's field. An `optional` one may be absent; reading it gives `T | null`; T itself excludes null."""

    name: str
    type: "Type"
    optional: bool = False


class Record(Struct, frozen=True, cache_hash=True):
    """Exactly these fields, in declaration order. The order has no meaning: types are compared by `subtype`.

    `extra` opens the record: any other key may be there, with a value of that type. The language declares exact records
    only; open ones come from imported JSON Schemas.
    """

    fields: tuple[Field, ...]
    extra: "Type | None" = None

    def get(self, name: str) -> Field | None:
        """Return the field called `name`, or None."""
        return next((f for f in self.fields if f.name == name), None)


class Union(Struct, frozen=True, cache_hash=True):
    """Any of the arms. Build with `union`, which flattens, drops repeats and unwraps single arms."""

    arms: tuple["Type", ...]


class Named(Struct, frozen=True):
    """A declared type, by qualified name."""

    name: str


class Secret(Struct, frozen=True):
    """A value that prints as `***` and flows only where a secret is expected."""

    inner: "Type"


class Json(Struct, frozen=True):
    """Any JSON value: null, bool, int, float, text, lists and text-keyed maps of them."""


class Broken(Struct, frozen=True):
    """The type of what has been reported already; fits everything, silently."""


Type: TypeAlias = (
    Never
    | Null
    | Bool
    | Int
    | Number
    | String
    | Scalar
    | Literal
    | List
    | Map
    | Record
    | Union
    | Named
    | Secret
    | Json
    | Broken
)

TypeTable: TypeAlias = Mapping[str, Type]
"""Declared types by qualified name."""

FLOAT = Number("float")
DECIMAL = Number("decimal")
STRING = String()
INT = Int()
DURATION = Scalar("duration")
BROKEN = Broken()

NAMES: Mapping[str, Type] = {
    "bool": Bool(),
    "int": INT,
    "float": FLOAT,
    "decimal": DECIMAL,
    "string": STRING,
    "bytes": Scalar("bytes"),
    "uuid": Scalar("uuid"),
    "email": String(format="email"),
    "url": String(format="url"),
    "date": Scalar("date"),
    "time": Scalar("time"),
    "datetime": Scalar("datetime"),
    "duration": DURATION,
    "json": Json(),
    "null": Null(),
}
"""The types that are known without a declaration."""


def union(arms: Iterable[Type]) -> Type:
    """Return the union of `arms`, flattened and without repeats; Never when there are none, Broken when one is."""
    flat: dict[Type, None] = {}
    for arm in arms:
        for part in arm.arms if isinstance(arm, Union) else (arm,):
            if isinstance(part, Broken):
                return BROKEN
            if not isinstance(part, Never):
                flat[part] = None
    parts = tuple(flat)
    if len(parts) == 1:
        return parts[0]
    return Union(parts) if parts else Never()


def optional(inner: Type) -> Type:
    """Return `T?`: T or null."""
    return union((inner, Null()))


def record(fields: Mapping[str, Type]) -> Record:
    """Return the record with these required fields."""
    return Record(tuple(Field(name, type_) for name, type_ in fields.items()))


def resolve(type_: Type, table: TypeTable) -> Type:
    """Return what a chain of names stands for (only the outermost); Broken when a name is not in the table."""
    while isinstance(type_, Named):
        type_ = table.get(type_.name, BROKEN)
    return type_


def flat_arms(whole: Union, table: TypeTable) -> tuple[Type, ...] | None:
    """Return the arms with their names resolved; None where one is a union itself, or a name for a name.

    A large union is asked so often that no arm may cost a call.
    """
    parts = tuple([table.get(arm.name, BROKEN) if type(arm) is Named else arm for arm in whole.arms])
    return parts if {*map(type, parts)}.isdisjoint((Named, Union)) else None
