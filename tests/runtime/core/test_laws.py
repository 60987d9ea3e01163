"""What holds for every program and every history."""

from hypothesis import given, settings
from hypothesis import strategies as st

from cellc.runtime.core.events import encode
from cellc.runtime.core.inputs import Completed, Failed, Raised, Sent, Start
from cellc.runtime.core.prepare import prepare
from cellc.runtime.core.step import fold, pending, step
from cellc.runtime.core.tree import tree
from cellc.runtime.core.views import standing
from tests.runtime.core.driving import RUN, Driver, World, run, willing
from tests.runtime.core.programs import programs

histories = settings(max_examples=150)
starts = st.integers(0, 9)


class Watching(Driver):
    """Checks after every step that what the deltas added up to is what `pending` says from scratch."""

    def give(self, given):
        result = super().give(given)
        whole = pending(self.world.plan, self.state)
        assert sorted(self.queue, key=lambda ready: ready.call) == sorted(whole.perform, key=lambda ready: ready.call)
        assert (whole.wake_at, whole.ended) == (result.delta.wake_at, result.delta.ended)
        return result


@histories
@given(programs(), starts, st.randoms(use_true_random=False))
def test_deltas_add_up_to_what_pending_says_from_scratch(program, n, random):
    world = World(prepare(program), {"n": n}, order=random.randrange)
    Watching(world).live()


@histories
@given(programs(), starts, st.randoms(use_true_random=False))
def test_every_prefix_of_a_history_folds_to_the_state_that_was_live_then(program, n, random):
    plan = prepare(program)
    driver = run(World(plan, {"n": n}, order=random.randrange))
    events = driver.world.events()
    for length in range(len(events) + 1):
        assert fold(plan, RUN, events[:length]).divergence is None
    whole = fold(plan, RUN, events)
    assert (whole.status, whole.outcome) == (driver.state.status, driver.state.outcome)
    assert (standing(whole), tree(whole)) == (standing(driver.state), tree(driver.state))


@histories
@given(programs(faults=False), starts, st.randoms(use_true_random=False))
def test_independent_completions_in_any_order_give_the_same_end_and_the_same_keys(program, n, random):
    plan = prepare(program)
    first = World(plan, {"n": n}, answer=willing)
    shuffled = World(plan, {"n": n}, answer=willing, order=random.randrange)
    one, other = run(first), run(shuffled)
    if one.state.status == "completed":
        assert one.state.outcome == other.state.outcome
        assert sorted(first.performed) == sorted(shuffled.performed)
    else:
        assert one.state.status == other.state.status


@histories
@given(programs(), starts)
def test_an_input_that_is_repeated_decides_nothing(program, n):
    class Repeating(Driver):
        def give(self, given):
            result = super().give(given)
            if isinstance(given, Start | Completed | Raised | Failed | Sent):
                before = [encode(event) for event in self.world.events()]
                again = step(self.world.plan, self.state, given)
                assert again.events == ()
                assert again.delta.perform == ()
                assert [encode(event) for event in self.world.events()] == before
            return result

    Repeating(World(prepare(program), {"n": n})).live()


@histories
@given(programs(), starts)
def test_calls_are_numbered_densely_and_no_key_is_used_twice(program, n):
    driver = run(World(prepare(program), {"n": n}))
    ready = [call for event in driver.world.events() for call in getattr(event, "calls", ())]
    assert [call.call for call in ready] == list(range(len(ready)))
    assert len({call.key for call in ready}) == len(ready)


@histories
@given(programs(), starts)
def test_a_run_ends_or_stands_at_something_that_has_a_name(program, n):
    driver = run(World(prepare(program), {"n": n}))
    assert driver.state.status in ("completed", "failed", "stalled")
    assert bool(standing(driver.state)) == (driver.state.status == "stalled")
    assert (tree(driver.state) is None) == (driver.state.status != "stalled")
