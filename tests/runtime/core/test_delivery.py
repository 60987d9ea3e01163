"""What becomes of outcomes that are unknown, of errors that are retried, and of calls that nobody has begun."""

from datetime import timedelta
from typing import Any

import pytest

from cellc.runtime.core.inputs import (
    Again,
    Cancel,
    Completed,
    Deferred,
    Failed,
    NeverStarted,
    Raised,
    Recovered,
    Resolved,
    ResolvedError,
    Retry,
    Sent,
    Start,
    Tick,
)
from cellc.runtime.core.prepare import prepare
from cellc.runtime.core.state import Cancelled, Failure, Success
from cellc.runtime.core.step import ReadyCall, fold
from cellc.runtime.core.views import standing
from tests.runtime.core.compiled import compiled
from tests.runtime.core.driving import AT, RUN, Driver, World
from tests.runtime.core.shop import asked, take

BANK = """
errors:
  Busy: {}
effects:
  pay: {in: {n: int}, out: string, delivery: once, probe: paid}
  say: {in: {n: int}, out: string, errors: [Unknown], delivery: once}
  paid: {in: {n: int}, out: string?, delivery: read, retry: {attempts: 2}}
  book: {in: {n: int}, out: string, errors: [Busy], delivery: idempotent, retry: {attempts: 3, on: [Busy]}}
  hold:
    in: {n: int}
    out: string
    delivery: idempotent
    key_lifetime: 1h
    retry: {attempts: 3, delay: 1s}
  free: {in: {n: int}, delivery: idempotent}
"""


def begun(call: str, effects: str, errors: str = "") -> Driver:
    """Return a run of one call, which nobody has answered yet."""
    declared = f"    errors: [{errors}]\n" if errors else ""
    body = f"cells:\n  main:\n    out: string\n{declared}    effects: [{effects}]\n    do: |\n"
    text = f"{BANK}{body}      a = {call}\n      return a\n"
    driver = Driver(World(prepare(compiled(text)), {}))
    driver.give(Start(AT, "graph", driver.world.plan.main, {}))
    return driver


def sent(driver: Driver, effect: str) -> ReadyCall:
    """Return the call of a `once` effect, after its durable mark."""
    call = take(driver, effect)
    driver.give(Sent(AT, call.call))
    return call


def reopened(driver: Driver) -> Driver:
    """Return the run as a new process finds it."""
    found = Driver(driver.world)
    found.state = fold(driver.world.plan, RUN, driver.world.events())
    assert found.state.divergence is None
    found.give(Recovered(driver.world.now, driver.world.now))
    return found


def same_after_a_crash(driver: Driver) -> None:
    """Compare the run with what its log says."""
    whole = fold(driver.world.plan, RUN, driver.world.events())
    assert whole.divergence is None
    assert (whole.status, whole.outcome) == (driver.state.status, driver.state.outcome)


def test_after_a_crash_the_probe_gives_the_result_of_a_call_that_happened() -> None:
    driver = begun("pay(n=1)", "pay")
    sent(driver, "pay")
    driver = reopened(driver)
    assert asked(driver) == ["paid"]
    driver = reopened(driver)
    probe = take(driver, "paid")
    assert probe.input == {"n": 1}
    driver.give(Completed(AT, probe.call, "receipt"))
    assert driver.state.outcome == Success("receipt")
    same_after_a_crash(driver)


def test_after_a_crash_a_call_that_did_not_happen_is_made_with_a_new_mark() -> None:
    driver = begun("pay(n=1)", "pay")
    sent(driver, "pay")
    driver = reopened(driver)
    driver.give(Completed(AT, take(driver, "paid").call, None))
    driver.give(Tick(AT))
    call = sent(driver, "pay")
    driver.give(Completed(AT, call.call, "receipt"))
    assert driver.state.outcome == Success("receipt")
    same_after_a_crash(driver)


def test_a_crash_after_that_mark_leaves_the_question_again() -> None:
    driver = begun("pay(n=1)", "pay")
    sent(driver, "pay")
    driver = reopened(driver)
    driver.give(Completed(AT, take(driver, "paid").call, None))
    driver.give(Tick(AT))
    sent(driver, "pay")
    driver = reopened(driver)
    driver.give(Tick(AT))
    assert asked(driver) == ["paid"]


def test_a_failed_call_that_did_not_happen_goes_by_its_policy_and_can_be_retried() -> None:
    driver = begun("pay(n=1)", "pay")
    call = sent(driver, "pay")
    driver.give(Failed(AT, call.call, 1, "no answer", unknown=True))
    driver.give(Completed(AT, take(driver, "paid").call, None))
    assert driver.state.status == "stalled"
    driver.give(Retry(AT))
    assert asked(driver) == ["pay"]


