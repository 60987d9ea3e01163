"""DBOS's part of `benchmarks/run.py`: python dbos_engine.py WORKLOAD FOLDER. An argument `wal` sets SQLite's WAL mode.

Plain functions where they are the faster form (chain, many), asynchronous ones where something has to be at once.
"""

import asyncio
import os
import sqlite3
import sys
from pathlib import Path
from statistics import median

from dbos import DBOS, SetWorkflowID
from measuring import CHAIN, FAN, PARKED, RUNS, SAMPLES, resident, tell, timed

GATE = Path(sys.argv[2], "gate")
DATABASE = Path(sys.argv[2], "dbos.db")


@DBOS.step()
def work(n: int) -> int:
    return n


@DBOS.step()
async def work_at_once(n: int) -> int:
    return n


@DBOS.step()
async def gate(n: int) -> int:
    if not GATE.exists():
        await asyncio.get_running_loop().create_future()
    return n


@DBOS.workflow()
def chain_of_steps(n: int) -> int:
    for _ in range(CHAIN):
        n = work(n)
    return n


@DBOS.workflow()
async def gated(n: int) -> int:
    for _ in range(CHAIN // 2):
        n = await work_at_once(n)
    n = await gate(n)
    for _ in range(CHAIN - CHAIN // 2 - 1):
        n = await work_at_once(n)
    return n


@DBOS.workflow()
async def fan_out(n: int) -> int:
    return sum(await asyncio.gather(*(work_at_once(i) for i in range(n))))


@DBOS.workflow()
async def parked(n: int) -> int:
    await DBOS.sleep_async(30 * 24 * 3600)
    return n


def chain() -> None:
    """One run after the other."""
    chain_of_steps(0)
    times = []
    for n in range(SAMPLES):
        with timed() as watch:
            chain_of_steps(n)
        times.append(watch.clock)
    tell(seconds=median(times))


def many() -> None:
    """All runs at once."""
    chain_of_steps(0)
    with timed() as watch:
        handles = [DBOS.start_workflow(chain_of_steps, n) for n in range(RUNS)]
        for handle in handles:
            handle.get_result()
    steps = watch.clock
    DBOS.destroy()
    tell(
        seconds=steps,
        processor=watch.processor,
        steps=RUNS * CHAIN / steps,
        bytes=DATABASE.stat().st_size / ((RUNS + 1) * CHAIN),
    )


async def fan() -> None:
    """One run with all its steps at once."""
    await fan_out(1)
    with timed() as watch:
        await fan_out(FAN)
    tell(seconds=watch.clock, processor=watch.processor)


def run_name(n: int) -> str:
    """Return the id of a run that is found again after the crash."""
    return f"run-{n}"


async def stand() -> None:
    """Let all runs come to the gate, tell it, and wait to be killed."""
    for n in range(RUNS):
        with SetWorkflowID(run_name(n)):
            await DBOS.start_workflow_async(gated, n)
    while await asyncio.to_thread(steps_done) < RUNS * (CHAIN // 2):
        await asyncio.sleep(0.1)
    GATE.touch()
    tell()
    await asyncio.get_running_loop().create_future()


def steps_done() -> int:
    """Return how many steps are in the database."""
    with sqlite3.connect(DATABASE) as database:
        return int(database.execute("select count(*) from operation_outputs").fetchone()[0])


async def recover() -> None:
    """Let all runs that stood at the gate go on to their ends; DBOS recovers by itself when it is launched."""
    for n in range(RUNS):
        handle = await DBOS.retrieve_workflow_async(run_name(n))
        await handle.get_result(polling_interval_sec=0.05)


async def park() -> None:
    """Let runs come to a wait of thirty days."""
    await asyncio.to_thread(chain_of_steps, 0)
    idle = resident()
    for n in range(PARKED):
        await DBOS.start_workflow_async(parked, n)
    while await asyncio.to_thread(steps_done) < PARKED + CHAIN:
        await asyncio.sleep(0.1)
    tell(bytes=resident() - idle)


def launch() -> None:
    """Open the database."""
    if "wal" in sys.argv[3:]:
        with sqlite3.connect(DATABASE) as database:
            database.execute("pragma journal_mode=wal")
    DBOS(
        config={
            "name": "bench",
            "system_database_url": f"sqlite:///{DATABASE}",
            "run_admin_server": False,
            "log_level": "ERROR",
            "application_version": "1",
        }
    )
    DBOS.launch()


def main() -> None:
    """Do what the command line says."""
    plain = {"chain": chain, "many": many, "cold": lambda: tell(got=work(chain_of_steps(0) + 1))}
    at_once = {"fan": fan, "stand": stand, "park": park}
    workload = sys.argv[1]
    if workload == "recover":
        with timed() as watch:
            launch()
            asyncio.run(recover())
        tell(seconds=watch.clock, processor=watch.processor)
    elif workload in plain:
        launch()
        plain[workload]()
    else:
        launch()
        asyncio.run(at_once[workload]())
    os._exit(0)


main()
