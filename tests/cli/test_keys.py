"""`cellc run --key`: the same start again is the same run, in every way in which it can come about twice."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cellc.runtime.ownership import own
from tests.cli.processes import Cellc

PAIRS = """\
cellc: 1
errors:
  Odd: {n: int}
events:
  opened: {data: {door: string}, key: data.door}
effects:
  open:
    in: {door: string}
    out: {door: string}
    via: event.wait
    with: {event: opened, key: "${door}"}
cells:
  halve:
    in: {n: int, of?: "{a: int, b: int}"}
    out: int
    errors: [Odd]
    do: |
      if n % 2 == 1:
        raise Odd(n=n)
      return n // 2
  enter:
    in: {door: string}
    out: {door: string}
    effects: [open]
    errors: [Timeout]
    do: return open(door=door) within 30d
main: halve
"""


@pytest.fixture(autouse=True)
def program(folder: Path) -> None:
    (folder / "pairs.cell.yaml").write_text(PAIRS)


def halve(cellc: Cellc, *arguments: str, key: str = "k") -> tuple[int, str, str]:
    done = cellc("run", "pairs.cell.yaml", *arguments, "--key", key)
    return done.code, done.out.strip(), done.err


def enter(cellc: Cellc, *arguments: str) -> tuple[int, str, str]:
    done = cellc("run", "pairs.cell.yaml", "--cell", "enter", *arguments)
    return done.code, done.out.strip(), done.err


def runs(cellc: Cellc) -> list[dict[str, str]]:
    found: list[dict[str, str]] = json.loads(cellc("runs", "--format=json").out)
    return found


@contextmanager
def process(environment: dict[str, str], folder: Path, *arguments: str) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, "-m", "cellc", "run", "pairs.cell.yaml", *arguments]
    with subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as running:
        try:
            yield running
        finally:
            running.kill()


def until_started(running: "subprocess.Popen[str]") -> None:
    assert running.stderr
    assert any("started" in line for line in iter(running.stderr.readline, ""))


def test_the_same_start_again_is_the_same_run_with_the_same_result(cellc: Cellc) -> None:
    assert halve(cellc, "n=8", 'of={"a": 1, "b": 2}')[:2] == (0, "4")
    code, out, err = halve(cellc, 'of={"b": 2, "a": 1}', "n=8")
    (run,) = runs(cellc)
    assert (code, out) == (0, "4")
    assert f"the run {run['run']} has been started with this key before" in err
    assert run["key"] == "k"
    assert ", key k\n" in cellc("show", run["run"]).out


def test_another_start_under_the_key_is_5_and_says_what_differs(cellc: Cellc) -> None:
    halve(cellc, "n=8")
    (run,) = runs(cellc)
    code, out, err = halve(cellc, "n=6", 'of={"a": 1, "b": 2}')
    assert (code, out) == (5, "")
    message = "the key `k` is that of the run {}, which was started with another `n`, `of`"
    assert f"error[E850]: {message.format(run['run'])}" in err
    code, _, err = enter(cellc, "door=8", "--key", "k")
    assert (code, "which was started as a run of `pairs.halve`" in err) == (5, True)
    assert len(runs(cellc)) == 1


def test_another_version_of_the_program_is_the_same_start(cellc: Cellc, folder: Path) -> None:
    halve(cellc, "n=8")
    (folder / "pairs.cell.yaml").write_text(PAIRS.replace("n // 2", "n // 2 + 1"))
    assert halve(cellc, "n=8")[:2] == (0, "4")
    assert halve(cellc, "n=8", key="other")[:2] == (0, "5")


def test_a_run_that_failed_frees_its_key(cellc: Cellc) -> None:
    assert halve(cellc, "n=7")[0] == 1
    assert halve(cellc, "n=7")[0] == 1
    assert halve(cellc, "n=8")[:2] == (0, "4")
    assert [(run["status"], run["key"]) for run in runs(cellc)] == [
        ("failed", "k"),
        ("failed", "k"),
        ("completed", "k"),
    ]


@pytest.mark.parametrize("verb", ["cancel", "kill"])
def test_a_run_that_was_ended_by_hand_frees_its_key(cellc: Cellc, verb: str) -> None:
    start = ("door=A", "--key", "k", "--detach")
    assert [enter(cellc, *start)[0] for _ in range(2)] == [3, 3]
    (run,) = runs(cellc)
    assert cellc(verb, run["run"]).code == 0
    assert enter(cellc, *start)[0] == 3
    assert len(runs(cellc)) == 2


def test_a_run_that_waits_is_followed_by_whoever_starts_it_again(
    cellc: Cellc, environment: dict[str, str], folder: Path
) -> None:
    enter(cellc, "door=A", "--key", "k", "--detach")
    with process(environment, folder, "--cell", "enter", "door=A", "--key", "k") as again:
        assert again.stderr
        assert any("before" in line for line in iter(again.stderr.readline, ""))
        assert cellc("signal", "opened", "--data", '{"door": "A"}').code == 0
        out, _ = again.communicate()
    assert (again.returncode, json.loads(out)) == (0, {"door": "A"})
    assert len(runs(cellc)) == 1


def test_an_owner_keeps_the_key_for_those_who_ask_it(cellc: Cellc, environment: dict[str, str], folder: Path) -> None:
    with process(environment, folder, "--cell", "enter", "door=A", "--key", "k") as owner:
        until_started(owner)
        code, _, err = enter(cellc, "door=A", "--key", "k", "--detach")
        (run,) = runs(cellc)
        assert (code, f"the run {run['run']} has been started with this key before" in err) == (3, True)
        code, _, err = enter(cellc, "door=B", "--key", "k")
        assert (code, "with another `door`" in err) == (5, True)
        assert halve(cellc, "n=8", key="other")[:2] == (0, "4")
        assert halve(cellc, "n=8", key="other")[:2] == (0, "4")
        assert [run["key"] for run in runs(cellc)] == ["k", "other"]
        assert cellc("signal", "opened", "--data", '{"door": "A"}').code == 0
        out, _ = owner.communicate()
    assert (owner.returncode, json.loads(out)) == (0, {"door": "A"})


def test_of_many_who_start_at_once_one_begins_and_all_have_its_result(
    cellc: Cellc, environment: dict[str, str], folder: Path
) -> None:
    cellc("check", "pairs.cell.yaml")
    command = [sys.executable, "-m", "cellc", "run", "pairs.cell.yaml", "n=8", "--key", "k"]
    racing = [
        subprocess.Popen(
            command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    ends = [(one.communicate(), one.returncode) for one in racing]
    assert [(code, out.strip()) for (out, _), code in ends] == [(0, "4")] * 4, ends
    assert len(runs(cellc)) == 1


def test_a_log_that_its_first_owner_is_just_making_is_waited_for(
    cellc: Cellc, environment: dict[str, str], folder: Path
) -> None:
    log = folder / ".cellc" / "log.db"
    log.parent.mkdir()
    log.touch()
    first_owner = own(log)
    with process(environment, folder, "n=8", "--key", "k") as running:
        assert running.stderr
        assert "is in use by the running process" in running.stderr.readline()
        assert running.poll() is None
        first_owner.release()
        out, err = running.communicate()
    assert (running.returncode, out) == (0, "4\n"), err
    assert len(runs(cellc)) == 1


def test_who_is_killed_after_the_start_finds_the_run_again(
    cellc: Cellc, environment: dict[str, str], folder: Path
) -> None:
    with process(environment, folder, "--cell", "enter", "door=A", "--key", "k") as first:
        until_started(first)
        first.send_signal(signal.SIGKILL)
        first.wait()
    code, _, err = enter(cellc, "door=A", "--key", "k", "--detach")
    (run,) = runs(cellc)
    assert (code, f"the run {run['run']} has been started" in err) == (3, True)


@pytest.mark.parametrize("key", ["", "x" * 201, "a\nb"])
def test_what_is_no_key_is_wrong_usage(cellc: Cellc, key: str) -> None:
    code, _, err = halve(cellc, "n=8", key=key)
    assert (code, "it must have 1 to 200 printable characters" in err) == (2, True)
