"""The workloads that cellc is measured by come to their ends."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ENGINE = Path(__file__).parents[2] / "benchmarks" / "engines" / "cellc_engine.py"


@pytest.mark.parametrize(("workload", "told"), [("chain", {"seconds"}), ("fan", {"seconds"})])
def test_a_workload_of_the_benchmark_completes(workload: str, told: set[str], tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(ENGINE), workload, str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    assert told <= json.loads(done.stdout.splitlines()[-1]).keys()
