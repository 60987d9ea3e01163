"""Logs of runs of one version of a shop, and the fleet that moves them to the next."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from cellc.compiler.compat.moving import judge
from cellc.runtime.core.events import to_micros
from cellc.runtime.core.moving import Who
from cellc.runtime.environment import Environment
from cellc.runtime.fleet import Fleet
from cellc.runtime.log_sqlite import SqliteLog, open_log
from cellc.runtime.ports import Log, Request, Result
from cellc.runtime.topologies import Topologies
from tests.compat.versions import DO, HEAD, compiled
from tests.runtime.fabric.worlds import AT, World


def _bound(declared: str) -> str:
    """Let all effects of the shop be performed by one handler."""
    lines = []
    for line in declared.splitlines():
        name, _, inside = line.strip().partition(": ")
        if "delivery" in inside:
            given = inside.partition("in: {")[2].partition(":")[0]
            bound = f', via: http.post, with: {{url: "http://here/{name}", json: {{{given}: "${{{given}}}"}}}}}}'
            lines.append(line.removesuffix("}") + bound)
        else:
            lines.append(line.replace("json: {n:", "json: {amount:"))
    return "\n".join(lines) + "\n"


OLD = compiled(_bound(HEAD) + DO)
NEW = compiled(_bound(HEAD) + DO.replace("      return {track", "      last = pack(id)\n      return {track"))
MOVING = judge(OLD, NEW)
WHO = Who("anna", "the audit", to_micros(AT))


def says(effect: str, given: Mapping[str, Any]) -> Any:
    """Return what the shop's effects give."""
    match effect.rpartition(".")[2]:
        case "charge":
            return {"id": f"c{given['amount']}", "amount": given["amount"]}
        case "pack":
            return {"box": f"box of {given['id']}"}
        case "ship":
            return {"track": f"track of {given['box']}"}
        case "ask":
            return {"ok": True}
        case "now":
            return AT
        case _:
            return None


def answer(request: Request) -> Result:
    """Answer as the shop does."""
    return Result(says(asked(request), request.input["json"]))


def asked(request: Request) -> str:
    """Return the shop's own name of what is asked."""
    return str(request.input["url"].rpartition("/")[2])


def waiting(path: Path, runs: int) -> SqliteLog:
    """Return the log of runs of OLD that wait for a person."""
    log = open_log(path, AT)

    async def work() -> None:
        async with World(log=cast("Log", log), answer=answer).fabric() as fabric:
            for number in range(runs):
                await fabric.settled(fabric.start(OLD, "shop.main", {"amounts": [], "id": f"o{number}"}))

    asyncio.run(work())
    return log


def fleet(log: Log | SqliteLog) -> Fleet:
    """Return the runs of OLD in a log, to be moved to NEW."""
    log = cast("Log", log)
    return Fleet(log, Topologies(log, Environment({})), OLD.sha256, NEW, MOVING)
