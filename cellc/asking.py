"""Asking something of the owner of a log, or where it has none, becoming the owner for as long as that takes."""

import time
from pathlib import Path

from cellc.exits import NOWHERE, Refused, problem
from cellc.logs import reading
from cellc.running import World, log_problems, own_and
from cellc.runtime.commands import Command, Verdict, load_verdict
from cellc.runtime.fabric import Fabric
from cellc.runtime.inbox import Sent
from cellc.runtime.log_problems import LogOwned

POLL_SECONDS = 0.02
POLLS = 10
"""How often an owner is asked for its verdict before it is seen whether it still lives."""


def ask(path: Path, world: World, command: Command) -> Verdict:
    """Return what becomes of a command; it is durable then.

    A process that owns the log gets it through the inbox. Without one this process obeys it, and lets the run that it
    is about go on until it has ended or only waits. Raises Refused with the reasons, and CannotDo.
    """
    with reading(path) as log:
        sent = Sent(path, log.identity, command)
    verdict = None
    with log_problems():
        while verdict is None:
            try:
                verdict = own_and(path, world, lambda fabric: _obeyed(fabric, sent))
            except LogOwned:
                verdict = _from_owner(path, sent)
    sent.remove()
    if not verdict.accepted:
        raise Refused([told for no in verdict.refusals for told in problem(no.code, NOWHERE, **no.fields)])
    return verdict


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
