"""Several calls in flight, and deadlines over calls, cells and branches."""

from datetime import timedelta

import pytest

from cellc.runtime.core.inputs import Completed, Raised, Tick
from cellc.runtime.core.state import Failure, Success
from tests.runtime.core.driving import AT
from tests.runtime.core.shop import Shop, held, played, take

# --- deadlines ---


def test_a_deadline_ends_a_call_in_timeout() -> None:
    driver = held(
        """
  main:
    out: int?
    errors: [No]
    effects: [look]
    do: |
      try:
        return look(n=1) within 5s
      except Timeout as e:
        return null
"""
    )
    assert driver.wake_at == AT + timedelta(seconds=5)
    step = driver.give(Tick(AT + timedelta(seconds=5)))
    assert len(step.delta.abandon) == 1
    assert driver.state.outcome == Success(None)


def test_a_deadline_that_is_met_is_forgotten() -> None:
    driver = held(
        """
  main:
    out: int
    errors: [No, Timeout]
    effects: [look, charge]
    do: |
      x = look(n=1) within 5s
      return charge(n=x)
"""
    )
    driver.give(Completed(AT, take(driver, "look").call, 4))
    assert driver.wake_at is None
    driver.give(Tick(AT + timedelta(seconds=9)))
    driver.give(Completed(AT + timedelta(seconds=9), take(driver, "charge").call, 4))
    assert driver.state.outcome == Success(4)


def test_a_deadline_over_a_cell_undoes_what_the_cell_did_and_what_it_was_doing() -> None:
    driver = held(
        """
  main:
    out: string
    errors: [No]
    effects: [reserve, release]
    do: |
      try:
        two() within 5s
      except Timeout as e:
        return e.step ?? ''
      return 'done'
  two:
    errors: [No]
    effects: [reserve, release]
    do: |
      a = reserve(n=1) undo release(a)
      b = reserve(n=2) undo release(b)
main: main
"""
    )
    driver.give(Completed(AT, take(driver, "reserve").call, "h1"))
    second = take(driver, "reserve")
    driver.give(Tick(AT + timedelta(seconds=5)))
    assert driver.queue == []
    driver.give(Completed(AT + timedelta(seconds=6), second.call, "h2"))
    released = []
    while driver.queue:
        call = take(driver, "release")
        released.append(call.input["id"])
        driver.give(Completed(AT + timedelta(seconds=6), call.call, None))
    assert released == ["h2", "h1"]
    assert driver.state.outcome == Success("two")


def test_each_branch_may_have_a_deadline_of_its_own() -> None:
    driver = held(
        """
  main:
    out: string
    errors: [No]
    effects: [look]
    do: |
      r = race(slow=look(n=1) within 9s, fast=look(n=2) within 5s)
      return r.winner
""".replace("errors: [No]", "errors: [No, Timeout]")
    )
    driver.give(Tick(AT + timedelta(seconds=5)))
    assert isinstance(driver.state.outcome, Failure)
    assert driver.state.outcome.error == "Timeout"
    assert driver.wake_at is None


# --- combinators ---


def test_a_race_ends_with_its_first_outcome_and_undoes_the_loser() -> None:
    driver = held(
        """
  main:
    out: string
    errors: [No]
    effects: [reserve, release, look]
    do: |
      r = race(a=look(n=1), b=two())
      match r.winner:
        case 'a':
          return f"a {r.a}"
        case 'b':
          return f"b {r.b}"
  two:
    out: string
    errors: [No]
    effects: [reserve, release]
    do: |
      a = reserve(n=1) undo release(a)
      return reserve(n=2) undo release(it)
main: main
"""
    )
    driver.give(Completed(AT, take(driver, "reserve").call, "h1"))
    second = take(driver, "reserve")
    driver.give(Completed(AT, take(driver, "look").call, 7))
    assert driver.state.outcome is None
    driver.give(Raised(AT, second.call, "main.No", {"why": "late"}))
    driver.give(Completed(AT, take(driver, "release").call, None))
    assert driver.state.outcome == Success("a 7")


def test_named_branches_give_a_record() -> None:
    shop = Shop()
    driver = played(
        """
  main:
    out: {a: int, b: string}
    errors: [No]
    topology:
      both: par(a=look(n=1), b=reserve(n=2))
      return: both
""",
        shop,
    )
    assert driver.state.outcome == Success({"a": 1, "b": "h2"})


QUORUM = """
  main:
    out: {reached: bool, values: [int]}
    errors: [No]
    effects: [look]
    do: |
      return quorum(2, look(n=i) for i in [1, 2, 3], wait=9s)
"""


def test_a_quorum_ends_when_enough_have_succeeded_in_order_of_arrival() -> None:
    driver = held(QUORUM.replace("    errors: [No]\n", ""))
    calls = list(driver.queue)
    driver.give(Completed(AT, calls[2].call, 3))
    step = driver.give(Completed(AT, calls[0].call, 1))
    assert step.delta.abandon == (calls[1].call,)
    assert driver.state.outcome == Success({"reached": True, "values": [3, 1]})


@pytest.mark.parametrize("how", ["failures", "time"])
def test_a_quorum_that_is_out_of_reach_or_time_says_what_came(how: str) -> None:
    driver = held(QUORUM.replace("    errors: [No]\n", ""))
    calls = list(driver.queue)
    driver.give(Completed(AT, calls[2].call, 3))
    if how == "time":
        driver.give(Tick(AT + timedelta(seconds=9)))
    else:
        driver.give(Raised(AT, calls[0].call, "main.No", {"why": "x"}))
        assert driver.state.outcome is None
        driver.give(Raised(AT, calls[1].call, "main.No", {"why": "x"}))
    assert driver.state.outcome == Success({"reached": False, "values": [3]})


def test_the_undo_of_a_whole_replaces_those_of_its_members() -> None:
    shop = Shop(("charge", 9))
    played(
        """
  main:
    errors: [No]
    effects: [reserve, release, charge, refund]
    do: |
      all = par(reserve(n=i) undo release(it) for i in [1, 2]) undo refund(n=len(all))
      charge(n=9)
""",
        shop,
    )
    assert shop.done == ["reserve 1", "reserve 2", "refund 2"]
