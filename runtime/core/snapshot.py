"""A run's state as bytes, and back: what a run comes back from without its whole history.

The objects of `state.py` are a graph with cycles, so they are kept as a table of rows, one for each object, and refer
to each other by row. What is written of an object follows from the types of its fields: a new field needs nothing here.
Parts of the plan stand as their number in it, values in their stored form, each once however often it is referred to.
What other fields imply (`wanted`, `timers`, `phases`) is made anew.

A snapshot names the kinds and fields that its rows have: `form` tells whether they are exactly today's, which a
cache insists on; where a snapshot is the truth, fields that have been added since take their defaults. `FORMAT` rises
when a field comes to mean something else.

Known weakness: equal values that are separate objects are kept separately.
"""

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import MISSING, Field, fields
from enum import IntEnum
from functools import cache, cached_property
from hashlib import blake2b
from heapq import heapify
from types import NoneType, UnionType
from typing import Any, TypeAlias, Union, get_args, get_origin, get_type_hints

import msgspec

from cellc.language.values import decode, encode
from cellc.runtime.core import state as s
from cellc.runtime.core.plan import CallNode, CellPlan, CodeNode, EachNode, ForkNode, Node, Plan, UndoPlan

FORMAT = 1

_KINDS: tuple[type, ...] = (
    s.RunState,
    s.Frame,
    s.Call,
    s.Group,
    s.Unwinding,
    s.Undo,
    s.Done,
    s.Round,
    s.Failure,
    s.FaultAt,
    s.Success,
    s.Cancelled,
    s.Progress,
    s.Moved,
    s.Handle,
    s.Fail,
    s.Finish,
    s.TimeOut,
    s.CancelRun,
    s.Wanted,
    s.Code,
    s.Asked,
    s.Told,
)
"""What has rows. All are data classes, and nothing else is in a state but parts of the plan and values."""

_IMPLIED = frozenset({"wanted", "timers", "phases"})
_PARTS = (Node, CellPlan, UndoPlan)

_Write: TypeAlias = Callable[["_Writer", Any], Any]
_Read: TypeAlias = Callable[["_Reader", Any], Any]
_Codec: TypeAlias = tuple[_Write, _Read]


class SnapshotUnreadable(ValueError):  # noqa: N818 -- named for what it says of the bytes
    """These bytes are no snapshot of a run of this plan that this version can read."""


class NoPart(Exception):  # noqa: N818 -- named for what is not there
    """A state refers to a `part` of its plan that has no counterpart in another one."""

    def __init__(self, part: Node | CellPlan | UndoPlan) -> None:
        super().__init__(part)
        self.part = part


class _Kept(msgspec.Struct, frozen=True, array_like=True):
    """What the bytes hold. `kinds` are names with their fields' names, in the order of the rows' numbers."""

    format: int
    graph: str
    kinds: list[tuple[str, list[str]]]
    rows: list[list[Any]]
    values: list[msgspec.Raw]


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(_Kept)


