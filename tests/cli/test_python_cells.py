"""Cells in Python through real processes: refused before they run, standing where they fail, going on when mended."""

from pathlib import Path

import pytest

from tests.cli.processes import Cellc

PROGRAM = """\
cellc: 1
effects:
  note: {in: {text: string}, delivery: idempotent, via: log.info, with: {message: "${text}"}}
cells:
  work:
    in: {n: int}
    out: int
    effects: [note, time.sleep]
    python: TARGET
"""
BROKEN = """\
async def work(inputs, fabric):
    await fabric.request("note", {"text": "begun"})
    return halve(inputs["n"])


def halve(n):
    return n // 0
"""


ASYNC_STEP = """\
class work:
    async def execute(self, inputs): pass
    def handle_effect_result(self, result): pass
    def state(self): pass
    def load_state(self, state): pass
"""


def write(folder: Path, code: str, target: str = "working:work") -> None:
    (folder / "work.cell.yaml").write_text(PROGRAM.replace("TARGET", target))
    (folder / "working.py").write_text(code)


def only_run(cellc: Cellc) -> str:
    return cellc("runs").out.split()[0]


def test_code_that_fails_is_told_with_its_places_and_goes_on_when_it_is_mended(cellc: Cellc, folder: Path) -> None:
    write(folder, BROKEN)
    done = cellc("run", "work.cell.yaml", "n=4")
    assert done.code == 3
    assert done.err.count("begun") == 1
    shown = cellc("show", run := only_run(cellc)).out
    for text in (done.err, shown):
        assert "! fault  work  ZeroDivisionError: integer division or modulo by zero" in text
        assert '    working.py:3 in work: return halve(inputs["n"])\n' in text
        assert "    working.py:7 in halve: return n // 0\n" in text
    (folder / "working.py").write_text(BROKEN.replace("// 0", "// 2"))
    mended = cellc("retry", run)
    assert (mended.code, '"output": 2' in mended.out) == (0, True), mended.err
    assert "begun" not in mended.err


def test_a_cancel_does_not_ask_code_that_has_changed_where_nothing_is_to_be_undone(cellc: Cellc, folder: Path) -> None:
    code = """\
async def work(inputs, fabric):
    await fabric.request("note", {"text": "one"})
    await fabric.request("time.sleep", {"for": "1h"})
    return 1
"""
    write(folder, code)
    assert cellc("run", "work.cell.yaml", "n=4", "--detach").code == 3
    (folder / "working.py").write_text(code.replace('"one"', '"two"'))
    run = only_run(cellc)
    assert cellc("cancel", run).code == 0
    assert "cancelled" in cellc("runs").out


def test_code_that_ends_its_process_does_not_take_the_run_along(cellc: Cellc, folder: Path) -> None:
    write(folder, "import os\n\n\ndef work(inputs, fabric):\n    os._exit(9)\n")
    assert cellc("run", "work.cell.yaml", "n=4").code == 9
    codes = [cellc("resume").code for _ in range(4)]
    assert codes == [9, 9, 9, 3]
    run = only_run(cellc)
    assert "several processes in a row have ended" in cellc("show", run).out
    (folder / "working.py").write_text("def work(inputs, fabric):\n    return 9\n")
    assert '"output": 9' in cellc("retry", run).out


def test_a_run_that_goes_on_where_its_code_is_not_stands_until_it_is(cellc: Cellc, folder: Path) -> None:
    write(folder, BROKEN)
    assert cellc("run", "work.cell.yaml", "n=4").code == 3
    (folder / "working.py").rename(folder / "away.py")
    run = only_run(cellc)
    done = cellc("retry", run)
    assert done.code == 3
    assert "working:work cannot be run: there is no module working" in done.err
    (folder / "working.py").write_text(BROKEN.replace("// 0", "// 2"))
    assert '"output": 2' in cellc("retry", run).out


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (
            "1 +",
            "E870",
        ),
        ("import nowhere_at_all", "E870"),
        ("raise SystemExit(3)", "E870"),
        ("work = 7", "E872"),
        ("other = 7", "E871"),
        ("async def work(inputs): pass", "E872"),
        ("def work(inputs, fabric): yield 1", "E872"),
        ("class work:\n    pass", "E872"),
        ("class work:\n    def __init__(self, n): pass", "E872"),
        (
            ASYNC_STEP,
            "E872",
        ),
        ("from cellc import python\nasync def work(inputs: 'nothing', fabric): pass", "E872"),
    ],
)
def test_what_cannot_be_a_cell_is_refused_where_it_is_named(cellc: Cellc, folder: Path, code: str, told: str) -> None:
    write(folder, f"{code}\n")
    done = cellc("run", "work.cell.yaml", "n=4")
    assert done.code == 1
    assert done.err.startswith(f"error[{told}]: `work` is `working:work`")
    assert "--> work.cell.yaml:9:13" in done.err
    assert cellc("runs").code == 2  # there is no log
