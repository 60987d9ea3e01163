"""Running a log: a fabric with the real world around it, followed until its runs have ended or stand.

Ctrl-C and SIGTERM stop performing and append nothing: what is in the log stays, and the command to go on is told.
"""

import asyncio
import os
import shlex
import signal
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cellc.exits import CannotDo, Exit, Interrupted, problem
from cellc.logs import log_problem, run_unreadable
from cellc.progress import Progress
from cellc.runtime.clock import SystemClock
from cellc.runtime.environment import Environment
from cellc.runtime.fabric import Fabric, open_fabric
from cellc.runtime.instances import RunUnreadable
from cellc.runtime.log_problems import LogProblem
from cellc.runtime.ownership import SIDE_FILE_SUFFIX
from cellc.runtime.ports import Fenced, Handlers, LogFailed
from cellc.runtime.views import RunView
from cellc.settings import log_path
from cellc.stdlib_effects.registry import StandardHandlers
from cellc.stdlib_effects.surroundings import Surroundings
from cellc.terminal import Terminal

Begin = Callable[[Fabric], Sequence[int]]
"""Starts, resumes or retries runs, and returns the numbers of those to follow."""


@dataclass(frozen=True, slots=True)
class World:
    """What runs are performed with."""

    handlers: Handlers
    environment: Environment
    progress: Progress


def real_world(log: Path, terminal: Terminal) -> World:
    """Return the standard handlers, this process's environment, and progress for people on `terminal`."""
    progress = Progress(terminal)
    own = frozenset(log.with_name(log.name + suffix) for suffix in ("", "-wal", "-shm", "-journal", SIDE_FILE_SUFFIX))
    handlers = StandardHandlers(Surroundings(SystemClock(), progress.say, forbidden=own))
    return World(handlers, Environment(os.environ), progress)


def follow(log: Path, world: World, begin: Begin) -> list[RunView]:
    """Own the log, begin, and return how each run stands when nothing of it is in flight any more.

    Raises CannotDo where the log cannot be had or written, Interrupted after a signal.
    """
    try:
        return asyncio.run(_follow(log, world, begin))
    except LogProblem as reason:
        raise log_problem(reason) from None
    except (LogFailed, Fenced) as reason:
        raise CannotDo(problem("E816", reason=str(reason))) from None
    except RunUnreadable as reason:
        raise run_unreadable(reason) from None


async def _follow(log: Path, world: World, begin: Begin) -> list[RunView]:
    progress = world.progress
    async with open_fabric(log, world.handlers, world.environment, observe=progress.observe) as fabric:
        stopped = _watch_signals()
        runs = begin(fabric)
        finishing = asyncio.get_running_loop().create_task(_all_finished(fabric, runs))
        with progress.watching(fabric, runs):
            either: set[asyncio.Future[Any]] = {finishing, stopped}
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if finishing.done():
            return finishing.result()
        finishing.cancel()
        await asyncio.wait({finishing})
        progress.say(f"stopped; all that was recorded stays, and `{_resume_command(log, progress.heard_of)}` goes on")
        raise Interrupted(stopped.result())


async def _all_finished(fabric: Fabric, runs: Sequence[int]) -> list[RunView]:
    return await asyncio.gather(*(fabric.finished(run) for run in runs))


def _resume_command(log: Path, runs: Collection[str]) -> str:
    run = runs if len(runs) == 1 else ()
    place = [] if log == log_path(None) else ["--log", str(log)]
    return shlex.join(["cellc", "resume", *run, *place])


def _watch_signals() -> "asyncio.Future[int]":
    """Return a future that gets the number of the first signal to stop; a second one ends the process at once."""
    loop = asyncio.get_running_loop()
    stopped: asyncio.Future[int] = loop.create_future()

    def stop(number: int) -> None:
        for watched in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(watched)
        stopped.set_result(number)

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop, number)
    return stopped


def exit_of(views: Sequence[RunView]) -> Exit:
    """Return what the runs come to: one that stands weighs more than one that failed."""
    if any(view.head.ended_at is None for view in views):
        return Exit.UNFINISHED
    return Exit.NO if any(view.failure for view in views) else Exit.DONE
