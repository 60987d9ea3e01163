"""Read-only questions about runs, for people and commands: which there are, how one stands, what happened in it.

Nothing here changes a run. What a run waits for is worked out in `core/views.py`, its history in `telling.py`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cellc.runtime.core import events as e
from cellc.runtime.core import views as core
from cellc.runtime.core.state import Cancelled, Failure, RunState, Success
from cellc.runtime.core.step import apply
from cellc.runtime.environment import Environment
from cellc.runtime.instances import Instance, load_run
from cellc.runtime.ports import Log, RunHead
from cellc.runtime.telling import Line, Teller
from cellc.runtime.topologies import Topologies


@dataclass(frozen=True, slots=True)
class RunView:
    """How a run stands. `open` is what it waits for or stands at, oldest first; empty when it has ended.

    `output` is there when it has completed, `failure` when it has failed. `divergence` says how its log differs from
    what this version of cellc derives; it stands still then.
    """

    head: RunHead
    open: tuple[core.Standing, ...] = ()
    tree: core.Branch | None = None
    output: Any = None
    failure: Failure | None = None
    divergence: str | None = None


class Ambiguous(Exception):  # noqa: N818 -- named for what it says of the prefix
    """Several runs have ids that begin alike; `ids` are theirs."""

    def __init__(self, ids: tuple[str, ...]) -> None:
        super().__init__(", ".join(ids))
        self.ids = ids


def find(log: Log, prefix: str) -> RunHead:
    """Return the head of the run whose id begins with `prefix`. Raises KeyError, Ambiguous."""
    found = [head for head in log.heads() if head.id.startswith(prefix)]
    if not found:
        raise KeyError(prefix)
    if len(found) > 1:
        raise Ambiguous(tuple(head.id for head in found))
    return found[0]


def look_up(log: Log, head: RunHead) -> RunView:
    """Return how a run stands as the log has it. Raises RunUnreadable."""
    return view(load_run(log, _without_environment(log), head))


def view(instance: Instance) -> RunView:
    """Return how a run in memory stands."""
    state = instance.state
    shown = RunView(instance.head, tuple(core.standing(state)), core.tree(state), divergence=state.divergence)
    return _with_outcome(shown, state)


def history(log: Log, head: RunHead) -> Iterator[Line]:
    """Return everything that happened in a run, in order. Raises GraphUnreadable, ValueError for unreadable events."""
    plan = _without_environment(log).get(head.graph).plan
    state = RunState(head.id)
    teller = Teller()
    for row in log.events(head.number):
        event = e.decode(row)
        apply(plan, state, event)
        yield from teller.tell((event,), state)


def _with_outcome(shown: RunView, state: RunState) -> RunView:
    match state.outcome:
        case Success(value):
            return RunView(shown.head, output=value, divergence=shown.divergence)
        case Failure() as failure:
            return RunView(shown.head, failure=failure, divergence=shown.divergence)
        case Cancelled():
            return RunView(shown.head, divergence=shown.divergence)
        case None:
            return shown


def _without_environment(log: Log) -> Topologies:
    """Return programs to look at, not to run."""
    return Topologies(log, Environment({}))
