"""A run that comes back from a snapshot and the events since is the run that comes back from all of its events."""

from dataclasses import fields, is_dataclass
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cellc.runtime.core import snapshot, state
from cellc.runtime.core.events import Event
from cellc.runtime.core.plan import Plan
from cellc.runtime.core.prepare import prepare
from cellc.runtime.core.snapshot import Snapshots, SnapshotUnreadable
from cellc.runtime.core.state import RunState
from cellc.runtime.core.step import apply, fold, pending
from cellc.runtime.core.tree import tree
from cellc.runtime.core.views import standing
from tests.runtime.core.driving import RUN, World, run
from tests.runtime.core.programs import programs
from tests.runtime.oracle import scripts, test_oracle


def drawn(found: Any, seen: dict[int, int], rows: list[Any]) -> Any:
    """Return an object graph as data: equal for graphs that have the same objects in the same places."""
    match found:
        case list() | tuple():
            return [drawn(item, seen, rows) for item in found]
        case dict():
            return [(drawn(key, seen, rows), drawn(item, seen, rows)) for key, item in found.items()]
        case _ if not type(found).__module__.endswith("core.state") or not is_dataclass(found):
            return found
    if id(found) not in seen:
        seen[id(found)] = len(seen)
        names = [field.name for field in fields(found) if field.name not in ("timers", "visits", "wanted")]
        rows.append((type(found), seen[id(found)], {name: drawn(getattr(found, name), seen, rows) for name in names}))
    return ("object", seen[id(found)])


def whole(found: RunState) -> list[Any]:
    rows: list[Any] = []
    drawn(found, {}, rows)
    return rows


def check_every_prefix(plan: Plan, events: list[Event]) -> None:
    snapshots = Snapshots(plan)
    walked, expected = RunState(RUN), fold(plan, RUN, events)
    for length in range(len(events) + 1):
        back = snapshots.restore(snapshots.take(walked))
        assert whole(back) == whole(walked)
        assert pending(plan, back) == pending(plan, walked)
        for event in events[length:]:
            apply(plan, back, event)
        assert whole(back) == whole(expected)
        assert (standing(back), tree(back)) == (standing(expected), tree(expected))
        if length < len(events):
            apply(plan, walked, events[length])


@settings(max_examples=60)
@given(programs(), st.integers(0, 9), st.randoms(use_true_random=False))
def test_a_snapshot_at_any_prefix_and_the_rest_is_the_whole(program, n, random):
    world = World(prepare(program), {"n": n}, order=random.randrange)
    run(world)
    check_every_prefix(world.plan, world.events())


@settings(max_examples=30)
@given(scripts.programs(), st.integers(0, 12), st.randoms(use_true_random=False))
def test_so_it_is_with_sagas_loops_and_groups(cells, n, random):
    world = World(test_oracle.plan(cells), {"n": n}, answer=test_oracle.Effects().answer, order=random.randrange)
    run(world)
    check_every_prefix(world.plan, world.events())


def one_run() -> tuple[Snapshots, RunState]:
    world = World(test_oracle.plan({"main": [("par", [1, 2], (1, 0)), ("act", (0, 0))]}), {"n": 1})
    events = run(world).world.events()
    return Snapshots(world.plan), fold(world.plan, RUN, events[:2])


def test_every_type_of_every_field_of_a_state_can_be_written():
    for kind in snapshot._KINDS:
        assert all(snapshot._codec_of(kind, name) for name in snapshot._fields(kind))


def test_everything_that_a_state_is_made_of_has_rows():
    made = {kind for kind in vars(state).values() if is_dataclass(kind) and kind.__module__ == state.__name__}
    assert made == set(snapshot._KINDS)


def test_a_field_that_has_been_added_since_takes_its_default():
    snapshots, taken = one_run()
    kept = msgspec.json.decode(snapshots.take(taken))
    place = [name for name, _ in kept[2]].index("Call")
    field = kept[2][place][1].index("maybe_sent")
    del kept[2][place][1][field]
    for row in kept[3]:
        if row[0] == place:
            del row[field + 1]
    assert whole(snapshots.restore(msgspec.json.encode(kept))) == whole(taken)


@pytest.mark.parametrize("data", [b"", b"[]", b"not json", b'[99,"",[],[],[]]', b'[1,"",[],[],[]]'])
def test_what_is_no_snapshot_is_refused(data: bytes):
    with pytest.raises(SnapshotUnreadable):
        one_run()[0].restore(data)


def test_a_snapshot_that_was_cut_or_of_another_plan_is_refused():
    snapshots, taken = one_run()
    data = snapshots.take(taken)
    for length in range(0, len(data), 7):
        with pytest.raises(SnapshotUnreadable):
            snapshots.restore(data[:length])
    other = Snapshots(test_oracle.plan({"main": [("set", (0, 0))]}))
    with pytest.raises(SnapshotUnreadable):
        other.restore(data)
