"""Live status: who asks the owner of a log gets an answer, and whatever goes wrong with that disturbs nobody."""

import asyncio
import socket
import stat
from pathlib import Path

import pytest

from cellc.runtime.live_status import LONGEST_ANSWER, LONGEST_QUESTION, MOST_CALLS, Live, ask, serving, status_path


def asked(log: Path, run: str = "r1", calls: int = 1) -> Live | None:
    async def main() -> Live | None:
        async with serving(log, lambda run: ((n, f"{run} waits") for n in range(calls))):
            return await asyncio.to_thread(ask, log, run)

    return asyncio.run(main())


def test_an_owner_says_why_calls_wait(tmp_path: Path):
    live = asked(tmp_path / "log.db")
    assert live is not None
    assert live.waiting == {0: "r1 waits"}


def test_without_an_owner_there_is_no_answer(tmp_path: Path):
    assert ask(tmp_path / "log.db", "r1") is None


def test_a_path_may_be_longer_than_the_address_of_a_socket(tmp_path: Path):
    folder = tmp_path / ("deep" * 50)
    folder.mkdir()
    assert asked(folder / "log.db") is not None


def test_only_the_owners_user_may_ask_and_the_socket_goes_with_the_owner(tmp_path: Path):
    path = status_path(tmp_path / "log.db")

    async def main() -> int:
        async with serving(tmp_path / "log.db", lambda _: ()):
            return path.stat().st_mode

    mode = asyncio.run(main())
    assert (stat.S_ISSOCK(mode), stat.S_IMODE(mode)) == (True, 0o600)
    assert not path.exists()


def test_a_socket_that_a_dead_process_has_left_is_replaced(tmp_path: Path):
    path = status_path(tmp_path / "log.db")
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))
    assert path.exists()
    assert ask(tmp_path / "log.db", "r1") is None
    assert asked(tmp_path / "log.db") is not None


def test_a_file_that_is_no_socket_is_left_alone(tmp_path: Path):
    path = status_path(tmp_path / "log.db")
    path.write_text("mine")
    assert asked(tmp_path / "log.db") is None
    assert path.read_text() == "mine"


def test_an_answer_has_so_many_calls_at_most(tmp_path: Path):
    live = asked(tmp_path / "log.db", calls=10_000)
    assert live is not None
    assert len(live.waiting) == MOST_CALLS


@pytest.mark.parametrize("question", [b"", b"no line", b"\xff\xfe\n", b"x" * (LONGEST_QUESTION + 1_000_000)])
def test_a_question_that_is_none_gets_no_answer_and_the_next_one_does(
    tmp_path: Path, question: bytes, caplog: pytest.LogCaptureFixture
):
    log = tmp_path / "log.db"

    def strange() -> bytes:
        with socket.socket(socket.AF_UNIX) as asking:
            asking.connect(str(status_path(log)))
            try:
                asking.sendall(question)
                asking.shutdown(socket.SHUT_WR)
                return asking.recv(10)
            except OSError:  # it has hung up
                return b""

    async def main() -> tuple[bytes, Live | None]:
        async with serving(log, lambda _: ()):
            return await asyncio.to_thread(strange), await asyncio.to_thread(ask, log, "r1")

    answer, live = asyncio.run(main())
    assert answer == b""
    assert live is not None
    assert caplog.records == []


def test_a_run_that_the_owner_does_not_know_gets_no_answer(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    def reasons(run: str) -> list[tuple[int, str]]:
        raise KeyError(run)

    async def main() -> Live | None:
        async with serving(tmp_path / "log.db", reasons):
            return await asyncio.to_thread(ask, tmp_path / "log.db", "r1")

    assert asyncio.run(main()) is None
    assert caplog.records == []


@pytest.mark.parametrize("answer", [b"", b"{", b'{"process": "x"}', b"x" * (LONGEST_ANSWER + 100_000)])
def test_an_answer_that_is_none_counts_as_no_owner(tmp_path: Path, answer: bytes):
    async def main() -> Live | None:
        async def say(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(answer)
            writer.close()

        server = await asyncio.start_unix_server(say, status_path(tmp_path / "log.db"))
        async with server:
            return await asyncio.to_thread(ask, tmp_path / "log.db", "r1")

    assert asyncio.run(main()) is None
