"""How runs begin that somebody or something asks for: under a key or without one, by a command or a trigger.

Whoever starts a run again under a key that a run holds gets that run, if it is the same start (`start_keys.py`). The
keys of a trigger count for that trigger alone: they stand behind its name.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from cellc.language.builtin_texts import text
from cellc.language.faults import Fault
from cellc.language.graph import Program, Trigger, load
from cellc.language.type_codec import from_data
from cellc.language.types import Json, Type
from cellc.language.values import Misfit, decode, from_json, to_json
from cellc.runtime.commands import Refusal, Refused, Requested, StartRun, Verdict, refused
from cellc.runtime.core.prepare import over
from cellc.runtime.environment import MISSING_CODES, Missing
from cellc.runtime.instances import RESIDENT
from cellc.runtime.payloads import misfit, typed
from cellc.runtime.ports import Log, RunHead
from cellc.runtime.start_keys import FREES, LONGEST, difference, digests, is_key
from cellc.runtime.topologies import Topologies, Topology
from cellc.runtime.turn import Turn


class Beginnings(Protocol):
    """What starting needs of the fabric, in the turn that is going on."""

    def refuse_lacking(self, program: Program, cell: str) -> None:
        """Raise Refused where a run of `cell` needs what this process does not have."""
        ...

    @property
    def room(self) -> int:
        """How many more runs may begin."""
        ...

    def begin(self, turn: Turn, program: Program, cell: str, inputs: Mapping[str, Any], key: str | None) -> RunHead:
        """Begin a run, under a key or without one, and return its head."""
        ...


class Starts:
    """Starts runs. What it decides is part of the turn, and durable with it."""

    def __init__(self, log: Log, topologies: Topologies, runs: Beginnings) -> None:
        self._log = log
        self._topologies = topologies
        self._runs = runs

    def obey(self, turn: Turn, command: StartRun | Requested) -> Verdict:
        """Start the run that a command asks for, if that has not been done. Raises Refused."""
        if isinstance(command, Requested):
            return self._requested(turn, command)
        program = load(command.program.encode())
        self._runs.refuse_lacking(program, command.cell)
        return self._verdict(turn, program, command.cell, decode(command.input.encode()), command.key)

    def _requested(self, turn: Turn, command: Requested) -> Verdict:
        topology = self._topologies.get(command.graph)
        program, types = topology.program, topology.types
        trigger = program.triggers[command.trigger]
        takes = input_type(topology, trigger) if trigger.input is None else Json()
        body = typed(command.body, takes, types, trigger.name, drop=True)
        make = over(trigger.input, types)
        try:
            inputs = body if make is None else made_input(topology, trigger, make({"trigger": {"body": body}}))
            key = start_key(trigger, over(trigger.key, types), {"body": body})
        except Fault as problem:
            raise refused("E886", name=trigger.name, reason=str(problem)) from None
        return self._verdict(turn, program, trigger.cell, inputs, key)

    def _verdict(self, turn: Turn, program: Program, cell: str, inputs: Mapping[str, Any], key: str | None) -> Verdict:
        head, is_new = self.begin(turn, program, cell, inputs, key)
        return Verdict("done" if is_new else "repeated", head.id)

    def begin(
        self, turn: Turn, program: Program, cell: str, inputs: Mapping[str, Any], key: str | None
    ) -> tuple[RunHead, bool]:
        """Begin a run, or find the one that the same start has begun; return its head and whether it is new.

        Raises Refused.
        """
        holder = None if key is None else self._holder(turn, key)
        if holder is not None:
            differs = difference(holder.cell, holder.given or "{}", cell, digests(inputs))
            if differs is not None:
                raise refused("E850", key=key or "", name=holder.id, differs=differs)
            return holder, False
        if not self._runs.room:
            raise refused("E848", count=str(RESIDENT))
        return self._runs.begin(turn, program, cell, inputs, key), True

    def _holder(self, turn: Turn, key: str) -> RunHead | None:
        """Return the run that holds a key as things stand in this turn."""
        begun = turn.keyed.get(key)
        head = self._log.holder(key) if begun is None else turn.changes[begun].instance.head
        if head is None:
            return None
        change = turn.changes.get(head.number)
        status = head.status if change is None else change.instance.state.status
        return None if status in FREES else head


def refuse(lacks: Sequence[Missing]) -> None:
    """Raise Refused where anything is missing."""
    if lacks:
        fields = ((lack, {"effect": lack.effect, "name": lack.name, "why": lack.why}) for lack in lacks)
        raise Refused(tuple(Refusal(MISSING_CODES[lack.kind], told) for lack, told in fields))


def input_type(topology: Topology, trigger: Trigger) -> Type:
    """Return what the cell of a trigger takes."""
    return from_data(topology.program.cells[trigger.cell].graph.input)


def made_input(topology: Topology, trigger: Trigger, made: Any) -> Any:
    """Return what `with` has made as the cell's input; parts of a JSON body are typed only here. Raises Refused."""
    try:
        return from_json(to_json(made), input_type(topology, trigger), topology.types, extra="drop")
    except Misfit as found:
        raise misfit(trigger.name, found.problems) from None


def start_key(trigger: Trigger, key: Callable[[Mapping[str, Any]], Any] | None, scope: Mapping[str, Any]) -> str | None:
    """Return the key of the run that a trigger starts, None where it has none. Raises Fault."""
    if key is None:
        return None
    found = text(key(scope))
    whole = f"{trigger.name}/{found}"
    if not found or not is_key(whole):
        raise Fault(f"its key would be {found!r}; with the trigger's name it has 1 to {LONGEST} printable characters")
    return whole
