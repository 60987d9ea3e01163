"""What an event costs as histories and programs grow: the core's step and the row's bytes, without the disk.

    python benchmarks/growth.py

First one program with a loop, whose run performs N calls; then programs of N calls, one after the other. Printed:
microseconds of the processor for each of the last 1,000 events, and how many bytes of events are folded when the run
comes back then. The loop's list of N numbers is part of the state that is kept, and a state is kept again when as many
bytes of events have followed.
"""

import gc
import tempfile
import time
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from statistics import median

from cellc.project import check
from cellc.runtime.core.inputs import Completed, Start
from cellc.runtime.core.step import step
from cellc.runtime.environment import Environment
from cellc.runtime.instances import Instances
from cellc.runtime.log_memory import MemoryLog
from cellc.runtime.permissions import Permissions
from cellc.runtime.ports import RunHead
from cellc.runtime.topologies import Topologies
from cellc.runtime.turn import Change

AT = datetime(2026, 1, 1, tzinfo=UTC)
HISTORIES = (10, 100, 1_000, 10_000, 100_000)
GRAPHS = (10, 100, 1_000, 10_000)
LAST = 1_000
ROUNDS = 5

HEAD = """cellc: 1
module: bench.growth
version: 1.0.0
effects:
  work: {in: {n: int}, out: int, delivery: idempotent, via: python.call, with: {function: 'f:work', args: {n: "${n}"}}}
cells:
  main:
    in: {n: int}
    out: int
    effects: [work]
    do: |
"""
LOOP = "      x = 0\n      for i in range(n):\n        x = work(n=i)\n      return x\n"


def main() -> None:
    """Print both tables."""
    print("| events of one run | us for each of the last | decoded on coming back, bytes |\n|--:|--:|--:|")
    for length in HISTORIES:
        cost, decoded = lived(LOOP, length)
        print(f"| {length:,} | {cost:.0f} | {decoded:,} |")
    print("\n| calls in the program | us for each of the last | decoded on coming back, bytes |\n|--:|--:|--:|")
    for size in GRAPHS:
        cost, decoded = lived(chain(size), size)
        print(f"| {size:,} | {cost:.0f} | {decoded:,} |")


def chain(size: int) -> str:
    """Return a script of so many calls."""
    return "      x = work(n)\n" + "      x = work(n=x)\n" * (size - 2) + "      return work(n=x)\n"


def lived(script: str, length: int) -> tuple[float, int]:
    """Return the median microseconds of each of the last events in several lives, and what coming back reads."""
    lives = [life(script, length) for _ in range(ROUNDS if length <= 10_000 else 1)]
    return median(cost for cost, _ in lives), lives[0][1]


def life(script: str, length: int) -> tuple[float, int]:
    """Let a run perform this many calls, each in a commit of its own."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "growth.cell.yaml")
        path.write_text(HEAD + script, encoding="utf-8")
        program = check(str(path)).program
    if program is None:
        raise SystemExit("the program has mistakes")
    log = MemoryLog()
    topologies = Topologies(log, Environment({}, permissions=Permissions(("python.call",))))
    topology = topologies.add(program)
    head = RunHead(log.next_run(), "run-1", program.sha256, program.main, "running", AT)
    instance = Instances(log, topologies).create(head, topology)
    given = (
        Start(AT, program.sha256, program.main, {"n": length}) if n < 0 else Completed(AT, n, n) for n in count(-1)
    )
    costs = []
    gc.collect()
    gc.disable()
    for _ in range(length + 1):
        begun = time.process_time_ns()
        change = Change(instance)
        change.add(step(topology.plan, instance.state, next(given)))
        log.append([change.append()])
        costs.append(time.process_time_ns() - begun)
        instance.recorded = instance.head
    gc.enable()
    if not instance.state.ended:
        raise SystemExit("the run has not ended")
    last = costs[-LAST:]
    kept = log.kept_state(1)
    rows = log.events(1, 0 if kept is None else kept.seq)
    return sum(last) / len(last) / 1e3, sum(map(len, rows))


if __name__ == "__main__":
    main()
