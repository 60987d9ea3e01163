"""The tree of a run: loops with their rounds, `try` bodies, branches, deadlines, and what an unwinding is about."""

from datetime import timedelta

from cellc.runtime.core.inputs import Cancel, Completed, Raised
from cellc.runtime.core.tree import Branch, tree
from tests.runtime.core.driving import AT, Driver
from tests.runtime.core.shop import held, take


def drawn(driver: Driver) -> list[str]:
    """The tree as lines: indent, name, kind, state, counts, detail."""
    root = tree(driver.state)
    assert root is not None
    return _lines(root, 0)


def _lines(branch: Branch, depth: int) -> list[str]:
    count = f" {branch.done}/{branch.total}" if branch.total else f" {branch.done}" if branch.done else ""
    detail = f" ({branch.detail})" if branch.detail else ""
    line = f"{'  ' * depth}{branch.name}: {branch.kind} {branch.state}{count}{detail}"
    return [line, *(each for inside in branch.inside for each in _lines(inside, depth + 1))]


def answer(driver: Driver, effect: str, value: object = 1) -> None:
    driver.give(Completed(AT, take(driver, effect).call, value))


NESTED = """
  main:
    in: {n: int}
    out: int
    errors: [No]
    effects: [reserve, release, look]
    do: |
      for i, j in enumerate([5, 6, 7]):
        k = 0
        while k < j:
          k = k + 1
          try:
            inner(n=i) within 1h
          except No, Timeout:
            k = look(n=i)
      return n
  inner:
    in: {n: int}
    errors: [No, Timeout]
    effects: [reserve, release, look]
    do: |
      reserve(n=n) undo release(it)
      race(a=look(n=1) within 1m, b=look(n=2))
main: main
"""


def test_a_script_stands_in_its_loops_and_try_bodies() -> None:
    driver = held(NESTED, n=1)
    assert drawn(driver) == [
        "main: cell running",
        "  for i, j: for running 1/3",
        "    while: while running 1",
        "      try: try running",
        "        inner: cell running",
        "          reserve: effect running",
    ]
    answer(driver, "reserve", "h0")
    assert drawn(driver)[5:] == [
        "          race: race running 0/2",
        "            [a]: effect running",
        "            [b]: effect running",
    ]
    answer(driver, "look")
    answer(driver, "reserve", "h0")
    assert drawn(driver)[2] == "    while: while running 2"
    answer(driver, "look")
    for _ in range(3):
        answer(driver, "reserve", "h0")
        answer(driver, "look")
    assert drawn(driver)[1:3] == ["  for i, j: for running 2/3", "    while: while running 1"]


def test_deadlines_stand_at_what_they_are_about() -> None:
    driver = held(NESTED, n=1)
    answer(driver, "reserve", "h0")
    root = tree(driver.state)
    assert root is not None
    inner = root.inside[0].inside[0].inside[0].inside[0]
    race = inner.inside[0]
    assert [branch.until for branch in (inner, race, *race.inside)] == [
        AT + timedelta(hours=1),
        None,
        AT + timedelta(minutes=1),
        None,
    ]


def test_an_unwinding_says_what_it_undoes_and_what_follows() -> None:
    driver = held(
        """
  main:
    errors: [No]
    effects: [reserve, release]
    do: |
      reserve(n=0) undo release(it)
      try:
        a = reserve(n=1) undo release(it)
        par(b=reserve(n=2) undo release(it), c=reserve(n=3) undo release(it))
      except No:
        pass
      reserve(n=4) undo release(it)
main: main
"""
    )
    for n in range(2):
        answer(driver, "reserve", f"h{n}")
    driver.give(Raised(AT, take(driver, "reserve").call, "main.No", {"why": ""}))
    assert drawn(driver) == [
        "main: cell undoing",
        "  try: try undoing",
        "    par: par undoing (1 more to undo, then main.No is handled)",
        "      par: effect running",
    ]
    answer(driver, "reserve", "h3")
    assert drawn(driver)[2:] == [
        "    par: par undoing (1 more to undo, then main.No is handled)",
        "      par: undo running",
    ]
    for _ in range(2):
        answer(driver, "release", None)
    driver.give(Cancel(AT))
    assert drawn(driver) == [
        "main: cell undoing (1 more to undo, then the run is cancelled)",
        "  reserve#2: effect running",
    ]
    answer(driver, "reserve", "h4")
    assert drawn(driver)[1:] == ["  reserve#2: undo running"]


def test_rounds_of_until_are_counted() -> None:
    driver = held(
        """
  main:
    errors: [No, Exhausted]
    topology:
      seen:
        call: look(n=1)
        until: it > 5
        max: 9
main: main
"""
    )
    answer(driver, "look")
    answer(driver, "look")
    assert drawn(driver) == [
        "main: cell running",
        "  seen: cell running",
        "    until: until running 3",
        "      seen: effect running",
    ]
