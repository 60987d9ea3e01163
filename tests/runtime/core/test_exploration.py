"""Every order in which things can happen in some small programs: results, errors, deadlines, a cancel, a crash.

The real core is driven through all of them. After each step the log folds to the live state's pending work, and where
a run has ended, what was done and has an undo was undone once, the last first, if its scope failed; nothing else was.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from cellc.runtime.core.events import CallCompleted, CallReady, Event, RunCancelled
from cellc.runtime.core.inputs import Cancel, Completed, Input, Raised, Recovered, Start, Tick
from cellc.runtime.core.plan import Plan
from cellc.runtime.core.prepare import prepare
from cellc.runtime.core.state import Phase, RunState, Success
from cellc.runtime.core.step import fold, pending, step
from cellc.runtime.core.views import standing
from tests.runtime.core.compiled import compiled
from tests.runtime.core.driving import AT
from tests.runtime.core.shop import SHOP

PROGRAMS = {
    "par": """
  main:
    errors: [No]
    effects: [reserve, release]
    do: |
      par(reserve(n=i) undo release(it) for i in [1, 2, 3], limit=2)
""",
    "race": """
  main:
    errors: [No]
    effects: [reserve, release, look]
    do: |
      race(a=look(n=1), b=two())
  two:
    errors: [No]
    effects: [reserve, release]
    do: |
      reserve(n=1) undo release(it)
      reserve(n=2) undo release(it)
main: main
""",
    "quorum": """
  main:
    effects: [reserve, release]
    do: |
      quorum(2, reserve(n=i) undo release(it) for i in [1, 2, 3], wait=5s)
""",
    "within": """
  main:
    errors: [No]
    effects: [reserve, release]
    do: |
      reserve(n=0) undo release(it)
      try:
        two() within 5s
      except Timeout:
        pass
      reserve(n=3) undo release(it)
  two:
    errors: [No]
    topology:
      a: reserve(n=1) undo release(a)
      b: reserve(n=2) undo release(b)
main: main
""",
    "topology": """
  main:
    errors: [No]
    topology:
      a: reserve(n=1) undo release(a)
      b: reserve(n=2) undo release(b)
      c: reserve(n=3) undo release(c) after a
""",
}

MOST = 60_000
"""Ends of histories that a program may have here: more would be too many for a test."""


@dataclass
class Explorer:
    """Walks the tree of histories of one program, depth first."""

    plan: Plan
    states: int = 0
    ends: int = 0
    names: dict[str, str] = field(default_factory=dict)

    def explore(self) -> None:
        begun = self._after((), Start(AT, "graph", self.plan.main, {}))
        work = [begun]
        while work:
            events = work.pop()
            self.states += 1
            state = fold(self.plan, "run", events)
            assert state.divergence is None
            following = [self._after(events, given) for given in self._possible(state, events)]
            if not following:
                self._ended(state, events)
            work += following
            assert self.ends <= MOST

    def _after(self, events: tuple[Event, ...], given: Input) -> tuple[Event, ...]:
        """Take a step, and look whether the log says the same as the live state."""
        state = fold(self.plan, "run", events)
        result = step(self.plan, state, given)
        history = (*events, *result.events)
        again = fold(self.plan, "run", history)
        assert pending(self.plan, again) == pending(self.plan, state)
        assert step(self.plan, again, Recovered(given.at, given.at)).events == ()
        for call in state.calls.values():
            self.names.setdefault(call.key, f"{call.effect.rpartition('.')[2]} {[*call.input.values()]}")
        return history

    def _possible(self, state: RunState, events: tuple[Event, ...]) -> Iterator[Input]:
        at = max(AT, AT + timedelta(seconds=len(events)))
        for call in list(state.calls.values()):
            if call.phase is Phase.READY:
                effect = call.effect.rpartition(".")[2]
                value = f"h{call.input['n']}" if effect == "reserve" else call.input.get("n")
                yield Completed(at, call.number, value)
                if effect == "reserve" and call.input["n"] != 0:
                    yield Raised(at, call.number, "main.No", {"why": ""})
        if any(call.phase is Phase.TIMER for call in state.calls.values()):
            yield Tick(at + timedelta(seconds=60))
        cancelled = any(isinstance(event, RunCancelled) for event in events)
        if not cancelled and state.outcome is None and state.root is not None and state.root.exit is None:
            yield Cancel(at)

    def _ended(self, state: RunState, events: tuple[Event, ...]) -> None:
        self.ends += 1
        assert state.ended, standing(state)
        ready = {c.call: c for event in events for c in getattr(event, "calls", ())}
        assert sorted(ready) == list(range(len(ready)))
        finished = [event.call for event in events if isinstance(event, CallCompleted)]
        assert len(finished) == len(set(finished))
        self._undone(state, [ready[call] for call in finished])

    def _undone(self, state: RunState, completed: list[CallReady]) -> None:
        """Look at what was done and undone, in order."""
        done: list[str] = []
        for call in completed:
            effect, _, value = self.names[call.key].partition(" ")
            if effect == "reserve":
                done.append(value.strip("[]"))
            elif effect == "release":
                undone = value.strip("[]'").removeprefix("h")
                assert undone in done, "it was not done, or is undone already"
                done.remove(undone)
        if not isinstance(state.outcome, Success):
            assert done == [], "it was done, and the run has failed"


@pytest.mark.parametrize("name", PROGRAMS)
def test_in_every_order_what_failed_is_undone_and_nothing_else(name: str) -> None:
    explorer = Explorer(prepare(compiled(f"{SHOP}cells:\n{PROGRAMS[name]}")))
    explorer.explore()
    print(f"{name}: {explorer.states} states, {explorer.ends} ends")  # noqa: T201 -- `pytest -rP` shows it
    assert explorer.ends > 10
