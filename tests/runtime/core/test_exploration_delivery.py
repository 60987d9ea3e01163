"""Every order in which things can happen around a call that must not happen twice, a truthful person among them.

The world is part of what is explored: where an answer is lost, by a failure or with the process, the call has happened
or it has not. Nothing happens twice; where a run has ended, what has happened and has an undo was undone once, if its
scope failed; and a person who looks at the world is all that it takes to get to an end.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from cellc.runtime.core.events import CallAgain, CallCompleted, CallProbing, CallStalled, Event, RunCancelled
from cellc.runtime.core.inputs import (
    Again,
    Cancel,
    Completed,
    Failed,
    Input,
    NeverStarted,
    Raised,
    Recovered,
    Resolved,
    Sent,
    Start,
    Tick,
)
from cellc.runtime.core.plan import Plan
from cellc.runtime.core.prepare import prepare
from cellc.runtime.core.state import Call, Phase, RunState, Success
from cellc.runtime.core.step import fold, step
from cellc.runtime.core.views import standing
from tests.runtime.core.compiled import compiled
from tests.runtime.core.driving import AT

EFFECTS = """
errors:
  No: {}
effects:
  pay: {in: {n: int}, out: string, delivery: once}
  pay_and_ask: {in: {n: int}, out: string, delivery: once, probe: paid}
  pay_or_say: {in: {n: int}, out: string, errors: [Unknown], delivery: once}
  paid: {in: {n: int}, out: string?, delivery: read}
  refund: {in: {id: string}, delivery: idempotent}
  reserve: {in: {n: int}, out: string, errors: [No], delivery: idempotent}
  release: {in: {id: string}, delivery: idempotent}
"""

PROGRAMS = {
    "a person": """
  main:
    errors: [No]
    effects: [pay, refund, reserve, release]
    do: |
      par(a=pay(n=1) undo refund(it), b=reserve(n=2) undo release(it))
""",
    "a probe": """
  main:
    errors: [No]
    effects: [pay_and_ask, paid, refund, reserve, release]
    do: |
      par(a=pay_and_ask(n=1) undo refund(it), b=reserve(n=2) undo release(it))
""",
    "the program": """
  main:
    errors: [No]
    effects: [pay_or_say, refund, reserve, release]
    do: |
      try:
        pay_or_say(n=1) undo refund(it)
      except Unknown:
        pass
      reserve(n=2) undo release(it)
