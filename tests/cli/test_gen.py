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


# --- Python ----------------------------------------------------------------------------------------------------------


def test_python_is_written_to_stdout_and_to_a_file_alike(cellc: Cellc, folder: Path, module: str) -> None:
    shown = cellc("gen", "python", module)
    assert (shown.code, shown.err) == (0, "")
    assert shown.out.startswith("# Written by `cellc gen python orders.cell.yaml`: change that file, not this one.\n")
    written = cellc("gen", "python", module, "-o", "orders.py")
    assert (written.code, written.out, written.err) == (0, "", "orders.py written\n")
    assert (folder / "orders.py").read_text() == shown.out
    again = cellc("gen", "python", module, "-o", "orders.py")
    assert (again.code, again.out, again.err) == (0, "", "")


def test_check_says_whether_the_file_is_what_the_program_says(cellc: Cellc, folder: Path, module: str) -> None:
    check = ("gen", "python", module, "-o", "orders.py", "--check")
    missing = cellc(*check)
    assert (missing.code, missing.out) == (1, "")
    assert missing.err == (
        "error[E825]: orders.py is not there\nhelp: write it with `cellc gen python orders.cell.yaml -o orders.py`\n\n"
    )
    assert not (folder / "orders.py").exists()
    cellc("gen", "python", module, "-o", "orders.py")
    assert cellc(*check).code == 0
    (folder / module).write_text(MODULE.replace("gift?", "present?"))
    before = (folder / "orders.py").read_text()
    stale = cellc(*check)
    assert (stale.code, stale.out) == (1, "")
    assert stale.err.startswith("error[E825]: orders.py is not what the program says now\n")
    assert (folder / "orders.py").read_text() == before
    assert cellc("gen", "python", module, "-o", "orders.py").code == 0
    assert cellc(*check).code == 0


def test_a_checkout_with_other_line_ends_is_the_same_file(cellc: Cellc, folder: Path, module: str) -> None:
    cellc("gen", "python", module, "-o", "orders.py")
    file = folder / "orders.py"
    file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    assert cellc("gen", "python", module, "-o", "orders.py", "--check").code == 0


@pytest.mark.parametrize("content", ["", "import os\n", "# Written by `cellc gen python x`: no\n# sha256: 0\nx = 1\n"])
def test_no_file_of_somebody_else_is_overwritten(cellc: Cellc, folder: Path, module: str, content: str) -> None:
    (folder / "orders.py").write_text(content)
    done = cellc("gen", "python", module, "-o", "orders.py")
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("error[E824]: orders.py is not as `cellc gen python` wrote it")
    assert (folder / "orders.py").read_text() == content


def test_a_file_that_was_edited_is_not_overwritten(cellc: Cellc, folder: Path, module: str) -> None:
    cellc("gen", "python", module, "-o", "orders.py")
    file = folder / "orders.py"
    edited = file.read_text() + "\nMINE = 1\n"
    file.write_text(edited)
    assert cellc("gen", "python", module, "-o", "orders.py").code == 1
    assert file.read_text() == edited


@pytest.mark.parametrize("place", ["no/such/folder.py", "."])
def test_a_place_that_cannot_be_written_is_told(cellc: Cellc, module: str, place: str) -> None:
    done = cellc("gen", "python", module, "-o", place)
    assert (done.code, done.out) == (2, "")
    assert "error[E821]" in done.err


def test_check_needs_a_file_to_compare_with(cellc: Cellc, module: str) -> None:
    assert cellc("gen", "python", module, "--check").code == 2


def test_a_module_with_a_mistake_gives_no_python(cellc: Cellc, folder: Path) -> None:
    (folder / "bad.cell.yaml").write_text("cellc: 1\ntypes:\n  A: strin\n")
    done = cellc("gen", "python", "bad.cell.yaml", "-o", "bad.py")
    assert (done.code, done.out) == (1, "")
    assert "E200" in done.err
    assert not (folder / "bad.py").exists()
