"""The laws of the printer: a tree's text parses to that tree, in lines of any width; text that is canonical stays."""

from collections.abc import Callable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from cellc.language.diagnostics import Report
from cellc.language.formatting.format_text import CellText, Kind, print_expression, print_line, print_script, print_type
from cellc.language.parser import parse_expression, parse_line, parse_script, parse_type
from cellc.language.text import Text, TextBuilder
from tests.formatting.trees import EXPRESSIONS, LINES, SCRIPTS, TYPES, bare

WIDTHS = st.sampled_from([1, 20, 40, 80, 120])


def read(parse: Callable[[Text, Report], Any], text: str) -> Any:
    builder, report = TextBuilder("", 0), Report()
    builder.add(text, 0, len(text))
    tree = parse(builder.build(), report)
    assert report.diagnostics == (), text
    return bare(tree)


def assert_laws(kind: Kind, parse: Callable[[Text, Report], Any], text: str, tree: Any, width: int) -> None:
    assert read(parse, text) == bare(tree), text
    narrow = "\n".join(CellText(kind, text).lines(width) or ())
    assert read(parse, narrow) == bare(tree), narrow
    assert "\n".join(CellText(kind, narrow).lines(width) or ()) == narrow


@settings(max_examples=80, deadline=None)
@given(TYPES, WIDTHS)
def test_the_text_of_a_type_is_that_type(tree: Any, width: int) -> None:
    assert_laws("type", parse_type, print_type(tree), tree, width)


@settings(max_examples=80, deadline=None)
@given(EXPRESSIONS, WIDTHS)
def test_the_text_of_an_expression_is_that_expression(tree: Any, width: int) -> None:
    assert_laws("expression", parse_expression, print_expression(tree), tree, width)


@settings(max_examples=80, deadline=None)
@given(LINES, WIDTHS)
def test_the_text_of_a_flow_is_that_flow(tree: Any, width: int) -> None:
    assert_laws("line", parse_line, print_line(tree), tree, width)


@settings(max_examples=80, deadline=None)
@given(SCRIPTS, WIDTHS)
def test_the_text_of_a_script_is_that_script(tree: Any, width: int) -> None:
    assert_laws("script", parse_script, print_script(tree), tree, width)
