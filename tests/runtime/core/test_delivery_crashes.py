"""Processes that end at any seam, once or twice, around calls that must not happen twice: none does, and none is lost.

The outside remembers what it did and which keys it knows. Where nobody can know whether
a call happened, a person looks there and says so.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import combinations
from typing import Any

import pytest

from cellc.runtime.core.inputs import Again, Completed, Failed, Input, Raised, Resolved
from cellc.runtime.core.plan import Plan
from cellc.runtime.core.prepare import prepare
from cellc.runtime.core.state import Failure, Phase, Success
from cellc.runtime.core.step import ReadyCall, fold
from tests.runtime.core.compiled import compiled
from tests.runtime.core.driving import RUN, Crash, Driver, World, run

EFFECTS = """
errors:
  Busy: {}
  No: {}
effects:
  pay: {in: {n: int}, out: string, delivery: once}
  pay_or_say: {in: {n: int}, out: string, errors: [Unknown], delivery: once}
  pay_and_ask: {in: {n: int}, out: string, delivery: once, probe: paid}
  paid: {in: {n: int}, out: string?, delivery: read}
  book:
    {in: {n: int}, out: string, errors: [Busy], delivery: idempotent, retry: {attempts: 4, delay: 10s, on: [Busy]}}
  hold: {in: {n: int}, out: string, delivery: idempotent, key_lifetime: 1h, retry: {attempts: 3, delay: 10s}}
  hold_and_ask:
    {in: {n: int}, out: string, delivery: idempotent, key_lifetime: 1h, probe: held, retry: {attempts: 3, delay: 10s}}
  held: {in: {n: int}, out: string?, delivery: read}
  free: {in: {id: string}, delivery: idempotent}
  boom: {in: {n: int}, errors: [No], delivery: idempotent}
