"""The written text: as reviewed, in the formatter's form, and right to a type checker as it is used."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.stubs.conftest import MODULES, ROOT, SOURCES, Load, interface_of, written

USES = Path(__file__).parent / "uses"
TOOL = [sys.executable, "-m"]
FOUND = re.compile(r"^(?P<file>\w+)\.py:(?P<line>\d+): error: .*\[(?P<code>[\w-]+)\]$", re.MULTILINE)


@pytest.mark.parametrize("name", sorted(SOURCES))
def test_the_text_is_as_reviewed(name: str, update_golden: bool) -> None:
    golden = MODULES / f"{name}.py.txt"
    if update_golden:
        golden.write_text(written(name), encoding="utf-8")
    assert written(name) == golden.read_text(encoding="utf-8")


def test_every_golden_has_its_module() -> None:
    assert sorted(path.name for path in MODULES.glob("*.txt")) == sorted(f"{name}.py.txt" for name in SOURCES)


@pytest.mark.parametrize("name", sorted(SOURCES))
def test_it_imports(name: str, load: Load) -> None:
    assert load(name).__doc__.startswith(f"This is what `{interface_of(name).module}` declares")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All written modules, and those that use one."""
    found = tmp_path_factory.mktemp("written")
    for name in SOURCES:
        (found / f"{name}.py").write_text(written(name), encoding="utf-8")
    for use in USES.glob("*.py"):
        (found / use.name).write_text(use.read_text(encoding="utf-8"), encoding="utf-8")
    return found


def tool(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    env = {"MYPYPATH": str(ROOT), "LANG": "C.UTF-8"}
    return subprocess.run([*TOOL, *arguments], cwd=folder, env=env, capture_output=True, text=True, check=False)


def test_a_formatter_and_a_linter_leave_it_as_it_is(folder: Path) -> None:
    names = [f"{name}.py" for name in sorted(SOURCES)]
    formatted = tool(folder, "ruff", "format", "--isolated", "--diff", *names)
    assert formatted.returncode == 0, formatted.stdout
    linted = tool(folder, "ruff", "check", "--isolated", "--select=E4,E7,E9,F,I,UP,B", *names)
    assert linted.returncode == 0, linted.stdout


def test_a_type_checker_accepts_what_is_right_and_finds_every_wrong_use(folder: Path) -> None:
    names = [f"{name}.py" for name in (*sorted(SOURCES), "right", "wrong")]
    cache = ROOT / ".mypy_cache" / "written"
    done = tool(folder, "mypy", "--strict", "--follow-imports=silent", f"--cache-dir={cache}", *names)
    expected = {
        ("wrong", number, code)
        for number, line in enumerate((USES / "wrong.py").read_text(encoding="utf-8").splitlines(), 1)
        for code in re.findall(r"# error: ([\w-]+)", line)
    }
    found = {(m["file"], int(m["line"]), m["code"]) for m in FOUND.finditer(done.stdout)}
    assert found == expected, done.stdout + done.stderr
    assert len(expected) > 15
