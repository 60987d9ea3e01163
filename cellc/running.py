"""Running a log: a fabric with the real world around it, followed until its runs have ended or stand.

Ctrl-C and SIGTERM stop performing and append nothing: what is in the log stays, and the command to go on is told.
"""

import asyncio
import os
import signal
from collections.abc import Callable, Collection, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from cellc.exits import CannotDo, Exit, Interrupted, problem
from cellc.logs import log_problem, run_unreadable
from cellc.permitting import permissions, reach, root, variables
from cellc.progress import Progress
from cellc.runtime.clock import SystemClock
from cellc.runtime.environment import Environment
from cellc.runtime.fabric import Fabric, open_fabric
from cellc.runtime.instances import RunUnreadable
from cellc.runtime.log_problems import LogProblem
from cellc.runtime.log_reading import log_files
from cellc.runtime.ports import Fenced, Handlers, LogFailed
from cellc.runtime.views import RunView
from cellc.settings import typed
from cellc.stdlib_effects.registry import StandardHandlers
from cellc.stdlib_effects.surroundings import Surroundings
from cellc.terminal import Terminal

T = TypeVar("T")

Begin = Callable[[Fabric], Sequence[int]]
"""Starts runs, or names some that are there, and returns the numbers of those to follow."""


@dataclass(frozen=True, slots=True)
class World:
    """What runs are performed with."""

    handlers: Handlers
    environment: Environment
    progress: Progress


def real_world(log: Path, terminal: Terminal, allow: Sequence[str] = (), deny: Sequence[str] = ()) -> World:
    """Return the standard handlers, this process's environment, and progress for people on `terminal`.

    `allow` and `deny` are patterns of standard effects, beside those of cellc.toml. Raises CannotDo.
    """
    environment = Environment(variables(os.environ), permissions=permissions(allow, deny))
    progress = Progress(terminal)
    around = Surroundings(
        SystemClock(),
        progress.say,
        root=root(),
        forbidden=log_files(log),
        secret=environment.secret,
        reach=reach(),
    )
    return World(StandardHandlers(around), environment, progress)


def own_and_follow(log: Path, world: World, begin: Begin, *, detach: bool, adopt: bool = False) -> list[RunView]:
    """Own the log, begin, and return how each run stands when it has ended or stalled; `detach`: or only waits.

    `adopt`: also where the log is a copy. Raises what `own_and` does.
    """

    async def work(fabric: Fabric) -> list[RunView]:
        return await ended(fabric, world, begin(fabric), detach=detach)

    return own_and(log, world, work, adopt=adopt)


async def ended(fabric: Fabric, world: World, runs: Sequence[int], *, detach: bool) -> list[RunView]:
    """Return how each run stands when it has ended or stalled, with `detach` or only waits, and show them meanwhile."""
    with world.progress.watching(fabric, runs):
        return await asyncio.gather(*(fabric.settled(run) if detach else fabric.finished(run) for run in runs))


@contextmanager
def log_problems() -> Iterator[None]:
    """Let what goes wrong with a log end the command. Raises CannotDo."""
    try:
        yield
    except LogProblem as reason:
        raise log_problem(reason) from None
    except (LogFailed, Fenced) as reason:
        raise CannotDo(problem("E816", reason=str(reason))) from None
    except RunUnreadable as reason:
        raise run_unreadable(reason) from None


def own_and(log: Path, world: World, work: Callable[[Fabric], Coroutine[Any, Any, T]], *, adopt: bool = False) -> T:
    """Own the log and do some work with its fabric.

    Raises LogProblem, LogFailed, Fenced and RunUnreadable, and Interrupted after a signal.
    """
    return asyncio.run(_own_and(log, world, work, adopt))


async def _own_and(log: Path, world: World, work: Callable[[Fabric], Coroutine[Any, Any, T]], adopt: bool) -> T:
    progress = world.progress
    async with open_fabric(
        log, world.handlers, world.environment, observe=progress.observe, notify=progress.notify, adopt=adopt
    ) as fabric:
        stopped = _watch_signals()
        working = asyncio.get_running_loop().create_task(work(fabric))
        either: set[asyncio.Future[Any]] = {working, stopped}
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            return working.result()
        working.cancel()
        await asyncio.wait({working})
        progress.say(f"stopped; all that was recorded stays, and `{_resume_command(log, progress.heard_of)}` goes on")
        raise Interrupted(stopped.result())


def _resume_command(log: Path, runs: Collection[str]) -> str:
    return typed(log, "resume", *(runs if len(runs) == 1 else ()))


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
    if any(view.failure for view in views):
        return Exit.NO
    return Exit.CANCELLED if any(view.head.status in {"cancelled", "killed"} for view in views) else Exit.DONE