"""

LIFETIME = timedelta(hours=1)


@dataclass
class Outside:
    """What other systems have done, and the answers that they remember by key; those of `hold` for an hour.

    `busy` requests to `book` come too early; with `stubborn` the outside remembers this too.
    """

    busy: int = 0
    stubborn: bool = False
    lost: int = 0
    done: list[str] = field(default_factory=list)
    known: dict[str, tuple[datetime, str | None]] = field(default_factory=dict)

    def answer(self, at: datetime, call: ReadyCall) -> Input:
        """Do what is asked. The first `lost` answers of `hold` are lost on their way back."""
        effect = call.effect.rpartition(".")[2]
        n = call.input.get("n", call.input.get("id"))
        if effect == "boom":
            return Raised(at, call.call, "main.No", {}, call.attempt)
        if effect in ("paid", "held"):
            verb = "pay" if effect == "paid" else "hold"
            return Completed(at, call.call, f"{verb} {n}" if f"{verb} {n}" in self.done else None)
        result = self._once(at, call.key, effect.partition("_")[0], n)
        if result is None:
            return Raised(at, call.call, "main.Busy", {}, call.attempt)
        if effect.startswith("hold") and self.lost:
            self.lost -= 1
            return Failed(at, call.call, call.attempt, "no answer", unknown=True)
        return Completed(at, call.call, None if effect == "free" else result)

    def _once(self, at: datetime, key: str, verb: str, n: Any) -> str | None:
        since, remembered = self.known.get(key, (at, None))
        if key in self.known and not (verb == "hold" and at - since > LIFETIME):
            return remembered
        result: str | None = f"{verb} {n}"
        if verb == "book" and self.busy:
            self.busy -= 1
            result = None
        if result is not None:
            self.done.append(result)
        if result is not None or self.stubborn:
            self.known[key] = (at, result)
        return result


def ran(plan: Plan, outside: Outside, crash_at: tuple[int, ...] = (), hours: int = 0) -> Driver:
    """Run a program; where it stands because nobody knows, a person looks outside and says so."""
    world = World(plan, {"n": 1}, answer=outside.answer, crash_at=frozenset(crash_at))
    world.down = timedelta(hours=hours)
    driver = run(world)
    while driver.state.status == "stalled":
        (call,) = [call for call in driver.state.calls.values() if call.phase is Phase.STALLED]
        assert call.kind == "unknown"
        made = f"{call.effect.rpartition('.')[2].partition('_')[0]} {call.input['n']}"
        said = Resolved(world.now, call.number, made) if made in outside.done else Again(world.now, call.number)
        try:
            driver.give(said)
            driver.go_on()
        except Crash:
            driver = run(world)
    again = fold(plan, RUN, world.events())
    assert again.divergence is None
    assert (again.status, again.outcome) == (driver.state.status, driver.state.outcome)
    return driver


def program(body: str, effects: str, out: str = "string", errors: str = "") -> Plan:
    declared = f"    errors: [{errors}]\n" if errors else ""
    lines = "".join(f"      {line}\n" for line in body.splitlines())
    text = f"  main:\n    in: {{n: int}}\n    out: {out}\n{declared}    effects: [{effects}]\n    do: |\n{lines}"
    return prepare(compiled(f"{EFFECTS}cells:\n{text}"))


def crashes(plan: Plan, outside: Outside) -> Iterator[tuple[int, ...]]:
    """Yield every seam of the undisturbed run, and every two."""
    seams = ran(plan, outside).world.seams
    assert seams >= 8
    for count in (1, 2):
        yield from combinations(range(1, seams + 5), count)


ONE = {
    "a person says": program("a = pay(n=n)\nb = book(n=2)\nreturn a + b", "pay, book", errors="Busy"),
    "its probe says": program(
        "a = pay_and_ask(n=n)\nb = book(n=2)\nreturn a + b", "pay_and_ask, paid, book", errors="Busy"
    ),
}


@pytest.mark.parametrize("name", ONE)
def test_a_once_call_happens_once_when_somebody_can_look(name: str) -> None:
    plan = ONE[name]
    for crash_at in crashes(plan, Outside()):
        outside = Outside()
        driver = ran(plan, outside, crash_at)
        assert driver.state.outcome == Success("pay 1book 2")
        assert Counter(outside.done) == {"pay 1": 1, "book 2": 1}


def test_a_once_call_happens_at_most_once_where_the_program_decides() -> None:
    body = "try:\n  a = pay_or_say(n=n)\n  return a\nexcept Unknown as e:\n  return e.reason"
    plan, seen = program(body, "pay_or_say"), Counter[tuple[Any, int]]()
    for crash_at in crashes(plan, Outside()):
        outside = Outside()
        outcome = ran(plan, outside, crash_at).state.outcome
        assert isinstance(outcome, Success)
        seen[outcome.value, len(outside.done)] += 1
    cut = "the process ended while it was being performed"
    assert set(seen) == {("pay 1", 1), (cut, 0), (cut, 1)}


@pytest.mark.parametrize("stubborn", [False, True])
def test_a_declared_error_is_retried_whatever_crashes_and_never_done_twice(*, stubborn: bool) -> None:
    plan = program("a = book(n=n)\nreturn a", "book", errors="Busy")
    outcomes = set()
    for crash_at in crashes(plan, Outside(busy=2, stubborn=stubborn)):
        outside = Outside(busy=2, stubborn=stubborn)
        outcome = ran(plan, outside, crash_at).state.outcome
        assert len(outside.done) == isinstance(outcome, Success)
        outcomes.add(outcome.error if isinstance(outcome, Failure) else outcome.value)
    # an outside that repeats its no may be asked under the key that is in doubt until no attempt is left
    assert outcomes == ({"book 1", "main.Busy"} if stubborn else {"book 1"})


@pytest.mark.parametrize("ask", ["", "_and_ask"])
@pytest.mark.parametrize("hours", [0, 2])
def test_a_key_that_is_forgotten_is_not_trusted_and_one_that_is_known_is(ask: str, hours: int) -> None:
    asking = ", held" if ask else ""
    plan = program(f"a = hold{ask}(n=n) undo free(it)\nreturn a", f"hold{ask}, free{asking}")
    for crash_at in crashes(plan, Outside(lost=1)):
        outside = Outside(lost=1)
        driver = ran(plan, outside, crash_at, hours)
        assert driver.state.outcome == Success("hold 1")
        assert outside.done == ["hold 1"]


@pytest.mark.parametrize("hours", [0, 2])
def test_what_a_failed_scope_may_have_done_is_found_out_and_undone_once(hours: int) -> None:
    plan = program(
        "par(a=hold_and_ask(n=n) undo free(it), b=boom(n=n))\nreturn 'x'", "hold_and_ask, held, free, boom", errors="No"
    )
    seen = set()
    for crash_at in crashes(plan, Outside(lost=2)):
        outside = Outside(lost=2)
        driver = ran(plan, outside, crash_at, hours)
        assert isinstance(driver.state.outcome, Failure)
        assert outside.done in ([], ["hold 1", "free hold 1"])
        seen.add(len(outside.done))
    assert seen >= {2}
