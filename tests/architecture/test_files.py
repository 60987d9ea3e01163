"""What a reader may rely on when opening a folder."""

import re
import subprocess
from pathlib import Path

import pytest

from cellc.cli import COMMANDS

ROOT = Path(__file__).parents[2]
ROOMS = ("cellc", "compiler", "language", "runtime", "stdlib_effects", "grammar", "benchmarks", "examples", "tests")
MOUNTED = {"compiler", "grammar", "language", "pages", "runtime", "stdlib_effects"}
MOST_LINES = 500
LATE = {
    "runtime/migrations.py": "sqlite-utils takes 100 ms and is hardly ever needed",
    "runtime/python/loading.py": "pydantic is needed by code that is written with models only",
    "language/parser.py": "the parsing library makes tables, which are kept",
}
DRAWERS = re.compile(r"^(utils?|helpers?|common|managers?|base|misc)$")


def sources(*rooms: str) -> list[Path]:
    """Python files of these rooms that people write; in `cellc/`, not those behind its links."""
    folders = [ROOT / room for room in rooms if room != "cellc"]
    found = [path for folder in folders for path in folder.rglob("*.py")]
    own = [path for part in ("", "commands", "comparisons", "formats") for path in (ROOT / "cellc" / part).glob("*.py")]
    found += own if "cellc" in rooms else []
    return [path for path in found if not path.read_text(encoding="utf-8").startswith("# Written by `cellc gen")]


def test_no_file_is_too_long_to_read() -> None:
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in sources(*ROOMS)
    }
    assert {path: length for path, length in lengths.items() if length > MOST_LINES} == {}


def test_no_drawers() -> None:
    assert [path for path in sources(*ROOMS) if any(DRAWERS.match(Path(part).stem) for part in path.parts)] == []


@pytest.mark.parametrize("room", sorted(MOUNTED))
def test_rooms_are_mounted_by_relative_links(room: str) -> None:
    link = ROOT / "cellc" / room
    assert link.is_symlink()
    assert not link.readlink().is_absolute()
    assert link.is_dir()


def test_every_module_of_ours_opens_with_what_it_is_for() -> None:
    silent = [
        path
        for path in sources(*ROOMS[:-2])
        if not path.read_text(encoding="utf-8").lstrip().startswith(('"""', 'r"""'))
    ]
    assert silent == []


def test_only_the_command_line_imports_late() -> None:
    """Imports inside functions hide knots; the command line has them to start fast."""
    rooms = sources("compiler", "language", "runtime", "stdlib_effects")
    late = {str(path.relative_to(ROOT)) for path in rooms if "noqa: PLC0415" in path.read_text(encoding="utf-8")}
    assert late == LATE.keys()


def test_every_command_of_the_table_has_its_module_and_every_module_its_command() -> None:
    modules = {path.stem for path in (ROOT / "cellc" / "commands").glob("*.py")} - {"__init__"}
    assert modules == set(COMMANDS)


def test_everything_that_is_imported_is_committed() -> None:
    tracked = set(
        subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    )
    missing = [str(path.relative_to(ROOT)) for path in sources("cellc") if str(path.relative_to(ROOT)) not in tracked]
    assert missing == []
