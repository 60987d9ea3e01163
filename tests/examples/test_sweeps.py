"""Every example with a process that ends anywhere: before and after each commit and each effect, once, or twice.

Its end, its output and the keys of all that it asked for are those of the run that nothing disturbed. Only what is done
`once` differs: where nobody can know whether it happened, the run stands, and the person who looks says what they see.
"""

import asyncio
from collections import Counter
from dataclasses import dataclass, replace
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from cellc import project
from cellc.inputs import read_input
from cellc.language.graph import Program
from cellc.language.values import to_json
from cellc.runtime.commands import Command, ResolveAgain, ResolveResult
from cellc.runtime.fabric import Fabric
from cellc.runtime.log_sqlite import open_log
from cellc.runtime.ports import LogFailed, Result
from cellc.runtime.views import RunView
from tests.examples.scenarios import EXAMPLES, SCENARIOS, Outside
from tests.runtime.fabric.worlds import AT, World

VARIABLES = {
    f"{name}_URL": f"http://{name.lower()}"
    for name in ("STOCK", "RISK", "CARRIER", "GATEWAY", "BILLING", "CHAT", "REPORTS")
} | {f"{name}_URL": "http://x" for name in ("FLIGHTS", "HOTELS", "CARS", "PAYMENT")}
VARIABLES |= {
    "STOCK_DB": "sqlite:///stock.db",
    "WAREHOUSE": "sqlite:///dwh.db",
    "PAYMENT_TOKEN": "token-of-payments",
    "GATEWAY_TOKEN": "token-of-gateway",
}


@dataclass(frozen=True)
class Ended:
    """How a scenario ended, and what was done for it. `seams`: where its process could have ended."""

    status: str
    result: Any
    done: dict[str, tuple[str, Any]]
    once: Counter[str]
    seams: int = 0


@cache
def program(path: str) -> Program:
    checked = project.check(project.normalised(str(EXAMPLES / f"{path}.cell.yaml")))
    assert checked.program is not None, [d.message for d in checked.diagnostics]
    return checked.program


def played(name: str, crash_at: frozenset[int] = frozenset(), file: Path | None = None) -> Ended:
    """Play a scenario with a process that ends at these seams, and another one after it each time."""
    return asyncio.run(_played(name, crash_at, file))


async def _played(name: str, crash_at: frozenset[int], file: Path | None) -> Ended:
    outside = Outside(SCENARIOS[name])
    world = World(
        outside.answer,
        payload=lambda response: Result(response.get("json", response)),
        variables=VARIABLES,
        crash_at=crash_at,
    )
    for _ in range(len(crash_at) + 1):
        if file is not None:
            world.log = open_log(file, AT)
        try:
            view = await _process(world, outside)
        finally:
            if file is not None:
                world.log.close()
        if view is not None:
            return _ended(view, outside, world)
    raise AssertionError("the run did not end in the process that was left alone")


def _ended(view: RunView, outside: Outside, world: World) -> Ended:
    failure = view.failure
    result = to_json(view.output) if failure is None else (failure.error, to_json(failure.fields))
    once = Counter(str(data) for effect, data in outside.done.values() if effect == "mail.send")
    done = {key: done for key, done in outside.done.items() if done[0] != "mail.send"}
    return Ended(view.head.status, result, done, once, world.seams)


async def _process(world: World, outside: Outside) -> RunView | None:
    """One process: until the run has ended, or the process has; None then."""
    async with world.fabric(slots=5) as fabric:
        tasks = [
            asyncio.ensure_future(work) for work in (_run(fabric, world, outside), _telling(fabric, world, outside))
        ]
        dead = asyncio.ensure_future(world.dead.wait())
        await asyncio.wait({*tasks, dead}, return_when=asyncio.FIRST_COMPLETED)
        for task in (*tasks, dead):
            task.cancel()
        found = await asyncio.gather(*tasks, return_exceptions=True)
        if world.dead.is_set():
            return None
        for problem in found:
            if isinstance(problem, Exception):
                raise problem
        return found[0] if isinstance(found[0], RunView) else None


async def _run(fabric: Fabric, world: World, outside: Outside) -> RunView:
    heads = list(world.log.heads())
    fabric.resume()
    if heads:
        run = heads[0].number
    else:
        world.ids.made = 0  # the same id, so that keys can be compared
        scenario = outside.scenario
        made = program(scenario.program)
        run = fabric.start(made, made.main, read_input(made, made.main, scenario.words, None))
    view = await fabric.finished(run)
    while view.head.status == "stalled":
        await fabric.obey(_seen(view, world))
        view = await fabric.finished(run)
    return view


def _seen(view: RunView, world: World) -> Command:
    """Say of what stands whether it happened, as a person does who looks."""
    (row,) = view.open
    assert (row.effect, row.kind) == ("mail.send", "unknown"), row
    if world.asked[row.key or ""]:
        return ResolveResult(view.head.id, row.place, "null")
    return ResolveAgain(view.head.id, row.place)


async def _telling(fabric: Fabric, world: World, outside: Outside) -> None:
    """Tell what is to be told until it is known what became of it."""
    try:
        while True:
            for name, what in list(outside.told.items()):
                command = what(world.log)
                if command is not None:
                    await fabric.obey(command)
                    del outside.told[name]
            await asyncio.sleep(0)
    except LogFailed:
        await asyncio.Event().wait()


@cache
def undisturbed(name: str) -> Ended:
    return played(name)


def same(name: str, crash_at: frozenset[int], file: Path | None = None) -> None:
    calm, found = undisturbed(name), played(name, crash_at, file)
    assert replace(found, seams=calm.seams) == calm, f"{name}: crash at {sorted(crash_at)}"


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_scenario_ends_as_it_says(name: str) -> None:
    scenario, found = SCENARIOS[name], undisturbed(name)
    assert found.status == scenario.status, found
    assert scenario.end is None or found.result[0] == scenario.end
    assert found.seams >= 4
    assert all(count == 1 for count in found.once.values())


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_crash_at_any_seam_changes_nothing(name: str) -> None:
    for seam in range(1, undisturbed(name).seams + 1):
        same(name, frozenset({seam}))


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", SCENARIOS)
def test_two_crashes_change_nothing(name: str) -> None:
    """The second one may come while the run comes back from the first: a process passes seams of its own then."""
    for pair in combinations(range(1, undisturbed(name).seams + 3), 2):
        same(name, frozenset(pair))


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", SCENARIOS)
def test_a_crash_at_any_seam_changes_nothing_on_disk(name: str, tmp_path: Path) -> None:
    for seam in range(1, undisturbed(name).seams + 1):
        same(name, frozenset({seam}), tmp_path / f"{seam}.db")
