"""Lives of a run over two versions of its program: played on the real core and a memory log, moved by the fleet."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from cellc.compiler.compat.moving import judge
from cellc.language.graph import Program
from cellc.language.moving import Moving
from cellc.runtime.core.events import encode, from_micros, to_micros
from cellc.runtime.core.inputs import Completed, Input, Raised, Recovered, Sent, Start, TaskAnswered, Tick
from cellc.runtime.core.moving import Stays, Who
from cellc.runtime.core.state import Call, Phase
from cellc.runtime.core.step import ReadyCall, Step, pending, step
from cellc.runtime.environment import Environment
from cellc.runtime.fleet import Fleet
from cellc.runtime.instances import Instance, load_run
from cellc.runtime.log_memory import MemoryLog
from cellc.runtime.ports import Append, RunHead
from cellc.runtime.topologies import Topologies

AT = datetime(2026, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)

Says = Callable[[str, Mapping[str, Any]], Any]
"""What an effect, by its name without its module, gives for its input; `Refuses` for an error."""


@dataclass(frozen=True)
class Refuses:
    """An answer that is the error `name` of the module."""

    name: str
    fields: Mapping[str, Any] = field(default_factory=dict)


class Life:
    """One run: `performed` are the effects that were asked of handlers and people, with their `inputs` and `keys`."""

    def __init__(self, program: Program, inputs: Mapping[str, Any], says: Says) -> None:
        self.says = says
        self.now = AT
        self.log = MemoryLog()
        self.topologies = Topologies(self.log, Environment({}))
        self.performed: list[str] = []
        self.inputs: list[Mapping[str, Any]] = []
        self.keys: list[str] = []
        topology = self.topologies.add(program)
        head = RunHead(self.log.next_run(), "run-1", program.sha256, program.main, "running", AT)
        self.log.append([Append(1, [], head)])
        self.give(Start(AT, program.sha256, program.main, inputs))
        assert self.run.topology is topology

    @property
    def run(self) -> Instance:
        """The run as whoever comes to its log has it."""
        return load_run(self.log, self.topologies, self.log.head(1))

    def give(self, given: Input) -> Step:
        """Let the core decide, and keep what it does."""
        run = self.run
        result = step(run.topology.plan, run.state, given)
        status = run.state.status
        ended = from_micros(run.state.at) if run.state.ended else None
        head = replace(run.head, status=status, ended_at=ended)
        self.log.append([Append(1, [encode(event) for event in result.events], head)])
        return result

    def standing(self) -> list[str]:
        """Return the places of all that is open, without the run's own name."""
        run = self.run
        return [_place(call) for call in run.state.calls.values()]

    def advance(self) -> bool:
        """Let the next thing happen: an answer, else a person's, else the time of a timer. Return whether one did."""
        run, self.now = self.run, self.now + SECOND
        ready = pending(run.topology.plan, run.state)
        asked = [call for call in run.state.calls.values() if call.phase is Phase.TASK]
        if ready.perform:
            self._perform(ready.perform[0])
        elif asked:
            call = asked[0]
            self._note(call)
            self.give(TaskAnswered(self.now, call.number, self.says(_short(call.effect), call.input)))
        elif ready.wake_at is not None:
            self.now = max(self.now, ready.wake_at)
            for call in self.give(Tick(self.now)).delta.perform:  # a retry that is due is made without an event
                self._perform(call)
        else:
            return False
        return True

    def _perform(self, call: ReadyCall) -> None:
        self._note(call)
        if call.delivery == "once":
            self.give(Sent(self.now, call.call))
        said = self.says(_short(call.effect), call.input)
        if isinstance(said, Refuses):
            module = call.effect.rpartition(".")[0]
            self.give(Raised(self.now, call.call, f"{module}.{said.name}", said.fields))
        else:
            self.give(Completed(self.now, call.call, said))

    def _note(self, call: Call | ReadyCall) -> None:
        self.performed.append(_short(call.effect))
        self.inputs.append(call.input)
        self.keys.append(call.key)

    def until(self, place: str) -> "Life":
        """Go on until a call at the place is open."""
        while place not in self.standing():
            assert self.advance(), f"{place} is never open: {self.run.state.outcome}"
        return self

    def end(self) -> "Life":
        """Go on to the end."""
        while self.advance():
            pass
        return self

    def move(self, new: Program, moving: Moving | None = None) -> Stays | None:
        """Move the run, if it goes. A process that comes back then finds it as it was left."""
        old = self.run.topology.program
        fleet = Fleet(self.log, self.topologies, old.sha256, new, moving or judge(old, new))
        self.now += SECOND
        who = Who("anna", "the audit", to_micros(self.now))
        (judged,) = fleet.judge(fleet.all(), who)
        (moved,) = fleet.move(fleet.all(), who, None)
        assert str(judged.stays) == str(moved.stays)
        assert self.run.state.divergence is None
        if moved.stays is None:
            self.give(Recovered(self.now, self.now))
        return moved.stays

    @property
    def output(self) -> Any:
        """What the run has come to."""
        return getattr(self.run.state.outcome, "value", self.run.state.outcome)


def _short(effect: str) -> str:
    return effect.rpartition(".")[2]


def _place(call: Call) -> str:
    names, frame = [call.node.name], call.frame
    while frame.node is not None and frame.parent is not None:
        names.insert(0, frame.node.name)
        frame = frame.parent
    return "/".join(names)