class Snapshots:
    """Makes and reads the snapshots of the runs of one plan."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan

    @cached_property
    def parts(self) -> tuple[Node | CellPlan | UndoPlan, ...]:
        """All parts of the plan that a state can refer to, always in the same order."""
        return tuple(_parts(self._plan))

    @cached_property
    def _numbers(self) -> dict[int, int]:
        return {id(part): number for number, part in enumerate(self.parts)}

    def take(self, state: s.RunState) -> bytes:
        """Return `state` as bytes. It is not one that differs from its log."""
        return _encoder.encode(self._written(state)[0])

    def _written(self, state: s.RunState) -> tuple[_Kept, list[Any]]:
        writer = _Writer(self._numbers)
        writer.refer(state)
        rows = [_row(writer, found) for found in writer.found]  # both grow while they are walked
        return _Kept(FORMAT, self._plan.graph, _shape(), rows, writer.values), writer.found

    def copy(self, state: s.RunState, parts: Sequence[Any]) -> list[tuple[Any, Any]]:
        """Return each object of `state` with its copy, the run's first, where parts of the plan are those of another.

        `parts` has their counterparts in the order of this plan's, None for what has none. Raises NoPart for one of
        those that the state refers to.
        """
        kept, found = self._written(state)
        reader = _Reader(parts, kept, self.parts)
        reader.read()
        return list(zip(found, reader.objects, strict=True))

    def restore(self, kept: bytes) -> s.RunState:
        """Return the state that was taken. Raises SnapshotUnreadable."""
        try:
            found = _decoder.decode(kept)
            if found.format != FORMAT:
                raise SnapshotUnreadable(f"a snapshot of format {found.format} cannot be read by this cellc")
            if found.graph != self._plan.graph:
                raise SnapshotUnreadable("it is of another program")
            state = _Reader(self.parts, found, self.parts).read()
        except (ValueError, LookupError, TypeError) as problem:
            raise SnapshotUnreadable(f"a snapshot cannot be read by this cellc: {problem}") from problem
        return state


def _parts(plan: Plan) -> Iterator[Node | CellPlan | UndoPlan]:
    for name in sorted(plan.cells):
        yield plan.cells[name]
        for node in plan.cells[name].nodes:
            yield node
            yield from (undo for undo in undos_of(node) if undo is not None)


def undos_of(node: Node) -> tuple[UndoPlan | None, ...]:
    """Return how a place is undone: for each of its calls by itself, then for a whole group; None where it is not."""
    match node:
        case CallNode(call=call):
            return (call.undo,)
        case EachNode(call=call, undo=undo):
            return (call.undo, undo)
        case CodeNode(undos=undos):
            return tuple(undos.values())
        case ForkNode(branches=branches, undo=undo):
            return (*(branch.undo for branch in branches), undo)
        case _:
            return ()


# --- one run ---------------------------------------------------------------------------------------------------------


class _Writer:
    """Numbers what it meets. All of that outlives the writer, so identities do not clash."""

    def __init__(self, parts: Mapping[int, int]) -> None:
        self.parts = parts
        self.found: list[Any] = []
        self.values: list[msgspec.Raw] = []
        self._rows: dict[int, int] = {}
        self._stored: dict[int, int] = {}

    def refer(self, what: Any) -> int:
        """Return the row of an object, which may be still to be written."""
        row = self._rows.setdefault(id(what), len(self.found))
        if row == len(self.found):
            self.found.append(what)
        return row

    def value(self, value: Any) -> int:
        """Return the number of a value."""
        number = self._stored.setdefault(id(value), len(self.values))
        if number == len(self.values):
            self.values.append(msgspec.Raw(encode(value)))
        return number


class _Reader:
    """Makes all objects empty, then fills them."""

    def __init__(self, parts: Sequence[Any], kept: _Kept, own: Sequence[Any]) -> None:
        self._parts = parts
        self._own = own
        self.values = [decode(bytes(raw)) for raw in kept.values]
        self._kinds = [_kept_kind(name, tuple(names)) for name, names in kept.kinds]
        self._kept = kept
        self.objects: list[Any] = [object.__new__(self._kinds[row[0]][0]) for row in kept.rows]

    def read(self) -> s.RunState:
        """Return the run."""
        for found, row in zip(self.objects, self._kept.rows, strict=True):
            self._fill(found, row)
        state = self.objects[0]
        if not isinstance(state, s.RunState):
            raise SnapshotUnreadable("it does not begin with a run")
        _imply(state)
        return state

    def part(self, number: int) -> Any:
        """Return a part of the plan. Raises NoPart."""
        part = self._parts[number]
        if part is None:
            raise NoPart(self._own[number])
        return part

    def _fill(self, found: Any, row: list[Any]) -> None:
        _, names, added = self._kinds[row[0]]
        put = object.__setattr__  # some are frozen
        for (name, read), item in zip(names, row[1:], strict=True):
            put(found, name, read(self, item))
        for field in added:
            put(found, field.name, _default(field))


def _row(writer: _Writer, found: Any) -> list[Any]:
    number, names = _layout()[type(found)]
    return [number, *(write(writer, getattr(found, name)) for name, write in names)]


def _imply(state: s.RunState) -> None:
    """Make anew what the open calls say."""
    state.phases = [0] * (max(s.Phase) + 1)
    for call in state.calls.values():
        state.phases[call.phase] += 1
    state.timers = [(call.due, number) for number, call in state.calls.items() if call.due is not None]
    heapify(state.timers)
    state.wanted = {}
    for number, call in state.calls.items():
        if call.wants is not None:
            state.wanted.setdefault(call.wants, {})[number] = call


# --- what fields are written as --------------------------------------------------------------------------------------


@cache
def _fields(kind: type) -> dict[str, "Field[Any]"]:
    return {found.name: found for found in fields(kind) if kind is not s.RunState or found.name not in _IMPLIED}


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


@cache
def _codec_of(kind: type, name: str) -> tuple[str, _Codec]:
    return name, _codec(_hints(kind)[_fields(kind)[name].name])


@cache
def _kept_kind(name: str, names: tuple[str, ...]) -> "tuple[type, list[tuple[str, _Read]], list[Field[Any]]]":
    """Return a kind of rows as a snapshot has it: its type, how each field is read, and those that it has not."""
    kind = {kind.__name__: kind for kind in _KINDS}[name]
    added = [field for field in _fields(kind).values() if field.name not in names]
    return kind, [(field, _codec_of(kind, field)[1][1]) for field in names], added


@cache
def _layout() -> dict[type, tuple[int, list[tuple[str, _Write]]]]:
    return {
        kind: (number, [(name, _codec_of(kind, name)[1][0]) for name in _fields(kind)])
        for number, kind in enumerate(_KINDS)
    }


@cache
def _shape() -> list[tuple[str, list[str]]]:
    return [(kind.__name__, list(_fields(kind))) for kind in _KINDS]


@cache
def form() -> str:
    """Return what a cached snapshot must have been taken under: the format, and a hash of every field and its type."""
    typed = [(kind.__name__, name, str(_hints(kind)[name])) for kind in _KINDS for name in _fields(kind)]
    return f"{FORMAT}-{blake2b(repr(typed).encode(), digest_size=8).hexdigest()}"


def _default(field: "Field[Any]") -> Any:
    if field.default is not MISSING:
        return field.default
    if field.default_factory is not MISSING:
        return field.default_factory()
    raise SnapshotUnreadable(f"it has no `{field.name}`")


def _codec(hint: Any) -> _Codec:
    """Return how a field of this type is written and read."""
    origin, inside = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return _optional([part for part in inside if part is not NoneType])
    if origin in (list, tuple, deque):
        return _sequence(origin, inside)
    if origin is dict:
        return _dict(*map(_codec, inside))
    return _single(hint)


def _optional(choices: list[Any]) -> _Codec:
    """Return the codec of what may be None, or one of several kinds that have rows."""
    codecs = {_codec(choice) for choice in choices}
    if len(codecs) != 1:
        raise AssertionError(f"a field of a state is one of {choices}, which are written in different ways")
    write, read = codecs.pop()
    return (
        lambda writer, found: None if found is None else write(writer, found),
        lambda reader, item: None if item is None else read(reader, item),
    )


def _sequence(made: Callable[[Any], Any], inside: tuple[Any, ...]) -> _Codec:
    codecs = {_codec(part) for part in inside if part is not ...}
    if len(codecs) == 1:
        write, read = codecs.pop()
        return (
            lambda writer, found: [write(writer, item) for item in found],
            lambda reader, items: made(read(reader, item) for item in items),
        )
    if codecs <= {_PLAIN}:
        return lambda _, found: found, lambda _, items: made(items)
    raise AssertionError(f"a sequence of a state has {inside}, which are written in different ways")


def _dict(key: _Codec, value: _Codec) -> _Codec:
    return (
        lambda writer, found: [(key[0](writer, name), value[0](writer, item)) for name, item in found.items()],
        lambda reader, pairs: {key[1](reader, name): value[1](reader, item) for name, item in pairs},
    )


def _single(hint: Any) -> _Codec:
    if hint in (int, str, bool):
        return _PLAIN
    if hint is Any:
        return _VALUE
    if issubclass(hint, _PARTS):
        return _PART
    if issubclass(hint, IntEnum):
        return lambda _, found: int(found), lambda _, item: hint(item)
    if hint in _KINDS:
        return _OBJECT
    raise AssertionError(f"a field of a state has the type {hint}, which no snapshot can hold")


_PLAIN: _Codec = (lambda _, found: found, lambda _, item: item)
_VALUE: _Codec = (lambda writer, found: writer.value(found), lambda reader, item: reader.values[item])
_PART: _Codec = (lambda writer, found: writer.parts[id(found)], lambda reader, item: reader.part(item))
_OBJECT: _Codec = (lambda writer, found: writer.refer(found), lambda reader, item: reader.objects[item])
