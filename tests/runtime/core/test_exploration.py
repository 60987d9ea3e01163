"""Every order in which things can happen in some small programs: results, errors, deadlines, a cancel, a crash.

The real core is driven through all of them; the process may end in any state, once in a history. In each state the log
folds to the live state's pending work; calls are numbered without gaps, and have one result at most; what is undone was
done, is undone once, and the last first; and the run has ended, or stands at something that has a name. Where it has
ended and not completed, all that was done and has an undo is undone; nothing else ever is. Histories that come to the
same state, with the same things done, are gone on with once. `docs/exploration.md` says how many states there are.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

from cellc.runtime.core.events import CallCompleted, CallRaised, CallResolved, CallSent, Event, RunCancelled
from cellc.runtime.core.inputs import Cancel, Completed, Input, Raised, Recovered, Sent, Start, Tick
from cellc.runtime.core.plan import Plan
from cellc.runtime.core.prepare import prepare
from cellc.runtime.core.snapshot import Snapshots
from cellc.runtime.core.state import Phase, RunState, Success
from cellc.runtime.core.step import fold_on, pending, step
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
    "scopes": """
  main:
    errors: [No]
    effects: [reserve, release]
    do: |
      for i in [1, 2]:
        try:
          pair(n=i) undo release(id=f"{i}")
          reserve(n=3) undo release(it)
        except No:
          pass
      commit
  pair:
    in: {n: int}
    errors: [No]
    effects: [reserve, release]
    do: |
      reserve(n=n) undo release(it)
main: main
""",
    "once": """
  main:
    errors: [No]
    effects: [reserve, release, letter]
    do: |
      reserve(n=1) undo release(it)
      par(a=letter(n=1), b=reserve(n=2) undo release(it))
      reserve(n=3) undo release(it)
