"""The algebra that subtyping is decided in: sets of values, built from atoms by and, or, not and names.

Types (`lower.py`) and JSON Schemas (`json_schema/reading.py`) are both written down in it. Every atom has one *kind*;
kinds are disjoint, so a question about mixed sets falls apart into one question for each kind. There are two universes
of values:

CELL    the Python values of the language: int, float and decimal are three kinds, uuid and text are two
JSON    what JSON text can say: one kind of number (1 and 1.0 are equal), text, and no other scalar
"""

import sys
from collections.abc import Iterable
from fractions import Fraction
from typing import Literal, TypeAlias

import msgspec

from cellc.language.regex import Dialect, NotRegular, parse

NumberKind: TypeAlias = Literal["int", "float", "decimal", "number"]

UNIT_KINDS = ("null", "true", "false", "bytes", "uuid", "date", "time", "datetime", "duration")
"""Kinds whose only subsets here are all and nothing."""

CELL = ("null", "true", "false", "int", "float", "decimal", "text", *UNIT_KINDS[3:], "list", "object", "secret")
JSON = ("null", "true", "false", "number", "text", "list", "object")


class Everything(msgspec.Struct, frozen=True):
    """All values."""


class Nothing(msgspec.Struct, frozen=True):
    """No value."""


class Ref(msgspec.Struct, frozen=True):
    """The set that a name stands for; how recursive sets are finite."""

    name: str


class Both(msgspec.Struct, frozen=True, cache_hash=True):
    """The values that are in every part."""

    parts: tuple["Set", ...]


class Either(msgspec.Struct, frozen=True, cache_hash=True):
    """The values that are in some part."""

    parts: tuple["Set", ...]


class ExactlyOne(msgspec.Struct, frozen=True, cache_hash=True):
    """The values that are in one part and in no other."""

    parts: tuple["Set", ...]


class Not(msgspec.Struct, frozen=True, cache_hash=True):
    """The values that are not in `part`."""

    part: "Set"


class Unit(msgspec.Struct, frozen=True):
    """All values of a kind that is not divided further."""

    kind: str


class Numbers(msgspec.Struct, frozen=True, cache_hash=True):
    """Numbers of one kind between rational bounds, optionally only the multiples of `step`."""

    kind: NumberKind
    low: Fraction | None = None
    high: Fraction | None = None
    low_open: bool = False
    high_open: bool = False
    step: Fraction | None = None


class Text(msgspec.Struct, frozen=True, cache_hash=True):
    """Text of `low` to `high` characters that `pattern` accepts: as a whole in RE2, with a match anywhere in ECMA."""

    low: int = 0
    high: int | None = None
    pattern: str | None = None
    dialect: Dialect = "re2"


class Words(msgspec.Struct, frozen=True):
    """Finitely many texts."""

    words: frozenset[str]


class Items(msgspec.Struct, frozen=True, cache_hash=True):
    """Lists of `low` to `high` items; the first ones are in the sets of `prefix`, all others in `item`."""

    item: "Set"
    low: int = 0
    high: int | None = None
    prefix: tuple["Set", ...] = ()


class Distinct(msgspec.Struct, frozen=True):
    """Lists in which no two items are equal."""


class Counted(msgspec.Struct, frozen=True, cache_hash=True):
    """Lists of which `low` to `high` items are in `part`."""

    part: "Set"
    low: int
    high: int | None = None


class Slot(msgspec.Struct, frozen=True, cache_hash=True):
    """One key of an object: what is there, and whether it must be there."""

    name: str
    content: "Set"
    required: bool


class Family(msgspec.Struct, frozen=True, cache_hash=True):
    """The keys whose names are in a set of texts, and what is at each of them."""

    names: "Set"
    content: "Set"


class Fields(msgspec.Struct, frozen=True, cache_hash=True):
    """Objects of `low` to `high` keys: these slots, else what all families of the key say, else `extra`."""

    slots: tuple[Slot, ...]
    extra: "Set"
    families: tuple[Family, ...] = ()
    low: int = 0
    high: int | None = None


class Hidden(msgspec.Struct, frozen=True, cache_hash=True):
    """Secrets."""

    inner: "Set"


class Opaque(msgspec.Struct, frozen=True, cache_hash=True):
    """A set of which nothing is known but that equal ones are equal: what is written there is not supported."""

    name: str
    content: str = ""


class Forgiven(msgspec.Struct, frozen=True):
    """What has been reported as wrong already: in no question does it count against the program."""


Atom: TypeAlias = Unit | Numbers | Text | Words | Items | Distinct | Counted | Fields | Hidden
Set: TypeAlias = Everything | Nothing | Ref | Both | Either | ExactlyOne | Not | Atom | Opaque | Forgiven

FLOAT_LIMIT = Fraction(repr(sys.float_info.max))
"""The greatest number that a float stands for."""

EVERYTHING = Everything()
NOTHING = Nothing()
BOOLS = Either((Unit("true"), Unit("false")))


def either(parts: Iterable[Set]) -> Set:
    """Return the union of `parts`; one part is itself, none is nothing."""
    flat = (leaf for part in parts for leaf in (part.parts if isinstance(part, Either) else (part,)))
    unique = tuple(dict.fromkeys(part for part in flat if part != NOTHING))
    return unique[0] if len(unique) == 1 else Either(unique) if unique else NOTHING


def both(parts: Iterable[Set]) -> Set:
    """Return the intersection of `parts`; one part is itself, none is everything."""
    flat = (leaf for part in parts for leaf in (part.parts if isinstance(part, Both) else (part,)))
    unique = tuple(dict.fromkeys(part for part in flat if part != EVERYTHING))
    return unique[0] if len(unique) == 1 else Both(unique) if unique else EVERYTHING


def pattern_set(pattern: str, dialect: Dialect) -> Set:
    """Return the texts that `pattern` accepts; `Opaque` where it is beyond what `regex` supports."""
    try:
        parse(pattern, dialect)
    except NotRegular:
        return Both((Text(), Opaque(f"the regular expression /{pattern}/", dialect)))
    return Text(pattern=pattern, dialect=dialect)


def kind_of(atom: Atom) -> str:
    """Return the kind that all values of `atom` are of."""
    match atom:
        case Unit(kind) | Numbers(kind):
            return kind
        case Text() | Words():
            return "text"
        case Items() | Distinct() | Counted():
            return "list"
        case Fields():
            return "object"
        case Hidden():
            return "secret"


def whole_kind(kind: str) -> Atom:
    """Return all values of a kind."""
    match kind:
        case "int" | "float" | "decimal" | "number":
            return Numbers(kind)
        case "text":
            return Text()
        case "list":
            return Items(EVERYTHING)
        case "object":
            return Fields((), EVERYTHING)
        case "secret":
            return Hidden(EVERYTHING)
        case _:
            return Unit(kind)
