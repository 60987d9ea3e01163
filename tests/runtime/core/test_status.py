"""`status.set` is done within the event that leads to it: nobody performs it, no event answers it."""

import pytest

from cellc.runtime.core.events import CallReady
from cellc.runtime.core.inputs import Completed, Raised
from cellc.runtime.core.snapshot import Snapshots
from cellc.runtime.core.state import Progress
from cellc.runtime.core.step import fold
from cellc.runtime.core.views import standing
from tests.runtime.core.driving import AT, RUN, Driver
from tests.runtime.core.shop import Shop, asked, held, played, take

ROUNDS = """
  main:
    in: {n: int}
    out: int
    errors: [No]
    effects: [status.set, look]
    do: |
      status.set(text="begins", percent=-5)
      for i in range(n):
        status.set(text=f"{i} of {n}", percent=i * 100 // n)
        look(n=i)
      status.set("all of them")
      return n
main: main
"""


def said(driver: Driver) -> tuple[str, int | None]:
    assert driver.state.progress is not None
    return driver.state.progress.text, driver.state.progress.percent


def test_it_is_said_in_the_event_that_leads_to_it() -> None:
    driver = held(ROUNDS, n=2)
    assert said(driver) == ("0 of 2", 0)
    assert asked(driver) == ["look"]
    driver.give(Completed(AT, take(driver, "look").call, 1))
    assert said(driver) == ("1 of 2", 50)
    driver.give(Completed(AT, take(driver, "look").call, 1))
    assert said(driver) == ("all of them", None)
    assert driver.state.status == "completed"
    events = driver.world.events()
    assert [type(event).__name__ for event in events] == ["RunStarted", "CallCompleted", "CallCompleted", "RunEnded"]
    assert sum(len(getattr(event, "calls", ())) for event in events) == 2
    assert fold(driver.world.plan, RUN, events).progress == driver.state.progress


@pytest.mark.parametrize(("percent", "shown"), [(-5, 0), (0, 0), (99, 99), (250, 100)])
def test_a_percentage_is_one_whatever_is_computed(percent: int, shown: int) -> None:
    cells = (
        "  main:\n    in: {n: int}\n    effects: [status.set]\n    do: status.set(text='x', percent=n)\nmain: main\n"
    )
    assert said(played(cells, Shop(), n=percent)) == ("x", shown)


def test_in_branches_the_last_one_counts_and_deadlines_go() -> None:
    cells = """
  main:
    errors: [No, Timeout]
    effects: [status.set, look]
    do: |
      par(a=status.set(text="a") within 1m, b=look(n=1), c=status.set(text="c"))
      race(a=look(n=2), b=status.set(text="b"))
      status.set(text="end") within 1s
main: main
"""
    driver = held(cells)
    assert said(driver) == ("c", None)
    assert [(row.effect, row.state) for row in standing(driver.state)] == [("main.look", "running")]
    assert driver.wake_at is None
    driver.give(Completed(AT, take(driver, "look").call, 1))
    assert (said(driver), driver.state.status) == (("end", None), "completed")


def test_a_topology_says_it_in_its_order() -> None:
    cells = """
  main:
    errors: [No]
    topology:
      first: status.set(text="first")
      seen: look(n=1) after first
      second: status.set(text=f"seen {seen}") after seen
main: main
"""
    driver = held(cells)
    assert said(driver) == ("first", None)
    driver.give(Completed(AT, take(driver, "look").call, 7))
    assert (said(driver), driver.state.status) == (("seen 7", None), "completed")


def test_an_undo_may_say_it_and_so_may_a_handler() -> None:
    cells = """
  main:
    errors: [No]
    effects: [status.set, reserve, look]
    do: |
      try:
        status.set(text="done") undo status.set(text="taken back")
        reserve(n=1) undo status.set(text=f"not {it}")
        look(n=1)
      except No:
        look(n=2)
main: main
"""
    driver = held(cells)
    driver.give(Completed(AT, take(driver, "reserve").call, "h1"))
    driver.give(Raised(AT, take(driver, "look").call, "main.No", {"why": ""}))
    assert said(driver) == ("taken back", None)
    assert asked(driver) == ["look"]
    assert [event.calls for event in driver.world.events()[-1:]] == [(CallReady(2, 0, *_place(driver)),)]


def _place(driver: Driver) -> tuple[int, int, int, str]:
    (call,) = driver.state.calls.values()
    return call.node.index, call.occurrence, call.item, call.key


def test_a_loop_that_only_says_it_stands_and_holds_up_nobody() -> None:
    cells = """
  main:
    effects: [status.set]
    do: |
      while true:
        status.set(text="again")
main: main
"""
    driver = held(cells)
    (row,) = standing(driver.state)
    assert (row.state, "without an effect" in row.reason) == ("fault", True)


def test_it_survives_a_snapshot() -> None:
    driver = held(ROUNDS, n=2)
    snapshots = Snapshots(driver.world.plan)
    assert snapshots.restore(snapshots.take(driver.state)).progress == Progress("0 of 2", 0, driver.state.at)
