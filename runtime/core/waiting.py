"""Calls that wait for an event or a person: nobody performs them, and what ends them comes from outside.

They are open like timers without a due time: the end of their scope closes them, a `within` around them times out.
An event fits a wait when it is the one that the wait names, their keys are equal and `where` holds; a wait without a
key takes any. What cannot be evaluated for a payload (`where`, or the `result` made of it) does not fit it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from heapq import merge
from typing import Any

from cellc.language.faults import Fault, Invalid
from cellc.language.values import encode
from cellc.runtime.core.inputs import EventArrived
from cellc.runtime.core.plan import EffectPlan, Plan
from cellc.runtime.core.state import Call, Phase, RunState, Wanted

LISTED = frozenset({Phase.EVENT, Phase.TASK})
"""Phases of calls that are found from outside, by event and key or by a person."""


@dataclass(frozen=True, slots=True)
class Fitting:
    """A wait that an event fits, and what the call's result is."""

    call: int
    value: Any


def stored_key(key: Any) -> str | None:
    """Return the key of an event as waits are listed by it."""
    return None if key is None else encode(key).decode()


def wanted(effect: EffectPlan, inputs: dict[str, Any]) -> Wanted:
    """Return which event a call of `effect` waits for. Raises Fault."""
    event = effect.contract.event
    assert event is not None  # noqa: S101 -- for the type checker: the compiler gives every wait its event
    return Wanted(event.event, stored_key(effect.wanted and effect.wanted(inputs)))


def unlist(state: RunState, call: Call) -> None:
    """Take a call that is done off the list of those that wait for an event."""
    if call.wants is not None:
        calls = state.wanted[call.wants]
        del calls[call.number]
        if not calls:
            del state.wanted[call.wants]


def fitting(plan: Plan, state: RunState, arrived: EventArrived) -> Fitting | None:
    """Return the oldest wait of the run that an event fits."""
    for number in _candidates(state, arrived):
        call = state.calls[number]
        effect = plan.effects[call.effect]
        try:
            if effect.where is None or effect.where({**call.input, "data": arrived.data}):
                return Fitting(number, result(effect, call.input, arrived.data))
        except (Fault, Invalid):
            continue
    return None


def _candidates(state: RunState, arrived: EventArrived) -> Iterator[int]:
    key = stored_key(arrived.key)
    wanted = {Wanted(arrived.event, None), Wanted(arrived.event, key)}
    return merge(*(state.wanted.get(each, {}) for each in wanted))


def result(effect: EffectPlan, inputs: dict[str, Any], came: Any) -> Any:
    """Return what a wait ends with when this has come. Raises Fault, Invalid."""
    if effect.contract.output is None:
        return None
    return came if effect.result is None else effect.result({**inputs, "response": came})