""",
}

PAGE = Path(__file__).parents[3] / "docs" / "exploration.md"

MOST = 60_000
"""States that a program may have here: more would be too many for a test."""

LATER = AT + timedelta(seconds=60)
"""When all deadlines have passed."""


@dataclass(frozen=True)
class History:
    """The events so far, what they have done and not undone, and after how many of them the process ended, if ever."""

    events: tuple[Event, ...] = ()
    done: tuple[str, ...] = ()
    crashed: int | None = None


@dataclass
class Explorer:
    """Walks all histories of one program. `ends` are states in which nothing can happen any more."""

    plan: Plan
    crashes: bool = True
    states: int = 0
    ends: int = 0
    stalled: int = 0
    seen: set[tuple[object, ...]] = field(default_factory=set)
    names: dict[str, tuple[str, str]] = field(default_factory=dict)
    snapshots: Snapshots = field(init=False)

    def __post_init__(self) -> None:
        self.snapshots = Snapshots(self.plan)

    def explore(self) -> None:
        work = [self._after(History(), Start(AT, "graph", self.plan.main, {}))]
        while work:
            history = work.pop()
            state = self._state(history)
            self._hold(history, state)
            if not self._is_new(history, state):
                continue
            self.states += 1
            assert self.states <= MOST
            following = [self._after(history, given) for given in self._possible(history, state)]
            if not following:
                self._ended(history, state)
            elif self.crashes and history.crashed is None:
                work.append(self._crashed(history))
            work += following

    def _state(self, history: History) -> RunState:
        """Return the state that a process has in memory, which may have come back from the log on the way."""
        state, events, crashed = RunState("run"), history.events, history.crashed
        if crashed is None:
            return fold_on(self.plan, state, events)
        fold_on(self.plan, state, events[:crashed])
        recorded = step(self.plan, state, Recovered(AT, AT)).events
        assert recorded == events[crashed : crashed + len(recorded)]
        return fold_on(self.plan, state, events[crashed + len(recorded) :])

    def _is_new(self, history: History, state: RunState) -> bool:
        """Return whether no other history has come to the same state, done, and marks that only memory has."""
        maybe_sent = tuple(number for number, call in state.calls.items() if call.maybe_sent)
        told = (history.done, history.crashed is None, _is_cancelled(history))
        key = (self.snapshots.take(state), maybe_sent, told)
        if key in self.seen:
            return False
        self.seen.add(key)
        return True

    def _after(self, history: History, given: Input) -> History:
        """Take a step."""
        state = self._state(history)
        events = step(self.plan, state, given).events
        for call in state.calls.values():
            effect = call.effect.rpartition(".")[2]
            self.names.setdefault(call.key, (effect, "".join(str(v) for v in call.input.values()).removeprefix("h")))
        return replace(history, events=(*history.events, *events), done=self._done(history, events))

    def _crashed(self, history: History) -> History:
        """Let the process end here, and another one go on."""
        state = fold_on(self.plan, RunState("run"), history.events)
        events = step(self.plan, state, Recovered(AT, AT)).events
        return History((*history.events, *events), history.done, crashed=len(history.events))

    def _done(self, history: History, events: tuple[Event, ...]) -> tuple[str, ...]:
        """Return what is done and not undone after these events too."""
        ready = {call.call: call for event in (*history.events, *events) for call in getattr(event, "calls", ())}
        done = list(history.done)
        for event in events:
            if isinstance(event, CallCompleted):
                effect, n = self.names[ready[event.call].key]
                if effect == "reserve":
                    done.append(n)
                elif effect == "release":
                    assert n in done, "it was not done, or is undone already"
                    done.remove(n)
        return tuple(done)

    def _possible(self, history: History, state: RunState) -> Iterator[Input]:
        for call in list(state.calls.values()):
            if call.phase is not Phase.READY:
                continue
            effect, n = call.effect.rpartition(".")[2], call.input.get("n")
            if effect == "letter" and not call.sent:
                yield Sent(AT, call.number)
                continue
            yield Completed(AT, call.number, f"h{n}" if effect == "reserve" else n if effect == "look" else None)
            if effect == "reserve" and n != 0:
                yield Raised(AT, call.number, "main.No", {"why": ""})
        if any(call.phase is Phase.TIMER for call in state.calls.values()):
            yield Tick(LATER)
        if not _is_cancelled(history) and step(self.plan, self._state(history), Cancel(AT)).events:
            yield Cancel(AT)

    # --- what holds ---

    def _hold(self, history: History, state: RunState) -> None:
        """Look at what holds in every state."""
        again = fold_on(self.plan, RunState("run"), history.events)
        assert state.divergence is None
        assert again.divergence is None
        assert _to_do(self.plan, again) == _to_do(self.plan, state)
        numbers = sorted(call.call for event in history.events for call in getattr(event, "calls", ()))
        assert numbers == list(range(len(numbers))), "calls are numbered without gaps"
        results = [e.call for e in history.events if isinstance(e, CallCompleted | CallRaised | CallResolved)]
        assert len(results) == len(set(results)), "a call has two results"
        sent = [event.call for event in history.events if isinstance(event, CallSent)]
        assert len(sent) == len(set(sent)), "a `once` call is sent twice"
        for unwinding in state.unwindings:
            orders = [undo.order for undo in unwinding.undos]
            assert all(a < b for a, b in pairwise(orders))
            assert unwinding.current is None or not orders or unwinding.current.order > orders[-1], "the last first"
        assert state.ended or standing(state) or pending(self.plan, state).wake_at, "it stands at nothing"

    def _ended(self, history: History, state: RunState) -> None:
        self.ends += 1
        if not state.ended:
            self.stalled += 1
            assert state.status == "stalled"
            assert {row.kind for row in standing(state) if row.state == "stalled"} == {"unknown"}
        elif not isinstance(state.outcome, Success):
            assert history.done == (), "it was done, and the run has not completed"


def _is_cancelled(history: History) -> bool:
    return any(isinstance(event, RunCancelled) for event in history.events)


def _to_do(plan: Plan, state: RunState) -> object:
    """Return the pending work, but for what only the memory of a process knows."""
    found = pending(plan, state)
    return replace(found, perform=tuple(replace(call, maybe_sent=False) for call in found.perform))


@cache
def explored(name: str, *, crashes: bool) -> Explorer:
    explorer = Explorer(prepare(compiled(f"{SHOP}cells:\n{PROGRAMS[name]}")), crashes)
    explorer.explore()
    return explorer


@pytest.mark.parametrize("name", PROGRAMS)
def test_in_every_order_what_failed_is_undone_and_nothing_else(name: str) -> None:
    explorer = explored(name, crashes=True)
    print(f"{name}: {explorer.states} states, {explorer.ends} ends")  # noqa: T201 -- `pytest -rP` shows it
    assert explorer.ends > 10
    assert (explorer.stalled > 0) == (name == "once")


def test_the_page_has_the_numbers_of_states(update_golden: bool) -> None:
    page = PAGE.read_text(encoding="utf-8")
    before, mark, _ = page.partition("| program |")
    shown = f"{before}{mark}{_table().removeprefix('| program |')}"
    if update_golden:
        PAGE.write_text(shown, encoding="utf-8")
        return
    assert page == shown, "the states have changed: `make golden` writes them"


def _table() -> str:
    rows = ["| program | states | ends | with a crash: states | ends |", "|---|--:|--:|--:|--:|"]
    for name in PROGRAMS:
        calm, crashing = explored(name, crashes=False), explored(name, crashes=True)
        rows.append(f"| `{name}` | {calm.states:,} | {calm.ends:,} | {crashing.states:,} | {crashing.ends:,} |")
    return "\n".join(rows) + "\n"
