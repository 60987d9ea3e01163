"""`cellc serve` as a process: requests over HTTP become runs, which are in the log when they are answered."""

import contextlib
import json
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.cli.processes import Cellc

SHOP = """\
cellc: 1
cells:
  fulfil:
    in: {id: string(1..20), total: decimal(0..)}
    out: string
    do: |
      return f"order {id} over {total}"
triggers:
  orders: {http: POST /orders, key: body.id}
  small: {http: PUT /small, run: fulfil, with: {id: small, total: "${trigger.body.total}"}}
  nightly: {cron: "0 2 * * mon-fri", timezone: Europe/Paris, run: fulfil, with: {id: nightly, total: 0}}
"""

Serve = Callable[..., contextlib.AbstractContextManager[tuple[httpx.Client, "subprocess.Popen[str]"]]]


@pytest.fixture
def serve(folder: Path, environment: dict[str, str]) -> Serve:
    """Serve the program while the body runs, which gets a client of it and the process."""
    (folder / "shop.cell.yaml").write_text(SHOP)

    @contextlib.contextmanager
    def started(*arguments: str) -> Iterator[tuple[httpx.Client, "subprocess.Popen[str]"]]:
        command = [sys.executable, "-m", "cellc", "serve", "shop.cell.yaml", "--port", "0", *arguments]
        with subprocess.Popen(command, cwd=folder, env=environment, stderr=subprocess.PIPE, text=True) as process:
            try:
                assert process.stderr is not None
                found = re.fullmatch(r"serving (http://127\.0\.0\.1:\d+)\n", process.stderr.readline())
                assert found, process.stderr.read()
                with httpx.Client(base_url=found[1], trust_env=False) as client:
                    yield client, process
            finally:
                process.kill()

    return started


def told(answer: httpx.Response) -> list[str]:
    return [error["code"] for error in answer.json()["errors"]]


def test_a_request_is_answered_with_the_id_of_its_run(serve: Serve, cellc: Cellc) -> None:
    order = {"id": "o-1", "total": 12.5, "colour": "red"}
    with serve() as (client, _):
        first, again = client.post("/orders", json=order), client.post("/orders?page=2", json=order)
        other = client.post("/orders", json=order | {"total": 13})
    assert (first.status_code, again.status_code, other.status_code) == (202, 200, 409)
    run = first.json()["run"]
    assert again.json() == {"run": run}
    assert told(other) == ["E850"]
    assert run in cellc("runs").out  # the process was killed: what was answered is in the log
    assert json.loads(cellc("resume").out or "{}").get("run", run) == run
    assert cellc("show", run, "--format", "json").out.count("order o-1 over 12.5") == 1


REFUSED = {
    "no such path": ("POST", "/order", {"json": {}}, 404, "E884"),
    "another method": ("PUT", "/orders", {"json": {}}, 405, "E884"),
    "a body of another type": ("POST", "/orders", {"json": {"id": "a", "total": "much"}}, 400, "E831"),
    "no body": ("POST", "/orders", {}, 400, "E831"),
    "no JSON": ("POST", "/orders", {"content": "id=1", "headers": {"Content-Type": "application/json"}}, 400, "E831"),
    "a form": ("POST", "/orders", {"data": {"id": "a"}}, 415, "E885"),
    "no text": ("POST", "/orders", {"content": b"\xff", "headers": {"Content-Type": "application/json"}}, 400, "E885"),
    "too much": (
        "POST",
        "/orders",
        {"content": b" " * (1024 * 1024 + 1), "headers": {"Content-Type": "application/json"}},
        413,
        "E885",
    ),
    "a page": ("POST", "/orders", {"json": {}, "headers": {"Origin": "https://evil.test"}}, 403, "E885"),
    "an image in a page": ("POST", "/orders", {"json": {}, "headers": {"Sec-Fetch-Site": "cross-site"}}, 403, "E885"),
    "what `with` cannot take": ("PUT", "/small", {"json": [1]}, 400, "E831"),
}


