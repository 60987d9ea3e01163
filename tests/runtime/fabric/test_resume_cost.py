"""Coming back costs what is open and what happened last, however long the history is: counted in events decoded."""

from dataclasses import replace
from typing import Any

import pytest

from cellc.runtime import instances
from cellc.runtime.core.events import decode
from cellc.runtime.core.inputs import Completed, Start
from cellc.runtime.core.snapshot import form
from cellc.runtime.core.step import step
from cellc.runtime.environment import Environment
from cellc.runtime.instances import KEEP_RUNNING, Instance, Instances, load_run
from cellc.runtime.log_memory import MemoryLog
from cellc.runtime.log_sqlite import open_log
from cellc.runtime.ports import KeptState, Log, RunHead
from cellc.runtime.topologies import Topologies
from cellc.runtime.turn import Change
from tests.runtime.core.building import call, script
from tests.runtime.core.test_snapshots import whole
from tests.runtime.fabric.worlds import AT, program

ROUNDS = ("for", "i", "range(200)", [("for", "j", "range(100)", [call("n", "work", x="j")])])
LOOP = program("main", script("main", ["n"], [ROUNDS, ("return", "n")]))


@pytest.fixture(params=["memory", "sqlite"])
def log(request, tmp_path):
    opened: Log = MemoryLog() if request.param == "memory" else open_log(tmp_path / "log.db", AT)
    yield opened
    opened.close()


@pytest.fixture
def topologies(log):
    return Topologies(log, Environment({}))


def lived(log: Log, topologies: Topologies, length: int) -> Instance:
    """Let a run complete this many calls, a commit for every hundred; return it as it is in memory."""
    topology = topologies.add(LOOP)
    head = RunHead(log.next_run(), "run-1", LOOP.sha256, "main", "running", AT)
    instance = Instances(log, topologies).create(head, topology)
    change = Change(instance)
    change.add(step(topology.plan, instance.state, Start(AT, LOOP.sha256, "main", {"n": 1})))
    for number in range(length):
        change.add(step(topology.plan, instance.state, Completed(AT, number, 1)))
        if number % 100 == 99:
            log.append([change.append()])
            change, instance.recorded = Change(instance), instance.head
    return instance


@pytest.fixture
def decoded(monkeypatch) -> list[Any]:
    """Count the rows that coming back decodes."""
    rows: list[Any] = []
    monkeypatch.setattr(instances, "decode", lambda row: rows.append(row) or decode(row))
    return rows


@pytest.mark.parametrize("length", [1000, 5000, 10_000])
def test_the_events_decoded_do_not_grow_with_the_history(log, topologies, decoded, length):
    live = lived(log, topologies, length)
    back = load_run(log, topologies, live.head)
    assert whole(back.state) == whole(live.state)
    assert sum(map(len, decoded)) <= max(KEEP_RUNNING, back.kept) + 100 * 200
    assert len(decoded) < 1500


def test_without_what_was_kept_all_of_them_are_decoded(log, topologies, decoded):
    live = lived(log, topologies, 5000)
    log.append([replace(Change(live).append(), kept=KeptState("of another cellc", b""))])
    back = load_run(log, topologies, live.head)
    assert whole(back.state) == whole(live.state)
    assert len(decoded) == 5001


@pytest.mark.parametrize("body", [b"", b"not a snapshot", b"[1,[],[]]"])
def test_what_cannot_be_read_is_folded_again(log, topologies, decoded, body):
    live = lived(log, topologies, 1000)
    log.append([replace(Change(live).append(), kept=KeptState(form(), body))])
    assert whole(load_run(log, topologies, live.head).state) == whole(live.state)
    assert len(decoded) == 1001


def test_what_is_kept_costs_no_more_than_the_events():
    log = MemoryLog()
    topologies = Topologies(log, Environment({}))
    kept = 0
    live = lived(log, topologies, 0)
    topology, state = live.topology, live.state
    for number in range(5000):
        change = Change(live)
        if number == 0:
            change.add(step(topology.plan, state, Start(AT, LOOP.sha256, "main", {"n": 1})))
        change.add(step(topology.plan, state, Completed(AT, number, 1)))
        appended = change.append()
        kept += len(appended.kept.body) if appended.kept else 0
        log.append([appended])
        live.recorded = live.head
    written = sum(map(len, log.events(live.head.number)))
    assert 0 < kept <= written
