"""Inputs that a fuzzer makes, led by the code that they reach: diagnostics, never a traceback, in bounded time."""

import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.robustness.tearing import PROGRAMS

ROOT = Path(__file__).parents[2]
BOUNDS = ("-runs=12000", "-timeout=120", "-rss_limit_mb=2048")
"""How many inputs, some minutes of them; and seconds and megabytes for one, far above what any needs."""


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.skipif(find_spec("atheris") is None, reason="atheris has wheels for Linux on x86-64 only")
def test_no_input_that_a_fuzzer_makes_is_left_without_diagnostics(tmp_path: Path) -> None:
    seeds, left = tmp_path / "seeds", tmp_path / "left"
    for folder in (seeds, left):
        folder.mkdir()
    for number, program in enumerate(PROGRAMS):
        if len(program) < 3_000:
            (seeds / f"{number}.cell.yaml").write_text(program, encoding="utf-8")
    command = [sys.executable, "-m", "tests.robustness.fuzz_target", str(seeds), f"-artifact_prefix={left}/"]
    command += [*BOUNDS, "-seed=1"]
    repeatable = {**os.environ, "PYTHONHASHSEED": "0"}
    ran = subprocess.run(
        command, check=False, cwd=ROOT, env=repeatable, capture_output=True, text=True, errors="replace"
    )
    inputs = [f"{path.name}: {path.read_bytes()!r}" for path in sorted(left.iterdir())]
    assert inputs == [], "\n".join([*inputs, ran.stderr[-4_000:]])
    assert ran.returncode == 0, ran.stderr[-4_000:]
    assert re.search(r"Done [1-9]\d* runs", ran.stderr)