""",
}

UNDO = {"pay": "refund", "reserve": "release"}


@dataclass(frozen=True)
class History:
    """What the log has, and what has happened outside, in order; `crashed`: a process has ended once."""

    events: tuple[Event, ...] = ()
    happened: tuple[str, ...] = ()
    crashed: bool = False


@dataclass
class Explorer:
    """Walks the tree of histories of one program, depth first."""

    plan: Plan
    states: int = 0
    ends: int = 0
    kinds: Counter[str] = field(default_factory=Counter)

    def explore(self) -> None:
        start = Start(AT, "graph", self.plan.main, {})
        work = [self._after(History(), start)]
        while work:
            history = work.pop()
            self.states += 1
            state = self._fold(history)
            following = [*self._following(state, history)]
            if not following:
                self._ended(state, history)
            work += following

    def _fold(self, history: History) -> RunState:
        state = fold(self.plan, "run", history.events)
        assert state.divergence is None
        return state

    def _after(self, history: History, given: Input, *made: str, first: Input | None = None) -> History:
        state = self._fold(history)
        if first is not None:
            assert step(self.plan, state, first).events == ()
        events = step(self.plan, state, given).events
        assert events, f"{given} means nothing"
        self.kinds.update(type(event).__name__ for event in events)
        crashed = history.crashed or isinstance(given, Recovered)
        after = History((*history.events, *events), (*history.happened, *made), crashed)
        again = self._fold(after)
        assert (again.status, again.outcome) == (state.status, state.outcome)
        return after

    def _following(self, state: RunState, history: History) -> Iterator[History]:
        at = AT + timedelta(seconds=len(history.events))
        for call in list(state.calls.values()):
            match call.phase:
                case Phase.READY:
                    for given, made in self._answers(call, history, at):
                        yield self._after(history, given, *made)
                case Phase.STALLED:
                    yield self._after(history, self._told(call, history, at))
                case Phase.RETRY:  # what is due becomes ready without an event
                    yield self._after(history, Sent(at, call.number), first=Tick(at))
                case _:
                    assert call.phase is Phase.PROBED
        sent = [call for call in state.calls.values() if call.sent and call.phase is Phase.READY]
        if sent and not history.crashed:
            yield self._after(history, Recovered(at, at))
            yield self._after(history, Recovered(at, at), "pay 1")
        cancelled = any(isinstance(event, RunCancelled) for event in history.events)
        if not cancelled and state.outcome is None and state.root is not None and state.root.exit is None:
            yield self._after(history, Cancel(at))

    def _answers(self, call: Call, history: History, at: Any) -> Iterator[tuple[Input, tuple[str, ...]]]:
        """Yield what can come of a call that is performed, and what has happened then."""
        effect = call.effect.rpartition(".")[2].partition("_")[0]
        match effect:
            case "pay" if not call.sent:
                yield Sent(at, call.number), ()
            case "pay":
                yield Completed(at, call.number, "pay 1"), ("pay 1",)
                yield Failed(at, call.number, call.attempt, "cut off", unknown=True), ("pay 1",)
                if not any(isinstance(event, CallAgain) for event in history.events):
                    yield Failed(at, call.number, call.attempt, "cut off", unknown=True), ()
            case "paid":
                answer = "pay 1" if "pay 1" in history.happened else None
                yield Completed(at, call.number, answer), ()
                yield Failed(at, call.number, call.attempt, "gone", permanent=True), ()
            case "reserve":
                yield Completed(at, call.number, "reserve 2"), ("reserve 2",)
                yield Raised(at, call.number, "main.No", {}), ()
                if call.unwinding is not None:
                    yield NeverStarted(at, call.number), ()
            case _:
                yield Completed(at, call.number, None), (f"{effect} {call.input['id']}",)

    def _told(self, call: Call, history: History, at: Any) -> Input:
        """Return what a person says who has looked."""
        if "pay 1" in history.happened:
            return Resolved(at, call.number, "pay 1")
        return Again(at, call.number)

    def _ended(self, state: RunState, history: History) -> None:
        self.ends += 1
        assert state.ended, standing(state)
        done = Counter(history.happened)
        assert max(done.values(), default=1) == 1, f"{done} happened twice"
        completed = Counter(event.call for event in history.events if isinstance(event, CallCompleted))
        assert max(completed.values(), default=1) == 1
        for made, undo in (("pay 1", "refund pay 1"), ("reserve 2", "release reserve 2")):
            if isinstance(state.outcome, Success):
                assert done[undo] == 0
            elif not self._is_given_up(made):
                assert done[undo] == done[made], f"{made} was not undone, or is undone without having been done"

    def _is_given_up(self, made: str) -> bool:
        """Where the program goes on after `Unknown`, it has taken on what that may mean."""
        return made == "pay 1" and any(name.endswith("pay_or_say") for name in self.plan.effects)


@pytest.mark.parametrize("name", PROGRAMS)
def test_in_every_order_nothing_happens_twice_and_what_failed_is_undone(name: str) -> None:
    explorer = Explorer(prepare(compiled(f"{EFFECTS}cells:\n{PROGRAMS[name]}")))
    explorer.explore()
    print(f"{name}: {explorer.states} states, {explorer.ends} ends")  # noqa: T201 -- `pytest -rP` shows it
    assert explorer.ends > 30
    asked = {"a person": CallStalled, "a probe": CallProbing, "the program": RunCancelled}[name]
    assert explorer.kinds[asked.__name__]
    if name == "a person":
        assert {"CallAgain", "CallResolved", "CallDropped"} <= explorer.kinds.keys()
