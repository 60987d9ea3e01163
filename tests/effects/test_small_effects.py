"""`file.*`, `time.now`, `random.*`, `log.*`, and the table of all of them."""

import asyncio
import subprocess
import sys
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cellc.compiler.effects import WAITS
from cellc.compiler.pipeline import Compiled
from cellc.language.diagnostics import Report
from cellc.language.document import parse_module
from cellc.language.span import Source
from cellc.runtime.environment import EMIT
from cellc.runtime.ports import Outcome, Permanent, Request, Result
from cellc.stdlib_effects.declared import MODULES, UNPERFORMED, standard_source
from cellc.stdlib_effects.registry import StandardHandlers
from cellc.stdlib_effects.surroundings import Surroundings

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


class FixedClock:
    def now(self) -> datetime:
        return AT

    def jump(self) -> timedelta:
        return timedelta()

    async def sleep_until(self, due: datetime) -> None:
        raise NotImplementedError


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def handlers(tmp_path: Path, said: list[str]) -> StandardHandlers:
    forbidden = frozenset({tmp_path / "log.db"})
    return StandardHandlers(Surroundings(FixedClock(), said.append, tmp_path, forbidden))


def perform(handlers: StandardHandlers, effect: str, **asked: Any) -> Outcome:
    handler = handlers.get(effect)
    assert handler
    return asyncio.run(handler.perform(Request(effect, asked, "key", 1)))


def test_now_is_what_the_clock_says(handlers: StandardHandlers):
    assert perform(handlers, "time.now") == Result(AT)


def test_every_uuid_is_another_one(handlers: StandardHandlers):
    drawn = [perform(handlers, "random.uuid") for _ in range(3)]
    assert len({outcome.value for outcome in drawn if isinstance(outcome, Result)}) == 3
    assert all(isinstance(outcome, Result) and isinstance(outcome.value, uuid.UUID) for outcome in drawn)


def test_a_message_is_one_line_and_moves_no_cursor(handlers: StandardHandlers, said: list[str]):
    assert perform(handlers, "log.info", message="paid 5 €\nby \x1b[2Jcard") == Result(None)
    assert said == ["paid 5 €\\nby \\x1b[2Jcard"]


def test_a_message_says_its_level_unless_it_is_information(handlers: StandardHandlers, said: list[str]):
    for level in ("debug", "info", "warn", "error"):
        assert perform(handlers, f"log.{level}", message="m") == Result(None)
    assert said == ["debug: m", "m", "warning: m", "error: m"]


def test_a_number_is_drawn_within_its_bounds(handlers: StandardHandlers):
    assert perform(handlers, "random.int", low=-3, high=-3) == Result(-3)
    assert perform(handlers, "random.int", low=2**70, high=2**70) == Result(2**70)
    drawn = {perform(handlers, "random.int", low=1, high=2) for _ in range(200)}
    assert drawn == {Result(1), Result(2)}
    outcome = perform(handlers, "random.float")
    assert isinstance(outcome, Result)
    assert 0 <= outcome.value < 1


def test_bounds_the_wrong_way_round_are_permanent(handlers: StandardHandlers):
    outcome = perform(handlers, "random.int", low=2, high=1)
    assert outcome == Permanent("there is no number from 2 to 1: `low` is above `high`")


def test_what_was_written_is_read(handlers: StandardHandlers, tmp_path: Path):
    assert perform(handlers, "file.write", path="a.txt", text="grüße\r\n") == Result(None)
    assert (tmp_path / "a.txt").read_bytes() == "grüße\r\n".encode()
    assert perform(handlers, "file.read", path="a.txt") == Result("grüße\r\n")
    assert [file.name for file in tmp_path.iterdir()] == ["a.txt"]


def test_a_replaced_file_keeps_its_permissions(handlers: StandardHandlers, tmp_path: Path):
    file = tmp_path / "a.txt"
    file.write_text("old")
    file.chmod(0o640)
    perform(handlers, "file.write", path="a.txt", text="new")
    assert file.stat().st_mode & 0o777 == 0o640
    assert file.read_text() == "new"


def test_a_write_through_a_link_replaces_what_it_points_to(handlers: StandardHandlers, tmp_path: Path):
    (tmp_path / "real.txt").write_text("old")
    (tmp_path / "link.txt").symlink_to(tmp_path / "real.txt")
    perform(handlers, "file.write", path="link.txt", text="new")
    assert (tmp_path / "link.txt").is_symlink()
    assert (tmp_path / "real.txt").read_text() == "new"


@pytest.mark.parametrize(
    ("effect", "path", "words"),
    [
        ("file.read", "none.txt", "none.txt: No such file or directory"),
        ("file.read", ".", ".: Is a directory"),
        ("file.read", "latin.txt", "latin.txt: 'utf-8' codec can't decode"),
        ("file.write", "none/a.txt", "none/a.txt: No such file or directory"),
        ("file.write", "a\0b", "null"),
        ("file.read", "log.db", "log.db belongs to the log of this run"),
        ("file.write", "log.db", "log.db belongs to the log of this run"),
    ],
)
def test_what_cannot_be_read_or_written_is_permanent_and_leaves_nothing(
    handlers: StandardHandlers, tmp_path: Path, effect: str, path: str, words: str
):
    (tmp_path / "latin.txt").write_bytes(b"caf\xe9")
    (tmp_path / "log.db").write_bytes(b"log")
    before = sorted(tmp_path.iterdir())
    outcome = perform(handlers, effect, path=path, text="x")
    assert isinstance(outcome, Permanent)
    assert words in outcome.reason
    assert sorted(tmp_path.iterdir()) == before


def test_every_declared_effect_has_a_handler_unless_it_is_said_to_have_none(handlers: StandardHandlers):
    declared = {name for module in MODULES for name in effects_of(module)}
    without = {name for name in declared if handlers.get(name) is None}
    assert without == {*WAITS, EMIT, *UNPERFORMED}
    assert {name for opened in handlers._open.values() for name in opened} <= declared


def effects_of(module: str) -> set[str]:
    source = standard_source(module)
    assert source
    lines = source[1].split("effects:\n")[1].splitlines()
    return {f"{module}.{line.strip(' :')}" for line in lines if line[:2] == "  " and line[2:3].isalpha()}


@pytest.mark.parametrize("module", MODULES)
def test_a_standard_module_reads_without_a_problem(module: str):
    source, report = standard_source(module), Report()
    assert source
    assert parse_module(Source(*source), report)
    assert [d.message for d in report.diagnostics] == []


@pytest.mark.parametrize("module", MODULES)
def test_what_a_standard_module_declares_is_not_refused_where_it_is_used(
    module: str, compile_text: Callable[..., Compiled]
):
    program = f"cellc: 1\neffects:\n  mine: {{out: json, via: {min(effects_of(module))}}}\n"
    result = compile_text(program)
    assert [d for d in result.diagnostics if d.span.file != "main.cell.yaml"] == []


def test_what_is_no_standard_module_has_no_source_and_no_handler(handlers: StandardHandlers):
    assert standard_source("registry") is None
    assert handlers.get("registry.get") is None
    assert handlers.get("http.trace") is None


def test_the_registry_loads_no_handler_before_it_is_needed():
    program = "import sys, cellc.stdlib_effects.registry; print('httpx' in sys.modules, 'sqlite3' in sys.modules)"
    printed = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert printed == "False False\n"
