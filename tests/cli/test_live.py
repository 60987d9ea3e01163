"""`cellc show` says why a run waits, in terms of limits: while its owner lives, and after it has been killed."""

import contextlib
import http.server
import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.processes import Cellc

SHOP = """\
cellc: 1
effects:
  order:
    in: {n: int}
    out: int
    delivery: idempotent
    limits: {concurrency: 1}
    via: http.post
    with: {url: "${env.SHOP}/order", json: {n: "${n}"}}
cells:
  buy:
    out: [int]
    effects: [order]
    do: |
      ns = par(order(n=i) for i in [1, 2, 3])
      return ns
main: buy
"""


class Shop:
    """A real server that does not answer before it is opened."""

    def __init__(self) -> None:
        self.opened = threading.Event()
        self.asked = threading.Event()
        shop = self

        class Answer(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                shop.asked.set()
                shop.opened.wait(60)
                text = str(body["n"]).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_: object) -> None:
                pass

            def handle(self) -> None:
                with contextlib.suppress(OSError):  # the caller has been killed
                    super().handle()

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def shop() -> Iterator[Shop]:
    made = Shop()
    yield made
    made.opened.set()
    made.server.shutdown()
    made.server.server_close()


def test_show_says_why_a_run_waits_as_long_as_somebody_knows(
    shop: Shop, cellc: Cellc, environment: dict[str, str], folder: Path
) -> None:
    (folder / "shop.cell.yaml").write_text(SHOP)
    environment["SHOP"] = shop.url
    command = [sys.executable, "-m", "cellc", "run", "shop.cell.yaml"]
    pipes = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, cwd=folder, env=environment, **pipes) as owner:  # type: ignore[call-overload]
        try:
            assert shop.asked.wait(60)
            (run,) = json.loads(cellc("runs", "--format=json").out)
            text = cellc("show", run["run"]).out
            data = json.loads(cellc("show", run["run"], "--format=json").out)
        finally:
            owner.send_signal(signal.SIGKILL)
    assert f"live from the process {owner.pid}" in text
    assert "1st in line for `shop.order`: 1 at once" in text
    assert data["owner"] == owner.pid
    assert [(row["state"], row["reason"]) for row in data["open"]] == [
        ("running", None),
        ("waiting", "1st in line for `shop.order`: 1 at once"),
        ("waiting", "2nd in line for `shop.order`: 1 at once"),
    ]
    assert (folder / ".cellc" / "log.db-status").is_socket()
    text = cellc("show", run["run"]).out
    assert ("as of the log" in text, "in line" in text) == (True, False)
    shop.opened.set()
    done = cellc("resume")
    assert json.loads(done.out)["output"] == [1, 2, 3]
    assert not (folder / ".cellc" / "log.db-status").exists()
    assert "as of the log" not in cellc("show", run["run"]).out
