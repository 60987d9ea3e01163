"""The risk example against real HTTP: its code passes a type checker, and survives `kill -9` at every request."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "examples" / "risk"
PROGRAM = FOLDER / "risk.cell.yaml"
ORDERS = [
    {"id": f"0199c2b1-7a4e-7c3d-9f00-00000000000{i}", "email": f"{name}@example.org", "country": c, "total": total}
    for i, (name, c, total) in enumerate([("ada", "FR", "1200"), ("bob", "XX", "90.50"), ("cy", "DE", "700")])
]


@dataclass
class Shop:
    """Everything that the program asks: what was asked, with its keys, and at which request somebody is killed."""

    asked: list[tuple[str, str | None]] = field(default_factory=list)
    kill_at: int | None = None
    decline_from: int = 1000
    process: "subprocess.Popen[str] | None" = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, path: str, key: str | None) -> tuple[int, Any]:
        with self.lock:
            self.asked.append((path, key))
            if len(self.asked) == self.kill_at and self.process is not None:
                self.process.send_signal(signal.SIGKILL)
                self.process.wait()
        match path.strip("/").split("/"):
            case ["history"]:
                return 200, {"orders": 3, "returned": 1}
            case ["countries", code]:
                return 200, {"fraud_rate": 0.2 if code == "XX" else 0.01}
            case ["bureaus", bureau]:
                return 200, {"fine": bureau != "south"}
            case ["holds"]:
                held = len({known for asked, known in self.asked if asked == "/holds"})
                return (402, {"reason": "no money"}) if held >= self.decline_from else (200, {"hold": f"hold-{key}"})
            case ["holds", _, "release"]:
                return 200, {}
            case _:
                raise AssertionError(path)


def server(shop: Shop) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.reply()

        def do_POST(self) -> None:
            self.reply()

        def reply(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            path = self.path.partition("?")[0]
            status, answer = shop.answer(path, self.headers.get("Idempotency-Key"))
            data = json.dumps(answer).encode()
            try:
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)
            except OSError:  # whoever has asked is gone
                self.close_connection = True

        def log_message(self, *_: object) -> None:
            return

    return ThreadingHTTPServer(("127.0.0.1", 0), Handler)


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    made = Shop()
    with server(made) as http:
        threading.Thread(target=http.serve_forever, daemon=True).start()
        monkeypatch.setenv("SHOP_URL", f"http://127.0.0.1:{http.server_port}")
        monkeypatch.setenv("CELLC_CACHE", str(tmp_path / "cache"))
        monkeypatch.setenv("CELLC_LOG", str(tmp_path / "log.db"))
        yield made
        http.shutdown()


def start(*arguments: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "cellc", *arguments]
    return subprocess.Popen(command, env=dict(os.environ), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def run(shop: Shop) -> tuple[int, str, str]:
    shop.process = start("run", str(PROGRAM), f"orders={json.dumps(ORDERS)}")
    out, err = shop.process.communicate()
    return shop.process.returncode, out, err


def test_the_models_are_those_of_the_program_and_the_code_passes_a_type_checker() -> None:
    checked = start("gen", "python", str(PROGRAM), "-o", str(FOLDER / "risk.py"), "--check")
    _, err = checked.communicate()
    assert checked.returncode == 0, err
    cache = ROOT / ".mypy_cache" / "written"
    code = [path.name for path in FOLDER.glob("*.py")]
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--follow-imports=silent", f"--cache-dir={cache}", *code],
        cwd=FOLDER,
        env={"MYPYPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_orders_are_scored_looked_at_and_paid_for(shop: Shop) -> None:
    code, out, err = run(shop)
    assert code == 0, err
    found = json.loads(out)
    assert [len(holds) for holds in found["holds"]] == [3, 1, 2]
    assert found["reasons"] == {"a large order": 2, "parcels came back": 3, "the country": 3}
    assert [path for path, _ in shop.asked if "bureaus" in path] == [
        "/bureaus/north",
        "/bureaus/south",
        "/bureaus/east",
    ]


def test_what_was_held_is_released_when_a_part_is_declined(shop: Shop) -> None:
    shop.decline_from = 5
    code, out, _ = run(shop)
    assert code == 1
    assert json.loads(out)["error"] == "shop.risk.Declined"
    held = [f"/holds/hold-{key}/release" for path, key in shop.asked if path == "/holds"]
    assert [path for path, _ in shop.asked if path.endswith("/release")] == held[3::-1]


@pytest.mark.parametrize("kill_at", [1, 4, 7, 8, 9, 10, 12, 14])
def test_killed_at_a_request_it_goes_on_and_asks_under_the_same_keys(shop: Shop, kill_at: int) -> None:
    shop.kill_at = kill_at
    code, _, _ = run(shop)
    assert code == -signal.SIGKILL
    killed = shop.asked[kill_at - 1]
    resumed = start("resume")
    out, err = resumed.communicate()
    assert resumed.returncode == 0, err
    assert [len(holds) for holds in json.loads(out)["output"]["holds"]] == [3, 1, 2]
    keys = Counter(key for path, key in shop.asked if path == "/holds")
    assert len(keys) == 6
    assert {key for key, times in keys.items() if times > 1} <= {killed[1]}
