"""`http.*`, a handler for each method, through one connection pool.

Redirects are not followed: a repeated POST elsewhere is a decision for the program. What may work later (no connection,
a timeout, 408, 429, 5xx) is Transient, with the server's Retry-After; any other answer is a result. Reasons name the
host and path only, since a query may carry a secret. Where requests may go is checked at the address that is connected
to (`addresses.py`), so proxies of the environment are not used: they would connect in its place.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
import msgspec

from cellc.language.values import BadJson, parse_json
from cellc.runtime.ports import Clock, Handler, Outcome, Permanent, Request, Result, Transient
from cellc.stdlib_effects.addresses import AddressRefused, CheckedBackend
from cellc.stdlib_effects.surroundings import Surroundings

MAX_BYTES = 10 * 2**20
"""A larger answer does not belong in a run's log. Counted after decompression."""

_LATER = frozenset({408, 425, 429, *range(500, 600)})
_SHOWN = 200
_METHODS = {"GET": False, "HEAD": False, "POST": True, "PUT": True, "PATCH": True, "DELETE": True}
"""Whether the key of a call goes along."""
_PORTS = {"http": 80, "https": 443}


class Method:
    """Performs requests of one method. `keyed`: the call's key goes along as `Idempotency-Key`."""

    def __init__(self, method: str, client: httpx.AsyncClient, clock: Clock, *, keyed: bool) -> None:
        self._method = method
        self._client = client
        self._clock = clock
        self._keyed = keyed

    async def perform(self, request: Request) -> Outcome:
        """Send the request and read the answer."""
        try:
            prepared = self._prepare(request)
        except (httpx.InvalidURL, UnicodeError, TypeError, ValueError) as problem:
            return Permanent(f"the request cannot be made: {problem}")
        where = f"{self._method} {prepared.url.host}{prepared.url.path}"
        try:
            return await self._send(prepared, where)
        except AddressRefused as problem:
            return Permanent(f"{where}: {problem}")
        except httpx.UnsupportedProtocol:
            return Permanent(f"{where}: the URL must begin with http:// or https://")
        except (httpx.LocalProtocolError, httpx.DecodingError) as problem:
            return Permanent(f"{where}: {problem}")
        except httpx.TimeoutException:
            return Transient(f"{where}: no answer in time")
        except httpx.TransportError as problem:
            reason = f"{where}: {str(problem) or type(problem).__name__}"
            return Transient(reason, unknown=not isinstance(problem, httpx.ConnectError))

    def target(self, request: Request) -> str | None:
        """Return the server that a request goes to, None where its URL is none."""
        try:
            url = urlsplit(request.input["url"])
            scheme, host, port = url.scheme, url.hostname, url.port
        except ValueError:
            return None
        if not host:
            return None
        shown = f"[{host}]" if ":" in host else host
        return f"{scheme}://{shown}" if port in (None, _PORTS.get(scheme)) else f"{scheme}://{shown}:{port}"

    def payload(self, response: Any) -> Outcome:
        """Return the JSON body of a 2xx answer, or its text where it is not JSON; Permanent for any other status."""
        if 200 <= response["status"] < 300:
            parsed, value = _parse(response["text"])
            return Result(value if parsed else response["text"])
        return Permanent(f"answered with status {response['status']}: {_start(response['text'])}", response)

    async def close(self) -> None:
        """Close the pool."""
        await self._client.aclose()

    def _prepare(self, request: Request) -> httpx.Request:
        asked = request.input
        headers = httpx.Headers(asked.get("headers") or {})
        if self._keyed:
            headers.setdefault("Idempotency-Key", request.key)
        content = _body(asked, headers)
        timeout = httpx.Timeout(request.timeout if request.timeout is not None else 60, connect=10)
        query = {name: _text(value) for name, value in (asked.get("query") or {}).items()}
        return self._client.build_request(
            self._method, asked["url"], headers=headers, params=query or None, content=content, timeout=timeout
        )

    async def _send(self, prepared: httpx.Request, where: str) -> Outcome:
        answer = await self._client.send(prepared, stream=True)
        try:
            data = bytearray()
            async for part in answer.aiter_bytes():
                data += part
                if len(data) > MAX_BYTES:
                    return Permanent(f"{where}: the answer is larger than {MAX_BYTES} bytes")
        finally:
            await answer.aclose()
        return self._outcome(answer, bytes(data), where)

    def _outcome(self, answer: httpx.Response, data: bytes, where: str) -> Outcome:
        text = data.decode(answer.encoding or "utf-8", errors="replace")
        response = {
            "status": answer.status_code,
            "headers": dict(answer.headers),
            "text": text,
            "json": _parse(text)[1],
        }
        if answer.status_code not in _LATER:
            return Result(response)
        reason = f"{where}: answered with status {answer.status_code}: {_start(text)}"
        return Transient(reason, response, _retry_after(answer.headers.get("Retry-After"), self._clock.now()))


def handlers(surroundings: Surroundings) -> Mapping[str, Handler]:
    """Return the handlers of this module."""
    transport = httpx.AsyncHTTPTransport(limits=httpx.Limits(max_connections=100))
    transport._pool._network_backend = CheckedBackend(surroundings.reach)  # noqa: SLF001 -- httpx has no other way in
    client = httpx.AsyncClient(follow_redirects=False, transport=transport)
    return {
        f"http.{method.lower()}": Method(method, client, surroundings.clock, keyed=keyed)
        for method, keyed in _METHODS.items()
    }


def _body(asked: Mapping[str, Any], headers: httpx.Headers) -> bytes | None:
    given = [name for name in ("json", "text", "form", "bytes") if name in asked]
    if len(given) > 1:
        raise ValueError(f"give one body, not {' and '.join(f'`{name}`' for name in given)}")
    if "json" in asked:
        headers.setdefault("Content-Type", "application/json")
        return msgspec.json.encode(asked["json"])
    if "text" in asked:
        headers.setdefault("Content-Type", "text/plain; charset=utf-8")
        return str(asked["text"]).encode("utf-8")
    if "form" in asked:
        headers.setdefault("Content-Type", "application/x-www-form-urlencoded")
        return urlencode([*_fields(asked["form"])]).encode("ascii")
    if "bytes" in asked:
        headers.setdefault("Content-Type", "application/octet-stream")
        return bytes(asked["bytes"])
    return None


def _fields(form: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the fields of a form; a list is several of one name, null is none."""
    for name, value in form.items():
        for each in value if isinstance(value, list) else [value]:
            if each is not None:
                yield name, _text(each)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode().strip('"')


def _parse(text: str) -> tuple[bool, Any]:
    """Return whether `text` is JSON, and its value; numbers with a point are exact."""
    try:
        return True, parse_json(text)
    except BadJson:
        return False, None


def _start(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN else f"{line[:_SHOWN]}..."


def _retry_after(header: str | None, now: datetime) -> float | None:
    """Return the seconds that the server asks for, written as seconds or as a date."""
    if header is None:
        return None
    try:
        due = float(header) if header.strip().isdigit() else (_date(header) - now).total_seconds()
    except (TypeError, ValueError):
        return None
    return max(0.0, due)


def _date(header: str) -> datetime:
    date = parsedate_to_datetime(header)
    return date if date.tzinfo else date.replace(tzinfo=UTC)
