"""What is undone when a scope fails, in which order, and what is awaited before."""

import pytest

from cellc.runtime.core.inputs import Cancel, Completed, Failed, Kill, Raised, Retry, Sent
from cellc.runtime.core.prepare import prepare
from cellc.runtime.core.state import Cancelled, Failure
from cellc.runtime.core.views import standing
from tests.runtime.core.compiled import compiled
from tests.runtime.core.driving import AT, World, run
from tests.runtime.core.shop import SHOP, Shop, asked, held, played, take


def test_a_failing_cell_undoes_what_it_did_last_first() -> None:
    shop = Shop(("charge", 3))
    driver = played(
        """
  main:
    errors: [No]
    effects: [reserve, release, charge]
    do: |
      a = reserve(n=1) undo release(a)
      b = reserve(n=2) undo release(id=f"{b}{a}")
      charge(n=3)
""",
        shop,
    )
    assert shop.done == ["reserve 1", "reserve 2", "release h2h1", "release h1"]
    assert isinstance(driver.state.outcome, Failure)
    assert driver.state.outcome.error == "main.No"


def test_a_try_undoes_its_own_work_and_no_more_before_its_handler_runs() -> None:
    shop = Shop(("charge", 3))
    played(
        """
  main:
    errors: [No]
    effects: [reserve, release, charge, refund]
    do: |
      reserve(n=1) undo release(it)
      try:
        reserve(n=2) undo release(it)
        charge(n=3)
      except No:
        charge(n=4) undo refund(n=it)
      charge(n=5)
""",
        shop,
    )
    assert shop.done == ["reserve 1", "reserve 2", "release h2", "charge 4", "charge 5"]


def test_what_a_try_did_is_its_cells_when_it_has_ended_well() -> None:
    shop = Shop(("charge", 3))
    played(
        """
  main:
    errors: [No]
    effects: [reserve, release, charge]
    do: |
      for i in [1, 2]:
        try:
          reserve(n=i) undo release(it)
        except No:
          pass
      try:
        charge(n=3)
      except No:
        pass
      charge(n=3)
""",
        shop,
    )
    assert shop.done == ["reserve 1", "reserve 2", "release h2", "release h1"]


def test_a_cell_hands_its_undos_to_its_caller_unless_the_call_has_one() -> None:
    cells = """
  main:
    in: {own: bool}
    errors: [No]
    effects: [reserve, release, charge, refund]
    do: |
      if own:
        both() undo refund(n=0)
      else:
        both()
      charge(n=3)
  both:
    errors: [No]
    effects: [reserve, release]
    do: |
      reserve(n=1) undo release(it)
      reserve(n=2) undo release(it)
main: main
"""
    handed, own = Shop(("charge", 3)), Shop(("charge", 3))
    played(cells, handed, own=False)
    played(cells, own, own=True)
    assert handed.done == ["reserve 1", "reserve 2", "release h2", "release h1"]
    assert own.done == ["reserve 1", "reserve 2", "refund 0"]


def test_commit_keeps_what_was_done_before_it() -> None:
    shop = Shop(("charge", 3))
    played(
        """
  main:
    errors: [No]
    effects: [reserve, release, charge]
    do: |
      reserve(n=1) undo release(it)
      commit
      reserve(n=2) undo release(it)
      charge(n=3)
""",
        shop,
    )
    assert shop.done == ["reserve 1", "reserve 2", "release h2"]


def test_an_undo_may_be_a_cell_and_is_not_undone_itself() -> None:
    shop = Shop(("charge", 3))
    played(
        """
  main:
    errors: [No]
    effects: [reserve, release, charge, refund]
    do: |
      reserve(n=1) undo back(id=it)
      charge(n=3)
  back:
    in: {id: string}
    errors: [No]
    effects: [release, charge, refund]
    do: |
      charge(n=7) undo refund(n=it)
      release(id)
main: main
""",
        shop,
    )
    assert shop.done == ["reserve 1", "charge 7", "release h1"]


def test_branches_undo_in_reverse_order_of_their_completion() -> None:
    shop = Shop(("charge", 9))
    order = iter([2, 0, 0, 0, 0, 0, 0, 0])
    plan = prepare(
        compiled(
            f"""{SHOP}cells:
  main:
    errors: [No]
    effects: [reserve, release, charge]
    do: |
      par(reserve(n=i) undo release(it) for i in [1, 2, 3])
      charge(n=9)
"""
        )
    )
    run(World(plan, {}, answer=shop.answer, order=lambda _: next(order)))
    assert shop.done == ["reserve 3", "reserve 1", "reserve 2", "release h2", "release h1", "release h3"]


