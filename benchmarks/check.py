"""How long `cellc check` takes: whole processes, medians of several runs, and whose code the time is spent in.

    python benchmarks/check.py [runs]

Each figure is a process of its own, from its start to its end, with a cache folder of the benchmark's own. *First* has
an empty cache; *changed* has the parser's tables from a check of another text; *unchanged* has the program too.
"""

import collections
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from types import FrameType

from generated_module import module_text

from cellc.compiler.pipeline import compile_module
from cellc.language.parser import tables
from cellc.project import FileSources, without_collector

CELLS = {"small": 12, "1,000 cells": 1000}
TARGETS = {("small", "changed"): 0.5, ("1,000 cells", "changed"): 3.0, ("1,000 cells", "unchanged"): 0.2}
GROWTH = (84, 250, 420, 840, 1684)
"""Cells of modules of about 1,000 to 20,000 lines."""

LIBRARIES = {"ruamel.yaml": "/ruamel/", "Lark": "/lark/", "our own": "/cellc/"}


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
        yield "| module | lines | check | median | spread | target |"
        yield "|---|--:|---|--:|--:|--:|"
        for name, cells in CELLS.items():
            lines = module_text(cells).count("\n")
            for kind, prepare in (("first", self._first), ("changed", self._changed), ("unchanged", self._unchanged)):
                times = [self._timed(prepare(cells, run)) for run in range(self._runs)]
                target = f"{TARGETS[name, kind]} s" if (name, kind) in TARGETS else ""
                yield f"| {name} | {lines:,} | {kind} | {median(times):.2f} s | {_spread(times)} | {target} |"

    def sizes(self) -> Iterator[str]:
        """Yield the time against the module's size: beyond the start, it grows in step."""
        yield "| cells | lines | median | spread | milliseconds for each 1,000 lines beyond the start |"
        yield "|--:|--:|--:|--:|--:|"
        start = median(self._timed(self._changed(1, run)) for run in range(self._runs))
        for cells in GROWTH:
            lines = module_text(cells).count("\n")
            times = [self._timed(self._changed(cells, run)) for run in range(self._runs)]
            rate = (median(times) - start) / lines * 1_000_000
            yield f"| {cells:,} | {lines:,} | {median(times):.2f} s | {_spread(times)} | {rate:.0f} |"

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

    def _timed(self, path: str) -> float:
        environment = os.environ | {"CELLC_CACHE": str(self._folder / "cache")}
        start = time.perf_counter()
        subprocess.run([sys.executable, "-m", "cellc", "check", path], env=environment, check=True, capture_output=True)
        return time.perf_counter() - start


def sampled(work: Callable[[], object]) -> tuple[collections.Counter[str], float]:
    """Run `work`; return how often whose code was found running, and the seconds it took.

    Code of Python's own library counts for who called it.
    """
    seen: collections.Counter[str] = collections.Counter()

    def look(_signal: int, frame: FrameType | None) -> None:
        while frame is not None and (owner := _owner(frame.f_code.co_filename)) is None:
            frame = frame.f_back
        seen[owner if frame is not None and owner else "other"] += 1

    signal.signal(signal.SIGPROF, look)
    with without_collector():
        start = time.perf_counter()
        signal.setitimer(signal.ITIMER_PROF, 0.001, 0.001)
        work()
        signal.setitimer(signal.ITIMER_PROF, 0)
        return seen, time.perf_counter() - start


def _owner(file: str) -> str | None:
    return next((name for name, part in LIBRARIES.items() if part in file), None)


def _spread(times: list[float]) -> str:
    return f"{min(times):.2f} to {max(times):.2f}"


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
