"""What is built can be installed: a wheel with one top-level name and everything that runs need."""

import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from cellc.language.codes import CODES

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build from the committed files, as an installer of a release would get them."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(source)], check=True)
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder), str(source)],
        check=True,
    )
    (built,) = folder.glob("*.whl")
    return built


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_a_wheel_has_one_top_level_name_and_all_data(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {name.partition("/")[0] for name in names if ".dist-info" not in name} == {"cellc"}
    data = {
        *(f"cellc/pages/{code}.md" for code in CODES),
        *(f"cellc/grammar/{name}.lark" for name in ("types", "expressions", "script", "topology")),
        "cellc/grammar/document.schema.json",
        "cellc/grammar/timezones.txt",
        "cellc/runtime/sql/schema.sql",
        "cellc/stdlib_effects/http.cell.yaml",
        "cellc/py.typed",
    }
    assert data - names == set()


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_an_installed_wheel_checks_runs_and_explains(wheel: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(site), str(wheel)], check=True
    )

    def cellc(*arguments: str) -> str:
        return subprocess.run(
            [sys.executable, "-S", "-c", _START, str(site), sysconfig.get_path("purelib"), *arguments],
            cwd=tmp_path,
            env={"CELLC_CACHE": str(tmp_path / "cache"), "PATH": ""},
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    program = ROOT / "examples" / "hello" / "hello.cell.yaml"
    assert cellc("check", str(program)).endswith("all is well\n")
    assert "Hello, Ada!" in cellc("run", str(program), "name=Ada")
    assert cellc("explain", "E301").startswith("# E301")


_START = """
import sys
sys.path[:0] = [sys.argv.pop(1), sys.argv.pop(1)]
import cellc.cli
assert "site/cellc" in cellc.cli.__file__, cellc.cli.__file__
cellc.cli.main()
"""
"""Starts the installed copy: without `site`, an editable install of the same name cannot come first."""
