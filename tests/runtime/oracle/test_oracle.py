"""Random programs come to what the oracle says, and do and undo what it says in that order; crashes change nothing."""

from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cellc.runtime.core.inputs import Completed, Failed, Input, Raised
from cellc.runtime.core.plan import Plan
from cellc.runtime.core.prepare import prepare
from cellc.runtime.core.state import Failure, RunState, Success
from cellc.runtime.core.step import ReadyCall
from tests.runtime.core.compiled import answering, compiled
from tests.runtime.core.driving import World, run
from tests.runtime.oracle import scripts

STARTS = st.integers(0, 12)


class Effects:
    """A world that answers as the oracle does, and keeps what happened, in order."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.sent = 0

    def _give(self, effect: str, n: int) -> Any:
        value = {"act": scripts.act, "take": scripts.take, "look": scripts.look, "back": lambda n: n}[effect](n)
        if value is None:
            return ("raise", "Bad", {"why": f"{effect} {n}"})
        self.done.append(f"{effect} {n}")
        return None if effect == "back" else value

    def answer(self, at: datetime, call: ReadyCall) -> Input:
        """Answer a call, or not."""
        effect, n = call.effect.rpartition(".")[2], call.input["n"]
        match effect:
            case "shop":
                return self._perhaps(at, call, scripts.shop(n, call.attempt))
            case "send" | "say":
                return self._perhaps(at, call, scripts.send(n))
            case "sent":
                return Completed(at, call.call, n + 7 if f"send {n}" in self.done[self.sent :] else None)
        return answering(**{effect: self._give(effect, n)})(at, call)

    def _perhaps(self, at: datetime, call: ReadyCall, result: int | str | None) -> Input:
        effect, n = call.effect.rpartition(".")[2], call.input["n"]
        self.sent = len(self.done)
        if result is None:
            return Raised(at, call.call, "main.Bad", {"why": f"{effect} {n}"}, call.attempt)
        if result != scripts.CUT:
            self.done.append(f"{effect} {n}")
        if isinstance(result, str):
            return Failed(at, call.call, call.attempt, result, unknown=True)
        return Completed(at, call.call, result)


def outcome(state: RunState) -> int | str | None:
    match state.outcome:
        case Success(value):
            return value
        case Failure(fields=fields):
            return fields["why"]
        case _:
            return None


def check(cells: dict[str, scripts.Block], n: int) -> World:
    """Run a program undisturbed and compare it with the oracle."""
    oracle, effects = scripts.Oracle(cells), Effects()
    expected = oracle.outcome(n)
    world = World(plan(cells), {"n": n}, answer=effects.answer)
    assert outcome(run(world).state) == expected
    assert effects.done == oracle.done
    return world


def plan(cells: dict[str, scripts.Block]) -> Plan:
    return prepare(compiled(scripts.text(cells)))


@settings(max_examples=150)
@given(scripts.programs(), STARTS)
def test_a_program_does_what_the_oracle_says(cells: dict[str, scripts.Block], n: int) -> None:
    check(cells, n)


@settings(max_examples=100)
@given(scripts.programs(("shop", "send", "say")), STARTS)
def test_so_it_is_where_calls_are_not_answered(cells: dict[str, scripts.Block], n: int) -> None:
    check(cells, n)


@settings(max_examples=30)
@given(scripts.programs(("shop", "send")), STARTS, st.randoms(use_true_random=False))
def test_a_crash_changes_no_outcome_where_somebody_can_be_asked(
    cells: dict[str, scripts.Block], n: int, chance: Any
) -> None:
    """Keys may differ: an attempt that may have happened is not made under another one."""
    crashed(cells, n, chance, 6, keys_stay=False)


@settings(max_examples=30)
@given(scripts.programs(), STARTS, st.randoms(use_true_random=False))
def test_a_crash_anywhere_changes_neither_the_outcome_nor_the_keys(
    cells: dict[str, scripts.Block], n: int, chance: Any
) -> None:
    crashed(cells, n, chance, 6)


def crashed(cells: dict[str, scripts.Block], n: int, chance: Any, most: int, *, keys_stay: bool = True) -> None:
    """Run a program again with one crash, or two, at some of its seams."""
    calm = check(cells, n)
    expected, keys = scripts.Oracle(cells).outcome(n), sorted(set(calm.performed))
    for _ in range(min(most, calm.seams)):
        seams = frozenset(chance.sample(range(1, calm.seams + 1), min(calm.seams, chance.choice([1, 1, 2]))))
        world = World(plan(cells), {"n": n}, answer=Effects().answer, crash_at=seams)
        assert outcome(run(world).state) == expected, seams
        assert not keys_stay or sorted(set(world.performed)) == keys, seams


@pytest.mark.slow
@pytest.mark.timeout(1800)
@settings(max_examples=1500)
@given(scripts.programs(), STARTS, st.randoms(use_true_random=False))
def test_thousands_of_programs_with_crashes(cells: dict[str, scripts.Block], n: int, chance: Any) -> None:
    crashed(cells, n, chance, 3)
