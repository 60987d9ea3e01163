"""cellc's part of `benchmarks/run.py`: python cellc_engine.py WORKLOAD FOLDER."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median

from measuring import CHAIN, FAN, PARKED, RUNS, SAMPLES, resident, tell, timed

from cellc.project import check
from cellc.runtime.clock import SystemClock
from cellc.runtime.environment import Environment
from cellc.runtime.fabric import Fabric, open_fabric
from cellc.runtime.permissions import Permissions
from cellc.runtime.ports import Handler, Outcome, Request, Result
from cellc.stdlib_effects.registry import StandardHandlers
from cellc.stdlib_effects.surroundings import Surroundings

STEPS = str(Path(__file__).with_name("steps.cell.yaml"))


class Functions:
    """Performs both effects, which give back what they get; nobody gets past a closed gate."""

    def __init__(self, *, is_open: bool) -> None:
        self._is_open = is_open

    async def perform(self, request: Request) -> Outcome:
        if request.input["function"] == "functions:gate" and not self._is_open:
            await asyncio.get_running_loop().create_future()
        return Result(request.input["args"]["n"])

    def payload(self, response: object) -> Outcome:
        return Result(response)

    async def close(self) -> None:
        pass


class Handlers:
    """The standard handlers, and ours."""

    def __init__(self, *, is_open: bool) -> None:
        self._standard = StandardHandlers(Surroundings(SystemClock(), print))
        self._functions = Functions(is_open=is_open)

    def get(self, effect: str) -> Handler | None:
        return self._functions if effect == "python.call" else self._standard.get(effect)

    async def close(self) -> None:
        await self._standard.close()


class Bench:
    """A fabric and the program of the benchmark."""

    def __init__(self, fabric: Fabric, log: Path) -> None:
        program = check(STEPS).program
        if program is None:
            raise SystemExit(f"{STEPS} has mistakes")
        self._program = program
        self.fabric = fabric
        self.log = log

    def start(self, cell: str, n: int) -> int:
        return self.fabric.start(self._program, f"bench.steps.{cell}", {"n": n})

    async def all_of(self, runs: list[int]) -> None:
        views = await asyncio.gather(*map(self.fabric.finished, runs))
        if any(view.head.status != "completed" for view in views):
            raise SystemExit("a run has not completed")


@asynccontextmanager
async def bench(folder: str, *, is_open: bool = True) -> AsyncIterator[Bench]:
    """Open a log in `folder`."""
    log = Path(folder, "log.db")
    async with open_fabric(
        log, Handlers(is_open=is_open), Environment({}, permissions=Permissions(("python.*",)))
    ) as fabric:
        yield Bench(fabric, log)


async def chain(folder: str) -> None:
    """One run after the other."""
    async with bench(folder) as made:
        await made.all_of([made.start("chain", 0)])
        times = []
        for n in range(SAMPLES):
            with timed() as watch:
                await made.all_of([made.start("chain", n)])
            times.append(watch.clock)
    tell(seconds=median(times))


async def many(folder: str) -> None:
    """All runs at once."""
    async with bench(folder) as made:
        await made.all_of([made.start("chain", 0)])
        with timed() as watch:
            await made.all_of([made.start("chain", n) for n in range(RUNS)])
        log = made.log
    tell(
        seconds=watch.clock,
        processor=watch.processor,
        steps=RUNS * CHAIN / watch.clock,
        bytes=log.stat().st_size / ((RUNS + 1) * CHAIN),
    )


async def fan(folder: str) -> None:
    """One run with all its steps at once."""
    async with bench(folder) as made:
        await made.all_of([made.start("chain", 0)])
        with timed() as watch:
            await made.all_of([made.start("fan", FAN)])
    tell(seconds=watch.clock, processor=watch.processor)


async def stand(folder: str) -> None:
    """Let all runs come to the gate, tell it, and wait to be killed."""
    async with bench(folder, is_open=False) as made:
        runs = [made.start("gated", n) for n in range(RUNS)]
        for run in runs:
            while not at_the_gate(made, run):
                await asyncio.sleep(0.01)
        tell()
        await asyncio.get_running_loop().create_future()


def at_the_gate(made: Bench, run: int) -> bool:
    """Return whether a run's gate call is open."""
    view = made.fabric.look_at(run)
    return view is not None and "bench.steps.gate'" in repr(view)


async def recover(folder: str) -> None:
    """Let all runs that stood at the gate go on to their ends."""
    with timed() as watch:
        async with bench(folder) as made:
            heads = made.fabric.resume()
            await made.all_of([head.number for head in heads])
    if len(heads) != RUNS:
        raise SystemExit(f"{len(heads)} runs stood at the gate")
    tell(seconds=watch.clock, processor=watch.processor)


async def park(folder: str) -> None:
    """Let runs come to a wait of thirty days."""
    async with bench(folder) as made:
        await made.all_of([made.start("chain", 0)])
        idle = resident()
        for first in range(0, PARKED, 100):
            runs = [made.start("park", n) for n in range(first, first + 100)]
            await asyncio.gather(*map(made.fabric.settled, runs))
        tell(bytes=resident() - idle)


if __name__ == "__main__":
    asyncio.run({f.__name__: f for f in (chain, many, fan, stand, recover, park)}[sys.argv[1]](sys.argv[2]))
    os._exit(0)
