"""Random programs, random edits: runs that are moved where the verdict lets them never go wrong, others would.

A run of OLD is let go to each of its places, and moved there if it goes; then it goes on in NEW to its end, or is
cancelled on its way. Whatever happens: nothing is evaluated on a value of another type, nothing that was recorded is
asked for again, all that has an undo is undone when the run is taken back, the last first, and nothing that every run
of NEW does is left out.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

import pytest
from msgspec import structs

from cellc.compiler.compat.moving import judge
from cellc.compiler.compat.plans import Plan, PlannedCell, PlannedPlace
from cellc.language.graph import Program
from cellc.language.moving import Moving, PlaceMove
from cellc.runtime.core.inputs import Cancel
from tests.runtime.core.compiled import compiled
from tests.runtime.core.lives import Life, Refuses
from tests.runtime.oracle.edits import READS, Source, edited, net, script

INPUT = {"at": 0}


def says(effect: str, given: Mapping[str, Any]) -> Any:
    """What the world says: a plain function of effect and input."""
    n = given.get("n", 0)
    match effect:
        case "take" if (given["tag"] * 7 + n) % 6 == 5:
            return Refuses("Bad", {"why": f"{n}"})
        case "word":
            return "w" * (n % 4)
        case "ask":
            return {"n": n + 1}
        case "back":
            return None
        case _:
            return n + 1


def program(made: Source) -> Program:
    return compiled(made.text().removeprefix("cellc: 1\n"))


Asked = tuple[str, int, int]
"""An effect, the tag of the step, and where it is."""


def asked(life: Life) -> list[Asked]:
    """Return all that has been asked, in order."""
    return [(effect, given["tag"], given["at"]) for effect, given in zip(life.performed, life.inputs, strict=True)]


def given(life: Life) -> list[Asked]:
    """Return what has been done of it: not what was refused, nor what takes back."""
    return [
        one
        for one, inputs in zip(asked(life), life.inputs, strict=True)
        if one[0] != "back" and not isinstance(says(one[0], inputs), Refuses)
    ]


def problems(life: Life, made: tuple[Source, Source], since: int) -> list[str]:
    """Return what has gone wrong in a life that has ended in NEW; `since` so many requests it was taken back."""
    status = life.run.state.status
    if status not in {"completed", "failed", "cancelled"}:
        return [f"it is {status}"]
    found = []
    again = [one for one, times in Counter(asked(life)).items() if times > 1 and one[0] not in READS]
    if again:
        found.append(f"asked again: {again}")
    taken = [(tag, at) for effect, tag, at in asked(life) if effect == "back"]
    done = [(tag, at) for effect, tag, at in given(life) if effect in {"act", "take"}]
    if set(taken) - set(done):
        found.append(f"undone and never done: {set(taken) - set(done)}")
    old, new = made
    if status != "completed" and not old.commits and not new.commits:
        lost = {one for one in done if one[0] in old.undone & new.undone} - set(taken)
        if lost:
            found.append(f"done and not undone: {lost}")
        last = [(tag, at) for effect, tag, at in asked(life)[since:] if effect == "back"]
        order = [one for one in reversed(done) if one in last]
        if last != order:
            found.append(f"undone in the order {last}, done in the order {done}")
    if status == "completed":
        left_out = {one for one in new.always if one[0] not in READS} - {(e, tag) for e, tag, _ in given(life)}
        if left_out:
            found.append(f"left out: {left_out}")
    return found


@dataclass
class Counts:
    """What has been tried."""

    pairs: int = 0
    tried: int = 0
    moved: int = 0
    stayed: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    places: dict[tuple[str, int, str], bool] = field(default_factory=dict)
    """Whether a run went wrong that was moved by force from a place, by the verdict, the seed and the place."""


def stops(old: Program) -> int:
    """Return how many things happen in a run of OLD."""
    life, count = Life(old, INPUT, says), 0
    while life.advance():
        count += 1
    return count


def gone_to(old: Program, steps: int) -> Life:
    life = Life(old, INPUT, says)
    for _ in range(steps):
        life.advance()
    return life


def gone_on(life: Life, random: Random, *, cancelled: bool) -> int:
    """Let a run go on to its end, or be cancelled on its way; return how much had been asked until that."""
    if not cancelled:
        life.end()
        return len(life.performed)
    for _ in range(random.randint(0, 3)):
        life.advance()
    if not life.run.state.ended:
        life.give(Cancel(life.now))
    since = len(life.performed)
    life.end()
    return since


def plan(sources: tuple[Source, Source], old: Program, new: Program) -> Plan:
    """Return what people would say who know which step is which: one with another name is the same."""
    names = [made.names() for made in sources]
    there = {place.id for place in old.cells["main.main"].nodes}, {place.id for place in new.cells["main.main"].nodes}
    same = {
        name: PlannedPlace(names[1][tag])
        for tag, name in names[0].items()
        if names[1].get(tag, name) != name and name in there[0] and names[1][tag] in there[1]
    }
    return Plan({"main.main": PlannedCell(same)})


def forced(moving: Moving) -> Moving:
    """Return the same as if every no, but for want of a place, had been a yes."""
    cells = {
        name: structs.replace(cell, refused_if=[], places=_yes(cell.places)) for name, cell in moving.cells.items()
    }
    return structs.replace(moving, cells=cells)


def _yes(places: Mapping[str, PlaceMove]) -> dict[str, PlaceMove]:
    return {
        name: move if move.to is None else structs.replace(move, verdict="carry", needs=[])
        for name, move in places.items()
    }


def tried(seed: int, counts: Counts) -> None:
    """Make a program and an edit of it, and move a run of it at each of its places."""
    random = Random(seed)  # noqa: S311 -- no secret
    made = net(random) if seed % 3 == 0 else script(random)
    sources = made, edited(made, random)
    old, new = map(program, sources)
    if old.sha256 == new.sha256:
        return
    counts.pairs += 1
    moving = judge(old, new, plan(sources, old, new) if seed % 2 else Plan())
    for steps in range(stops(old)):
        for cancelled in (False, True):
            life = gone_to(old, steps)
            counts.tried += 1
            stays = life.move(new, moving)
            if stays is not None:
                counts.stayed[stays.verdict] += 1
                wrong_ = goes_wrong(gone_to(old, steps), new, forced(moving), sources, cancelled)
                counts.wrong[stays.verdict] += wrong_
                place = stays.verdict, seed, f"{stays.cell}/{stays.place}"
                counts.places[place] = counts.places.get(place, False) or wrong_
                continue
            counts.moved += 1
            since = gone_on(life, random, cancelled=cancelled)
            wrong = problems(life, sources, since)
            assert wrong == [], f"{seed=} {steps=}\n{sources[0].text()}\n{sources[1].text()}\n{asked(life)}"


def goes_wrong(life: Life, new: Program, moving: Moving, sources: tuple[Source, Source], cancelled: bool) -> bool:
    """Return whether a run that is moved all the same shows why it should not have been."""
    try:
        if life.move(new, moving) is not None:
            return False
        since = gone_on(life, Random(0), cancelled=cancelled)  # noqa: S311 -- no secret
    except (KeyError, AttributeError, TypeError, AssertionError):
        return True  # it is nowhere in NEW
    return problems(life, sources, since) != []


def told(counts: Counts) -> str:
    """Return what was tried, for people."""
    stayed = ", ".join(f"{kind} {n} (forced, {counts.wrong[kind]} went wrong)" for kind, n in counts.stayed.items())
    refused = [wrong for (verdict, _, _), wrong in counts.places.items() if verdict in {"refused", "pin"}]
    stayed += f"; of {len(refused)} places that are refused or pinned {sum(refused)} had a run that went wrong"
    return f"{counts.pairs} edits, {counts.tried} runs: {counts.moved} moved, none wrong; stayed: {stayed}"


def check(seeds: range) -> None:
    counts = Counts()
    for seed in seeds:
        tried(seed, counts)
    print(told(counts))  # noqa: T201 -- `pytest -rP` shows it
    assert counts.moved > len(seeds)
    assert all(counts.wrong[verdict] > 0 for verdict in ("pin", "refused"))


@pytest.mark.parametrize("first", [0, 60])
def test_runs_that_are_moved_never_go_wrong(first: int) -> None:
    check(range(first, first + 60))


@pytest.mark.slow
@pytest.mark.parametrize("first", range(1_000, 5_000, 500))
def test_thousands_of_runs_that_are_moved_never_go_wrong(first: int) -> None:
    check(range(first, first + 500))