def test_finished_branches_of_an_unfinished_par_are_undone_and_the_rest_is_cancelled() -> None:
    driver = held(
        """
  main:
    errors: [No]
    topology:
      all: par(a=reserve(n=1) undo release(it), b=charge(n=2), c=look(n=3))
"""
    )
    driver.give(Completed(AT, take(driver, "reserve").call, "h1"))
    failing = take(driver, "charge")
    looking = driver.queue[0]
    step = driver.give(Raised(AT, failing.call, "main.No", {"why": "x"}))
    assert step.delta.abandon == (looking.call,)
    assert asked(driver) == ["release"]
    driver.give(Completed(AT, take(driver, "release").call, None))
    assert isinstance(driver.state.outcome, Failure)


def test_a_call_with_an_undo_is_awaited_when_its_scope_fails_and_undone_if_it_happened() -> None:
    cells = """
  main:
    errors: [No]
    topology:
      a: reserve(n=1) undo release(a)
      b: charge(n=2)
"""
    for happened in (True, False):
        driver = held(cells)
        reserving = take(driver, "reserve")
        driver.give(Raised(AT, take(driver, "charge").call, "main.No", {"why": "x"}))
        assert driver.state.outcome is None
        assert driver.queue == []
        if happened:
            driver.give(Completed(AT, reserving.call, "h1"))
            assert asked(driver) == ["release"]
            driver.give(Completed(AT, take(driver, "release").call, None))
        else:
            driver.give(Raised(AT, reserving.call, "main.No", {"why": "y"}))
        assert isinstance(driver.state.outcome, Failure)
        assert driver.state.outcome.fields == {"why": "x"}


@pytest.mark.parametrize("deadline", ["", " within 1h"])
def test_what_undoes_an_item_that_is_awaited_has_that_item(deadline: str) -> None:
    """The group that it was of is left by then: each undo is of its own item, not of the one that began last."""
    shop = Shop(("charge", 1))
    played(
        f"""
  main:
    errors: [No, Timeout]
    effects: [charge, refund]
    do: |
      try:
        par(charge(n=i) undo refund(n=i) for i in [1, 2, 3]){deadline}
      except No:
        pass
""",
        shop,
    )
    assert shop.done == ["charge 2", "charge 3", "refund 3", "refund 2"]


def test_those_that_a_quorum_does_not_wait_for_are_undone_each_with_its_own_item() -> None:
    shop = Shop()
    played(
        """
  main:
    errors: [No]
    effects: [charge, refund]
    do: |
      quorum(1, charge(n=i) undo refund(n=i) for i in [1, 2, 3])
""",
        shop,
    )
    assert shop.done == ["charge 1", "charge 2", "charge 3", "refund 3", "refund 2"]


def test_a_run_that_is_cancelled_undoes_what_is_awaited_each_with_its_own_item() -> None:
    driver = held(
        """
  main:
    errors: [No]
    effects: [charge, refund]
    do: |
      par(charge(n=i) undo refund(n=i) for i in [1, 2])
"""
    )
    driver.give(Cancel(AT))
    for call in (0, 1):
        driver.give(Completed(AT, call, call + 1))
    undone = [driver.state.calls[number] for number in driver.state.calls]
    driver.give(Completed(AT, undone[0].number, None))
    assert [call.input for call in [*undone, *driver.state.calls.values()]] == [{"n": 2}, {"n": 1}]


def test_a_once_call_that_was_sent_is_awaited_and_one_that_was_not_is_given_up() -> None:
    cells = """
  main:
    errors: [No]
    topology:
      a: letter(n=1)
      b: charge(n=2)
"""
    for sent in (True, False):
        driver = held(cells)
        letter = take(driver, "letter")
        if sent:
            driver.give(Sent(AT, letter.call))
        driver.give(Raised(AT, take(driver, "charge").call, "main.No", {"why": "x"}))
        assert (driver.state.outcome is None) == sent
        if sent:
            driver.give(Failed(AT, letter.call, 1, "cut off", unknown=True))
            assert driver.state.status == "stalled"
            assert [row.kind for row in standing(driver.state)] == ["unknown"]


def test_an_undo_that_fails_stands_and_goes_on_when_a_person_retries() -> None:
    driver = held(
        """
  main:
    errors: [No]
    topology:
      a: reserve(n=1) undo release(a)
      b: charge(n=2) after a
"""
    )
    driver.give(Completed(AT, take(driver, "reserve").call, "h1"))
    driver.give(Raised(AT, take(driver, "charge").call, "main.No", {"why": "x"}))
    undo = take(driver, "release")
    driver.give(Failed(AT, undo.call, 1, "no", permanent=True))
    assert driver.state.status == "stalled"
    driver.give(Retry(AT))
    again = take(driver, "release")
    assert again.key != undo.key, "it is known to have failed: under its key it would be answered as before"
    driver.give(Completed(AT, again.call, None))
    assert isinstance(driver.state.outcome, Failure)


