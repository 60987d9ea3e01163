"""The example of docs/python.md: what it shows is what is written, and its code passes a type checker and runs."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from cellc.compiler.pipeline import compile_module
from cellc.project import FileSources
from cellc.stubs import python_module

ROOT = Path(__file__).parents[2]
FENCES = re.findall(
    r"^```\w+ (\S+)\n(.*?)^```$", (ROOT / "docs" / "python.md").read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
)
EXCERPTS = [body for name, body in FENCES if name == "excerpt"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, body in FENCES:
        if name != "excerpt":
            (tmp_path / name).write_text(body, encoding="utf-8")
    compiled = compile_module(str(tmp_path / "risk.cell.yaml"), FileSources())
    assert compiled.program is not None, compiled.diagnostics
    (tmp_path / "risk.py").write_text(python_module(compiled.interface), encoding="utf-8")
    return tmp_path


def test_the_excerpts_are_what_is_written(folder: Path) -> None:
    text = (folder / "risk.py").read_text(encoding="utf-8")
    assert len(EXCERPTS) == 2
    assert [excerpt for excerpt in EXCERPTS if excerpt not in text] == []


def test_the_code_on_the_page_passes_a_type_checker(folder: Path) -> None:
    cache = ROOT / ".mypy_cache" / "written"
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--follow-imports=silent", f"--cache-dir={cache}", "scoring.py"],
        cwd=folder,
        env={"MYPYPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_code_on_the_page_runs(folder: Path) -> None:
    program = """
import asyncio, uuid
from decimal import Decimal
import risk, scoring

class Fabric:
    async def request(self, request, *, undo=None):
        return await scoring.Shop().history(request, risk.cell.Call("key", 1))

order = risk.Order(id=uuid.UUID(int=1), total=Decimal(5))
print(asyncio.run(scoring.score(risk.ScoreInput(order=order), Fabric())))
machine = scoring.Score()
print(machine.execute(risk.ScoreInput(order=order)))
print(machine.handle_effect_result(risk.cell.Unavailable(reason="down")))
print(order.model_dump_json())
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(ROOT)},
    )
    assert done.stdout.splitlines() == [
        str(1 / 37),
        "order_id=UUID('00000000-0000-0000-0000-000000000001')",
        "0.5",
        '{"id":"00000000-0000-0000-0000-000000000001","total":"5"}',
    ], done.stderr
