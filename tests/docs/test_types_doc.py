"""What docs/types.md and `cellc.types` show is what Python answers."""

import doctest
import re
from pathlib import Path

import pytest

import cellc.types

PAGE = Path(__file__).parents[2] / "docs" / "types.md"
SHOWN = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
TEXTS = {"the page": SHOWN[0], "the module": cellc.types.__doc__ or ""}


@pytest.mark.parametrize("name", list(TEXTS))
def test_the_examples_are_true(name: str) -> None:
    test = doctest.DocTestParser().get_doctest(TEXTS[name], {}, name, None, None)
    results = doctest.DocTestRunner().run(test)
    assert results.attempted > 2
    assert results.failed == 0
