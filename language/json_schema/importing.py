"""JSON Schemas as types: as near as types come, with a list of what they cannot carry.

The type always accepts what the schema accepts. Where types have no word for a restriction (an exclusion, items by
position, a pattern that is no RE2), it is left out and said in `lost`. A JSON number is a `float`, one that must be a
whole number an `int`; text that looks exactly as our own exports of uuid, date, email and so on is that scalar again.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import ceil, floor
from typing import Any, cast

from cellc.language.json_schema.documents import Schema
from cellc.language.json_schema.reading import schema_set
from cellc.language.json_schema.text_types import text_types
from cellc.language.subtype.branching import Branch
from cellc.language.subtype.goals import inside, outside
from cellc.language.subtype.intervals import intersection
from cellc.language.subtype.search import branches, find_value
from cellc.language.subtype.sets import (
    EVERYTHING,
    JSON,
    Atom,
    Both,
    Counted,
    Distinct,
    Either,
    Everything,
    ExactlyOne,
    Fields,
    Items,
    Not,
    Nothing,
    Numbers,
    Opaque,
    Ref,
    Set,
    Text,
    Words,
    both,
    either,
    kind_of,
    whole_kind,
)
from cellc.language.text_forms import PATTERNS
from cellc.language.types import (
    Bool,
    Field,
    Int,
    Json,
    List,
    Literal,
    Map,
    Named,
    Never,
    Null,
    Number,
    Record,
    String,
    Type,
    TypeTable,
    Union,
    union,
)

_MOST_PARTS = 5000
"""Parts of a schema that are turned into types; beyond it the rest is `json`."""

_MOST_DEPTH = 60
"""Levels of types within types; beyond it the rest is `json`."""


@dataclass(frozen=True, slots=True)
class Imported:
    """A schema as a type; unpacks as `type, table, lost`.

    `table` has the types of its references; `lost` says what of the schema the type does not carry.
    """

    type: Type
    table: TypeTable
    lost: tuple[str, ...]
    schema: Schema

    def __iter__(self) -> Iterator[Any]:
        return iter((self.type, self.table, self.lost))


def from_json_schema(schema: Schema) -> Imported:
    """Return `schema` as a type. Raises ValueError where it is no JSON Schema."""
    read = schema_set(schema)
    importer = _Importer(read.define)
    type_ = importer.type_of(read.whole, "")
    return Imported(type_, importer.table, (*read.lost(), *importer.lost), schema)


class _Importer:
    def __init__(self, define: Callable[[str], Set]) -> None:
        self._define = define
        self._names: dict[str, str] = {}
        self._open: dict[Set, str | None] = {}
        self._parts = 0
        self._depth = 0
        self._lost: dict[str, None] = {}
        self.table: dict[str, Type] = {}

    @property
    def lost(self) -> list[str]:
        """What the types do not carry."""
        return list(self._lost)

    def _lose(self, place: str, what: str) -> None:
        self._lost[f"{place or 'the value'}: {what}"] = None

    def type_of(self, part: Set, place: str) -> Type:
        """Return the type of a set."""
        if self._depth == _MOST_DEPTH:
            self._lose(place, "it is nested too deeply")
            return Json()
        self._depth += 1
        type_ = self._type_of(part, place)
        self._depth -= 1
        return type_

    def _type_of(self, part: Set, place: str) -> Type:
        match part:
            case Everything():
                return Json()
            case Nothing():
                return Never()
            case Ref(name) if not self._is_unguarded(name):
                return self._named(name)
            case Either(parts):
                return _merged(self.type_of(each, place) for each in parts)
            case _:
                return self._of_branches(part, place)

    def _named(self, reference: str) -> Type:
        if reference not in self._names:
            name = self._fresh_name(reference)
            self._names[reference] = name
            self.table[name] = self.type_of(self._define(reference), name)
        return Named(self._names[reference])

    def _fresh_name(self, reference: str) -> str:
        words = re.findall(r"[A-Za-z0-9]+", reference.rpartition("/")[2]) or ["Root"]
        base = "".join(word[:1].upper() + word[1:] for word in words)
        base = base if base[0].isalpha() else f"T{base}"
        taken = {*self._names.values(), *filter(None, self._open.values())}
        return next(name for name in _numbered(base) if name not in taken)

    def _is_unguarded(self, name: str) -> bool:
        """Return whether a reference leads to itself without a list or an object in between."""
        waiting: list[Set] = [self._define(name)]
        seen: set[Set] = set()
        while waiting:
            part = waiting.pop()
            if part == Ref(name):
                return True
            if part in seen:
                continue
            seen.add(part)
            match part:
                case Ref(other):
                    waiting.append(self._define(other))
                case Both(parts) | Either(parts) | ExactlyOne(parts):
                    waiting += parts
                case Not(inner):
                    waiting.append(inner)
                case _:
                    pass
        return False

    def _of_branches(self, part: Set, place: str) -> Type:
        """Return the type of a set by expanding it; a set that comes back within itself gets a name."""
        if part in self._open:
            self._open[part] = self._open[part] or self._fresh_name("Part")
            return Named(cast("str", self._open[part]))
        self._parts += 1
        if self._parts > _MOST_PARTS:
            self._lose(place, "the schema is too large")
            return Json()
        self._open[part] = None
        found = branches(frozenset({(part, True)}), self._define, JSON)
        type_ = _merged(self._of_branch(branch, place) for branch in found)
        name = self._open.pop(part)
        if name is None:
            return type_
        self._names[name] = name
        self.table[name] = type_
        return Named(name)

    def _of_branch(self, branch: Branch, place: str) -> Type:
        atoms = [(part, sign) for part, sign in branch if not isinstance(part, Opaque)]
        within = [part for part, sign in atoms if sign]
        without = [part for part, sign in atoms if not sign]
        if within:
            return self._of_kind(kind_of(within[0]), within, without, place)
        return _merged(self._of_kind(kind, [whole_kind(kind)], without, place) for kind in JSON)

    def _of_kind(self, kind: str, within: list[Atom], without: list[Atom], place: str) -> Type:
        refused = [part for part in without if kind_of(part) == kind and self._may_share(within, [], part)]
        if not self._may_share(within, refused, None):
            return Never()
        match kind:
            case "text":
                return self._of_text(within, refused, place)
            case "number":
                type_ = _number_type([part for part in within if isinstance(part, Numbers)])
            case "list":
                type_ = self._of_lists([part for part in within if isinstance(part, Items)], place)
                if any(isinstance(part, Distinct | Counted) for part in within):
                    self._lose(place, "what is said about all items together, by `uniqueItems` or counts of `contains`")
            case "object":
                type_ = self._of_objects([part for part in within if isinstance(part, Fields)], place)
            case _:
                type_ = _UNITS[kind]
        if refused:
            self._lose(place, "values that are excluded, by `not` or by arms of `oneOf` that overlap")
        return type_

    def _may_share(self, within: Sequence[Atom], without: Sequence[Atom], more: Atom | None) -> bool:
        wanted = inside([*within, *([] if more is None else [more])])
        found, doubt = find_value(frozenset(wanted | outside(without)), self._define, JSON)
        return found is not None or doubt is not None

    def _of_text(self, within: list[Atom], without: list[Atom], place: str) -> Type:
        inside = [part for part in within if isinstance(part, Text | Words)]
        types, lost = text_types(inside, [part for part in without if isinstance(part, Text | Words)])
        for what in lost:
            self._lose(place, what)
        return union(types)

    def _of_lists(self, parts: list[Items], place: str) -> Type:
        low = max(part.low for part in parts)
        high = min((part.high for part in parts if part.high is not None), default=None)
        fixed = max(len(part.prefix) for part in parts)
        contents = [both(_at(part, index) for part in parts) for index in range(fixed + 1)]
        if high is not None and high <= fixed:
            contents = contents[:high]
        types = dict.fromkeys(self.type_of(content, f"{place}[]") for content in contents)
        if len(types) > 1:
            self._lose(place, "items by position")
        return List(_merged(types), low, high)

    def _of_objects(self, parts: list[Fields], place: str) -> Type:
        parts = parts or [Fields((), EVERYTHING)]
        families = [family for part in parts for family in part.families]
        extra = self.type_of(both(map(_others, parts)), f"{place}.*")
        if families:
            self._lose(place, "keys by pattern")
        if any((part.low, part.high) != (0, None) for part in parts):
            self._lose(place, "the number of keys")
        names = dict.fromkeys(slot.name for part in parts for slot in part.slots)
        fields = tuple(self._field(name, parts, f"{place}.{name}" if place else name) for name in names)
        closed = isinstance(extra, Never)
        if closed:
            fields = tuple(field for field in fields if not (field.optional and isinstance(field.type, Never)))
        if not fields and not closed:
            return Map(extra)
        return Record(fields, None if closed else extra)

    def _field(self, name: str, parts: list[Fields], place: str) -> Field:
        slots = [next((slot for slot in part.slots if slot.name == name), None) for part in parts]
        contents = (_others(part) if slot is None else slot.content for slot, part in zip(slots, parts, strict=True))
        optional = not any(slot is not None and slot.required for slot in slots)
        return Field(name, self.type_of(both(contents), place), optional)


def _others(part: Fields) -> Set:
    """Return what may stand at keys that have no slot."""
    return either([part.extra, *(family.content for family in part.families)])


def _at(part: Items, position: int) -> Set:
    return part.prefix[position] if position < len(part.prefix) else part.item


_UNITS: dict[str, Type] = {"null": Null(), "true": Literal(True, "bool"), "false": Literal(False, "bool")}


def _numbered(base: str) -> Iterator[str]:
    yield base
    number = 2
    while True:
        yield f"{base}{number}"
        number += 1


def _number_type(parts: Sequence[Numbers]) -> Type:
    """Return the type of the numbers in all of `parts`: whole ones are `int`, all others `float`."""
    area = intersection(parts)
    if area.low is not None and area.low == area.high:
        whole = area.low.denominator == 1
        value = int(area.low) if whole else Decimal(area.low.numerator) / Decimal(area.low.denominator)
        return Literal(value, "int" if whole else "float")
    if area.step is None or area.step.denominator != 1:
        return Number("float", area.low, area.high, area.low_open, area.high_open, area.step)
    low = None if area.low is None else floor(area.low) + 1 if area.low_open else ceil(area.low)
    high = None if area.high is None else ceil(area.high) - 1 if area.high_open else floor(area.high)
    return Int(low, high, None if area.step == 1 else int(area.step))


_EVERY_KIND = frozenset({Null(), Bool(), Number("float"), String(), List(Json()), Map(Json())})


def _merged(types: Iterable[Type]) -> Type:
    """Return the union, with what belongs together put together: bool, json, and a decimal's two spellings."""
    whole = union(types)
    arms = list(whole.arms) if isinstance(whole, Union) else [whole]
    both_bools = {Literal(True, "bool"), Literal(False, "bool")}
    if both_bools.issubset(arms):
        arms = [Bool() if arm == Literal(True, "bool") else arm for arm in arms if arm != Literal(False, "bool")]
    decimal_text = String(pattern=PATTERNS["decimal"])
    if decimal_text in arms and any(isinstance(arm, Number) for arm in arms):
        arms = [_as_decimal(arm) for arm in arms if arm != decimal_text]
    return Json() if _EVERY_KIND.issubset(arms) or Json() in arms else union(arms)


def _as_decimal(type_: Type) -> Type:
    if not isinstance(type_, Number):
        return type_
    return Number("decimal", type_.low, type_.high, type_.low_open, type_.high_open, type_.step)
