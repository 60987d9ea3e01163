"""What a person says about a call that stands: found by its place, and held to what its effect declares."""

from datetime import datetime
from typing import assert_never

from cellc.language.suggest import hint
from cellc.language.type_codec import from_data
from cellc.language.types import Null, Type
from cellc.runtime.commands import Resolve, ResolveAgain, ResolveError, ResolveResult, refused
from cellc.runtime.core.advance import place_of_call
from cellc.runtime.core.inputs import Again, Resolved, ResolvedError
from cellc.runtime.core.state import Call, Phase, Role
from cellc.runtime.core.tree import WORDS
from cellc.runtime.core.views import standing
from cellc.runtime.instances import Instance
from cellc.runtime.payloads import typed
from cellc.runtime.topologies import Topology


def resolution(instance: Instance, command: Resolve, at: datetime) -> Resolved | ResolvedError | Again:
    """Return what a command means to the run. Raises Refused."""
    call = _standing(instance, command.place)
    topology = instance.topology
    match command:
        case ResolveResult(result=result):
            type_ = result_type(topology, call.effect)
            return Resolved(at, call.number, typed(result, type_, topology.types, call.effect))
        case ResolveError(error=error, fields=fields):
            name = _error(topology, call, error, command.place)
            type_ = from_data(topology.program.errors[name])
            return ResolvedError(at, call.number, name, typed(fields, type_, topology.types, name))
        case ResolveAgain():
            return Again(at, call.number)
        case _:
            assert_never(command)


def result_type(topology: Topology, effect: str) -> Type:
    """Return the type of what an effect gives: null where it gives nothing."""
    output = topology.program.effects[effect].output
    return Null() if output is None else from_data(output)


def _standing(instance: Instance, place: str) -> Call:
    stands = {place_of_call(c): c for c in instance.state.calls.values() if c.phase is Phase.STALLED}
    if place not in stands:
        near = hint(place, stands, f"`cellc show {instance.head.id}` says what stands")
        raise refused("E835", place=place, how=_how(instance, place), near=near)
    return stands[place]


def _how(instance: Instance, place: str) -> str:
    row = next((row for row in standing(instance.state) if row.place == place), None)
    if row is None:
        return "nothing is open there"
    return _HOW[row.state]


_HOW = {
    WORDS[Phase.READY]: "the call is being performed",
    WORDS[Phase.RETRY]: "the call goes on by itself",
    WORDS[Phase.PROBED]: "the effect's probe is asked",
    WORDS[Phase.TIMER]: "it waits for a time",
    WORDS[Phase.EVENT]: "it waits for an event",
    WORDS[Phase.TASK]: "a person is asked there: `cellc complete` answers",
    "fault": "the program has failed there: `cellc retry` evaluates it again",
}


def _error(topology: Topology, call: Call, error: str, place: str) -> str:
    """Return the qualified name of a declared error that is given with or without its module."""
    if call.role is Role.UNDO:
        raise refused("E836", place=place, error=error, why="what undoes is done or stands", near="--result or --again")
    errors = topology.program.effects[call.effect].errors
    found = [name for name in errors if error in (name, name.rpartition(".")[2])]
    if len(found) != 1:
        near = hint(error, [name.rpartition(".")[2] for name in errors], "say --result or --again")
        raise refused("E836", place=place, error=error, why=f"`{call.effect}` does not declare it", near=near)
    return found[0]
