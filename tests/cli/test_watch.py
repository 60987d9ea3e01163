"""`cellc check --watch`, a real process that is waited for by what it prints."""

import os
import pty
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cli.processes import HELLO, Cellc

WRONG = HELLO.replace("{name}!", "{nam}!")
USER = "cellc: 1\nuse: {h: ./lib/hello.cell.yaml}\ncells:\n  work:\n    do: h.hello(name='a')\n"
WELL = "all is well"

Watch = Callable[..., "Watched"]


class Watched:
    """A watching process; `told` waits for its next report."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process

    def told(self) -> list[str]:
        """The lines up to the one that says that it waits."""
        assert self.process.stdout is not None
        lines: list[str] = []
        for line in self.process.stdout:
            if line.startswith("watching "):
                return lines
            lines.append(line.rstrip("\n"))
        raise AssertionError(f"it ended after {lines}")


@pytest.fixture
def watch(environment: dict[str, str], folder: Path) -> Iterator[Watch]:
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: str) -> Watched:
        process = subprocess.Popen(
            [sys.executable, "-m", "cellc", "check", "--watch", *arguments],
            cwd=folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        started.append(process)
        return Watched(process)

    yield start
    for process in started:
        process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()


def test_a_change_of_a_program_is_told_and_so_is_the_next(watch: Watch, folder: Path) -> None:
    file = folder / "hello.cell.yaml"
    watched = watch("--format=concise", "hello.cell.yaml")
    assert watched.told() == []
    file.write_text(WRONG)
    changed, problem = watched.told()
    assert changed == "changed: hello.cell.yaml"
    assert problem.startswith("hello.cell.yaml:7:35: error[E204]")
    file.write_text(HELLO)
    assert watched.told() == ["changed: hello.cell.yaml"]


def test_an_imported_module_counts_even_before_it_is_there(watch: Watch, folder: Path) -> None:
    (folder / "user.cell.yaml").write_text(USER)
    (folder / "lib").mkdir()
    imported = folder / "lib" / "hello.cell.yaml"
    watched = watch("user.cell.yaml")
    assert any("error[E207]" in line for line in watched.told())
    imported.write_text(HELLO)
    assert watched.told() == ["changed: lib/hello.cell.yaml", f"1 file checked: {WELL}"]
    imported.write_text(WRONG)
    assert any("error[E204]" in line for line in watched.told())
    imported.unlink()
    assert any("error[E207]" in line for line in watched.told())


def test_files_that_come_into_a_folder_or_go_are_seen(watch: Watch, folder: Path) -> None:
    watched = watch(".")
    assert watched.told() == [f"1 file checked: {WELL}"]
    (folder / "new").mkdir()
    (folder / "new" / "more.cell.yaml").write_text(HELLO.replace("cellc: 1", "cellc: 1\nmodule: more"))
    assert watched.told() == ["changed: new/more.cell.yaml", f"2 files checked: {WELL}"]
    (folder / "hello.cell.yaml").unlink()
    assert watched.told() == ["changed: hello.cell.yaml", f"1 file checked: {WELL}"]
    (folder / "new" / "more.cell.yaml").unlink()
    assert any("error[E820]" in line for line in watched.told())


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, -signal.SIGTERM)])
def test_a_signal_ends_it_without_a_word(watch: Watch, number: signal.Signals, code: int) -> None:
    watched = watch("hello.cell.yaml")
    watched.told()
    watched.process.send_signal(number)
    rest, _ = watched.process.communicate()
    assert (watched.process.returncode, rest.strip()) == (code, "")


def test_a_terminal_is_cleared_for_each_report(environment: dict[str, str], folder: Path) -> None:
    ours, its = pty.openpty()
    command = [sys.executable, "-m", "cellc", "check", "--watch", "--color=never", "hello.cell.yaml"]
    with subprocess.Popen(command, cwd=folder, env=environment, stdin=its, stdout=its, stderr=its) as process:
        os.close(its)
        first = read_until(ours, "watching 1 file")
        (folder / "hello.cell.yaml").write_text(WRONG)
        second = read_until(ours, "watching 1 file")
        process.send_signal(signal.SIGINT)
        process.wait()
    os.close(ours)
    assert "\x1b[2J" in first
    assert WELL in first.partition("\x1b[2J")[2]
    assert "error[E204]" in second.partition("\x1b[2J")[2]


def read_until(terminal: int, words: str) -> str:
    seen = b""
    while words.encode() not in seen:
        select.select([terminal], [], [])
        seen += os.read(terminal, 65536)
    return seen.decode()


def test_what_cannot_be_watched_is_wrong_usage(cellc: Cellc) -> None:
    assert cellc("check", "--watch", "-").code == 2
    assert cellc("check", "--watch", "--fix", "hello.cell.yaml").code == 2
