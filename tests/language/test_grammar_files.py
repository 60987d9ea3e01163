"""The grammar's data files agree with the code beside them."""

import json
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from cellc.language.diagnostics import Report
from cellc.language.document import parse_module
from cellc.language.names import RESERVED
from cellc.language.parser import parse_expression
from cellc.language.span import Source
from cellc.language.text import TextBuilder

SCHEMAS: dict[str, dict[str, Any]] = {
    name: json.loads(files("cellc.grammar").joinpath(f"{name}.schema.json").read_text(encoding="utf-8"))
    for name in ("document", "test", "handlers")
}
SCHEMA = SCHEMAS["document"]


def subschemas(schema: Any) -> list[dict[str, Any]]:
    if isinstance(schema, list):
        return [found for item in schema for found in subschemas(item)]
    if not isinstance(schema, dict):
        return []
    return [schema, *(found for value in schema.values() for found in subschemas(value))]


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_schemas_are_some(name: str) -> None:
    Draft202012Validator.check_schema(SCHEMAS[name])


def test_the_schema_refuses_the_words_that_the_language_reserves() -> None:
    assert set(SCHEMA["$defs"]["name"]["not"]["enum"]) == RESERVED


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_part_of_a_schema_that_can_fail_says_what_it_wants(name: str) -> None:
    assert [
        part for part in subschemas(SCHEMAS[name]) if isinstance(part.get("type"), str) and "title" not in part
    ] == []


def test_a_reserved_word_is_a_name_after_a_dot_before_a_colon_and_before_an_equals_sign() -> None:
    for word in sorted(RESERVED):
        text = f"f({word}=x.{word}, y={{{word}: 1}})"
        builder = TextBuilder("t", 0)
        builder.add(text, 0, len(text))
        report = Report()
        assert parse_expression(builder.build(), report) is not None
        assert report.diagnostics == ()


def test_threads_read_without_disturbing_each_other() -> None:
    examples = Path(__file__).parents[2] / "examples"
    sources = [Source(str(p), p.read_text(encoding="utf-8")) for p in sorted(examples.rglob("*.cell.yaml"))] * 8
    alone = [parse_module(source, Report()) for source in sources]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda source: parse_module(source, Report()), sources)) == alone
