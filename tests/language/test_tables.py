"""The grammar's tables can be kept; anything else than what was kept is refused."""

import subprocess
import sys

import pytest

from cellc.language import parser

USE = """
import sys
from cellc.language import parser
assert parser.use_tables(sys.stdin.buffer.read())
from cellc.language.diagnostics import Report
from cellc.language.text import TextBuilder
builder = TextBuilder("t", 0)
builder.add('f(x, y=[a for a in b]) when c is T?', 0, 35)
report = Report()
node = parser.parse_line(builder.build(), report)
assert report.diagnostics == ()
print(node)
"""


def test_kept_tables_read_as_fresh_ones_do_in_another_process() -> None:
    kept = subprocess.run([sys.executable, "-c", USE], input=parser.tables(), capture_output=True, check=True)
    fresh = USE.replace("assert parser.use_tables(sys.stdin.buffer.read())", "")
    built = subprocess.run([sys.executable, "-c", fresh], capture_output=True, check=True)
    assert kept.stdout == built.stdout


@pytest.mark.parametrize("cut", [0, 10, 40, -1])
def test_damaged_tables_are_refused(cut: int) -> None:
    assert not parser.use_tables(parser.tables()[:cut])


def test_changed_tables_are_refused() -> None:
    saved = bytearray(parser.tables())
    saved[-5] ^= 1
    assert not parser.use_tables(bytes(saved))
