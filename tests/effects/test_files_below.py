"""`file.*` stay below their folder, however a path is written and whatever is swapped on its way."""

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest

from cellc.runtime.ports import Outcome, Permanent, Request, Result
from cellc.stdlib_effects import rooted
from cellc.stdlib_effects.registry import StandardHandlers
from cellc.stdlib_effects.surroundings import Forbidden, Surroundings
from tests.effects.test_http import FixedClock


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder with a file, a link inside, and links that lead out."""
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "outside").mkdir()
    made = tmp_path / "root"
    (made / "in").mkdir(parents=True)
    (made / "a.txt").write_text("a")
    (made / "out.txt").symlink_to(tmp_path / "secret.txt")
    (made / "out").symlink_to(tmp_path / "outside")
    (made / "same").symlink_to(made / "in")
    return made


def perform(root: Path, effect: str, **given: Any) -> Outcome:
    handler = StandardHandlers(Surroundings(FixedClock(), print, root=root)).get(effect)
    assert handler is not None
    return asyncio.run(handler.perform(Request(effect, given, "key", 1)))


@pytest.mark.parametrize(
    "path", ["../secret.txt", "in/../../secret.txt", "out.txt", "/etc/hostname", "out/../../secret.txt"]
)
def test_nothing_outside_is_read(path: str, root: Path) -> None:
    found = perform(root, "file.read", path=path)
    assert found == Permanent(f"{path} is outside of {root}, and files are only read and written below it")


@pytest.mark.parametrize("path", ["../new.txt", "out/new.txt", "out.txt"])
def test_nothing_outside_is_written(path: str, root: Path) -> None:
    assert isinstance(perform(root, "file.write", path=path, text="x"), Permanent)
    assert (root.parent / "secret.txt").read_text() == "secret"
    assert sorted(found.name for found in root.parent.iterdir()) == ["outside", "root", "secret.txt"]
    assert [*(root.parent / "outside").iterdir()] == []


def test_what_is_inside_is_read_and_written_by_any_name(root: Path) -> None:
    assert perform(root, "file.read", path=str(root / "a.txt")) == Result("a")
    assert perform(root, "file.read", path="in/../a.txt") == Result("a")
    assert perform(root, "file.write", path="same/b.txt", text="b") == Result(None)
    assert (root / "in" / "b.txt").read_text() == "b"


def test_a_folder_that_becomes_a_link_after_it_was_looked_at_is_not_entered(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.open

    def swapped(path: Any, flags: int, *more: Any, **named: Any) -> int:
        if path == "in":
            (root / "in").rmdir()
            (root / "in").symlink_to(root.parent / "outside")
        return real(path, flags, *more, **named)

    monkeypatch.setattr(rooted.os, "open", swapped)
    assert isinstance(perform(root, "file.write", path="in/new.txt", text="x"), Permanent)
    assert [*(root.parent / "outside").iterdir()] == []


def test_a_file_that_becomes_a_link_after_it_was_looked_at_is_not_read(root: Path) -> None:
    with rooted.folder_of(root, "a.txt") as (folder, name):
        (root / "a.txt").unlink()
        (root / "a.txt").symlink_to(root.parent / "secret.txt")
        with pytest.raises(OSError, match="symbolic links"):
            os.open(name, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=folder)


def test_the_folder_itself_is_no_file(root: Path) -> None:
    assert isinstance(perform(root, "file.read", path="."), Permanent)
    with pytest.raises(Forbidden), rooted.folder_of(root, ".."):
        pass
