"""Restate's part of `benchmarks/run.py`: python restate_engine.py WORKLOAD FOLDER MODULES.

MODULES is the `node_modules` folder with the server and the SDK for Node.js, which is faster than the one for Python;
this process starts both and sends the requests. What is timed has the way through Restate's ingress in it, as any use
has.
"""

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process, create_subprocess_exec
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median

import httpx
from measuring import CHAIN, FAN, PARKED, RUNS, SAMPLES, resident, tell, timed

WORKLOAD, FOLDER, MODULES = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
PORT, INGRESS, ADMIN = "19080", "http://127.0.0.1:8080", "http://127.0.0.1:9070"
GATE = FOLDER / "gate"
HANDLERS = Path(__file__).with_name("restate_service.mjs")


class Client:
    """The ingress, and both processes: the server's and that of the handlers."""

    def __init__(self, http: httpx.AsyncClient, server: Process, handlers: Process) -> None:
        self._http = http
        self._server, self._handlers = server, handlers

    async def call(self, handler: str, n: int) -> None:
        answer = await self._http.post(f"{INGRESS}/Bench/{handler}", json=n)
        answer.raise_for_status()

    async def send(self, handler: str, n: int) -> None:
        answer = await self._http.post(f"{INGRESS}/Bench/{handler}/send", json=n)
        answer.raise_for_status()

    async def hear(self, word: str, times: int) -> None:
        """Wait until the handlers have said `word` so often."""
        while times:
            times -= (await self._handlers.stdout.readline()).decode().strip() == word  # type: ignore[union-attr]

    def resident(self) -> int:
        return resident(self._server.pid) + resident(self._handlers.pid)


@asynccontextmanager
async def restate() -> AsyncIterator[Client]:
    """Start the server and the handlers, and introduce them to each other."""
    handlers = await create_subprocess_exec(
        "node",
        str(HANDLERS),
        PORT,
        str(GATE),
        stdout=PIPE,
        stderr=DEVNULL,
        env={**os.environ, "NODE_PATH": str(MODULES)},
    )
    server = await create_subprocess_exec(
        str(next(MODULES.glob("@restatedev/restate-server-*/bin/restate-server"))),
        *("--base-dir", str(FOLDER / "restate"), "--no-logo", "--bind-ip", "127.0.0.1"),
        stdout=DEVNULL,
        stderr=DEVNULL,
        env={**os.environ, "RUST_LOG": "error", "DO_NOT_TRACK": "1"},
    )
    try:
        async with httpx.AsyncClient(timeout=300, limits=httpx.Limits(max_connections=200)) as http:
            while not await introduced(http):
                await asyncio.sleep(0.05)
            yield Client(http, server, handlers)
    finally:
        server.kill()
        handlers.kill()


async def introduced(http: httpx.AsyncClient) -> bool:
    """Return whether the server knows the handlers."""
    try:
        answer = await http.post(f"{ADMIN}/deployments", json={"uri": f"http://127.0.0.1:{PORT}", "force": True})
        health = await http.get(f"{INGRESS}/restate/health")
    except httpx.TransportError:
        return False
    return answer.is_success and health.is_success


async def main() -> None:
    """Do what the command line says."""
    with timed() as watch:
        async with restate() as client:
            if WORKLOAD == "recover":
                await client.hear("ended", RUNS)
            else:
                await {"chain": chains, "many": many, "fan": fans, "stand": stand, "park": parks}[WORKLOAD](client)
    if WORKLOAD == "recover":
        tell(seconds=watch.clock)


async def chains(client: Client) -> None:
    """One run after the other."""
    await client.call("chain", 0)
    times = []
    for n in range(SAMPLES):
        with timed() as watch:
            await client.call("chain", n)
        times.append(watch.clock)
    tell(seconds=median(times))


async def many(client: Client) -> None:
    """All runs at once."""
    await client.call("chain", 0)
    with timed() as watch:
        await asyncio.gather(*(client.call("chain", n) for n in range(RUNS)))
    tell(seconds=watch.clock, steps=RUNS * CHAIN / watch.clock)


async def fans(client: Client) -> None:
    """One run with all its steps at once."""
    await client.call("fan", 1)
    with timed() as watch:
        await client.call("fan", FAN)
    tell(seconds=watch.clock)


async def stand(client: Client) -> None:
    """Let all runs come to the gate, tell it, and wait to be killed with the server."""
    await asyncio.gather(*(client.send("gated", n) for n in range(RUNS)))
    await client.hear("reached", RUNS)
    GATE.touch()
    tell()
    await asyncio.get_running_loop().create_future()


async def parks(client: Client) -> None:
    """Let runs come to a wait of thirty days; the memory of the server and the handlers."""
    await client.call("chain", 0)
    idle = client.resident()
    for n in range(PARKED):
        await client.send("park", n)
    await client.hear("reached", PARKED)
    tell(bytes=client.resident() - idle)


asyncio.run(main())
