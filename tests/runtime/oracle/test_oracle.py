"""Random programs come to what the oracle says, and do and undo what it says in that order; crashes change nothing."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cellc.runtime.core.plan import Plan
from cellc.runtime.core.prepare import prepare
from cellc.runtime.core.state import Failure, RunState, Success
from tests.runtime.core.compiled import answering, compiled
from tests.runtime.core.driving import World, run
from tests.runtime.oracle import scripts

STARTS = st.integers(0, 12)


class Effects:
    """A world that answers as the oracle does, and keeps what happened, in order."""

    def __init__(self) -> None:
        self.done: list[str] = []

    def _give(self, effect: str, n: int) -> Any:
        value = {"act": scripts.act, "take": scripts.take, "look": scripts.look, "back": lambda n: n}[effect](n)
        if value is None:
            return ("raise", "Bad", {"why": f"{effect} {n}"})
        self.done.append(f"{effect} {n}")
        return None if effect == "back" else value

    @property
    def answer(self) -> Any:
        names = ("act", "take", "look", "back")
        return answering(**{name: (lambda n, name=name: self._give(name, n)) for name in names})


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


@settings(max_examples=30)
@given(scripts.programs(), STARTS, st.randoms(use_true_random=False))
def test_a_crash_anywhere_changes_neither_the_outcome_nor_the_keys(
    cells: dict[str, scripts.Block], n: int, chance: Any
) -> None:
    crashed(cells, n, chance, 6)


def crashed(cells: dict[str, scripts.Block], n: int, chance: Any, most: int) -> None:
    """Run a program again with one crash, or two, at some of its seams."""
    calm = check(cells, n)
    expected, keys = scripts.Oracle(cells).outcome(n), sorted(set(calm.performed))
    for _ in range(min(most, calm.seams)):
        seams = frozenset(chance.sample(range(1, calm.seams + 1), min(calm.seams, chance.choice([1, 1, 2]))))
        world = World(plan(cells), {"n": n}, answer=Effects().answer, crash_at=seams)
        assert outcome(run(world).state) == expected, seams
        assert sorted(set(world.performed)) == keys, seams


@pytest.mark.slow
@pytest.mark.timeout(1800)
@settings(max_examples=1500)
@given(scripts.programs(), STARTS, st.randoms(use_true_random=False))
def test_thousands_of_programs_with_crashes(cells: dict[str, scripts.Block], n: int, chance: Any) -> None:
    crashed(cells, n, chance, 3)
