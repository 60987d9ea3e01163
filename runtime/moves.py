"""Runs that their owner moves to another version of their program while it performs them."""

from typing import Protocol

import msgspec

from cellc.language.graph import Program, load
from cellc.language.moving import Moving
from cellc.runtime.commands import MoveRuns, Verdict, refused
from cellc.runtime.core.events import to_micros
from cellc.runtime.core.moving import Stays, Who
from cellc.runtime.core.step import Step
from cellc.runtime.instances import Instance
from cellc.runtime.ports import Log, RunHead
from cellc.runtime.topologies import GraphUnreadable, Topologies
from cellc.runtime.transfer import Transfer
from cellc.runtime.turn import Turn


class Moved(Protocol):
    """What moving needs of the fabric, in the turn that is going on."""

    def visit(self, turn: Turn, run: int) -> Instance | None:
        """Return a run as it stands in this turn, None where it cannot be read."""
        ...

    def follow(self, turn: Turn, run: int, step: Step) -> None:
        """Do what a step of a run that has been visited asks for."""
        ...

    def refuse_lacking(self, program: Program, cell: str) -> None:
        """Raise Refused where a run of `cell` needs what this process does not have."""
        ...


class Moves:
    """Moves runs that are named. What it decides is part of the turn, and durable with it."""

    def __init__(self, log: Log, topologies: Topologies, runs: Moved) -> None:
        self._log = log
        self._topologies = topologies
        self._runs = runs

    def obey(self, turn: Turn, command: MoveRuns) -> Verdict:
        """Move those of the named runs that go. Of those that stay nothing is changed. Raises Refused."""
        program = load(command.program.encode())
        moving = msgspec.json.decode(command.moving, type=Moving)
        heads = [self._log.head(self._log.number_of(run)) for run in command.runs]
        cells = {moving.cells[head.cell].to for head in heads if head.graph == moving.old}
        for cell in sorted(cell for cell in cells if cell is not None):
            self._runs.refuse_lacking(program, cell)
        try:
            transfer = Transfer(self._topologies.get(moving.old), self._topologies.add(program), moving)
        except GraphUnreadable as problem:
            raise refused("E817", reason=str(problem)) from None
        who = Who(command.by, command.reason, to_micros(turn.now))
        for head in heads:
            self._move(turn, head, moving.old, transfer, who)
        return Verdict("done")

    def _move(self, turn: Turn, head: RunHead, old: str, transfer: Transfer, who: Who) -> None:
        if head.ended_at is not None or self._log.is_adopted(head.number):
            return
        instance = self._runs.visit(turn, head.number)
        if instance is None or instance.state.ended or instance.head.graph != old:
            return
        try:
            step = transfer.move(instance, who)
        except Stays as stays:  # whoever has asked for it sees in the log that it has stayed, and judges it again
            if not transfer.is_cancelled(stays):
                return
            step = transfer.cancel(instance, who)
        self._runs.follow(turn, head.number, step)
