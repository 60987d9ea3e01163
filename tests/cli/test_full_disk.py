"""Real processes whose log can grow no more: on a full disk they wait; after another failure they end, and resume."""

import json
import resource
import subprocess
import sys
from itertools import takewhile
from pathlib import Path

import pytest

from tests.cli.processes import Cellc

READS = """\
cellc: 1
cells:
  reads:
    out: int
    effects: [file.read]
    do: |
      n = 0
      for name in ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]:
        text = file.read(path=name)
        n = n + len(text)
      return n
"""
LENGTH = 30_000


@pytest.fixture
def program(folder: Path) -> list[str]:
    """A run that grows the log by some hundred kilobytes."""
    (folder / "reads.cell.yaml").write_text(READS)
    for number in range(10):
        (folder / str(number)).write_text(f"{number}" * LENGTH)
    return [sys.executable, "-m", "cellc", "run", "reads.cell.yaml"]


def can_mount() -> bool:
    mount = "mount -t tmpfs -o size=64k tmpfs /tmp"
    return (
        sys.platform == "linux" and subprocess.run(["unshare", "-rm", "sh", "-c", mount], check=False).returncode == 0
    )


@pytest.mark.skipif(not can_mount(), reason="needs a file system of its own: unprivileged mounts are not allowed here")
def test_on_a_full_disk_a_run_waits_for_room_and_then_completes(
    folder: Path, environment: dict[str, str], program: list[str]
) -> None:
    disk = folder / "disk"
    disk.mkdir()
    script = (
        f"mount -t tmpfs -o size=3m tmpfs {disk} && head -c 2700000 /dev/zero > {disk}/other && "
        f'exec "$@" --log {disk}/log.db'
    )
    with subprocess.Popen(
        ["unshare", "-rm", "sh", "-c", script, "sh", *program],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout
            assert process.stderr
            told = iter(process.stderr.readline, "")
            before = list(takewhile(lambda line: "W842" not in line, told))
            assert before[0].split()[1] == "started"
            assert "go on by themselves when there is room" in next(told)
            assert process.poll() is None
            (Path(f"/proc/{process.pid}/root{disk}") / "other").unlink()
            assert next(told).startswith("note[N845]: there is room for the log again")
            assert [line.split()[1] for line in told] == ["completed"] * (11 - len(before)) + ["ended"]
            assert json.loads(process.stdout.read()) == 10 * LENGTH
            assert process.wait() == 0
        finally:
            process.kill()


def test_after_any_other_failure_a_run_ends_here_and_resumes_from_what_is_recorded(
    cellc: Cellc, folder: Path, environment: dict[str, str], program: list[str]
) -> None:
    done = subprocess.run(
        program,
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (250_000, 250_000)),
    )
    assert done.returncode == 2
    assert "error[E816]: the log could not be kept" in done.stderr
    assert "help: `cellc resume` goes on from what is recorded" in done.stderr
    told = done.stderr.count("completed")
    assert 0 < told < 10
    again = cellc("resume")
    assert (again.code, json.loads(again.out)["output"]) == (0, 10 * LENGTH)
    assert again.err.count("completed") == 10 - told + 1
    assert cellc("log", "verify").code == 0
