"""The names that an expression can see, with their types as they are known at that place."""

from collections.abc import Mapping
from typing import TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from cellc.compiler.fit import Types
from cellc.language.types import Record, Type, optional


class Local(Struct, frozen=True):
    """A name in scope: its type here, its name in the graph, and whether it may have no value yet."""

    type: Type
    slot: str
    maybe_unset: bool = False


Scope: TypeAlias = Mapping[str, Local]


def inputs(record: Record) -> Scope:
    """Return the scope of a cell or effect that has just its inputs."""
    return {f.name: Local(optional(f.type) if f.optional else f.type, f.name) for f in record.fields}


def narrowed(scope: Scope, types: Mapping[str, Type]) -> dict[str, Local]:
    """Return the scope with narrower types for some names."""
    return {**scope, **{n: replace(scope[n], type=t) for n, t in types.items() if n in scope}}


def joined(scopes: list[Scope | None], types: Types) -> Scope | None:
    """Return what holds where control comes from all of these places; None when it comes from none (unreachable)."""
    open_ = [s for s in scopes if s is not None]
    if not open_:
        return None
    names = dict.fromkeys(n for s in open_ for n in s)
    return {n: _joined_local([s[n] for s in open_ if n in s], len(open_), types) for n in names}


def _joined_local(locals_: list[Local], count: int, types: Types) -> Local:
    unset = len(locals_) < count or any(x.maybe_unset for x in locals_)
    return Local(types.join([x.type for x in locals_]), locals_[0].slot, unset)
