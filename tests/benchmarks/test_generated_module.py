"""The module that the benchmarks measure is a real one."""

import re

import pytest

from benchmarks.generated_module import module_text
from tests.conftest import CompileText


@pytest.mark.parametrize("cells", [1, 40])
def test_a_generated_module_checks_clean_and_has_the_cells_asked_for(compile_text: CompileText, cells: int) -> None:
    compiled = compile_text(module_text(cells))
    assert compiled.diagnostics == ()
    assert compiled.program is not None
    assert len(re.findall(r"^    (?:do|topology):", module_text(cells), re.MULTILINE)) >= cells


def test_a_generated_module_has_about_ten_lines_for_each_cell() -> None:
    assert 9_000 < module_text(1_000).count("\n") < 13_000
