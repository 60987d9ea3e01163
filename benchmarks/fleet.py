"""How long it takes to judge, and to move, all runs of a log that are in flight.

    python benchmarks/fleet.py [runs ...]

A loan waits for a person, with two calls done and undos for both of them. So many runs of it are begun (default 1,000
and 10,000); then `cellc migrate --log` judges them, and `--apply` moves them, three times: to a version with a step
more, to one without it, and so on. Each is a whole process. Printed: seconds on the clock, medians (least to most), and
the memory of the process at the most.
"""

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from cellc.project import check
from cellc.runtime.clock import SystemClock, SystemIds
from cellc.runtime.environment import Environment
from cellc.runtime.fabric import Fabric
from cellc.runtime.log_sqlite import open_log
from cellc.runtime.permissions import Permissions
from cellc.runtime.ports import Request, Result

ROUNDS = 3
RUNS = (1_000, 10_000)

HEAD = """cellc: 1
module: loans
version: 1.0.{number}
effects:
  reserve: {{in: {{amount: int}}, out: {{id: string}}, delivery: idempotent, via: http.post, with: {{url: "http://here"}}}}
  release: {{in: {{id: string}}, delivery: idempotent, via: http.post, with: {{url: "http://here"}}}}
  review: {{in: {{id: string}}, out: {{ok: bool}}, via: human.task, with: {{title: "Loan"}}}}
cells:
  main:
    in: {{id: string, amount: int}}
    out: {{ok: bool, ids: [string]}}
    errors: [Timeout]
    effects: [reserve, release, review]
    do: |
      money = reserve(amount) undo release(id=it.id)
      fee = reserve(amount=1) undo release(id=it.id)
      answer = review(id) within 30d
"""
LATE = "      late = reserve(amount=2) undo release(id=it.id)\n"
END = "      return {ok: answer.ok, ids: [money.id, fee.id]}\n"


def main() -> None:
    """Print the table."""
    print("| runs in flight | judged | memory | moved | memory |\n|--:|--:|--:|--:|--:|")
    for runs in map(int, sys.argv[1:]) if len(sys.argv) > 1 else RUNS:
        with tempfile.TemporaryDirectory() as folder:
            print(f"| {runs:,} | {' | '.join(measured(Path(folder), runs))} |", flush=True)


def measured(folder: Path, runs: int) -> list[str]:
    """Return the cells of a row. Each version adds the step that the one before has not, or leaves it out again."""
    for number in range(ROUNDS + 1):
        text = HEAD.format(number=number) + LATE * (number % 2) + END
        (folder / f"v{number}.cell.yaml").write_text(text)
    asyncio.run(begin(folder, runs))
    judged, moved = [], []
    for number in range(ROUNDS):
        judged.append(migrated(folder, number, runs))
        moved.append(migrated(folder, number, runs, "--apply"))
    return [text for figures in (judged, moved) for text in told(figures)]


def told(figures: list[tuple[float, int]]) -> tuple[str, str]:
    """Return seconds and memory as text."""
    seconds = [second for second, _ in figures]
    memory = max(memory for _, memory in figures) / 1024
    return f"{median(seconds):.2f} s ({min(seconds):.2f} to {max(seconds):.2f})", f"{memory:.0f} MiB"


async def begin(folder: Path, runs: int) -> None:
    """Let so many runs come to where they wait for a person."""
    program = check(str(folder / "v0.cell.yaml")).program
    if program is None:
        raise SystemExit("the program has mistakes")
    log = open_log(folder / "log.db", datetime.now(UTC))
    async with Fabric(
        log, Answering(), Environment({}, permissions=Permissions()), SystemClock(), SystemIds()
    ) as fabric:
        for first in range(0, runs, 1_000):
            begun = [
                fabric.start(program, "loans.main", {"id": f"l{number}", "amount": number})
                for number in range(first, min(first + 1_000, runs))
            ]
            await asyncio.gather(*map(fabric.settled, begun))
    log.close()


class Answering:
    """Answers at once."""

    def get(self, _effect: str) -> "Answering":
        """Return the handler of every effect."""
        return self

    async def perform(self, request: Request) -> Result:
        """Give something that has an id."""
        return Result({"id": f"r{request.key}"})

    def payload(self, response: object) -> Result:
        """Return all of it."""
        return Result(response)

    async def close(self) -> None:
        """Nothing is open."""


def migrated(folder: Path, number: int, runs: int, *options: str) -> tuple[float, int]:
    """Return the seconds, and the KiB at the most, of a whole process that judges or moves all runs of a version."""
    versions = [str(folder / f"v{each}.cell.yaml") for each in (number, number + 1)]
    command = [sys.executable, "-m", "cellc", "migrate", *versions, "--log", str(folder / "log.db")]
    with tempfile.TemporaryFile() as out:
        before = time.perf_counter()
        process = subprocess.Popen([*command, *options, "--format", "concise"], stdout=out)
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - before
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        if not out.read().rstrip().endswith(f"{runs} {'moved' if options else 'move'}".encode()):
            raise SystemExit("not all runs go on in the new version")
    return seconds, used.ru_maxrss


if __name__ == "__main__":
    main()