def test_a_cell_that_undoes_and_fails_stands_and_begins_anew() -> None:
    driver = held(
        """
  main:
    errors: [No]
    effects: [reserve, release, charge]
    do: |
      a = reserve(n=1) undo back(id=a)
      charge(n=2)
  back:
    in: {id: string}
    errors: [No]
    effects: [charge, release]
    do: |
      charge(n=5)
      release(id)
main: main
"""
    )
    driver.give(Completed(AT, take(driver, "reserve").call, "h1"))
    driver.give(Raised(AT, take(driver, "charge").call, "main.No", {"why": "x"}))
    first = take(driver, "charge")
    driver.give(Raised(AT, first.call, "main.No", {"why": "again"}))
    assert driver.state.status == "stalled"
    (stands,) = standing(driver.state)
    assert stands.reason == "the undo `back` ended in main.No"
    driver.give(Retry(AT))
    second = take(driver, "charge")
    assert second.key != first.key
    driver.give(Completed(AT, second.call, 5))
    driver.give(Completed(AT, take(driver, "release").call, None))
    assert isinstance(driver.state.outcome, Failure)


# --- people ---


TWO_STEPS = """
  main:
    errors: [No]
    effects: [reserve, release, charge]
    do: |
      a = reserve(n=1) undo release(a)
      charge(n=2)
"""


def test_cancelling_undoes_and_then_the_run_has_ended() -> None:
    driver = held(TWO_STEPS)
    driver.give(Completed(AT, take(driver, "reserve").call, "h1"))
    driver.give(Cancel(AT))
    assert asked(driver) == ["release"]
    assert driver.give(Cancel(AT)).events == ()
    driver.give(Completed(AT, take(driver, "release").call, None))
    assert driver.state.outcome == Cancelled(undone=True)
    assert driver.world.events()[-1].status == "cancelled"


def test_killing_ends_a_run_as_it_stands() -> None:
    driver = held(TWO_STEPS)
    driver.give(Completed(AT, take(driver, "reserve").call, "h1"))
    driver.give(Kill(AT))
    assert driver.state.ended
    assert driver.world.events()[-1].status == "killed"


# --- crashes ---

EVERYTHING = """
  main:
    in: {x: int}
    out: string
    errors: [No]
    effects: [reserve, release, charge, refund, look, letter]
    do: |
      a = reserve(n=1) undo release(a)
      try:
        par(reserve(n=i) undo release(it) for i in [2, 3], limit=1)
        r = race(a=look(n=1), b=inner(x))
        charge(n=x)
      except No:
        charge(n=4) undo refund(n=it)
      q = quorum(1, look(n=i) for i in [5, 6])
      letter(n=8)
      charge(n=x)
      return f"{a}{len(q.values)}"
  inner:
    in: {x: int}
    out: int
    errors: [No]
    topology:
      hold: reserve(n=10) undo release(hold)
      rest: charge(n=x + 1) undo refund(n=rest)
      return: rest
main: main
"""


@pytest.mark.parametrize("x", [1, 2])
def test_a_crash_at_any_seam_changes_neither_the_end_nor_what_was_undone(x: int) -> None:
    plan = prepare(compiled(f"{SHOP}cells:\n{EVERYTHING}"))

    def world(*seams: int) -> tuple[World, Shop]:
        shop = Shop(("charge", 2))
        return World(plan, {"x": x}, answer=shop.answer, crash_at=frozenset(seams)), shop

    calm, _ = world()
    end = run(calm).state.outcome
    keys = set(calm.performed)
    for seam in range(1, calm.seams + 1):
        crashed, _ = world(seam)
        state = run(crashed).state
        if state.status == "stalled":
            assert [row.kind for row in standing(state)] == ["unknown"]
            continue
        assert state.outcome == end, seam
        assert set(crashed.performed) == keys, seam


def test_an_undo_whose_key_cannot_be_said_stands_each_time_it_is_begun() -> None:
    driver = held(
        """
  main:
    errors: [No]
    topology:
      a: reserve(n=0) undo forget(n=0)
      b: charge(n=2) after a
"""
    )
    driver.give(Completed(AT, take(driver, "reserve").call, "h0"))
    driver.give(Raised(AT, take(driver, "charge").call, "main.No", {"why": "x"}))
    for _ in range(2):
        assert driver.state.status == "stalled"
        (stands,) = standing(driver.state)
        assert "zero" in stands.reason
        driver.give(Retry(AT))
