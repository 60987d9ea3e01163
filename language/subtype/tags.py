"""Records that a constant tells apart: of two large unions, only the arms with equal tags need to be compared."""

from collections.abc import Mapping, Sequence
from functools import lru_cache

from cellc.language.types import Literal, Record, Type, TypeTable, resolve


@lru_cache(4096)
def _tags(record: Record) -> Mapping[str, Type]:
    return {f.name: f.type for f in record.fields if not f.optional and isinstance(f.type, Literal)}


def tags_of(type_: Type, table: TypeTable) -> Mapping[str, Type]:
    """Return the fields of a record that are there and have one value each; nothing for other types."""
    whole = resolve(type_, table)
    return _tags(whole) if isinstance(whole, Record) else {}


def told_apart(one: Mapping[str, Type], two: Mapping[str, Type]) -> bool:
    """Return whether tags say that no value is of both types."""
    return any(one[name] != two[name] for name in one.keys() & two.keys())


def with_equal_tags(ones: Sequence[Type], others: Sequence[Type], table: TypeTable) -> list[list[Type]] | None:
    """Return, for each type of the first, those of the others that it can share a value with.

    None where no field is a tag of all of them.
    """
    tags, among = [tags_of(one, table) for one in ones], [tags_of(other, table) for other in others]
    shared = {*tags[0]}.intersection(*tags, *among)
    if not shared:
        return None
    name = min(shared)
    by_value: dict[Type, list[Type]] = {}
    for other, own in zip(others, among, strict=True):
        by_value.setdefault(own[name], []).append(other)
    return [by_value.get(own[name], []) for own in tags]
