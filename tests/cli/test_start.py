"""What `cellc --help` costs, and how commands end that do not come to work."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from cellc.cli import COMMANDS
from tests.cli.processes import Cellc

HEAVY = ("networkx", "httpx", "rich", "lark", "ruamel", "jsonschema", "sqlite3", "pysqlite3", "sqlite_utils", "msgspec")


def modules_after(code: str) -> set[str]:
    script = f"import sys, json\n{code}\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return {name.partition(".")[0] for name in json.loads(done.stdout.splitlines()[-1])}


def test_help_imports_nothing_heavy() -> None:
    code = "from cellc.cli import command\ncommand.main(['--help'], standalone_mode=False)"
    assert modules_after(code).isdisjoint(HEAVY)


SAYS_THE_TIME = """\
cellc: 1
cells:
  now:
    out: datetime
    effects: [log.info, time.now]
    do: |
      log.info(message="what time is it?")
      return time.now()
"""


@pytest.mark.parametrize("program", ["hello.cell.yaml", "now.cell.yaml"])
def test_an_unchanged_program_is_checked_without_parser_or_compiler(
    program: str, cellc: Cellc, environment: dict[str, str]
) -> None:
    folder = Path(environment["CELLC_CACHE"]).parent / "work"
    (folder / "now.cell.yaml").write_text(SAYS_THE_TIME)
    assert cellc("check", program).code == 0
    modules = ("lark", "ruamel", "networkx", "sqlite3", "httpx", "rich", "cellc.compiler.pipeline")
    script = (
        "import sys\nfrom cellc.cli import command\n"
        f"command.main(['check', '{program}'], standalone_mode=False)\n"
        f"print([m for m in {modules} if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=folder, env=environment
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_every_command_is_in_help_and_has_its_own(cellc: Cellc) -> None:
    listed = cellc("--help").out
    for name in COMMANDS:
        assert re.search(rf"^  {name} ", listed, re.MULTILINE)
        assert cellc(name, "--help").out.startswith(f"Usage: cellc {name}")


def test_every_command_is_in_its_page() -> None:
    page = (Path(__file__).parents[2] / "docs" / "cli.md").read_text()
    assert [name for name in COMMANDS if f"## `cellc {name}" not in page] == []


def test_a_mistyped_command_gets_the_nearest(cellc: Cellc) -> None:
    done = cellc("chek")
    assert done.code == 2
    assert "there is no command `chek`; did you mean `check`?" in done.err


@pytest.mark.parametrize("arguments", [["check"], ["run"], ["run", "hello.cell.yaml", "nonsense"], ["explain"]])
def test_wrong_usage_is_2(cellc: Cellc, arguments: list[str]) -> None:
    done = cellc(*arguments)
    assert done.code == 2
    assert done.err.startswith("Usage: cellc")


def test_a_bug_of_ours_is_70_with_a_report_and_no_traceback(environment: dict[str, str], tmp_path: Path) -> None:
    script = (
        "import sys, cellc.project\n"
        "def broken(*_): raise ZeroDivisionError('division by zero')\n"
        "cellc.project.check = broken\n"
        "sys.argv = ['cellc', 'check', 'hello.cell.yaml']\n"
        "from cellc.cli import main\nmain()"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=False,
        env=environment | {"TMPDIR": str(tmp_path)},
        cwd=tmp_path,
    )
    assert done.returncode == 70
    assert "Traceback" not in done.stderr
    assert "this is a bug in cellc: ZeroDivisionError" in done.stderr
    report = re.search(r"a full report is in (\S+);", done.stderr)
    assert report
    assert "Traceback" in Path(report.group(1)).read_text()


def test_a_reader_that_leaves_is_no_error(environment: dict[str, str]) -> None:
    script = f"{sys.executable} -m cellc explain --list | head -1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.splitlines()[-1] == "0"
    assert done.stderr == ""


@pytest.mark.parametrize("given", ["E301", "e301", "type-mismatch"])
def test_explain_prints_the_page_of_a_code(cellc: Cellc, given: str) -> None:
    done = cellc("explain", given)
    assert done.code == 0
    assert done.out.startswith("# E301: type-mismatch\n")


def test_explain_of_an_unknown_code_is_2(cellc: Cellc) -> None:
    done = cellc("explain", "E3O1")
    assert (done.code, done.out) == (2, "")
    assert done.err == "error[E809]: there is no diagnostic code E3O1\nhelp: did you mean `E301`?\n\n"


@pytest.mark.parametrize(("given", "meant"), [("W301", "E301"), ("type-mismach", "type-mismatch"), ("e3ol", "E301")])
def test_explain_knows_what_was_meant(cellc: Cellc, given: str, meant: str) -> None:
    assert f"help: did you mean `{meant}`?" in cellc("explain", given).err
