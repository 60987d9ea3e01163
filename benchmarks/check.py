"""How long `cellc check` takes: whole processes, medians of several runs, and whose code the time is spent in.

    python benchmarks/check.py [runs]

Each figure is of processes of their own, from start to end, with a cache folder of the benchmark's own: the time on the
clock, and the processor's time, which a busy machine changes less. *First* has
an empty cache; *changed* has the parser's tables from a check of another text; *unchanged* has the program too.
"""

import collections
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from types import FrameType
from typing import NamedTuple

from generated_module import module_text

from cellc.compiler.pipeline import compile_module
from cellc.language.parser import tables
from cellc.project import FileSources, without_collector

CELLS = {"small": 12, "1,000 cells": 1000}
TARGETS = {("small", "changed"): 0.5, ("1,000 cells", "changed"): 3.0, ("1,000 cells", "unchanged"): 0.2}
GROWTH = (84, 250, 420, 840, 1684)
"""Cells of modules of about 1,000 to 20,000 lines."""

OWNERS = {
    "ruamel.yaml, and our short ways through it": ("/ruamel/", "/language/yaml_events.py"),
    "Lark's tables, and our loop over them": ("/lark/", "/language/lalr.py", "/language/layout.py"),
    "our own: sets of values": ("/language/subtype/", "/language/regex/"),
    "our own: reading, syntax trees, types": ("/language/",),
    "our own: the compiler's phases": ("/compiler/",),
}


class Times(NamedTuple):
    """Seconds that processes took, on the clock and of the processor."""

    clock: list[float]
    processor: list[float]

    def __str__(self) -> str:
        """Return both medians, and the clock's spread, as cells of a table."""
        least, most = min(self.clock), max(self.clock)
        return f"{median(self.clock):.2f} s | {least:.2f} to {most:.2f} | {median(self.processor):.2f} s"


def main(runs: int) -> None:
    """Print the three tables."""
    print(f"Python {sys.version.split()[0]}, {os.cpu_count()} processors, median of {runs} runs (least to most)\n")
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), runs)
        for title, table in (("Whole process", bench.processes), ("By size", bench.sizes), ("Shares", bench.shares)):
            print(f"## {title}\n")
            for line in table():
                print(line)
            print()


class Bench:
    """The three measurements, in a folder of their own."""

    def __init__(self, folder: Path, runs: int) -> None:
        self._folder = folder
        self._runs = runs

    def processes(self) -> Iterator[str]:
        """Yield the times of whole processes, beside what they should stay under."""
        yield "| module | lines | check | clock | spread | processor | target |"
        yield "|---|--:|---|--:|--:|--:|--:|"
        for name, cells in CELLS.items():
            lines = module_text(cells).count("\n")
            for kind, prepare in (("first", self._first), ("changed", self._changed), ("unchanged", self._unchanged)):
                times = self._times(cells, prepare)
                target = f"{TARGETS[name, kind]} s" if (name, kind) in TARGETS else ""
                yield f"| {name} | {lines:,} | {kind} | {times} | {target} |"

    def sizes(self) -> Iterator[str]:
        """Yield the time against the module's size: beyond the start, it grows in step."""
        yield "| cells | lines | clock | spread | processor | ms of the processor for 1,000 lines, without the start |"
        yield "|--:|--:|--:|--:|--:|--:|"
        start = median(self._times(1, self._changed).processor)
        for cells in GROWTH:
            lines = module_text(cells).count("\n")
            times = self._times(cells, self._changed)
            rate = (median(times.processor) - start) / lines * 1_000_000
            yield f"| {cells:,} | {lines:,} | {times} | {rate:.0f} |"

    def shares(self) -> Iterator[str]:
        """Yield whose code runs while 1,000 cells are compiled, by looking every millisecond of processor time."""
        path = self._write(CELLS["1,000 cells"], 0)
        tables()
        seen, seconds = sampled(lambda: compile_module(path, FileSources()))
        yield "| code of | share | seconds |"
        yield "|---|--:|--:|"
        for name, count in seen.most_common():
            yield f"| {name} | {count / seen.total():.0%} | {seconds * count / seen.total():.2f} |"

    def _first(self, cells: int, run: int) -> str:
        for kept in (self._folder / "cache").glob("*"):
            kept.unlink()
        return self._write(cells, run)

    def _changed(self, cells: int, run: int) -> str:
        self._timed(self._write(1, 0))
        return self._write(cells, run + time.monotonic_ns())

    def _unchanged(self, cells: int, _run: int) -> str:
        path = self._write(cells, 0)
        self._timed(path)
        return path

    def _write(self, cells: int, mark: int) -> str:
        path = self._folder / f"departments_{cells}.cell.yaml"
        path.write_text(f"{module_text(cells)}# {mark}\n")
        return str(path)

    def _times(self, cells: int, prepare: Callable[[int, int], str]) -> Times:
        return Times(*map(list, zip(*(self._timed(prepare(cells, run)) for run in range(self._runs)), strict=True)))

    def _timed(self, path: str) -> tuple[float, float]:
        environment = os.environ | {"CELLC_CACHE": str(self._folder / "cache")}
        start, used = time.perf_counter(), _used_by_children()
        subprocess.run([sys.executable, "-m", "cellc", "check", path], env=environment, check=True, capture_output=True)
        return time.perf_counter() - start, _used_by_children() - used


def sampled(work: Callable[[], object]) -> tuple[collections.Counter[str], float]:
    """Run `work`; return how often whose code was found running, and the processor's seconds.

    Code of Python's own library counts for who called it.
    """
    seen: collections.Counter[str] = collections.Counter()

    def look(_signal: int, frame: FrameType | None) -> None:
        while frame is not None and (owner := _owner(frame.f_code.co_filename)) is None:
            frame = frame.f_back
        seen[owner if frame is not None and owner else "other"] += 1

    signal.signal(signal.SIGPROF, look)
    with without_collector():
        start = time.process_time()
        signal.setitimer(signal.ITIMER_PROF, 0.001, 0.001)
        work()
        signal.setitimer(signal.ITIMER_PROF, 0)
        return seen, time.process_time() - start


def _owner(file: str) -> str | None:
    return next((name for name, parts in OWNERS.items() if any(part in file for part in parts)), None)


def _used_by_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
