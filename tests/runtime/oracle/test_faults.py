"""Random programs whose attempts fail, whose processes end, and that are cancelled, held to the oracle.

They do one thing at a time. Whatever fails on the way, each thing happens once, in the oracle's order; a run that is
cancelled has undone what it did. `make test-all` has 1,500 programs of each kind.
"""

from dataclasses import replace
from datetime import datetime
from hashlib import blake2b
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cellc.runtime.core.events import RunCancelled
from cellc.runtime.core.inputs import Cancel, Completed, Failed, Input, Raised, Retry
from cellc.runtime.core.state import Phase, RunState
from cellc.runtime.core.step import ReadyCall
from tests.runtime.core.driving import Crash, Driver, World
from tests.runtime.oracle import scripts
from tests.runtime.oracle.test_oracle import STARTS, Effects, check, outcome, plan


class Service(Effects):
    """A world that knows keys, in which attempts fail: before they do anything, after it, or for good.

    What an attempt comes to follows from `seed`, its key and its number, so it is the same after a crash.
    """

    def __init__(self, seed: int = 0) -> None:
        super().__init__()
        self.seed = seed
        self.answers: dict[str, Input] = {}

    def know(self, at: datetime, call: ReadyCall) -> Input:
        """Answer, the same to the same key."""
        if call.key not in self.answers:
            self.answers[call.key] = self.answer(at, call)
        known = self.answers[call.key]
        assert isinstance(known, Completed | Raised)
        return replace(known, at=at, call=call.call)

    def say(self, at: datetime, call: ReadyCall) -> Input:
        """Answer, or fail."""
        fate = blake2b(f"{self.seed}/{call.key}/{call.attempt}".encode(), digest_size=1).digest()[0]
        if fate < 60:
            return Failed(at, call.call, call.attempt, "not now", permanent=fate < 10)
        known = self.know(at, call)
        return Failed(at, call.call, call.attempt, "the answer was lost", unknown=True) if fate < 90 else known


class Patient(Driver):
    """A process with a person beside it: what stands is tried again, and at a moment the run is cancelled.

    `cancel_at`: while the call with this number, counted as they begin, is in flight.
    """

    def __init__(self, world: World, cancel_at: int, begun: dict[str, None]) -> None:
        super().__init__(world)
        self.cancel_at, self.begun = cancel_at, begun

    def live(self) -> None:
        super().live()
        while not self.state.ended:
            self._next()

    def _next(self) -> None:
        """Do the next thing; what stands is tried again before time passes."""
        if not self.queue and self.state.phases[Phase.STALLED]:
            assert self.give(Retry(self.world.now)).events
        else:
            super()._next()

    def _perform(self, call: ReadyCall) -> None:
        self.begun.setdefault(call.key)
        if not self._is_due() or call.call not in self.give(Cancel(self.world.now)).delta.abandon:
            super()._perform(call)

    def _is_due(self) -> bool:
        """Return whether the run is to be cancelled now; a process may have ended before it was."""
        cancelled = any(isinstance(event, RunCancelled) for event in self.world.events())
        return len(self.begun) == self.cancel_at and not cancelled


def lived(world: World, cancel_at: int = 0) -> RunState:
    """Drive a run to its end, starting again after each crash."""
    begun: dict[str, None] = {}
    while True:
        process = Patient(world, cancel_at, begun)
        try:
            process.live()
        except Crash:
            continue
        return process.state


def seams(chance: Any, count: int) -> frozenset[int]:
    """Draw where a process ends: nowhere, once or twice."""
    return frozenset(chance.sample(range(1, count + 1), min(count, chance.choice([0, 1, 2]))))


def with_faults(cells: dict[str, scripts.Block], n: int, seed: int, chance: Any) -> None:
    """Run a program whose attempts fail, with crashes: what happens is what the oracle says, each thing once."""
    oracle, calm = scripts.Oracle(cells), check(cells, n)
    expected = oracle.outcome(n)
    service = Service(seed=seed)
    world = World(plan(cells), {"n": n}, answer=service.say, crash_at=seams(chance, calm.seams))
    assert outcome(lived(world)) == expected
    assert service.done == oracle.done


def cancelled(cells: dict[str, scripts.Block], n: int, chance: Any) -> None:
    """Run a program that is cancelled while some effect is in flight, with crashes."""
    calm = check(cells, n)
    count = len(set(calm.performed))
    if not count:
        return
    at = chance.randint(1, count)
    oracle, service = scripts.Oracle(cells, cancel_at=at), Service()
    expected = oracle.outcome(n)
    world = World(plan(cells), {"n": n}, answer=service.know, crash_at=seams(chance, calm.seams))
    state = lived(world, cancel_at=at)
    assert (outcome(state), state.status == "cancelled") == (expected, expected is None)
    assert service.done == oracle.done


@settings(max_examples=40)
@given(scripts.programs(concurrent=False), STARTS, st.integers(0, 10**6), st.randoms(use_true_random=False))
def test_attempts_that_fail_and_crashes_change_nothing(
    cells: dict[str, scripts.Block], n: int, seed: int, chance: Any
) -> None:
    with_faults(cells, n, seed, chance)


@settings(max_examples=40)
@given(scripts.programs(concurrent=False), STARTS, st.randoms(use_true_random=False))
def test_a_cancelled_run_has_undone_what_it_did(cells: dict[str, scripts.Block], n: int, chance: Any) -> None:
    cancelled(cells, n, chance)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@settings(max_examples=1500)
@given(scripts.programs(concurrent=False), STARTS, st.integers(0, 10**6), st.randoms(use_true_random=False))
def test_thousands_of_programs_with_attempts_that_fail(
    cells: dict[str, scripts.Block], n: int, seed: int, chance: Any
) -> None:
    with_faults(cells, n, seed, chance)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@settings(max_examples=1500)
@given(scripts.programs(concurrent=False), STARTS, st.randoms(use_true_random=False))
def test_thousands_of_programs_that_are_cancelled(cells: dict[str, scripts.Block], n: int, chance: Any) -> None:
    cancelled(cells, n, chance)
