"""Which version a change needs, and what is said of the one that NEW has."""

import pytest
from msgspec import structs

from cellc.compiler.compat.changes import Bump
from cellc.compiler.compat.compare import compare
from cellc.compiler.compat.numbering import number
from cellc.language.graph import Program
from tests.compat.test_changes import FILES, HERE, applied, compiled

OLD = compiled(FILES["shop.cell.yaml"])
NEW = {
    bump: compiled(applied((HERE / "changes" / f"{kind}.txt").read_text(encoding="utf-8")))
    for bump, kind in (
        (Bump.MAJOR, "event-removed"),
        (Bump.MINOR, "event-added"),
        (Bump.PATCH, "binding-changed"),
    )
} | {Bump.NONE: OLD}


def versioned(program: Program, version: str) -> Program:
    return structs.replace(program, version=version)


@pytest.mark.parametrize(
    ("old", "bump", "least"),
    [
        ("1.2.3", Bump.MAJOR, "2.0.0"),
        ("1.2.3", Bump.MINOR, "1.3.0"),
        ("1.2.3", Bump.PATCH, "1.2.4"),
        ("1.2.3", Bump.NONE, "1.2.3"),
        ("0.2.3", Bump.MAJOR, "0.3.0"),
        ("0.2.3", Bump.MINOR, "0.2.4"),
        ("0.0.3", Bump.MAJOR, "0.0.4"),
        ("0.0.3", Bump.MINOR, "0.0.4"),
        ("2.0.0-rc.1", Bump.MAJOR, "2.0.0"),
    ],
)
def test_the_lowest_version_that_may_follow(old: str, bump: Bump, least: str) -> None:
    comparison = compare(versioned(OLD, old), versioned(NEW[bump], old))
    assert comparison.bump is bump
    assert number(comparison).least == least


@pytest.mark.parametrize(
    ("old", "new", "bump", "codes"),
    [
        ("1.2.3", "2.0.0", Bump.MAJOR, []),
        ("1.2.3", "3.1.0", Bump.MAJOR, []),
        ("1.2.3", "2.0.0-rc.1", Bump.MAJOR, []),
        ("1.2.3", "1.3.0", Bump.MAJOR, ["E701"]),
        ("1.2.3", "1.2.3", Bump.MAJOR, ["E701"]),
        ("1.2.3", "1.2.4", Bump.MINOR, ["E701"]),
        ("1.2.3", "1.4.0", Bump.MINOR, []),
        ("1.2.3", "2.0.0", Bump.MINOR, ["W702"]),
        ("1.2.3", "1.2.3", Bump.PATCH, ["E701"]),
        ("1.2.3", "1.2.9", Bump.PATCH, []),
        ("1.2.3", "1.3.0", Bump.PATCH, ["W702"]),
        ("1.2.3", "1.2.3", Bump.NONE, []),
        ("1.2.3", "1.2.4", Bump.NONE, ["W702"]),
        ("1.2.3", "1.2.2", Bump.NONE, ["E703"]),
        ("1.2.3", "1.2.3-rc.1", Bump.PATCH, ["E703"]),
        ("0.2.3", "0.3.0", Bump.MAJOR, []),
        ("0.2.3", "0.2.4", Bump.MAJOR, ["E701"]),
        ("0.2.3", "0.3.0", Bump.MINOR, ["W702"]),
        ("0.2.3", "1.0.0", Bump.PATCH, []),
        ("2.0.0-rc.1", "2.0.0-rc.2", Bump.MAJOR, []),
        ("2.0.0-rc.1", "2.0.0", Bump.MAJOR, []),
        ("2.0.0-rc.1", "2.0.0-rc.1", Bump.MAJOR, ["E701"]),
    ],
)
def test_what_is_said_of_the_version(old: str, new: str, bump: Bump, codes: list[str]) -> None:
    numbering = number(compare(versioned(OLD, old), versioned(NEW[bump], new)))
    assert [d.code for d in numbering.findings] == codes


def test_the_worst_change_forces_the_version() -> None:
    comparison = compare(OLD, NEW[Bump.MAJOR])
    forced_by = number(comparison).forced_by
    assert forced_by is not None
    assert (forced_by.kind, forced_by.place) == ("event-removed", "events.heard")


def test_a_module_without_a_version_promises_nothing() -> None:
    old, new = (compiled(text.replace("version: 1.2.0\n", "")) for text in _texts())
    numbering = number(compare(old, new))
    assert (numbering.least, numbering.findings) == (None, ())


def _texts() -> tuple[str, str]:
    return FILES["shop.cell.yaml"], applied((HERE / "changes" / "event-removed.txt").read_text(encoding="utf-8"))
