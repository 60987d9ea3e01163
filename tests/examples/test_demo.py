"""The demo that the front page promises, as a process of its own."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_demo_tells_its_story_and_both_claims_hold(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "examples" / "orders" / "demo.py")],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "kill -9: order 5 is charged, and the answer is lost" in done.stdout
    assert "order 5   asked 2x, charged 1x" in done.stdout
    assert done.stdout.count(" yes\n") == 2
