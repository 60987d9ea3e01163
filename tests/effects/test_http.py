"""`http.*` against a real server on the loopback interface."""

import asyncio
import gzip
import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from cellc.runtime.ports import Outcome, Permanent, Request, Result, Transient
from cellc.stdlib_effects.http import MAX_BYTES
from cellc.stdlib_effects.registry import StandardHandlers
from cellc.stdlib_effects.surroundings import Surroundings

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


@dataclass
class Seen:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Server:
    """What it answers next, and what it was asked."""

    port: int = 0
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b"{}"
    seen: list[Seen] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@pytest.fixture
def server() -> Iterator[Server]:
    state = Server()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            state.seen.append(Seen(self.command, self.path, headers, body))
            self.send_response(state.status)
            for name, value in {"Content-Length": str(len(state.body)), **state.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(state.body)

        do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = answer  # noqa: N815 -- the names that http.server looks for

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        state.port = http.server_port
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield state
        http.shutdown()
        thread.join()


class FixedClock:
    def now(self) -> datetime:
        return AT

    def jump(self) -> timedelta:
        return timedelta()

    async def sleep_until(self, due: datetime) -> None:
        raise NotImplementedError


def ask(effect: str, timeout: float | None = 5, key: str = "key-1", **asked: Any) -> Outcome:
    async def run() -> Outcome:
        handlers = StandardHandlers(Surroundings(clock=FixedClock(), say=print))
        handler = handlers.get(effect)
        assert handler
        try:
            return await handler.perform(Request(effect, asked, key, 1, timeout))
        finally:
            await handlers.close()

    return asyncio.run(run())


def payload(response: dict[str, Any]) -> Outcome:
    handler = StandardHandlers(Surroundings(clock=FixedClock(), say=print)).get("http.get")
    assert handler
    return handler.payload(response)


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_what_changes_something_carries_the_key_and_a_body(server: Server, method: str):
    outcome = ask(f"http.{method}", url=server.url, json={"a": 1})
    assert isinstance(outcome, Result)
    [seen] = server.seen
    assert (seen.method, seen.body, seen.headers["idempotency-key"]) == (method.upper(), b'{"a":1}', "key-1")


def test_head_returns_what_get_would_without_the_body(server: Server):
    outcome = ask("http.head", url=server.url)
    assert isinstance(outcome, Result)
    assert (outcome.value["status"], outcome.value["headers"]["content-length"]) == (200, "2")
    assert outcome.value["text"] == ""
    assert "idempotency-key" not in server.seen[0].headers


def test_get_returns_status_headers_text_and_json(server: Server):
    server.body = '{"ok": true, "näme": "x"}'.encode()
    outcome = ask("http.get", url=f"{server.url}/things", query={"a": "1 2", "n": 3}, headers={"X-Mine": "yes"})
    assert isinstance(outcome, Result)
    assert outcome.value["status"] == 200
    assert outcome.value["json"] == {"ok": True, "näme": "x"}
    assert outcome.value["text"] == '{"ok": true, "näme": "x"}'
    assert outcome.value["headers"]["content-length"] == str(len(server.body))
    assert server.seen[0].path == "/things?a=1+2&n=3"
    assert server.seen[0].headers["x-mine"] == "yes"
    assert "idempotency-key" not in server.seen[0].headers


def test_post_sends_json_and_the_key_of_the_call(server: Server):
    ask("http.post", key="call-7", url=server.url, json={"order": "a", "amount": "12.50"})
    assert json.loads(server.seen[0].body) == {"order": "a", "amount": "12.50"}
    assert server.seen[0].headers["content-type"] == "application/json"
    assert server.seen[0].headers["idempotency-key"] == "call-7"


def test_a_key_that_the_program_gives_replaces_the_call_s_own(server: Server):
    ask("http.post", url=server.url, json=None, headers={"idempotency-KEY": "mine"})
    assert server.seen[0].headers["idempotency-key"] == "mine"
    assert server.seen[0].body == b"null"


def test_post_sends_text(server: Server):
    ask("http.post", url=server.url, text="héllo")
    assert server.seen[0].body == "héllo".encode()
    assert server.seen[0].headers["content-type"] == "text/plain; charset=utf-8"


def test_post_sends_a_form_as_a_browser_does(server: Server):
    ask("http.post", url=server.url, form={"name": "Ada & Co", "n": 3, "tag": ["a", "b"], "none": None, "ok": True})
    assert server.seen[0].body == b"name=Ada+%26+Co&n=3&tag=a&tag=b&ok=true"
    assert server.seen[0].headers["content-type"] == "application/x-www-form-urlencoded"


def test_post_sends_bytes_as_they_are(server: Server):
    ask("http.post", url=server.url, bytes=b"\x00\xff", headers={"Content-Type": "image/png"})
    assert server.seen[0].body == b"\x00\xff"
    assert server.seen[0].headers["content-type"] == "image/png"


def test_there_is_one_body(server: Server):
    outcome = ask("http.post", url=server.url, text="a", bytes=b"b")
    assert outcome == Permanent("the request cannot be made: give one body, not `text` and `bytes`")
    assert server.seen == []


def test_numbers_with_a_point_are_exact(server: Server):
    server.body = b'{"amount": 0.1000000000000000055511151231257827}'
    outcome = ask("http.get", url=server.url)
    assert isinstance(outcome, Result)
    assert outcome.value["json"]["amount"] == Decimal("0.1000000000000000055511151231257827")


@pytest.mark.parametrize("status", [200, 204, 301, 400, 402, 404])
def test_an_answer_is_a_result_whatever_it_says(server: Server, status: int):
    server.status, server.body = status, b""
    server.headers = {"Location": f"{server.url}/elsewhere"}
    outcome = ask("http.get", url=server.url)
    assert isinstance(outcome, Result)
    assert outcome.value["status"] == status
    assert outcome.value["json"] is None
    assert len(server.seen) == 1


@pytest.mark.parametrize("status", [408, 429, 500, 503])
def test_what_may_work_later_is_transient_and_says_what_came_back(server: Server, status: int):
    server.status, server.body = status, b'{"why": "busy"}'
    outcome = ask("http.get", url=f"{server.url}/a?token=hush")
    assert isinstance(outcome, Transient)
    assert outcome.reason == f'GET 127.0.0.1/a: answered with status {status}: {{"why": "busy"}}'
    assert outcome.response["json"] == {"why": "busy"}
    assert outcome.retry_after is None


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120.0),
        (format_datetime(AT + timedelta(minutes=5), usegmt=True), 300.0),
        (format_datetime(AT - timedelta(minutes=5), usegmt=True), 0.0),
        ("soon", None),
    ],
)
def test_retry_after_is_honoured_as_seconds_or_date(server: Server, header: str, seconds: float | None):
    server.status, server.headers = 503, {"Retry-After": header}
    outcome = ask("http.get", url=server.url)
    assert isinstance(outcome, Transient)
    assert outcome.retry_after == seconds


