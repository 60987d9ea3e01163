"""Asking something of the owner of a log, or where it has none, becoming the owner for as long as that takes."""

import time
from collections.abc import Callable, Coroutine, Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, TypeVar

from cellc.exits import NOWHERE, Conflict, Refused, problem
from cellc.language.graph import Program, dump
from cellc.language.values import encode
from cellc.logs import find_run, reading
from cellc.running import World, ended, log_problems, own_and, own_and_follow
from cellc.runtime.commands import Command, StartRun, Verdict, load_verdict
from cellc.runtime.fabric import Fabric
from cellc.runtime.inbox import Sent
from cellc.runtime.log_problems import LogMissing, LogOwned, LogUnmade
from cellc.runtime.log_reading import read_log
from cellc.runtime.views import RunView, look_up

KEY_TAKEN = "E850"

T = TypeVar("T")

POLL_SECONDS = 0.02
POLLS = 10
"""How often an owner is asked for its verdict before it is seen whether it still lives."""


def ask(path: Path, world: World, command: Command) -> Verdict:
    """Return what becomes of a command; it is durable then.

    A process that owns the log gets it through the inbox. Without one this process obeys it, and lets the run that it
    is about go on until it has ended or only waits. Raises Refused with the reasons, and CannotDo.
    """
    with log_problems():
        return _asked(path, world, _sent(path, command))


def _sent(path: Path, command: Command) -> Sent:
    with closing(read_log(path)) as log:
        return Sent(path, log.identity, command)


def _asked(path: Path, world: World, sent: Sent) -> Verdict:
    verdict = None
    while verdict is None:
        try:
            verdict = own_and(path, world, lambda fabric: _obeyed(fabric, sent))
        except LogOwned:
            verdict = _from_owner(path, sent)
    sent.remove()
    return _accepted(verdict)


def start_run(
    path: Path,
    world: World,
    program: Program,
    cell: str,
    inputs: Mapping[str, Any],
    *,
    key: str | None = None,
    detach: bool = False,
) -> RunView:
    """Start a run, here or in the process that owns the log, and return how it stands as `follow` does.

    An owner's environment is the one that counts then. When it leaves before the run has ended, this process goes on.
    Where a run holds `key`, that one is followed. Raises Conflict where it was started as something else.
    """

    def command() -> StartRun:
        return StartRun(dump(program).decode(), cell, encode(dict(inputs)).decode(), key)

    async def work(fabric: Fabric) -> list[RunView]:
        if key is None:
            run = fabric.start(program, cell, inputs)
        else:
            verdict = _accepted(await fabric.obey(command()))
            _say_repeated(verdict, world)
            run = fabric.number_of(verdict.run)
        return await ended(fabric, world, [run], detach=detach)

    with log_problems():
        found = _owned_or_sent(path, world, work, command)
        if not isinstance(found, Sent):
            return found[0]
        verdict = _asked(path, world, found)
        _say_repeated(verdict, world)
        return _followed(path, world, verdict.run, detach=detach)


def _owned_or_sent(
    path: Path, world: World, work: Callable[[Fabric], Coroutine[Any, Any, T]], command: Callable[[], StartRun]
) -> T | Sent:
    """Do the work as the log's owner, or where another process is that, put a command into its inbox."""
    told = False
    while True:
        try:
            return own_and(path, world, work)
        except LogOwned as owned:
            pid = owned.fields["pid"]
        if not told:
            world.progress.say(f"{path} is in use by the running process {pid}, which performs this run")
        told = True
        with suppress(LogMissing, LogUnmade):  # its owner is just making it
            return _sent(path, command())
        time.sleep(POLL_SECONDS)


def _accepted(verdict: Verdict) -> Verdict:
    """Return a verdict that is no refusal. Raises Conflict and Refused with the reasons."""
    if verdict.accepted:
        return verdict
    told = [told for no in verdict.refusals for told in problem(no.code, NOWHERE, **no.fields)]
    raise (Conflict if any(no.code == KEY_TAKEN for no in verdict.refusals) else Refused)(told)


def _say_repeated(verdict: Verdict, world: World) -> None:
    if verdict.outcome == "repeated":
        world.progress.say(f"the run {verdict.run} has been started with this key before")


def _followed(path: Path, world: World, run: str, *, detach: bool) -> RunView:
    """Return how a run stands when it has ended, wherever it is performed until then."""
    while True:
        with reading(path) as log:
            head = find_run(log, run)
            for _ in range(POLLS):
                head = log.head(head.number)
                if head.status == "stalled" or head.ended_at or (detach and head.status != "running"):
                    return look_up(log, head)
                time.sleep(POLL_SECONDS)
        try:
            (view,) = own_and_follow(path, world, lambda _: [head.number], detach=detach)  # noqa: B023 -- called at once
        except LogOwned:
            continue
        return view


async def _obeyed(fabric: Fabric, sent: Sent) -> Verdict:
    verdict = await fabric.verdict(sent.inbox_id)
    if verdict.run:
        await fabric.settled(fabric.number_of(verdict.run))
    return verdict


def _from_owner(path: Path, sent: Sent) -> Verdict | None:
    with reading(path) as log:
        for _ in range(POLLS):
            sent.ring()
            time.sleep(POLL_SECONDS)
            found = log.verdict(sent.inbox_id)
            if found is not None:
                return load_verdict(found)
    return None
