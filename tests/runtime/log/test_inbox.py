"""The inbox on a real file: what is read when, whatever its writers do."""

import asyncio
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cellc.runtime import inbox
from cellc.runtime.commands import CancelRun, Verdict, dump
from cellc.runtime.environment import Environment
from cellc.runtime.fabric import Fabric, open_fabric
from cellc.runtime.inbox import Inbox, Sent, inbox_path
from cellc.runtime.log_problems import InboxFull, LogPlace
from cellc.runtime.log_reading import connect
from cellc.runtime.log_sqlite import SqliteLog, open_log
from cellc.runtime.ports import Handler

AT = datetime(2026, 3, 1, tzinfo=UTC)


class NoHandlers:
    def get(self, _effect: str) -> Handler | None:
        return None

    async def close(self) -> None:
        pass


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "log.db"


def log_at(path: Path) -> SqliteLog:
    return open_log(path, AT)


def test_a_command_is_read_once_and_not_again_when_it_has_a_verdict(path: Path) -> None:
    with closing(log_at(path)) as log:
        sent = Sent(path, log.identity, CancelRun("r"))
        reader = Inbox(path, log.identity)
        assert reader.unread(log) == [(sent.inbox_id, CancelRun("r"))]
        assert reader.unread(log) == []
        assert Inbox(path, log.identity).unread(log) == [(sent.inbox_id, CancelRun("r"))]
        log.append([], (), {sent.inbox_id: dump(Verdict("done"))})
        assert Inbox(path, log.identity).unread(log) == []


def test_a_command_for_another_log_is_left_alone(path: Path) -> None:
    with closing(log_at(path)) as log:
        Sent(path, "another", CancelRun("r"))
        assert Inbox(path, log.identity).unread(log) == []


def test_a_writer_that_is_stopped_in_the_middle_does_not_keep_the_owner_from_reading(path: Path) -> None:
    with closing(log_at(path)) as log:
        sent = Sent(path, log.identity, CancelRun("r"))
        with closing(connect(inbox_path(path), "rwc")) as stopped:
            stopped.execute("BEGIN IMMEDIATE")
            stopped.execute("INSERT INTO commands (inbox_id, log, command) VALUES ('x', 'y', 'z')")
            assert Inbox(path, log.identity).unread(log) == [(sent.inbox_id, CancelRun("r"))]


def test_a_command_that_this_cellc_does_not_know_is_left_alone(path: Path) -> None:
    with closing(log_at(path)) as log:
        Sent(path, log.identity, CancelRun("r"))
        with closing(connect(inbox_path(path), "rw")) as writer:
            writer.execute("""UPDATE commands SET command = '{"type":"dance"}'""")
        assert Inbox(path, log.identity).unread(log) == []


def test_an_inbox_that_is_no_database_is_named(path: Path) -> None:
    inbox_path(path).write_text("something else entirely, and rather longer than the header of a file of SQLite")
    with pytest.raises(LogPlace, match="inbox"):
        Sent(path, "log", CancelRun("r"))


def test_an_inbox_takes_only_so_many_and_so_long_commands(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox, "COMMANDS_WAITING", 2)
    sent = [Sent(path, "log", CancelRun("r")) for _ in range(2)]
    with pytest.raises(InboxFull, match="2 commands wait in it already"):
        Sent(path, "log", CancelRun("r"))
    sent[0].remove()
    Sent(path, "log", CancelRun("r"))
    monkeypatch.setattr(inbox, "COMMAND_CHARACTERS", 20)
    with pytest.raises(InboxFull, match="at most 20 characters"):
        Sent(path, "log", CancelRun("r"))


def test_a_refusal_is_told_to_its_sender_over_the_log(path: Path) -> None:
    async def act() -> None:
        async with open_fabric(path, NoHandlers(), Environment({})) as fabric:
            sent = Sent(path, identity_of(fabric), CancelRun("r"))
            sent.ring()
            verdict = await fabric.verdict(sent.inbox_id)
            assert [refusal.code for refusal in verdict.refusals] == ["E806"]
            assert await fabric.verdict(sent.inbox_id) == verdict
            sent.remove()

    asyncio.run(act())


def test_the_bell_wakes_an_owner_that_waits_for_nothing_else(path: Path) -> None:
    async def act() -> None:
        async with open_fabric(path, NoHandlers(), Environment({})) as fabric:
            first = Sent(path, identity_of(fabric), CancelRun("r"))
            await fabric.verdict(first.inbox_id)
            second = Sent(path, identity_of(fabric), CancelRun("r"))
            second.ring()
            while fabric._log.verdict(second.inbox_id) is None:  # noqa: ASYNC110 -- only the log tells
                await asyncio.sleep(0)

    asyncio.run(act())


def identity_of(fabric: Fabric) -> str:
    return fabric._log.identity


def test_nothing_of_a_sender_without_owner_blocks_it(path: Path) -> None:
    sent = Sent(path, "log", CancelRun("r"))
    sent.ring()  # there is no bell
    log_at(path).close()
    sent.ring()
    sent.remove()
    with closing(connect(inbox_path(path), "rw")) as reader:
        assert reader.execute("SELECT count(*) FROM commands").fetchone() == (0,)
