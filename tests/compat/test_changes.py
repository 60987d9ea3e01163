"""Every kind of change, made in one module: which rows it gives, and which version it needs.

`changes/KIND.txt` has what is replaced in `shop.cell.yaml` (`- ` lines by `+ ` lines, a blank line between places),
then, after `> `, every row and the lowest version that may follow. `pytest --update-golden` writes the latter.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from cellc.compiler.compat.changes import Audience, Change
from cellc.compiler.compat.compare import compare
from cellc.compiler.compat.numbering import number
from cellc.compiler.compat.rules import RULES
from cellc.compiler.pipeline import compile_module
from cellc.language.codes import Severity
from cellc.language.graph import Program
from tests.conftest import MemorySources

HERE = Path(__file__).parent
FILES = {path.name: path.read_text(encoding="utf-8") for path in HERE.glob("*.cell.yaml")}
CASES = sorted(path.stem for path in (HERE / "changes").glob("*.txt"))


def compiled(shop: str) -> Program:
    result = compile_module("shop.cell.yaml", MemorySources({**FILES, "shop.cell.yaml": shop}))
    assert [d.message for d in result.diagnostics if d.severity is Severity.ERROR] == []
    assert result.program is not None
    return result.program


def places(case: str) -> Iterator[tuple[str, str]]:
    """Yield what is replaced, and by what."""
    for block in case.partition("\n> ")[0].strip("\n").split("\n\n"):
        lines = block.split("\n")
        assert all(line[:2] in {"- ", "+ "} for line in lines), block
        old, new = ("".join(f"{line[2:]}\n" for line in lines if line.startswith(sign)) for sign in "-+")
        yield old, new


def applied(case: str) -> str:
    text = FILES["shop.cell.yaml"]
    for old, new in places(case):
        assert text.count(old) == 1, f"{text.count(old)} times in the module:\n{old}"
        text = text.replace(old, new)
    return text


def row(change: Change) -> str:
    texts = " => ".join(side.text or "-" for side in (change.old, change.new))
    reached = f" (by {', '.join(change.reached)})" if change.reached else ""
    return (
        f"> {change.audience} {change.verdict} {change.kind}\n>   {change.place}{reached}: {texts}\n>   {change.reason}"
    )


def told(case: str) -> str:
    comparison = compare(compiled(FILES["shop.cell.yaml"]), compiled(applied(case)))
    rows = [row(change) for audience in Audience for change in comparison.of(audience)]
    return "\n".join([*rows, f"> {comparison.bump}: {number(comparison).least}"]) + "\n"


@pytest.mark.parametrize("kind", CASES)
def test_a_change_gives_its_rows(kind: str, update_golden: bool) -> None:
    path = HERE / "changes" / f"{kind}.txt"
    case = path.read_text(encoding="utf-8")
    found = told(case)
    change = case.partition("\n> ")[0].rstrip("\n")
    if update_golden:
        path.write_text(f"{change}\n\n{found}", encoding="utf-8")
    assert found == path.read_text(encoding="utf-8").removeprefix(f"{change}\n\n")
    assert f" {kind}\n" in found


def test_every_kind_of_change_has_its_case() -> None:
    assert sorted(RULES) == CASES