def test_a_probe_that_cannot_tell_leaves_the_question_and_is_asked_again_on_retry() -> None:
    driver = begun("pay(n=1)", "pay")
    call = sent(driver, "pay")
    driver.give(Failed(AT, call.call, 1, "no answer", unknown=True))
    driver.give(Failed(AT, take(driver, "paid").call, 1, "no", permanent=True))
    assert [call.kind for call in driver.state.calls.values()] == ["unknown"]
    same_after_a_crash(driver)
    driver.give(Retry(AT))
    driver.give(Completed(AT, take(driver, "paid").call, "receipt"))
    assert driver.state.outcome == Success("receipt")


def test_a_probe_over_which_processes_end_cannot_tell() -> None:
    driver = begun("pay(n=1)", "pay")
    sent(driver, "pay")
    driver = reopened(driver)
    assert asked(driver) == ["paid"]
    driver.give(Recovered(AT, AT, deadly=True))
    assert [(row.place, row.state, row.kind) for row in standing(driver.state)] == [("main/a", "stalled", "unknown")]
    same_after_a_crash(driver)


def test_a_result_that_comes_late_ends_the_question() -> None:
    driver = begun("pay(n=1)", "pay")
    call = sent(driver, "pay")
    driver.give(Failed(AT, call.call, 1, "no answer", unknown=True))
    driver.give(Completed(AT, call.call, "late"))
    assert driver.state.outcome == Success("late")
    assert driver.state.calls == {}
    same_after_a_crash(driver)


def test_unknown_is_raised_where_the_effect_lists_it() -> None:
    driver = begun("say(n=1)", "say", "Unknown")
    call = sent(driver, "say")
    driver.give(Failed(AT, call.call, 1, "no answer", unknown=True))
    assert isinstance(driver.state.outcome, Failure)
    assert driver.state.outcome.error == "Unknown"


def test_a_declared_error_is_retried_under_another_key_and_raised_when_attempts_are_used_up() -> None:
    driver = begun("book(n=1)", "book", "Busy")
    keys = set()
    for attempt in (1, 2, 3):
        call = take(driver, "book")
        assert call.attempt == attempt
        keys.add(call.key)
        driver.give(Raised(AT, call.call, "main.Busy", {}, attempt))
        same_after_a_crash(driver)
        if driver.wake_at:
            driver.give(Tick(driver.wake_at))
    assert len(keys) == 3
    assert isinstance(driver.state.outcome, Failure)
    assert driver.state.outcome.error == "main.Busy"


def test_a_declared_error_after_an_attempt_in_doubt_keeps_the_key() -> None:
    driver = begun("book(n=1)", "book", "Busy")
    first = take(driver, "book")
    driver.give(Failed(AT, first.call, 1, "no answer", unknown=True))
    driver.give(Tick(driver.wake_at or AT))
    second = take(driver, "book")
    driver.give(Raised(AT, second.call, "main.Busy", {}, 2))
    driver.give(Tick(driver.wake_at or AT))
    assert {first.key, second.key} == {take(driver, "book").key}


@pytest.mark.parametrize(("hours", "status"), [(0.5, "running"), (2, "stalled")])
def test_past_its_lifetime_a_key_is_not_trusted(hours: float, status: str) -> None:
    driver = begun("hold(n=1)", "hold")
    driver.give(Failed(AT, take(driver, "hold").call, 1, "no answer", unknown=True))
    driver.give(Tick(AT + timedelta(hours=hours)))
    assert driver.state.status == status
    same_after_a_crash(driver) if status == "stalled" else None


def test_past_the_lifetime_of_its_key_a_call_that_failed_for_certain_is_made() -> None:
    driver = begun("hold(n=1)", "hold")
    driver.give(Failed(AT, take(driver, "hold").call, 1, "refused"))
    driver.give(Tick(AT + timedelta(hours=2)))
    assert asked(driver) == ["hold"]


def test_a_permanent_failure_is_retried_under_another_key_unless_it_may_have_happened() -> None:
    for unknown in (False, True):
        driver = begun("book(n=1)", "book", "Busy")
        call = take(driver, "book")
        driver.give(Failed(AT, call.call, 1, "no", permanent=True, unknown=unknown))
        driver.give(Retry(AT))
        assert (take(driver, "book").key == call.key) is unknown
        same_after_a_crash(driver)


def _leaving() -> tuple[Driver, ReadyCall]:
    driver = begun("hold(n=1) undo free(n=1)", "hold, free")
    call = take(driver, "hold")
    step = driver.give(Cancel(AT))
    assert step.delta.awaited == (call.call,)
    return driver, call


