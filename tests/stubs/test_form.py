"""Random types are written as the formatter would, where names are at most 32 characters long."""

import subprocess
import sys

from hypothesis import given, settings
from hypothesis import strategies as st

from cellc.language.interface import Interface
from cellc.language.types import Field, List, Map, Record, Scalar, Secret, Type
from cellc.stubs import python_module
from tests.stubs.test_values import can_be_written
from tests.types.strategies import TABLE, TYPES

LENGTHS = st.integers(1, 32)
WRITABLE = TYPES.map(lambda type_: type_ if can_be_written(type_) else List(Map(Secret(Scalar("datetime")))))


@given(st.lists(st.tuples(WRITABLE, LENGTHS, st.booleans()), min_size=20, max_size=40))
@settings(max_examples=40)
def test_the_formatter_changes_nothing(rows: list[tuple[Type, int, bool]]) -> None:
    fields = (Field(f"{'a' * length}_{n}", type_, optional) for n, (type_, length, optional) in enumerate(rows))
    table = {**TABLE, **{f"t.{'A' * length}{n}": type_ for n, (type_, length, _) in enumerate(rows)}}
    table["t.Whole"] = Record(tuple(fields))
    text = python_module(Interface("t", "1.0.0", modules=dict.fromkeys(table, "t"), types=table))
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "--diff", "-"]
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
