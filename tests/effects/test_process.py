"""`process.run` with real programs."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from cellc.runtime.clock import SystemClock
from cellc.runtime.ports import Handler, Outcome, Permanent, Request, Result
from cellc.stdlib_effects.process import MAX_BYTES
from cellc.stdlib_effects.registry import StandardHandlers
from cellc.stdlib_effects.surroundings import Surroundings


def within(folder: Path, work: Callable[[Handler], Awaitable[Any]]) -> Any:
    async def run() -> Any:
        handlers = StandardHandlers(Surroundings(SystemClock(), print, folder))
        handler = handlers.get("process.run")
        assert handler
        try:
            return await work(handler)
        finally:
            await handlers.close()

    return asyncio.run(run())


def asking(*command: str, **more: Any) -> Request:
    return Request("process.run", {"command": list(command), **more}, "key", 1)


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., Outcome]:
    def ask(*command: str, **more: Any) -> Outcome:
        outcome: Outcome = within(tmp_path, lambda handler: handler.perform(asking(*command, **more)))
        return outcome

    return ask


def python(code: str) -> tuple[str, str, str]:
    return sys.executable, "-c", code


def test_the_result_is_the_status_and_what_was_written(run: Callable[..., Outcome]):
    code = "import sys; print(sys.stdin.read().upper()); print('é', file=sys.stderr); sys.exit(3)"
    outcome = run(*python(code), input="grüße", environment={"PYTHONIOENCODING": "utf-8"})
    assert outcome == Result({"status": 3, "output": "GRÜSSE\n", "errors": "é\n"})


def test_arguments_are_not_read_by_a_shell(run: Callable[..., Outcome]):
    code = "import sys; print(sys.argv[1:])"
    outcome = run(*python(code), "$HOME; ls *", "")
    assert outcome == Result({"status": 0, "output": "['$HOME; ls *', '']\n", "errors": ""})


def test_a_program_sees_path_and_what_is_given_only(run: Callable[..., Outcome], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SECRET", "s")
    outcome = run("/usr/bin/env", environment={"A": "1"})
    assert isinstance(outcome, Result)
    assert sorted(outcome.value["output"].splitlines()) == ["A=1", f"PATH={os.environ['PATH']}"]


def test_a_folder_is_relative_to_the_working_directory(run: Callable[..., Outcome], tmp_path: Path):
    (tmp_path / "sub").mkdir()
    assert run("pwd", folder="sub") == Result({"status": 0, "output": f"{tmp_path / 'sub'}\n", "errors": ""})


def test_a_program_that_reads_nothing_may_be_given_much(run: Callable[..., Outcome]):
    assert run("true", input="x" * 10**6) == Result({"status": 0, "output": "", "errors": ""})


def test_a_program_that_a_signal_ends_has_its_number(run: Callable[..., Outcome]):
    outcome = run(*python("import os; os.kill(os.getpid(), 15)"))
    assert isinstance(outcome, Result)
    assert outcome.value["status"] == -15


@pytest.mark.parametrize(
    ("command", "more", "words"),
    [
        (["no-such-program"], {}, "no-such-program cannot be run: No such file or directory"),
        (["true"], {"folder": "none"}, "true cannot be run: No such file or directory"),
        (["tr\0ue"], {}, "null"),
        (["/"], {}, "/ cannot be run: Permission denied"),
    ],
)
def test_a_program_that_cannot_be_run_is_permanent_and_known_not_to_have_run(
    run: Callable[..., Outcome], command: list[str], more: dict[str, Any], words: str
):
    outcome = run(*command, **more)
    assert isinstance(outcome, Permanent)
    assert words in outcome.reason
    assert not outcome.unknown


def test_a_program_that_writes_too_much_is_killed_and_what_it_did_is_unknown(run: Callable[..., Outcome]):
    assert run("yes") == Permanent(f"yes wrote more than {MAX_BYTES} bytes, and was killed", unknown=True)


def test_what_is_given_up_is_killed_with_what_it_started(tmp_path: Path):
    """Both processes hold the pipe open: its end is read only when both are gone."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    script = tmp_path / "script.py"
    script.write_text(
        "import subprocess, sys, time\n"
        f"file = open({str(pipe)!r}, 'w')\n"
        "if len(sys.argv) == 1: subprocess.Popen([sys.executable, __file__, 'child'])\n"
        "file.write('x'); file.flush(); time.sleep(1000)\n"
    )

    async def work(handler: Handler) -> bytes:
        task = asyncio.ensure_future(handler.perform(asking(sys.executable, str(script))))
        with await asyncio.to_thread(pipe.open, "rb") as file:
            begun = await asyncio.to_thread(file.read, 2)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            return begun + await asyncio.to_thread(file.read)

    assert within(tmp_path, work) == b"xx"
