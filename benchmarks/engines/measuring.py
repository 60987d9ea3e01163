"""What every engine's script measures with: one JSON object of figures on the last line of stdout."""

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

CHAIN = 10
"""Steps of a run."""

RUNS = 1000
FAN = 1000
PARKED = 10_000
SAMPLES = 30
"""Chains whose median one process tells."""


class Stopwatch:
    """Seconds on the clock and of this process's processor time, when it has stopped."""

    clock: float
    processor: float


@contextmanager
def timed() -> Iterator[Stopwatch]:
    """Time what is done inside."""
    watch = Stopwatch()
    clock, processor = time.perf_counter(), time.process_time()
    yield watch
    watch.clock = time.perf_counter() - clock
    watch.processor = time.process_time() - processor


def resident(process: int | str = "self") -> int:
    """Return the bytes of memory that a process has to itself or shares, as Linux counts them now."""
    pages = int(Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def tell(**figures: Any) -> None:
    """Print the figures for the process that started this one."""
    print(json.dumps(figures), flush=True)
