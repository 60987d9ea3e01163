"""The programs that runs are pinned to: kept in the log, prepared once for all runs of a graph."""

from dataclasses import dataclass

import msgspec

from cellc.language.graph import Program, dump, load
from cellc.language.type_codec import from_data
from cellc.language.types import Json, Type, TypeTable
from cellc.runtime.binding import Bindings
from cellc.runtime.core.plan import Plan
from cellc.runtime.core.prepare import prepare
from cellc.runtime.core.snapshot import Snapshots
from cellc.runtime.environment import Environment
from cellc.runtime.ports import Log


class GraphUnreadable(Exception):  # noqa: N818 -- named for what it says of the graph
    """The log does not have a run's graph, or this version of cellc cannot read it."""


@dataclass(frozen=True, slots=True)
class Topology:
    """A program made ready: `plan` for the core, `bindings` for the router, `types` for what comes from outside.

    `snapshots` are of its runs.
    """

    program: Program
    plan: Plan
    bindings: Bindings
    types: TypeTable
    snapshots: Snapshots


class Topologies:
    """Prepared programs by the hash of their graph."""

    def __init__(self, log: Log, environment: Environment) -> None:
        self._log = log
        self._environment = environment
        self._prepared: dict[str, Topology] = {}
        self._kept: set[str] = set()

    def add(self, program: Program) -> Topology:
        """Keep `program` in the log and return it prepared."""
        if program.sha256 not in self._kept:
            self._log.put_graph(program.sha256, dump(program))
            self._kept.add(program.sha256)
        return self.prepare(program)

    def get(self, graph: str) -> Topology:
        """Return the program with the hash `graph`. Raises GraphUnreadable."""
        found = self._prepared.get(graph)
        return found or self.prepare(_read(self._log, graph))

    def prepare(self, program: Program) -> Topology:
        """Return `program` prepared, without keeping it."""
        if program.sha256 in self._prepared:
            return self._prepared[program.sha256]
        types = {name: from_data(data) for name, data in program.types.items()}
        plan = prepare(program)
        topology = Topology(program, plan, Bindings(program, self._environment), types, Snapshots(plan))
        self._prepared[program.sha256] = topology
        return topology


def answer_type(topology: Topology, effect: str) -> Type:
    """Return what a task's form asks for: the effect's output, or anything where a `result` is made of the answer."""
    contract = topology.program.effects[effect]
    made = contract.binding is not None and contract.binding.result is not None
    return Json() if made or contract.output is None else from_data(contract.output)


def _read(log: Log, graph: str) -> Program:
    try:
        return load(log.graph(graph))
    except KeyError:
        raise GraphUnreadable(f"the log has no graph {graph}") from None
    except msgspec.ValidationError as problem:
        raise GraphUnreadable(f"the graph {graph} cannot be read by this cellc: {problem}") from None
