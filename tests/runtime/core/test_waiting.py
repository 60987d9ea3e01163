"""Waits for events and people: what ends them, what does not, and what closes them."""

from datetime import timedelta
from typing import Any

import pytest

from cellc.runtime.core.events import EventReceived, TaskCompleted, TimerFired
from cellc.runtime.core.inputs import (
    Cancel,
    Completed,
    EventArrived,
    Input,
    Kill,
    Raised,
    Recovered,
    Start,
    TaskAnswered,
    Tick,
)
from cellc.runtime.core.prepare import prepare
from cellc.runtime.core.state import Cancelled, Failure, Success
from cellc.runtime.core.step import Step, fold, pending
from cellc.runtime.core.views import standing
from tests.runtime.core.compiled import compiled
from tests.runtime.core.driving import AT, RUN, Crash, Driver, World

PARCELS = """
errors:
  No: {}
events:
  scanned: {data: {tracking: string, n: int}, key: data.tracking, keep: 1d}
  closed: {data: {n: int}}
effects:
  scan: {in: {t: string}, out: {n: int}, via: event.wait, with: {event: scanned, key: "${t}"}}
  large:
    in: {t: string, least: int}
    out: int
    via: event.wait
    with: {event: scanned, key: "${t}", where: "${100 // data.n >= least}", result: "${response.n}"}
  whichever: {out: {n: int}, via: event.wait, with: {event: scanned, where: "${data.n > 0}"}}
  close: {via: event.wait, with: {event: closed}}
  ask: {in: {n: int}, out: {ok: bool, why?: string}, via: human.task, with: {title: "Is it ${n}?"}}
  told: {in: {n: int}, out: int, via: human.task, with: {title: "How many?", result: "${10 // n}"}}
  look: {in: {n: int}, out: int, delivery: read}
  fail: {errors: [No], delivery: read}
cells:
"""


def started(cells: str, **inputs: Any) -> Driver:
    """Return a run that has started."""
    driver = Driver(World(prepare(compiled(PARCELS + cells)), inputs))
    driver.give(Start(AT, "graph", driver.world.plan.main, inputs))
    return driver


def scanned(tracking: str, n: int, id_: str = "1") -> EventArrived:
    return EventArrived(AT, "main.scanned", id_, tracking, {"tracking": tracking, "n": n})


def output(driver: Driver) -> Any:
    assert isinstance(driver.state.outcome, Success), driver.state.outcome
    return driver.state.outcome.value


TWO = """
  main:
    out: "[int]"
    effects: [scan]
    topology:
      a: scan(t="A")
      b: scan(t="A") after a
      c: scan(t="C")
      return: "[a.n, b.n, c.n]"
"""


def test_a_wait_is_listed_not_performed_and_the_run_waits() -> None:
    driver = started(TWO)
    assert driver.queue == []
    assert driver.wake_at is None
    assert driver.state.status == "waiting"
    assert [(w.event, w.event_key, w.place) for w in driver.steps[-1].delta.waits] == [
        ("main.scanned", '"A"', "main/a"),
        ("main.scanned", '"C"', "main/c"),
    ]
    assert [(row.state, row.event, row.event_key) for row in standing(driver.state)] == [
        ("event", "main.scanned", '"A"'),
        ("event", "main.scanned", '"C"'),
    ]


def test_an_event_ends_the_wait_with_its_key_and_gives_what_out_declares() -> None:
    driver = started(TWO)
    step = driver.give(scanned("A", 1))
    assert [(type(e), e.id) for e in step.events if isinstance(e, EventReceived)] == [(EventReceived, "1")]
    assert step.delta.unlisted == (0,)
    assert [w.place for w in step.delta.waits] == ["main/b"]
    driver.give(scanned("C", 3))
    driver.give(scanned("A", 2))
    assert output(driver) == [1, 2, 3]


def test_an_event_with_another_key_or_another_name_means_nothing() -> None:
    driver = started(TWO)
    assert driver.give(scanned("B", 1)).events == ()
    assert driver.give(EventArrived(AT, "main.closed", "1", None, {"n": 1})).events == ()


def test_an_event_goes_to_one_wait_the_oldest_that_it_fits() -> None:
    driver = started("""
  main:
    out: "[int]"
    effects: [scan, large, whichever]
    topology:
      picky: large(t="A", least=20)
      first: scan(t="A")
      second: whichever()
      return: "[picky, first.n, second.n]"
""")
    places = {w.call: w.place for w in driver.steps[-1].delta.waits}
    got = []
    for n in (50, 4, 7):
        (event,) = [e for e in driver.give(scanned("A", n)).events if isinstance(e, EventReceived)]
        got.append(places[event.call])
    # 50 does not fit `picky`, which is the oldest; 4 fits it; 7 goes to what is left
    assert got[1] == "main/picky"
    assert sorted(got) == ["main/first", "main/picky", "main/second"]
    assert isinstance(driver.state.outcome, Success)


def test_what_where_cannot_be_evaluated_for_does_not_fit() -> None:
    driver = started("""
  main:
    out: int
    effects: [large]
    do: return large(t="A", least=1)
""")
    assert driver.give(scanned("A", 0)).events == ()
    assert driver.state.status == "waiting"
    driver.give(scanned("A", 5))
    assert output(driver) == 5


def test_an_event_without_key_and_without_output_ends_its_wait() -> None:
    driver = started("  main:\n    effects: [close]\n    do: close()\n")
    driver.give(EventArrived(AT, "main.closed", "1", None, {"n": 1}))
    assert output(driver) is None