def test_a_call_that_nobody_has_begun_is_dropped_with_its_scope_and_not_undone() -> None:
    driver, call = _leaving()
    driver.give(NeverStarted(AT, call.call))
    assert driver.state.outcome == Cancelled(undone=True)
    assert driver.queue == []
    same_after_a_crash(driver)


def test_after_a_crash_nobody_can_say_that_a_call_was_never_begun() -> None:
    driver, call = _leaving()
    driver = reopened(driver)
    assert driver.give(NeverStarted(AT, call.call)).events == ()


def _failed_once(within: str = "", errors: str = "") -> Driver:
    driver = begun(f"hold(n=1) undo free(n=1) {within}", "hold, free", errors)
    driver.give(Failed(AT, take(driver, "hold").call, 1, "refused"))
    return driver


def test_a_retry_that_was_due_may_have_been_begun_before_the_crash() -> None:
    """Nothing in the log says so: a call that is due becomes ready without an event."""
    driver = _failed_once()
    driver.world.now = due = AT + timedelta(minutes=1)
    driver = reopened(driver)
    driver.give(Cancel(due))
    driver.give(Tick(due))
    assert asked(driver) == ["hold"]
    driver.give(Completed(due, take(driver, "hold").call, "it had happened"))
    assert asked(driver) == ["free"]
    same_after_a_crash(driver)


def test_a_retry_that_is_due_together_with_the_deadline_over_it_is_the_same_after_a_crash() -> None:
    driver = _failed_once("within 2s", "Timeout")
    driver.give(Tick(AT + timedelta(minutes=1)))
    driver.give(Completed(AT, take(driver, "hold").call, "held"))
    assert asked(driver) == ["free"]
    same_after_a_crash(driver)


def test_a_retry_whose_scope_is_left_before_it_is_due_is_not_made() -> None:
    driver = _failed_once()
    driver.give(Cancel(AT))
    assert driver.state.outcome == Cancelled(undone=True)
    same_after_a_crash(driver)


def test_a_retry_that_came_due_in_this_process_was_begun_by_no_other() -> None:
    driver = begun("book(n=1)", "book", "Busy")
    first = take(driver, "book")
    driver.give(Raised(AT, first.call, "main.Busy", {}, 1))
    due = driver.wake_at or AT
    driver.state = fold(driver.world.plan, RUN, driver.world.events())
    driver.give(Recovered(due, since=AT))
    driver.give(Tick(due))
    second = take(driver, "book")
    driver.give(Raised(due, second.call, "main.Busy", {}, 2))
    driver.give(Tick(driver.wake_at or AT))
    assert len({first.key, second.key, take(driver, "book").key}) == 3


def test_a_call_of_a_scope_that_is_left_is_not_made_because_it_did_not_happen() -> None:
    driver, call = _leaving()
    driver.give(Failed(AT, call.call, 1, "no", permanent=True, unknown=True))
    assert driver.state.status == "stalled"
    driver.give(Again(AT, call.call))
    assert driver.state.outcome == Cancelled(undone=True)
    assert driver.queue == []
    same_after_a_crash(driver)


def test_an_attempt_that_is_put_off_is_made_later_and_counts_once() -> None:
    driver = begun("book(n=1)", "book", "Busy")
    call = take(driver, "book")
    driver.give(Deferred(AT, call.call, 1, AT + timedelta(minutes=5), "its target does not answer"))
    assert (driver.state.status, driver.wake_at) == ("waiting", AT + timedelta(minutes=5))
    same_after_a_crash(driver)
    driver.give(Tick(AT + timedelta(minutes=5)))
    assert take(driver, "book").attempt == 1


def _standing() -> tuple[Driver, ReadyCall]:
    driver = begun("book(n=1)", "book", "Busy")
    call = take(driver, "book")
    driver.give(Failed(AT, call.call, 1, "no", permanent=True, unknown=True))
    return driver, call


@pytest.mark.parametrize(
    ("word", "status"),
    [
        (lambda call: Resolved(AT, call, "by hand"), "completed"),
        (lambda call: ResolvedError(AT, call, "main.Busy", {}), "failed"),
        (lambda call: Again(AT, call), "running"),
        (lambda call: ResolvedError(AT, call, "main.Other", {}), "stalled"),
    ],
)
def test_a_call_that_stands_ends_as_a_person_says(word: Any, status: str) -> None:
    driver, call = _standing()
    driver.give(word(call.call))
    assert driver.state.status == status
    same_after_a_crash(driver)
    if status == "running":
        assert take(driver, "book").key != call.key
