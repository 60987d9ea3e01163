"""The travel example against real HTTP: what was booked is cancelled when the trip is refused, after `kill -9` too."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

PROGRAM = Path(__file__).parents[2] / "examples" / "travel" / "travel.cell.yaml"
TRIP = {
    "id": "0199c2b1-7a4e-7c3d-9f00-000000000001",
    "from": "2026-05-01",
    "to": "2026-05-04",
    "city": "Lyon",
    "travellers": 2,
    "budget": "1000",
}


@dataclass
class Agency:
    """Flights, hotels and cars: what was asked, with the keys, and who is to be killed at the first cancellation."""

    asked: list[tuple[str, str | None]] = field(default_factory=list)
    at_cancel: Callable[[], None] | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, path: str, key: str | None) -> dict[str, Any]:
        with self.lock:
            self.asked.append((path, key))
            kill, self.at_cancel = (self.at_cancel, None) if path.endswith("/cancel") else (None, self.at_cancel)
        if kill is not None:
            kill()
        prices = {"/bookings": "700", "/rooms": "450", "/north/offer": "90", "/south/offer": "80", "/east/offer": "120"}
        return {"reference": path.strip("/").split("/")[0], "price": prices.get(path, "0")}

    def paths(self) -> list[str]:
        return [path for path, _ in self.asked]


def server(agency: Agency) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.reply()

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.reply()

        def reply(self) -> None:
            body = json.dumps(agency.answer(self.path.partition("?")[0], self.headers.get("Idempotency-Key"))).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return

    return ThreadingHTTPServer(("127.0.0.1", 0), Handler)


@pytest.fixture
def agency(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Agency]:
    made = Agency()
    with server(made) as http:
        threading.Thread(target=http.serve_forever, daemon=True).start()
        for name in ("FLIGHTS_URL", "HOTELS_URL", "CARS_URL"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{http.server_port}")
        monkeypatch.setenv("CELLC_CACHE", str(tmp_path / "cache"))
        monkeypatch.setenv("CELLC_LOG", str(tmp_path / "log.db"))
        yield made
        http.shutdown()


def start(*arguments: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "cellc", *arguments]
    return subprocess.Popen(command, env=dict(os.environ), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def run(**changes: str) -> "subprocess.Popen[str]":
    return start("run", str(PROGRAM), f"trip={json.dumps({**TRIP, **changes})}")


def test_a_trip_within_its_budget_is_booked(agency: Agency) -> None:
    process = run(budget="1500")
    out, err = process.communicate()
    assert process.returncode == 0, err
    assert json.loads(out) == {"flight": "bookings", "hotel": "rooms", "car": "south", "total": "1230"}
    assert not [path for path in agency.paths() if path.endswith("/cancel")]


def test_a_trip_that_is_too_expensive_leaves_nothing_booked(agency: Agency) -> None:
    process = run()
    out, err = process.communicate()
    assert process.returncode == 1, err
    assert json.loads(out)["error"] == "travel.TooExpensive"
    cancelled = [path.split("/")[1] for path in agency.paths() if path.endswith("/cancel")]
    assert sorted(cancelled) == ["bookings", "rooms"]


def test_killed_while_it_undoes_it_undoes_the_rest_under_the_same_keys(agency: Agency) -> None:
    victims: list[subprocess.Popen[str]] = []

    def kill() -> None:
        victims[0].kill()

    agency.at_cancel = kill
    victims.append(run())
    victims[0].communicate()
    assert victims[0].returncode == -signal.SIGKILL
    resumed = start("resume")
    out, err = resumed.communicate()
    assert resumed.returncode == 1, err
    assert json.loads(out)["status"] == "failed"
    cancels = [(path, key) for path, key in agency.asked if path.endswith("/cancel")]
    assert len(cancels) == 3
    assert cancels[0] == cancels[1]
    assert len({path for path, _ in cancels}) == 2
    assert len({key for _, key in cancels}) == 2
