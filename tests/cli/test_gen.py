"""`cellc gen schema`: documents that the meta-schema accepts and that describe what a cell takes and gives."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.cli.processes import Cellc

MODULE = """\
cellc: 1
module: shop.orders
main: price
types:
  Order: {id: uuid, gift?: string(1..200), lines: list(Line 1..)}
  Line: {sku: "string(/[A-Z]{3}/)", parts?: [Line]}
  NoInput: enum(a | b)
events:
  came: {data: NoInput}
cells:
  price:
    in: {order: Order, rate?: decimal(0..1)}
    out: {total: decimal(0..)}
    do: "return {total: 1}"
  tell:
    in: {word: string}
    effects: [log.info]
    do: log.info(message=word)
"""
ORDER = {"id": "00000000-0000-0000-0000-00000000000a", "lines": [{"sku": "ABC", "parts": [{"sku": "DEF"}]}]}


@pytest.fixture
def module(folder: Path) -> str:
    (folder / "orders.cell.yaml").write_text(MODULE)
    return "orders.cell.yaml"


def _schema(cellc: Cellc, *arguments: str) -> Any:
    done = cellc("gen", "schema", *arguments)
    assert done.code == 0, done.err
    document = json.loads(done.out)
    jsonschema.Draft202012Validator.check_schema(document)
    return document


def test_a_module_is_one_document_of_definitions(cellc: Cellc, module: str) -> None:
    document = _schema(cellc, module)
    names = ["Order", "Line", "NoInput", "price.in", "price.out", "tell.in"]
    assert set(document["$defs"]) == {f"shop.orders.{name}" for name in names}
    assert document["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    order = jsonschema.Draft202012Validator({**document, "$ref": "#/$defs/shop.orders.Order"})
    assert order.is_valid(ORDER)
    assert not order.is_valid({**ORDER, "lines": []})


@pytest.mark.parametrize("name", ["price.in", "shop.orders.price.in"])
def test_one_input_is_a_document_of_its_own(cellc: Cellc, module: str, name: str) -> None:
    document = _schema(cellc, module, name)
    assert set(document["$defs"]) == {f"shop.orders.{name}" for name in ("price.in", "Order", "Line")}
    validator = jsonschema.Draft202012Validator(document)
    assert validator.is_valid({"order": ORDER, "rate": "0.5"})
    assert not validator.is_valid({"order": ORDER, "rate": 2})
    assert not validator.is_valid({"order": ORDER, "rates": 1})


def test_a_type_that_is_not_there_is_told_with_the_nearest(cellc: Cellc, module: str) -> None:
    done = cellc("gen", "schema", module, "Ordre")
    assert (done.code, done.out) == (1, "")
    assert "error[E822]: this module has no type `Ordre`\nhelp: did you mean `Order`?" in done.err


def test_a_module_with_a_mistake_has_no_schema(cellc: Cellc, folder: Path) -> None:
    (folder / "bad.cell.yaml").write_text("cellc: 1\ntypes:\n  A: strin\n")
    done = cellc("gen", "schema", "bad.cell.yaml")
    assert (done.code, done.out) == (1, "")
    assert "E200" in done.err


def test_without_a_subcommand_the_group_says_what_there_is(cellc: Cellc) -> None:
    done = cellc("gen")
    assert done.code == 2
    assert "schema" in done.err