def test_what_is_not_taken_starts_nothing_and_is_told(serve: Serve, cellc: Cellc) -> None:
    with serve() as (client, _):
        for name, (method, path, request, status, code) in REFUSED.items():
            answer = client.request(method, path, **request)  # type: ignore[arg-type]
            assert (answer.status_code, told(answer)[0]) == (status, code), name
        assert client.request("PUT", "/orders").headers["Allow"] == "POST"
    assert cellc("runs").out == ""


def test_sigterm_ends_it_and_what_it_does_next_is_said_at_its_start(serve: Serve) -> None:
    with serve() as (_, process):
        process.send_signal(signal.SIGTERM)
        assert process.stderr is not None
        said = process.stderr.read()  # `communicate` would lose what the fixture's `readline` has read ahead
        assert process.wait(timeout=20) == 128 + signal.SIGTERM
    assert "shop.orders: POST /orders -> shop.fulfil" in said
    assert re.search(r"shop\.nightly: 0 2 \* \* mon-fri Europe/Paris -> shop\.fulfil, next at \d{4}-.* UTC", said)
    assert "Traceback" not in said


def test_other_processes_hand_their_runs_over_to_it(serve: Serve, cellc: Cellc) -> None:
    with serve() as (client, process):
        assert cellc("run", "hello.cell.yaml", "name=Ada").out.strip() == '{\n  "greeting": "Hello, Ada!"\n}'
        assert client.post("/orders", json={"id": "x", "total": 1}).status_code == 202
        assert process.poll() is None


def test_an_address_in_use_is_told(serve: Serve, cellc: Cellc, folder: Path) -> None:
    with serve(), socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = cellc("serve", "shop.cell.yaml", "--port", port, "--log", str(folder / "other.db"))
    assert done.code == 2
    assert done.err.startswith(f"error[E881]: 127.0.0.1:{port} cannot be served: ")


def test_programs_that_meet_are_refused(serve: Serve, cellc: Cellc, folder: Path) -> None:
    del serve
    (folder / "b.cell.yaml").write_text(SHOP.replace("orders: {", "posted: {"))
    done = cellc("serve", "shop.cell.yaml", "b.cell.yaml")
    assert (done.code, "error[E882]: POST /orders is in shop.cell.yaml already" in done.err) == (2, True)
    done = cellc("serve", "hello.cell.yaml")
    assert (done.code, "error[E880]: hello.cell.yaml has no triggers" in done.err) == (2, True)


def test_what_a_run_would_lack_is_told_before_anything_is_served(cellc: Cellc, folder: Path) -> None:
    (folder / "ring.cell.yaml").write_text("""\
cellc: 1
effects:
  ring: {in: {}, out: json, via: http.post, with: {url: "${env.BELL}"}}
cells:
  on_time:
    effects: [ring]
    do: ring()
triggers:
  hourly: {cron: "0 * * * *"}
  now: {http: POST /ring}
""")
    done = cellc("serve", "ring.cell.yaml")
    assert (done.code, done.err.count("error[E804]")) == (1, 1)
    (folder / "here.handlers.yaml").write_text("""\
handlers:
  ring: {via: http.post, with: {url: "${env.OTHER_BELL}"}}
""")
    done = cellc("serve", "ring.cell.yaml", "--handlers", "here.handlers.yaml")
    assert (done.code, "needs the environment variable OTHER_BELL" in done.err) == (1, True)


def test_the_package_that_it_needs_is_named(cellc: Cellc, serve: Serve, folder: Path) -> None:
    del serve
    (folder / "aiohttp.py").write_text("raise ModuleNotFoundError(\"No module named 'aiohttp'\", name='aiohttp')")
    done = cellc("serve", "shop.cell.yaml", env={"PYTHONPATH": str(folder)})
    assert done.code == 2
    assert "error[E887]: `cellc serve` needs the package aiohttp" in done.err
    assert "pip install 'cellc[serve]'" in done.err
