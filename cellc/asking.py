"""Asking something of the owner of a log, or where it has none, becoming the owner for as long as that takes."""

import time
from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, TypeVar

from cellc.exits import NOWHERE, Conflict, Refused, problem
from cellc.language.graph import Program, dump
from cellc.language.values import encode
from cellc.logs import reading
from cellc.running import World, ended, log_problems, own_and, own_and_follow
from cellc.runtime.commands import Command, StartRun, Verdict, load_verdict
from cellc.runtime.fabric import Fabric
from cellc.runtime.inbox import Sent
from cellc.runtime.log_problems import LogMissing, LogOwned, LogUnmade
from cellc.runtime.log_reading import read_log
from cellc.runtime.ownership import own
from cellc.runtime.ports import Log, RunHead
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


def ask_owner(path: Path, command: Command) -> Verdict | None:
    """Return what becomes of a command that is for a process which owns the log, and for no other.

    None where there is none any more: whether it has obeyed is to be seen in the log. Raises Refused with the reasons.
    """
    sent = _sent(path, command)
    try:
        while (verdict := _from_owner(path, sent)) is None:
            with suppress(LogOwned):
                own(path).release()
                return None
    finally:
        sent.remove()
    return _accepted(verdict)


def _asked(path: Path, world: World, sent: Sent) -> Verdict:
    verdict = None
    while verdict is None:
        try:
            verdict = own_and(path, world, lambda fabric: _obeyed(fabric, sent))
        except LogOwned:
            verdict = _from_owner(path, sent)
    sent.remove()
    return _accepted(verdict)


def ask_and_follow(
    path: Path, world: World, command: Command, runs: Sequence[str], *, adopt: bool = False
) -> list[RunView]:
    """Let a command be obeyed, here or by the process that owns the log, and return how runs stand at their end.

    `adopt`: own the log, also where it is a copy. Raises as `ask` does.
    """

    async def work(fabric: Fabric) -> list[RunView]:
        _accepted(await fabric.obey(command))
        return await ended(fabric, world, [fabric.number_of(run) for run in runs], detach=False)

    with log_problems():
        found = _owned_or_sent(path, world, work, lambda: command, adopt=adopt)
        if not isinstance(found, Sent):
            return found
        _asked(path, world, found)
        return _followed(path, world, runs, detach=False)


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
    """Start a run, here or in the process that owns the log, and return how it stands as `own_and_follow` does.

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
        return _followed(path, world, [verdict.run], detach=detach)[0]


def _owned_or_sent(
    path: Path,
    world: World,
    work: Callable[[Fabric], Coroutine[Any, Any, T]],
    command: Callable[[], Command],
    *,
    adopt: bool = False,
) -> T | Sent:
    """Do the work as the log's owner, or where another process is that, put a command into its inbox.

    `adopt`: as the owner only, also of a copy.
    """
    told = False
    while True:
        try:
            return own_and(path, world, work, adopt=adopt)
        except LogOwned as owned:
            if adopt:
                raise
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


def _followed(path: Path, world: World, runs: Sequence[str], *, detach: bool) -> list[RunView]:
    """Return how runs stand when they have ended, wherever they are performed until then."""
    found: dict[str, RunView] = {}
    while True:
        with reading(path) as log:
            for _ in range(POLLS):
                found |= {
                    head.id: look_up(log, head) for head in _heads(log, runs, found) if _stands(head, detach=detach)
                }
                if len(found) == len(runs):
                    return [found[run] for run in runs]
                time.sleep(POLL_SECONDS)
            left = [head.number for head in _heads(log, runs, found)]
        try:
            views = own_and_follow(path, world, lambda _: left, detach=detach)  # noqa: B023 -- called at once
        except LogOwned:
            continue
        found |= {view.head.id: view for view in views}


def _heads(log: Log, runs: Sequence[str], found: Collection[str]) -> list[RunHead]:
    return [log.head(log.number_of(run)) for run in runs if run not in found]


def _stands(head: RunHead, *, detach: bool) -> bool:
    return head.status == "stalled" or head.ended_at is not None or (detach and head.status != "running")


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
