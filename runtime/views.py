"""Read-only questions about runs, for people and commands: which there are, how one stands, what happened in it.

Nothing here changes a run. What a run waits for is worked out in `core/views.py`, its history in `telling.py`.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from cellc.language.type_codec import from_data
from cellc.language.type_text import show
from cellc.language.types import Record, Type, TypeTable, resolve
from cellc.runtime.core import events as e
from cellc.runtime.core import tree as trees
from cellc.runtime.core import views as core
from cellc.runtime.core.advance import place_of_call
from cellc.runtime.core.state import Call, Cancelled, Failure, Moved, Phase, Role, RunState, Success
from cellc.runtime.core.step import apply
from cellc.runtime.environment import Environment
from cellc.runtime.instances import Instance, RunUnreadable, first_state, load_run
from cellc.runtime.live_status import Live
from cellc.runtime.log_reading import LogReader
from cellc.runtime.ports import Log, RunHead, Wait
from cellc.runtime.resolving import result_type
from cellc.runtime.telling import Line, Teller
from cellc.runtime.topologies import GraphUnreadable, Topologies, Topology, answer_type


@dataclass(frozen=True, slots=True)
class RunView:
    """How a run stands. `open` is what it waits for or stands at, oldest first; empty when it has ended.

    `output` is there when it has completed, `failure` when it has failed. `divergence` says how its log differs from
    what this version of cellc derives; it stands still then. `owner` is the process that has told of it, if any has.
    `moved`: how it came to its version, where that is not the one that it was started on; `before` is the number of the
    one that it came from, "" where that has none.
    """

    head: RunHead
    open: tuple[core.Standing, ...] = ()
    tree: trees.Branch | None = None
    output: Any = None
    failure: Failure | None = None
    divergence: str | None = None
    tasks: "tuple[Task, ...]" = ()
    owner: int | None = None
    moved: Moved | None = None
    before: str = ""
    stands: "tuple[Stand, ...]" = ()


@dataclass(frozen=True, slots=True)
class Stand:
    """A call that stands until a person acts, and what it can be resolved as.

    `kind` as in `core.views.Standing`. `result` is the type of its result as text, `errors` are those that its effect
    declares, without their modules, with their fields as in `Task`.
    """

    place: str
    kind: str
    result: str
    errors: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Task:
    """What a run asks a person. `fields` of the form by name, with their types as text; an optional one ends in `?`."""

    run: str
    call: int
    effect: str
    place: str
    since: datetime
    title: str
    text: str
    assign: tuple[str, ...]
    fields: Mapping[str, str]

    @property
    def id(self) -> str:
        """What the task is completed by."""
        return f"{self.run}/{self.call}"


class Ambiguous(Exception):  # noqa: N818 -- named for what it says of the prefix
    """Several runs have ids that begin alike; `ids` are theirs."""

    def __init__(self, ids: tuple[str, ...]) -> None:
        super().__init__(", ".join(ids))
        self.ids = ids


def find(log: Log | LogReader, prefix: str) -> RunHead:
    """Return the head of the run whose id begins with `prefix`. Raises KeyError, Ambiguous."""
    found = [head for head in log.heads() if head.id.startswith(prefix)]
    if not found:
        raise KeyError(prefix)
    if len(found) > 1:
        raise Ambiguous(tuple(head.id for head in found))
    return found[0]


def look_up(log: Log, head: RunHead) -> RunView:
    """Return how a run stands as the log has it. Raises RunUnreadable."""
    topologies = _without_environment(log)
    found = view(load_run(log, topologies, head))
    asked = [wait for wait in log.waits_of(head.number) if wait.event is None]
    before = "" if found.moved is None else topologies.get(found.moved.graph).program.version
    return replace(found, before=before, tasks=tuple(_task(head, wait, topologies.get(head.graph)) for wait in asked))


def _stand(call: Call, topology: Topology) -> Stand:
    contract, errors = topology.program.effects[call.effect], topology.program.errors
    declared = [] if call.role is Role.UNDO else contract.errors
    fields = {name.rpartition(".")[2]: _fields(from_data(errors[name])) for name in declared}
    result = resolve(result_type(topology, call.effect), topology.types)
    return Stand(place_of_call(call), call.kind, show(result), fields)


def with_live(view: RunView, live: Live) -> RunView:
    """Return how a run stands, with what its owner says of calls that wait for a place."""

    def told(row: core.Standing) -> core.Standing:
        why = live.waiting.get(-1 if row.call is None else row.call)
        return row if why is None or row.state != "running" else replace(row, state="waiting", reason=why)

    return replace(view, open=tuple(map(told, view.open)), owner=live.process)


def tasks(log: Log) -> Iterator[Task]:
    """Return the tasks of all runs, the oldest first. Raises GraphUnreadable."""
    topologies = _without_environment(log)
    for wait in log.tasks():
        head = log.head(wait.run)
        yield _task(head, wait, topologies.get(head.graph))


def answer_to(log: Log, head: RunHead, call: int) -> tuple[Type, TypeTable] | None:
    """Return the type of an answer to a task, None where there is none of this number. Raises GraphUnreadable."""
    wait = next((wait for wait in log.waits_of(head.number) if wait.call == call and wait.event is None), None)
    if wait is None:
        return None
    topology = _without_environment(log).get(head.graph)
    return answer_type(topology, wait.effect), topology.types


def _task(head: RunHead, wait: Wait, topology: Topology) -> Task:
    form = json.loads(wait.form or "{}")
    assign = form.get("assign", [])
    return Task(
        run=head.id,
        call=wait.call,
        effect=wait.effect,
        place=wait.place,
        since=wait.since,
        title=form.get("title", ""),
        text=form.get("text", ""),
        assign=tuple([assign] if isinstance(assign, str) else assign),
        fields=_fields(resolve(answer_type(topology, wait.effect), topology.types)),
    )


def _fields(type_: Type) -> dict[str, str]:
    if not isinstance(type_, Record):
        return {"": show(type_)}
    return {f"{field.name}?" if field.optional else field.name: show(field.type) for field in type_.fields}


def view(instance: Instance) -> RunView:
    """Return how a run in memory stands."""
    state = instance.state
    stalled = sorted(
        (call for call in state.calls.values() if call.phase is Phase.STALLED), key=lambda call: call.since
    )
    stands = tuple(_stand(call, instance.topology) for call in stalled)
    open_ = tuple(core.standing(state))
    told = RunView(instance.head, open_, trees.tree(state), divergence=state.divergence, stands=stands)
    shown = replace(told, moved=state.moved)
    return _with_outcome(shown, state)


def history(log: Log, head: RunHead) -> Iterator[tuple[int, Line]]:
    """Return everything that happened in a run, in order, with the numbers of its events. Raises RunUnreadable."""
    try:
        topologies = _without_environment(log)
        events = [e.decode(row) for row in log.events(head.number)]
        changes = (event for event in events if isinstance(event, e.TopologyChanged))
        topology = topologies.get(next((change.old for change in changes), head.graph))
        state = first_state(topology, head, events)
        teller = Teller(state)
        for seq, event in _numbered(events):
            if isinstance(event, e.TopologyChanged):
                topology = topologies.get(event.new)
                state = first_state(topology, head, [event])
            apply(topology.plan, state, event)
            yield from ((seq, line) for line in teller.tell((event,), state))
    except (GraphUnreadable, ValueError) as problem:
        raise RunUnreadable(f"run {head.id} cannot be read: {problem}") from problem


def _numbered(events: Sequence[e.Event]) -> Iterator[tuple[int, e.Event]]:
    """Yield a run's events with their numbers."""
    seq = 0
    for event in events:
        seq = event.upto + 1 if isinstance(event, e.Compacted) else seq + 1
        yield seq, event


def _with_outcome(shown: RunView, state: RunState) -> RunView:
    ended = RunView(shown.head, divergence=shown.divergence, moved=shown.moved)
    match state.outcome:
        case Success(value):
            return replace(ended, output=value)
        case Failure() as failure:
            return replace(ended, failure=failure)
        case Cancelled():
            return ended
        case None:
            return shown


def _without_environment(log: Log) -> Topologies:
    """Return programs to look at, not to run."""
    return Topologies(log, Environment({}))
