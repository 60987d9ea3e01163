"""The runs that moving is measured by all go on in their new version."""

import subprocess
import sys
from pathlib import Path

FLEET = Path(__file__).parents[2] / "benchmarks" / "fleet.py"


def test_the_benchmark_of_moving_completes() -> None:
    done = subprocess.run([sys.executable, str(FLEET), "3"], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.stdout.splitlines()[-1].startswith("| 3 | ")
