"""A secret of the environment is in nothing that cellc writes: in no file of the log, and in no command's output."""

import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.processes import Cellc

SECRET = 's3cret/of "the+shop'  # noqa: S105 -- what is looked for
PART = "s3cret"
"""A part of it that no way of writing changes."""

PROGRAM = """\
cellc: 1
effects:
  echo:
    in: {status: int}
    out: json
    delivery: idempotent
    retry: {attempts: 1}
    via: http.post
    with:
      url: "${env.SHOP}/${status}?token=${secret.TOKEN}"
      headers: {Authorization: "Bearer ${secret.TOKEN}"}
      json: {token: "${secret.TOKEN}"}
cells:
  buy:
    in: {status: int}
    out: json
    effects: [echo]
    do: return echo(status=status)
"""


class Echo(http.server.BaseHTTPRequestHandler):
    """Says everything that it has been told, with the status that the path asks for."""

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        text = json.dumps([body, self.path, self.headers["Authorization"], json.dumps(body)]).encode()
        self.send_response(int(self.path[1:4]))
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def shop() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_secret_is_in_nothing_that_is_written(cellc: Cellc, folder: Path, tmp_path: Path, shop: str) -> None:
    (folder / "shop.cell.yaml").write_text(PROGRAM)
    (tmp_path / "token").write_text(f"{SECRET}\n")
    away = tmp_path / "token"
    env = {"SHOP": shop, "TOKEN_FILE": str(away)}
    done = cellc("run", "shop.cell.yaml", "status=200", env=env)
    assert (done.code, done.out.count("***")) == (0, 4)  # it came back in a body, a path, a header and a text
    failed = cellc("run", "shop.cell.yaml", "status=400", env=env)
    assert failed.code == 3
    said = [done, failed]
    runs = [line.split()[0] for line in cellc("runs").out.splitlines()]
    assert len(runs) == 2
    for run in runs:
        said += [cellc("show", run), cellc("show", run, "--format", "json"), cellc("log", run)]
    said += [cellc("retry", runs[1], env=env), cellc("runs"), cellc("tasks"), cellc("check", "--effects", ".", env=env)]
    said += [cellc("log", "export"), cellc("log", "verify"), cellc("log", "backup", "copy.db"), cellc("log", "compact")]
    said.append(cellc("graph", "shop.cell.yaml", "--format", "json", env=env))
    written = [*(f"{each.out}{each.err}".encode() for each in said)]
    written += [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file() and path != away]
    assert any(b"***" in each for each in written)
    assert [each[:200] for each in written if PART.encode() in each] == []