def test_a_person_answers_a_task_once() -> None:
    driver = started("""
  main:
    out: "[bool]"
    effects: [ask]
    topology:
      a: ask(n=1)
      b: ask(n=2)
      return: "[a.ok, b.ok]"
""")
    first = driver.give(TaskAnswered(AT, 0, {"ok": True}))
    assert [type(e) for e in first.events] == [TaskCompleted]
    assert driver.give(TaskAnswered(AT, 0, {"ok": False})).events == ()
    assert [row.state for row in standing(driver.state)] == ["task"]
    driver.give(TaskAnswered(AT, 1, {"ok": False}))
    assert output(driver) == [True, False]


def test_an_answer_that_the_result_cannot_be_made_of_decides_nothing() -> None:
    driver = started("  main:\n    out: int\n    effects: [told]\n    do: return told(n=0)\n")
    assert driver.give(TaskAnswered(AT, 0, 5)).events == ()
    assert driver.state.status == "waiting"


@pytest.mark.parametrize("given", [Completed(AT, 0, {"n": 1}), TaskAnswered(AT, 0, {"n": 1}), Tick(AT)])
def test_a_wait_for_an_event_ends_by_nothing_else(given: Input) -> None:
    driver = started('  main:\n    effects: [scan]\n    do: scan(t="A")\n')
    assert driver.give(given).events == ()


def test_a_deadline_ends_a_wait_and_takes_it_off_the_list() -> None:
    driver = started("""
  main:
    out: int
    effects: [scan]
    do: |
      try:
        s = scan(t="A") within 1h
        return s.n
      except Timeout:
        return 0
""")
    assert driver.wake_at == AT + timedelta(hours=1)
    step = driver.give(Tick(AT + timedelta(hours=1)))
    assert any(isinstance(e, TimerFired) for e in step.events)
    assert step.delta.unlisted == (0,)
    assert output(driver) == 0
    assert driver.give(scanned("A", 1)).events == ()


def test_the_losers_of_a_race_are_taken_off_the_list() -> None:
    driver = started("""
  main:
    out: int
    effects: [scan, ask]
    do: |
      r = race(event=scan(t="A"), person=ask(n=1))
      if r.winner == 'event':
        return r.event.n
      return 0
""")
    step = driver.give(scanned("A", 9))
    assert sorted(step.delta.unlisted) == [0, 1]
    assert output(driver) == 9


def test_a_failing_scope_and_a_cancelled_run_close_their_waits() -> None:
    cells = """
  main:
    errors: [No]
    effects: [scan, fail, ask]
    do: par(a=scan(t="A"), b=ask(n=1), c=fail())
"""
    for given in (Cancel(AT), Kill(AT)):
        driver = started(cells)
        step = driver.give(given)
        assert sorted(step.delta.unlisted) == [0, 1]
        assert isinstance(driver.state.outcome, Cancelled)
        assert driver.state.wanted == {}
    failed = started(cells)
    failed.world.answer = lambda at, call: Raised(at, call.call, "main.No", {})
    failed._perform(failed.queue.pop())
    assert isinstance(failed.state.outcome, Failure)
    assert failed.state.wanted == {}


def test_what_comes_back_from_the_log_waits_for_the_same() -> None:
    driver = started(TWO)
    driver.give(scanned("A", 1))
    again = fold(driver.world.plan, RUN, driver.world.events())
    assert standing(again) == standing(driver.state)
    assert pending(driver.world.plan, again) == pending(driver.world.plan, driver.state)
    assert again.wanted.keys() == driver.state.wanted.keys()


WHOLE = """
  main:
    out: "[int]"
    effects: [scan, ask, look]
    do: |
      x = look(n=1)
      s = scan(t="A")
      answer = ask(n=s.n)
      ys = par(scan(t=t) for t in ["A", "B"])
      y = look(n=ys[0].n if len(ys) > 0 else 0)
      return [x, s.n, y, 1 if answer.ok else 0]
"""


def played(crash_at: frozenset[int]) -> World:
    """Play `WHOLE` with an outside that sends each event and answer until a commit has acknowledged it."""
    world = World(prepare(compiled(PARCELS + WHOLE)), {}, crash_at=crash_at)
    world.answer = lambda at, call: Completed(at, call.call, call.input["n"] * 10)
    outside = [scanned("A", 1, "e1"), TaskAnswered(AT, 2, {"ok": True}), scanned("B", 2, "e2"), scanned("A", 3, "e3")]
    while True:
        driver = Driver(world)
        try:
            driver.live()
            while not driver.state.ended:
                taken = {e.id for e in world.events() if isinstance(e, EventReceived)}
                left = [g for g in outside if getattr(g, "id", None) not in taken and not _answered(g, world)]
                driver.give(left[0])
                while driver.queue:
                    driver._next()
        except Crash:
            continue
        return world


def _answered(given: Any, world: World) -> bool:
    return isinstance(given, TaskAnswered) and any(isinstance(e, TaskCompleted) for e in world.events())


def test_a_crash_at_any_seam_changes_neither_the_end_nor_what_was_received() -> None:
    calm = played(frozenset())
    assert calm.seams > 14
    for seam in range(1, calm.seams + 1):
        world = played(frozenset({seam}))
        assert world.events()[-1].value == calm.events()[-1].value
        received = [(e.id, e.call) for e in world.events() if isinstance(e, EventReceived)]
        assert received == [(e.id, e.call) for e in calm.events() if isinstance(e, EventReceived)]


def test_a_recovered_run_performs_no_wait() -> None:
    driver = started(TWO)
    again = Driver(driver.world)
    again.state = fold(driver.world.plan, RUN, driver.world.events())
    step: Step = again.give(Recovered(AT, AT))
    assert step.delta.perform == ()
    assert len(step.delta.waits) == 2