def test_no_server_is_transient():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        outcome = ask("http.get", url=f"http://127.0.0.1:{unused.getsockname()[1]}/")
    assert isinstance(outcome, Transient)
    assert outcome.reason.startswith("GET 127.0.0.1/: ")


def test_a_server_that_does_not_answer_in_time_is_transient():
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        outcome = ask("http.get", timeout=0.05, url=f"http://127.0.0.1:{silent.getsockname()[1]}/")
    assert outcome == Transient("GET 127.0.0.1/: no answer in time")


def test_an_answer_that_breaks_off_is_transient(server: Server):
    server.body, server.headers = b"short", {"Content-Length": "100", "Connection": "close"}
    assert isinstance(ask("http.get", url=server.url), Transient)


def test_an_answer_that_is_too_large_is_refused_even_when_it_is_packed(server: Server):
    server.body = gzip.compress(b" " * (MAX_BYTES + 1))
    server.headers = {"Content-Encoding": "gzip"}
    assert ask("http.get", url=server.url) == Permanent(f"GET 127.0.0.1/: the answer is larger than {MAX_BYTES} bytes")


@pytest.mark.parametrize(
    "asked",
    [
        {"url": "ftp://example.com/"},
        {"url": "no url"},
        {"url": ""},
        {"url": "SERVER", "headers": {"Bad\r\nHeader": "x"}},
        {"url": "SERVER", "headers": {"Bad": "x\r\nInjected: y"}},
        {"url": "SERVER", "json": 1, "text": "both"},
    ],
)
def test_a_request_that_cannot_be_made_is_permanent(server: Server, asked: dict[str, Any]):
    url = asked["url"].replace("SERVER", server.url)
    assert isinstance(ask("http.post", **{**asked, "url": url}), Permanent)
    assert server.seen == []


def test_a_body_in_an_unknown_character_set_is_read_as_well_as_can_be(server: Server):
    server.body, server.headers = b"caf\xe9", {"Content-Type": "text/plain; charset=no-such"}
    outcome = ask("http.get", url=server.url)
    assert isinstance(outcome, Result)
    assert outcome.value["text"] == "caf�"


@pytest.mark.parametrize(
    ("text", "value"), [('{"a": 1.5}', {"a": Decimal("1.5")}), ("plain", "plain"), ("", ""), ("null", None)]
)
def test_the_payload_of_success_is_the_json_or_else_the_text(text: str, value: Any):
    assert payload({"status": 201, "headers": {}, "text": text, "json": None}) == Result(value)


def test_the_payload_of_another_status_is_permanent_with_the_start_of_the_body():
    response = {"status": 404, "headers": {}, "text": "no\n such " + "thing" * 100, "json": None}
    outcome = payload(response)
    assert isinstance(outcome, Permanent)
    assert outcome.reason.startswith("answered with status 404: no such thing")
    assert len(outcome.reason) < 250
    assert outcome.response == response
