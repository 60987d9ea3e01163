"""Serving triggers: requests over HTTP become commands of the fabric, and what becomes of them becomes the answers.

A request is answered when its run is durable, not when it has ended: 202 with the run's id, 200 where the same request
has started it before. Whoever can reach the address can start runs: who may do that is decided by what stands in front
of it. Pages of browsers may not: a request that a page makes says so (`Origin`, `Sec-Fetch-Site`), and is refused.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from cellc.exits import NOWHERE, CannotDo, problem
from cellc.language.graph import Program, Trigger
from cellc.language.suggest import hint
from cellc.runtime.commands import Refusal, Requested, Verdict
from cellc.runtime.fabric import Fabric
from cellc.runtime.ports import Fenced, LogFailed

BODY_BYTES = 1024 * 1024
"""How long the body of a request may be."""

STOP_SECONDS = 5.0
"""How long requests that are being answered are waited for when the server stops."""

STATUSES: Mapping[str, int] = {"E848": 503, "E850": 409}
"""What refusals of runs come to, where that is not 400: the request does not fit."""


@dataclass(frozen=True, slots=True)
class Routes:
    """Which trigger of which program takes what: by method and path as they stand in programs."""

    taken: Mapping[tuple[str, str], tuple[Program, Trigger]]

    @classmethod
    def of(cls, programs: Sequence[Program]) -> "Routes":
        """Return the routes of programs whose triggers do not meet."""
        found = [(program, trigger) for program in programs for trigger in program.triggers.values()]
        return cls({(t.method, t.path): (program, t) for program, t in found if t.method and t.path})

    def methods(self, path: str) -> list[str]:
        """Return the methods that some trigger takes at a path."""
        return sorted(method for method, taken in self.taken if taken == path)


@asynccontextmanager
async def serving_requests(fabric: Fabric, routes: Routes, host: str, port: int) -> AsyncIterator[str]:
    """Answer requests while the body runs, which gets the server's address. Raises CannotDo."""
    application = web.Application(client_max_size=BODY_BYTES)
    application.router.add_route("*", "/{path:.*}", _Door(fabric, routes).answer)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=STOP_SECONDS)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        try:
            await site.start()
        except OSError as reason:
            words = reason.strerror or str(reason)
            raise CannotDo(problem("E881", address=f"{host}:{port}", reason=words)) from None
        yield _address(runner)
    finally:
        await runner.cleanup()


def _address(runner: web.AppRunner) -> str:
    host, port = runner.addresses[0][:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class _Refused(Exception):  # noqa: N818 -- an answer, not a bug
    """A request is not taken: the HTTP status, and why."""

    def __init__(self, status: int, *refusals: Refusal, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status)
        self.status = status
        self.refusals = refusals
        self.headers = dict(headers or {})


class _Door:
    """Lets requests in."""

    def __init__(self, fabric: Fabric, routes: Routes) -> None:
        self._fabric = fabric
        self._routes = routes

    async def answer(self, request: web.Request) -> web.Response:
        """Start a run for a request, or say why not."""
        try:
            verdict = await self._taken(request)
        except _Refused as no:
            return web.json_response({"errors": [*map(_told, no.refusals)]}, status=no.status, headers=no.headers)
        return web.json_response({"run": verdict.run}, status=200 if verdict.outcome == "repeated" else 202)

    async def _taken(self, request: web.Request) -> Verdict:
        program, trigger = self._routed(request)
        body = await _body(request)
        try:
            # A client that goes away takes nothing back: what it has asked for is decided all the same.
            verdict = await asyncio.shield(self._fabric.obey(Requested(program.sha256, trigger.name, body)))
        except (LogFailed, Fenced) as reason:
            raise _Refused(503, Refusal("E816", {"reason": str(reason)})) from None
        if verdict.accepted:
            return verdict
        status = STATUSES.get(verdict.refusals[0].code, 400)
        raise _Refused(status, *verdict.refusals, headers={"Retry-After": "1"} if status == 503 else None)

    def _routed(self, request: web.Request) -> tuple[Program, Trigger]:
        method, path = request.method, request.raw_path.partition("?")[0]
        found = self._routes.taken.get((method, path))
        if found is None:
            methods = self._routes.methods(path)
            near = (
                f"{path} takes {' and '.join(methods)}" if methods else hint(path, (p for _, p in self._routes.taken))
            )
            headers = {"Allow": ", ".join(methods)} if methods else None
            no = Refusal("E884", {"method": method, "path": path, "near": near})
            raise _Refused(405 if methods else 404, no, headers=headers)
        if "Origin" in request.headers or request.headers.get("Sec-Fetch-Site", "none") != "none":
            raise _no(403, "a page in a browser has made it", "programs make requests of triggers, pages do not")
        return found


async def _body(request: web.Request) -> str:
    """Return the JSON text of a request: an empty one is an empty object. Raises _Refused."""
    try:
        body = await request.read()
    except web.HTTPRequestEntityTooLarge:
        raise _no(413, f"its body is longer than {BODY_BYTES} bytes", "send a reference to what is that long") from None
    if not body:
        return "{}"
    kind = request.content_type
    if kind != "application/json" and not kind.endswith("+json"):
        raise _no(415, f"its body is said to be {kind}", "send JSON, with `Content-Type: application/json`")
    try:
        return body.decode()
    except UnicodeDecodeError:
        raise _no(400, "its body is not UTF-8", "JSON is UTF-8") from None


def _no(status: int, reason: str, near: str) -> _Refused:
    return _Refused(status, Refusal("E885", {"reason": reason, "near": near}))


def _told(no: Refusal) -> dict[str, Any]:
    (told,) = problem(no.code, NOWHERE, **no.fields)
    return {"code": told.code, "message": told.message} | ({"help": told.hint} if told.hint else {})
